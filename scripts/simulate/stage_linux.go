package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// nobody is the user for what must be done without privilege.
	nobody = 65534
	// dirPrefix names every directory we make; our pid follows, so that a later run can tell what a killed one left.
	dirPrefix = "apiwatch-simulate-"
	// childPath keeps children off wrappers in a user's own PATH.
	childPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// stage is where one behaviour is played: its directory, its actors, and how to clear both away.
type stage struct {
	ctx    context.Context //nolint:containedctx // a stage lives exactly as long as the behaviour's context
	report func(Act)
	dir    string // ours alone, readable by all, programs can be executed in it
	undo   []func()
}

// on gives a behaviour a stage and clears it afterwards, however the behaviour ends.
func on(play func(*stage) error) func(context.Context, func(Act)) error {
	return func(ctx context.Context, report func(Act)) (err error) {
		s := &stage{ctx: ctx, report: report}
		defer s.clear()
		if s.dir, err = s.makeDir(unix.ST_NOEXEC, "/tmp", "/var/tmp", "/dev/shm"); err != nil {
			return err
		}
		return play(s)
	}
}

// clear leaves files and victims as they are for a while first: a collector looks at what a record names afterwards.
func (s *stage) clear() {
	s.report(Act{Status: Holding})
	for _, u := range slices.Backward(s.undo) {
		u()
	}
}

// later clears something away at the end, in reverse order.
func (s *stage) later(f func()) { s.undo = append(s.undo, f) }

// makeDir makes a directory in the first base that is there, writable and mounted without the refused flags.
func (s *stage) makeDir(refused int64, bases ...string) (string, error) {
	for _, base := range bases {
		var fs unix.Statfs_t
		if unix.Statfs(base, &fs) != nil || int64(fs.Flags)&refused != 0 {
			continue
		}
		sweep(base)
		dir, err := os.MkdirTemp(base, fmt.Sprintf("%s%d-", dirPrefix, os.Getpid()))
		if err != nil {
			continue
		}
		s.later(func() { _ = os.RemoveAll(dir) })
		if err := os.Chmod(dir, 0o755); err != nil {
			return "", fmt.Errorf("opening %s to other users: %w", dir, err)
		}
		return dir, nil
	}
	return "", notRunError("no directory that serves among " + strings.Join(bases, ", "))
}

// sweep removes what a killed run of ours left in base.
func sweep(base string) {
	old, _ := filepath.Glob(filepath.Join(base, dirPrefix+"*"))
	for _, dir := range old {
		var st unix.Stat_t
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), dirPrefix), "-")
		n, err := strconv.Atoi(pid)
		if err != nil || unix.Lstat(dir, &st) != nil || int(st.Uid) != os.Getuid() {
			continue
		}
		if gone(n) {
			_ = os.RemoveAll(dir)
		}
	}
}

// gone tells whether no process has the pid.
func gone(pid int) bool { return errors.Is(unix.Kill(pid, 0), unix.ESRCH) }

// prop copies this program into the stage's directory under a name, for a role whose path matters.
func (s *stage) prop(name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding our own executable: %w", err)
	}
	to := filepath.Join(s.dir, name)
	if _, err := os.Stat(to); err == nil {
		return to, nil
	}
	return to, copyFile(to, self)
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("opening what to copy: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return fmt.Errorf("creating a copy: %w", err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("copying %s to %s: %w", from, to, err)
	}
	return nil
}

// file writes a file into the stage's directory and gives its path. The umask does not touch its mode.
func (s *stage) file(name, content string, mode os.FileMode) (string, error) {
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		return "", fmt.Errorf("writing a file of the simulation: %w", err)
	}
	if err := os.Chmod(path, mode); err != nil {
		return "", fmt.Errorf("setting a file's mode: %w", err)
	}
	return path, nil
}

// userDir makes a directory in the stage's own that belongs to the unprivileged user.
func (s *stage) userDir(name string) (string, error) {
	dir := filepath.Join(s.dir, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", fmt.Errorf("making a user's directory: %w", err)
	}
	if isRoot() {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			return "", fmt.Errorf("giving a directory to a user: %w", err)
		}
	}
	return dir, nil
}

// did reports a finished act.
func (s *stage) did(a Act) {
	a.Status = Done
	s.report(a)
}

// skip reports a variant whose prerequisite is missing.
func (s *stage) skip(variant, reason string) {
	s.report(Act{Variant: variant, Status: NotRun, Reason: reason})
}

func isRoot() bool { return os.Geteuid() == 0 }

func needRoot() error {
	if isRoot() {
		return nil
	}
	return notRunError("needs root")
}

// look finds a program where children find it, with symbolic links resolved; "" if it is not there.
func look(name string) string {
	for dir := range strings.SplitSeq(childPath, ":") {
		p, err := exec.LookPath(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		if real, err := filepath.EvalSymlinks(p); err == nil {
			return real
		}
	}
	return ""
}

// need returns the first of the programs that is missing as an error.
func need(names ...string) error {
	for _, n := range names {
		if look(n) == "" {
			return notRunError("no " + n + " on this machine")
		}
	}
	return nil
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}
