package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

var an1196 = Behaviour{
	ID:    "AN1196",
	Title: "Hide a process by a bind mount over its /proc directory",
	Explain: `in a mount namespace of its own binds an empty directory over its child's /proc/PID, by mount(8) and then by mount(2); the ` +
		`hidden child runs a shell
near miss: binds an ordinary directory over another; mounts proc at a directory called proc`,
	Simulate: on(simulateHide),
	NearMiss: on(nearMissHide),
}

func simulateHide(s *stage) error {
	if err := needRoot(); err != nil {
		return err
	}
	hider, err := s.prop("hider")
	if err != nil {
		return err
	}
	hidden, err := s.prop("hidden")
	if err != nil {
		return err
	}
	empty, err := s.userDir("empty")
	if err != nil {
		return err
	}
	for _, how := range []string{"mount(8)", "mount(2)"} {
		command := ""
		if how == "mount(8)" {
			if command = look("mount"); command == "" {
				s.skip(how, "no mount on this machine")
				continue
			}
		}
		a, err := s.start(cast{path: hider, args: []string{rolePrefix + "hide", empty, hidden, command}, attr: ownMounts})
		if err != nil {
			return err
		}
		if err := a.finish(); err != nil {
			return err
		}
		act := a.act(how, "bound an empty directory over its child's /proc directory; the child then ran a shell")
		if pids := a.started("hidden"); len(pids) > 0 {
			act.TargetPID, act.TargetPath, act.File = pids[0], hidden, fmt.Sprintf("/proc/%d", pids[0])
		}
		if pids := a.started("mount"); len(pids) > 0 { // it is mount that mounts
			act.PID, act.ParentPID, act.Path, act.PIDs = pids[0], a.pid, command, append(a.started("hidden"), a.pid)
		}
		s.did(act)
	}
	return nil
}

func nearMissHide(s *stage) error {
	if err := needRoot(); err != nil {
		return err
	}
	binder, err := s.prop("binder")
	if err != nil {
		return err
	}
	var dirs []string
	for _, name := range []string{"from", "onto", "proc"} {
		dir, err := s.userDir(name)
		if err != nil {
			return err
		}
		dirs = append(dirs, dir)
	}
	a, err := s.start(cast{path: binder, args: append([]string{rolePrefix + "mount-near", look("mount")}, dirs...), attr: ownMounts})
	if err != nil {
		return err
	}
	if err := a.finish(); err != nil {
		return err
	}
	s.did(a.act("", "bound a directory over another and mounted proc elsewhere"))
	return nil
}

// ownMounts gives an actor a private mount namespace, which vanishes with it.
var ownMounts = syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}

// hideProcess is called with an empty directory, the program to hide and mount(8) (empty: the system call).
func hideProcess(args []string) (err error) {
	empty, program, command := args[0], args[1], args[2]
	child := exec.Command(program, rolePrefix+"hidden")
	in, err := child.StdinPipe()
	if err != nil {
		return err
	}
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return fmt.Errorf("starting the child: %w", err)
	}
	say("pid %d hidden", child.Process.Pid)
	defer func() {
		_ = in.Close()
		err = errors.Join(err, child.Wait())
	}()
	proc := fmt.Sprintf("/proc/%d", child.Process.Pid)
	if err := bind(command, empty, proc); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unix.Unmount(proc, 0)) }()
	if entries, err := os.ReadDir(proc); err != nil {
		return err
	} else if len(entries) > 0 {
		return fmt.Errorf("%s is not hidden: it has %d entries", proc, len(entries))
	}
	if _, err := io.WriteString(in, "act\n"); err != nil {
		return err
	}
	answer := bufio.NewScanner(out)
	if !answer.Scan() {
		return errors.New("the hidden process did nothing")
	}
	say("%s", answer.Text())
	return nil
}

// hiddenProcess runs a shell when told to and stays until its input ends.
func hiddenProcess([]string) error {
	if !bufio.NewScanner(os.Stdin).Scan() {
		return nil
	}
	shell := exec.Command("/bin/sh", "-c", ":")
	if err := shell.Run(); err != nil {
		return err
	}
	say("pid %d sh", shell.Process.Pid)
	awaitEnd()
	return nil
}

// bind mounts a directory over another, by mount(8) if command names it.
func bind(command, from, onto string) error {
	if command == "" {
		if err := unix.Mount(from, onto, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("binding %s over %s: %w", from, onto, err)
		}
		return nil
	}
	return mountCommand(command, "--bind", from, onto)
}

func mountCommand(command string, args ...string) error {
	cmd := exec.Command(command, args...)
	said, err := cmd.CombinedOutput()
	if cmd.Process != nil {
		say("pid %d mount", cmd.Process.Pid)
	}
	if err != nil {
		return fmt.Errorf("running mount: %w: %s", err, said)
	}
	return nil
}

// mountNear is called with mount(8), if it is there, and three directories.
func mountNear(args []string) error {
	command, from, onto, proc := args[0], args[1], args[2], args[3]
	if err := bind("", from, onto); err != nil {
		return err
	}
	if command != "" {
		if err := bind(command, from, onto); err != nil {
			return err
		}
		if err := mountCommand(command, "-t", "proc", "proc", proc); err != nil {
			return err
		}
		return unix.Unmount(proc, 0)
	}
	if err := unix.Mount("proc", proc, "proc", 0, ""); err != nil {
		return fmt.Errorf("mounting proc: %w", err)
	}
	return unix.Unmount(proc, 0)
}
