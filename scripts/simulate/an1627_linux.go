package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

var an1627 = Behaviour{
	ID:    "AN1627",
	Title: "Give a file a false time",
	Explain: `creates files in /tmp and /var/lib and dates them back: touch -r /bin/ls, touch -a -m -t, and utimensat to 2015
near miss: touch to now, cp -p, install -p, and tar that restores times in the user's own directory`,
	Simulate: on(simulateTimestomp),
	NearMiss: on(nearMissTimestomp),
}

// aYear is how old a file must look to count as dated back.
const aYear = 365 * 24 * time.Hour

func simulateTimestomp(s *stage) error {
	dir, err := s.userDir("drop")
	if err != nil {
		return err
	}
	if err := need("touch"); err != nil {
		s.skip("touch", err.Error())
	} else if err := s.stompByTouch(dir); err != nil {
		return err
	}
	program, err := s.prop("stomper")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "raw")
	a, err := s.start(cast{path: program, args: []string{rolePrefix + "utimensat", file}, unprivileged: true})
	if err != nil {
		return err
	}
	return s.stomped(a, a.finish(), "utimensat", "dated a file it had created back to 2015 by utimensat", file)
}

func (s *stage) stompByTouch(dir string) error {
	places := []struct {
		variant, name, options string
		dir                    string
		unprivileged           bool
	}{
		{"touch -r", "reference.sh", "-r /bin/ls", dir, true},
		{"touch -t", "stamp.sh", "-a -m -t 201501010000", dir, true},
	}
	if state, err := s.makeDir(0, "/var/lib"); err == nil && isRoot() {
		places[1].dir, places[1].unprivileged = state, false
	}
	for _, p := range places {
		file := filepath.Join(p.dir, "implant")
		body := fmt.Sprintf("echo x >%s\nrun touch %s %s\n", file, p.options, file)
		script, err := s.perform("sh", p.name, body, p.unprivileged)
		if script == nil {
			return err
		}
		if err := s.stomped(script, err, p.variant, "a script dated a file it had created back by touch "+p.options, file); err != nil {
			return err
		}
	}
	return nil
}

// stomped checks that the file looks old and reports the act, of a script's touch rather than of the script.
func (s *stage) stomped(a *actor, err error, variant, did, file string) error {
	if err != nil {
		return err
	}
	st, err := os.Stat(file)
	if err != nil {
		return err
	}
	if time.Since(st.ModTime()) < aYear {
		return fmt.Errorf("%s still has the time %v", file, st.ModTime())
	}
	act := a.act(variant, did)
	act.File = file
	if pids := a.started("touch"); len(pids) > 0 {
		act.PID, act.ParentPID, act.Path, act.PIDs = pids[0], a.pid, look("touch"), []int{a.pid}
	}
	s.did(act)
	return nil
}

// backdate creates a file and dates it back to 2015.
func backdate(args []string) error {
	if err := os.WriteFile(args[0], []byte("x"), 0o644); err != nil {
		return err
	}
	then := unix.NsecToTimespec(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, args[0], []unix.Timespec{then, then}, 0); err != nil {
		return fmt.Errorf("dating the file back: %w", err)
	}
	return nil
}

func nearMissTimestomp(s *stage) error {
	home, err := os.UserHomeDir()
	if err != nil {
		return notRunError("no home directory")
	}
	own, err := s.makeDir(0, home)
	if err != nil {
		return err
	}
	for _, v := range []struct{ variant, did, tool, body string }{
		{"touch", "touched a file to now", "touch", "echo x >$d/now\nrun touch $d/now\n"},
		{"cp -p", "copied a file with its times", "cp", "run cp -p /bin/ls $d/copied\n"},
		{"install -p", "installed a file with its times", "install", "run install -p -m 644 /bin/ls $d/installed\n"},
		{"tar", "unpacked a file with its times in the user's own directory", "tar", "run tar -C /etc -cf $d/a.tar passwd\nrun tar -C $own " +
			"-xf $d/a.tar\n"},
	} {
		if err := need(v.tool); err != nil {
			s.skip(v.variant, err.Error())
			continue
		}
		name := strings.ReplaceAll(v.variant, " ", "") + ".sh"
		script, err := s.perform("sh", name, "d="+s.dir+" own="+own+"\n"+v.body, false)
		if err != nil {
			return err
		}
		a := script.act(v.variant, "a script "+v.did)
		if pids := script.started(v.tool); len(pids) > 0 {
			last := len(pids) - 1
			a.PID, a.ParentPID, a.Path = pids[last], script.pid, look(v.tool)
			a.PIDs = append([]int{script.pid}, pids[:last]...)
		}
		s.did(a)
	}
	return nil
}
