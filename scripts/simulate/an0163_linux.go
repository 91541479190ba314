package main

import (
	"os"
	"path/filepath"
)

var an0163 = Behaviour{
	ID:    "AN0163",
	Title: "Change records of what was done",
	Explain: `nobody's program tries to open /etc/shadow to write; another opens a shell history of ours to write; nobody's script ` +
		`empties that history, starts a command that keeps a history from being written, and has sqlite3 change rows of no table
near miss: an administrator types truncate; a script removes a file of its own, shows a history and reads rows`,
	Simulate: on(simulateRecords),
	NearMiss: on(nearMissRecords),
	SeenBy:   map[string]string{"history": "ebpf"},
}

// userHistory makes a history that belongs to the unprivileged user. It gets its name last: who opens one of that name to write is found.
func (s *stage) userHistory() (string, error) {
	dir, err := s.userDir("home")
	if err != nil {
		return "", err
	}
	made, err := s.file("home/made", "ls\ncd\n", 0o644)
	if err != nil {
		return "", err
	}
	if isRoot() {
		if err := os.Chown(made, nobody, nobody); err != nil {
			return "", err
		}
	}
	history := filepath.Join(dir, ".bash_history")
	return history, os.Rename(made, history)
}

func simulateRecords(s *stage) error {
	if err := need("truncate", "env"); err != nil {
		return err
	}
	history, err := s.userHistory()
	if err != nil {
		return err
	}
	if err := s.opens("accounts", "tried to open /etc/shadow to write", "forger", "open-write", true, "/etc/shadow"); err != nil {
		return err
	}
	if err := s.opens("history", "opened a history to write", "eraser", "open-write", true, history); err != nil {
		return err
	}
	if err := s.runs("truncate", "a script emptied a history", "empty", true, "truncate -s 0 "+history); err != nil {
		return err
	}
	if err := s.runs("env", "a script kept a command from writing a history", "quiet", true, "env HISTFILE=/dev/null true"); err != nil {
		return err
	}
	if err := need("sqlite3"); err != nil {
		s.skip("rows", err.Error())
		return nil
	}
	return s.runs("rows", "a script asked for changes of rows", "rows", true, "sqlite3 :memory: update accounts set balance=0")
}

func nearMissRecords(s *stage) error {
	history, err := s.userHistory()
	if err != nil {
		return err
	}
	if err := s.typed("an administrator emptied a history", "truncate -s 0 "+history); err != nil {
		return err
	}
	return s.runs("own", "a script removed a file of its own, showed a history and read rows", "own", true,
		"rm -f "+s.dir+"/work.log", "tail -1 "+history, "sqlite3 :memory: select * from accounts")
}
