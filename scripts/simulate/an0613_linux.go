package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

var an0613 = Behaviour{
	ID:    "AN0613",
	Title: "Escape from a container",
	Explain: `a process in a docker-like cgroup and its own mount namespace enters the host's with setns, or unshares and mounts, and ` +
		`then runs the host's shell
near miss: a contained process that only runs commands; unshare, setns and mount outside any container`,
	Simulate: on(simulateEscape),
	NearMiss: on(nearMissEscape),
}

// sayNamespace is what the host's shell is run for: to tell where it is.
const sayNamespace = `echo "namespace $(readlink /proc/self/ns/mnt)"`

func simulateEscape(s *stage) error {
	if err := needRoot(); err != nil {
		return err
	}
	program, err := s.prop("escaper")
	if err != nil {
		return err
	}
	inner, err := s.userDir("inner")
	if err != nil {
		return err
	}
	for _, how := range []string{"setns", "mount"} {
		c, err := s.container()
		if err != nil {
			return err
		}
		a, err := s.run(c, program, rolePrefix+"escape", how, hostMounts(), inner, c.id)
		if err != nil {
			return err
		}
		if err := a.finish(); err != nil {
			return err
		}
		if err := escaped(a, how); err != nil {
			return err
		}
		act := a.act(how, map[string]string{
			"setns": "left a container by setns into the host's mount namespace and became the host's shell",
			"mount": "unshared and mounted within a container and became a shell",
		}[how])
		act.ContainerID, act.ExecPath = c.id, look("sh")
		s.did(act)
	}
	return nil
}

func nearMissEscape(s *stage) error {
	if err := needRoot(); err != nil {
		return err
	}
	program, err := s.prop("service")
	if err != nil {
		return err
	}
	c, err := s.container()
	if err != nil {
		return err
	}
	a, err := s.run(c, program, rolePrefix+"contained", c.id)
	if err != nil {
		return err
	}
	if err := a.finish(); err != nil {
		return err
	}
	act := a.act("contained", "ran commands in a container")
	act.ContainerID = c.id
	s.did(act)

	if id := contained(); id != "" {
		s.skip("outside", "we are in container "+id+" ourselves")
		return nil
	}
	if program, err = s.prop("administrator"); err != nil {
		return err
	}
	inner, err := s.userDir("inner")
	if err != nil {
		return err
	}
	for _, how := range []string{"setns", "mount"} {
		a, err := s.start(cast{path: program, args: []string{rolePrefix + "escape", how, hostMounts(), inner, ""}, attr: ownMounts})
		if err != nil {
			return err
		}
		if err := a.finish(); err != nil {
			return err
		}
		if err := escaped(a, how); err != nil {
			return err
		}
		act := a.act("outside, "+how, "changed mount namespaces and ran a shell outside any container")
		act.ExecPath = look("sh")
		s.did(act)
	}
	return nil
}

// hostMounts is the path of the simulator's own mount namespace.
func hostMounts() string { return fmt.Sprintf("/proc/%d/ns/mnt", os.Getpid()) }

// escaped checks that the shell ran where it was to run.
func escaped(a *actor, how string) error {
	ours, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return err
	}
	inOurs := len(a.lines) == 1 && a.lines[0] == "namespace "+ours
	if len(a.lines) != 1 || inOurs != (how == "setns") {
		return fmt.Errorf("the shell after %s is in the wrong namespace: ours is %s, it says %q", how, ours, a.lines)
	}
	return nil
}

// settling is how long a process is in its container before the deed: real ones do not break out within the milliseconds that a
// collector takes to look at them.
const settling = time.Second

// escapeContainer is called with how, the host's namespace, a directory and the id of the container it must be in.
func escapeContainer(args []string) error {
	how, host, inner, id := args[0], args[1], args[2], args[3]
	runtime.LockOSThread()
	if in := contained(); in != id {
		return fmt.Errorf("being in container %q and not in %q", in, id)
	}
	time.Sleep(settling)
	if how == "setns" {
		fd, err := unix.Open(host, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("opening the host's namespace: %w", err)
		}
		// A thread can change its mount namespace only if it shares root and working directory with no other.
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return fmt.Errorf("unsharing root and working directory: %w", err)
		}
		if err := unix.Setns(fd, unix.CLONE_NEWNS); err != nil {
			return fmt.Errorf("entering the host's mount namespace: %w", err)
		}
	} else {
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			return fmt.Errorf("unsharing the mount namespace: %w", err)
		}
		if err := unix.Mount(filepath.Dir(inner), inner, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mounting in the container: %w", err)
		}
	}
	return fmt.Errorf("executing the host's shell: %w", unix.Exec("/bin/sh", []string{"sh", "-c", sayNamespace}, os.Environ()))
}

// containedWork is called with the id of the container it must be in.
func containedWork(args []string) error {
	if in := contained(); in != args[0] {
		return fmt.Errorf("being in container %q and not in %q", in, args[0])
	}
	for _, command := range []string{":", "id", "ls /"} {
		cmd := exec.Command("/bin/sh", "-c", command)
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("running %q: %w", command, err)
		}
		say("pid %d %s", cmd.Process.Pid, strings.Fields(command)[0])
	}
	_ = os.Getpid()
	return nil
}
