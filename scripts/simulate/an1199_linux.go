package main

import (
	"os"
	"path/filepath"
)

var an1199 = Behaviour{
	ID:    "AN1199",
	Title: "Read stored passwords",
	Explain: `a program in /tmp and a Python script of root's open /etc/shadow and read a few bytes; a program in root's home opens a ` +
		`browser's logins of ours; nobody's script shows a keyring of ours, and searches a file for what browsers call passwords
near miss: getent shadow in a script; an administrator types head /etc/shadow; a browser that lies in /home opens its own logins`,
	Simulate: on(simulateStores),
	NearMiss: on(nearMissStores),
	SeenBy:   map[string]string{"logins": "ebpf"},
}

// store makes a file of ours where one with passwords would lie.
func (s *stage) store(home, name string) (string, error) {
	path := filepath.Join(home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, []byte("password_value\n"), 0o644)
}

func simulateStores(s *stage) error {
	if err := needRoot(); err != nil {
		return err
	}
	if err := s.opens("dropped", "read /etc/shadow", "stealer", "open", false, "/etc/shadow"); err != nil {
		return err
	}
	script, err := s.perform("python3", "shadow.py", "time.sleep(0.3)\nopen('/etc/shadow').read(16)\n", false)
	if err != nil {
		return err
	}
	s.did(script.act("python3", "a script read /etc/shadow"))
	program, err := s.under("/root", "tool")
	if err != nil {
		return err
	}
	logins, err := s.store(s.dir, ".config/google-chrome/Default/Login Data")
	if err != nil {
		return err
	}
	if err := s.opened("logins", "read a browser's logins", cast{path: program, args: []string{rolePrefix + "open", logins}}); err != nil {
		return err
	}
	keyring, err := s.store(s.dir, ".local/share/keyrings/login.keyring")
	if err != nil {
		return err
	}
	if err := s.runs("cat", "a script showed a keyring", "show", true, "cat "+keyring); err != nil {
		return err
	}
	return s.runs("words", "a script searched for passwords of a browser", "search", true, "grep -c password_value "+s.dir+"/show.sh")
}

func nearMissStores(s *stage) error {
	if err := needRoot(); err != nil {
		return err
	}
	if err := s.runs("getent", "a script asked for an account's entry", "getent", false, "getent shadow root"); err != nil {
		return err
	}
	if err := s.typed("an administrator looked at /etc/shadow", "head -1 /etc/shadow"); err != nil {
		return err
	}
	browser, err := s.under("/home", "firefox/firefox")
	if err != nil {
		return err
	}
	logins, err := s.store(filepath.Dir(filepath.Dir(browser)), ".mozilla/firefox/a.default/key4.db")
	if err != nil {
		return err
	}
	return s.opened("own store", "a browser read its own logins", cast{path: browser, args: []string{rolePrefix + "open", logins}})
}
