package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// pause is a script's first command: a collector has the script before what it runs.
const pause = "sleep 0.3"

// aUser is one who is no service's and need not have a name.
const aUser = 61001

// shell is one that is given its commands as an argument, as cron and sshd do, and has no terminal.
type shell struct {
	variant, did string
	user         bool // a user's, else root's
}

// inline has such a shell run the commands that this machine has.
func (s *stage) inline(sh shell, lines ...string) error {
	if err := needRoot(); err != nil {
		s.skip(sh.variant, err.Error())
		return nil
	}
	c := cast{path: "/bin/sh", args: []string{"-c", shPrelude + commands("sh", append([]string{pause}, lines...)...)}}
	if sh.user {
		c.uid = aUser
	}
	a, err := s.start(c)
	if err != nil {
		return err
	}
	if err := a.finish(); err != nil {
		return err
	}
	act := a.act(sh.variant, sh.did)
	if sh.user {
		act.User = "" // the system has no name for it
	}
	s.did(act)
	return nil
}

// installed has nobody's script that lies where packages install theirs run commands.
func (s *stage) installed(variant, did string, lines ...string) error {
	dir, err := s.makeDir(0, "/usr/local")
	if err != nil {
		s.skip(variant, err.Error())
		return nil // /usr may be read only
	}
	path := filepath.Join(dir, "inventory")
	body := "#!/bin/sh\n" + shPrelude + commands("sh", append([]string{pause}, lines...)...)
	if err := os.WriteFile(path, []byte(body), 0o755); err != nil {
		return fmt.Errorf("installing a script: %w", err)
	}
	a, err := s.start(cast{path: path, unprivileged: true})
	if err != nil {
		return err
	}
	if err := a.finish(); err != nil {
		return err
	}
	s.did(a.act(variant, did))
	return nil
}
