package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

var an1223 = Behaviour{
	ID:    "AN1223",
	Title: "Break the process tree by a double fork",
	Explain: `a shell and a Python script fork twice; the one between ends at once, and the orphan executes a program in /tmp or /dev/shm;
a dropped program goes on in a child of its own, as daemon(3) has it
near miss: the parent lives on while such a program runs; an orphan that executes the distribution's sleep`,
	Simulate: on(simulateOrphan),
	NearMiss: on(nearMissOrphan),
}

func simulateOrphan(s *stage) error {
	here, err := s.prop("worker")
	if err != nil {
		return err
	}
	there := here
	if dir, err := s.makeDir(unix.ST_NOEXEC, "/dev/shm"); err == nil {
		there = filepath.Join(dir, "worker")
		if err := copyFile(there, here); err != nil {
			return err
		}
	}
	for _, v := range []struct{ interpreter, name, body, worker string }{
		{"sh", "detach.sh", fmt.Sprintf("( { sleep 0.1; exec %s %slinger; } & )\n", here, rolePrefix), here},
		{"python3", "detach.py", fmt.Sprintf(`if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    time.sleep(0.1)
    os.execv(%q, ["worker", "%slinger"])
os.wait()
`, there, rolePrefix), there},
	} {
		script, err := s.perform(v.interpreter, v.name, v.body, false)
		if missing := notRunError(""); errors.As(err, &missing) {
			s.skip(v.interpreter, err.Error())
			continue
		}
		if err != nil {
			return err
		}
		pid, parent, err := lingered(script)
		if err != nil {
			return err
		}
		if parent == script.pid || parent == os.Getpid() {
			return fmt.Errorf("pid %d was not orphaned: its parent is %d", pid, parent)
		}
		a := script.act(v.interpreter, fmt.Sprintf("was orphaned by a double fork (parent now %d) and executed a dropped program", parent))
		a.Path, a.PID, a.ParentPID, a.PIDs = v.worker, pid, parent, []int{script.pid}
		s.did(a)
	}
	return goOn(s)
}

// goOn has a program go on in a child of its own, as daemon(3) does. Only a program of one thread can: it is a copy of the Python
// interpreter.
func goOn(s *stage) error {
	if err := need("python3"); err != nil {
		return err
	}
	program := filepath.Join(s.dir, "goes-on")
	if err := copyFile(program, look("python3")); err != nil {
		return err
	}
	const code = `import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
print("linger", os.getpid(), os.getppid(), flush=True)
time.sleep(0.3)
`
	a, err := s.start(cast{path: program, args: []string{"-I", "-S", "-c", code}, unprivileged: true})
	if err != nil {
		return err
	}
	if err := a.finish(); err != nil {
		return err
	}
	if _, _, err := lingered(a); err != nil {
		return err
	}
	s.did(a.act("daemon", "went on in a child of its own without executing anything"))
	return nil
}

func nearMissOrphan(s *stage) error {
	worker, err := s.prop("worker")
	if err != nil {
		return err
	}
	script, err := s.perform("sh", "stay.sh", fmt.Sprintf("%s %slinger &\nwait\n", worker, rolePrefix), false)
	if err != nil {
		return err
	}
	pid, parent, err := lingered(script)
	if err != nil {
		return err
	}
	if parent != script.pid {
		return fmt.Errorf("pid %d has parent %d and not %d", pid, parent, script.pid)
	}
	a := script.act("parent stays", "ran a dropped program under a parent that waits")
	a.Path, a.Script, a.PID, a.ParentPID, a.PIDs = worker, "", pid, parent, []int{script.pid}
	s.did(a)

	if err := need("sleep"); err != nil {
		return err
	}
	daemon, err := s.perform("sh", "daemon.sh", `( { sleep 0.1; exec sleep 0.2; } & echo "pid $! sleep" )`+"\n", false)
	if err != nil {
		return err
	}
	a = daemon.act("system program", "an orphan executed the distribution's sleep")
	if pids := daemon.started("sleep"); len(pids) > 0 {
		a.Path, a.Script, a.PID, a.PIDs = look("sleep"), "", pids[0], []int{daemon.pid}
	}
	s.did(a)
	return nil
}

// lingered gives the pid and the parent that a lingering process wrote.
func lingered(a *actor) (pid, parent int, err error) {
	for _, l := range a.lines {
		f := strings.Fields(l)
		if len(f) != 3 || f[0] != "linger" {
			continue
		}
		pid, err1 := strconv.Atoi(f[1])
		parent, err2 := strconv.Atoi(f[2])
		return pid, parent, errors.Join(err1, err2)
	}
	return 0, 0, errors.New("the child said nothing")
}
