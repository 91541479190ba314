package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// typed has root's shell on a terminal of its own run commands one after the other, as an administrator would who types them.
func (s *stage) typed(did string, lines ...string) error { return s.typedBy(0, "typed", did, lines...) }

// typedBy does so as a user who is not root, too.
func (s *stage) typedBy(uid int, variant, did string, lines ...string) error {
	if err := needRoot(); err != nil {
		return err
	}
	master, slave, err := newTerminal()
	if err != nil {
		return err
	}
	defer master.Close()
	a, err := s.start(cast{path: "/bin/sh", args: []string{"-i"}, uid: uid, terminal: slave})
	_ = slave.Close() // the shell has it
	if err != nil {
		return err
	}
	a.out = bufio.NewScanner(master)
	for _, l := range slices.Concat([]string{"PS1=; echo"}, lines, []string{"exit 0"}) { // a prompt would stand before what is told
		if name, _, _ := strings.Cut(l, " "); look(name) != "" || filepath.IsAbs(name) {
			l += ` >/dev/null 2>&1 & echo "pid $! ` + name + `"; wait $!`
		}
		if _, err := master.WriteString(l + "\n"); err != nil {
			return fmt.Errorf("typing: %w", err)
		}
	}
	if err := a.finish(); err != nil {
		return err
	}
	s.did(a.act(variant, did))
	return nil
}

// newTerminal gives both ends of a terminal that does not show what is typed.
func newTerminal() (master, slave *os.File, err error) {
	if master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return nil, nil, fmt.Errorf("opening a terminal: %w", err)
	}
	defer func() {
		if err != nil {
			_ = master.Close()
		}
	}()
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("unlocking a terminal: %w", err)
	}
	if slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return nil, nil, fmt.Errorf("opening a terminal's other end: %w", err)
	}
	settings, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err == nil {
		settings.Lflag &^= unix.ECHO
		err = unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS, settings)
	}
	if err != nil {
		_ = slave.Close()
		return nil, nil, fmt.Errorf("setting a terminal up: %w", err)
	}
	return master, slave, nil
}
