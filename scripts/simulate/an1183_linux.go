package main

import "path/filepath"

var an1183 = Behaviour{
	ID:    "AN1183",
	Title: "Check for a user before going on",
	Explain: `nobody's shell script counts the lines of a shell history of ours and then runs a program from /tmp; a Python ` +
		`script looks at a history and at a browser's profile
near miss: an administrator types the same on a terminal; a script looks at one history and runs a program of the system`,
	Simulate: on(simulateUserChecks),
	NearMiss: on(nearMissUserChecks),
}

// desk makes a home with what a user leaves, and gives its history and its browser's profile.
func (s *stage) desk() (history, profile string, err error) {
	home, err := s.userDir("home")
	if err != nil {
		return "", "", err
	}
	if history, err = s.file("home/.bash_history", "ls\ncd\nls -l\n", 0o644); err != nil {
		return "", "", err
	}
	profile, err = s.file("home/.mozilla", "", 0o644)
	return filepath.Join(home, filepath.Base(history)), profile, err
}

func simulateUserChecks(s *stage) error {
	if err := need("wc", "cat", "ls"); err != nil {
		return err
	}
	history, profile, err := s.desk()
	if err != nil {
		return err
	}
	payload, err := s.prop("payload")
	if err != nil {
		return err
	}
	script, err := s.perform("sh", "then.sh", commands("sh", pause, "wc -l "+history)+"run "+payload+" "+rolePrefix+"linger\n", true)
	if err != nil {
		return err
	}
	s.did(script.act("payload", "a script looked at a history and ran a program"))
	if script, err = s.perform("python3", "checks.py", commands("python3", pause, "cat "+history, "ls -l "+profile), true); err != nil {
		return err
	}
	s.did(script.act("checks", "a script looked at a history and a browser's profile"))
	return nil
}

func nearMissUserChecks(s *stage) error {
	history, profile, err := s.desk()
	if err != nil {
		return err
	}
	if err := s.typed("an administrator looked at a history and a profile", "wc -l "+history, "ls -l "+profile); err != nil {
		return err
	}
	script, err := s.perform("sh", "one.sh", commands("sh", pause, "wc -l "+history, "tail -1 "+history, "uname -a"), true)
	if err != nil {
		return err
	}
	s.did(script.act("one history", "a script looked at one history and ran a program of the system"))
	return nil
}
