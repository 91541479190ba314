package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

var an0976 = Behaviour{
	ID:    "AN0976",
	Title: "Gain root by a dropped set-user-id program",
	Explain: `root sets the set-user-id bit of a dropped program (chmod(2), then chmod(1)), nobody executes it and runs with uid ≠ euid; ` +
		`the program does nothing but end
near miss: the same with mode 0755; the bit set and removed with no execution; nobody runs the distribution's su`,
	Simulate: on(simulateSetuid),
	NearMiss: on(nearMissSetuid),
}

func simulateSetuid(s *stage) error {
	helper, err := s.helper()
	if err != nil {
		return err
	}
	for _, how := range []string{"chmod(2)", "chmod(1)"} {
		if how == "chmod(1)" && look("chmod") == "" {
			s.skip(how, "no chmod on this machine")
			continue
		}
		if err := os.Chmod(helper, 0o755); err != nil {
			return err
		}
		changer, err := s.chmod(how, helper, "4755")
		if err != nil {
			return err
		}
		a, err := s.start(cast{path: helper, unprivileged: true})
		if err != nil {
			return err
		}
		if err := ranAs(a, 0); err != nil {
			return err
		}
		act := a.act(how, "ran a dropped set-user-id program of root's")
		act.File, act.PIDs = helper, []int{changer.pid}
		s.did(act)
	}
	return nil
}

func nearMissSetuid(s *stage) error {
	helper, err := s.helper()
	if err != nil {
		return err
	}
	changer, err := s.chmod("chmod(2)", helper, "755")
	if err != nil {
		return err
	}
	a, err := s.start(cast{path: helper, unprivileged: true})
	if err != nil {
		return err
	}
	if err := ranAs(a, nobody); err != nil {
		return err
	}
	act := a.act("mode 0755", "ran a dropped ordinary program of root's")
	act.File, act.PIDs = helper, []int{changer.pid}
	s.did(act)

	if changer, err = s.chmod("chmod(2)", helper, "4755"); err != nil {
		return err
	}
	again, err := s.chmod("chmod(2)", helper, "755")
	if err != nil {
		return err
	}
	act = changer.act("not executed", "set the set-user-id bit and removed it again")
	act.File, act.PIDs = helper, []int{again.pid}
	s.did(act)

	for _, command := range [][]string{{"su", "--version"}, {"passwd", "--help"}} {
		path := look(command[0])
		var st unix.Stat_t
		if path == "" || unix.Stat(path, &st) != nil || st.Mode&unix.S_ISUID == 0 {
			continue
		}
		a, err := s.start(cast{path: path, args: command[1:], unprivileged: true})
		if err != nil {
			return err
		}
		if _, err := exitStatus(a); err != nil { // any status will do
			return err
		}
		s.did(a.act("system program", "ran the distribution's "+command[0]))
		return nil
	}
	s.skip("system program", "no set-user-id su or passwd on this machine")
	return nil
}

// helper drops the program that ends with its effective uid as status, on a file system that honours set-user-id.
func (s *stage) helper() (string, error) {
	if err := needRoot(); err != nil {
		return "", err
	}
	bases := []string{"/tmp", "/var/tmp", "/opt", "/usr/local"}
	dir, err := s.makeDir(unix.ST_NOSUID|unix.ST_NOEXEC, bases...)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "helper")
	if err := os.WriteFile(path, tinyELF(), 0o755); err != nil {
		return "", fmt.Errorf("dropping the helper: %w", err)
	}
	return path, os.Chmod(path, 0o755)
}

// chmod changes a mode in another process, by the system call or the command.
func (s *stage) chmod(how, file, mode string) (*actor, error) {
	var a *actor
	var err error
	if how == "chmod(1)" {
		a, err = s.start(cast{path: look("chmod"), args: []string{mode, file}})
	} else {
		a, err = s.play("mode-changer", "chmod", file, mode)
	}
	if err != nil {
		return nil, err
	}
	return a, a.finish()
}

// chmodFile is called with the file and the octal mode.
func chmodFile(args []string) error {
	mode, err := strconv.ParseUint(args[1], 8, 32)
	if err != nil {
		return err
	}
	if err := unix.Chmod(args[0], uint32(mode)); err != nil {
		return fmt.Errorf("changing the mode: %w", err)
	}
	return nil
}

// ranAs checks that the helper ran with an effective uid, of which a status holds the low eight bits.
func ranAs(a *actor, euid int) error {
	status, err := exitStatus(a)
	if err != nil {
		return err
	}
	if status != euid&0xff {
		return fmt.Errorf("%s ended with status %d, which is not its effective uid %d", a.path, status, euid)
	}
	return nil
}

// exitStatus waits for an actor whose status is an answer.
func exitStatus(a *actor) (int, error) {
	err := a.finish()
	exit := new(exec.ExitError)
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	return 0, err
}
