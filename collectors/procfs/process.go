package procfs

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
)

// MaxCmdline is how many bytes of a command line are kept; one of that length may have been longer.
const MaxCmdline = 4096

// deletedSuffix is what the kernel adds to the path of a file that no longer has this name.
const deletedSuffix = " (deleted)"

// Exe gives the path of the executable, with " (deleted)" at its end where the kernel says so, and whether the file is
// really gone: a file can bear that suffix as its own name.
func (p *FS) Exe(pid int64) (path string, deleted bool, err error) {
	path, err = p.link(pid, "exe")
	if err != nil || !strings.HasSuffix(path, deletedSuffix) {
		return path, false, err
	}
	link, errLink := statLink(p.Path(pid, "exe"))
	file, errFile := p.StatFile(pid, path, false)
	same := errLink == nil && errFile == nil && link.Device == file.Device && link.Inode == file.Inode
	return path, !same, nil
}

// Cmdline gives the command line as osquery does: arguments with a space between them, trimmed.
func (p *FS) Cmdline(pid int64) (string, error) {
	return guarded(&p.guard, pid, func(*atomic.Uint64) (string, error) { return p.cmdline(pid) })
}

func (p *FS) cmdline(pid int64) (string, error) {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	text, err := p.read(b, pid, "cmdline")
	if err != nil {
		return "", err
	}
	return ParseCmdline(text), nil
}

// ParseCmdline makes a command line of arguments that each end in NUL, at most MaxCmdline bytes. It changes b.
func ParseCmdline(b []byte) string {
	b = b[:min(len(b), MaxCmdline)]
	for i := range b {
		if b[i] == 0 {
			b[i] = ' '
		}
	}
	return string(bytes.TrimSpace(b))
}

// CWD gives the working directory.
func (p *FS) CWD(pid int64) (string, error) { return p.link(pid, "cwd") }

// LoginUID gives the audit user id: who logged in, -1 if nobody did.
func (p *FS) LoginUID(pid int64) (int64, error) { return p.id(pid, "loginuid") }

// SessionID gives the audit session, -1 if there is none.
func (p *FS) SessionID(pid int64) (int64, error) { return p.id(pid, "sessionid") }

// id reads a file that holds one 32-bit number, of which the greatest stands for none.
func (p *FS) id(pid int64, name string) (int64, error) {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	text, err := p.read(b, pid, name)
	if err != nil {
		return -1, err
	}
	n, ok := parseUint(bytes.TrimSpace(text), 10)
	if !ok {
		return -1, fmt.Errorf("reading %s of process %d: no number", name, pid)
	}
	if n >= 1<<32-1 {
		return -1, nil
	}
	return int64(n), nil
}

// Cgroup gives the text of /proc/PID/cgroup, for [Container].
func (p *FS) Cgroup(pid int64) ([]byte, error) {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	text, err := p.read(b, pid, "cgroup")
	if err != nil {
		return nil, err
	}
	return bytes.Clone(text), nil
}

// Container finds the container that a process is in: by its cgroup's name (see the function [Container]), else by what runc or crun say.
func (p *FS) Container(pid int64) (id, runtime string, err error) {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	text, err := p.read(b, pid, "cgroup")
	if err != nil {
		return "", "", err
	}
	if id, runtime = Container(text); id != "" || runtime != "" || p.Mount() != "/proc" {
		return id, runtime, nil
	}
	id, runtime = p.containers.Of(text)
	return id, runtime, nil
}

// Process is all that is read of one process. What could not be read is -1 or "".
type Process struct {
	Stat
	Status
	Exe              string
	ExeDeleted       bool
	ExeUID           int64 // owner of the executable
	ExeMode          uint32
	ExeFile          collectors.FileID
	Cmdline          string
	CWD              string
	LoginUID         int64
	SessionID        int64 // audit's
	ContainerID      string
	ContainerRuntime string
	User             string // name of the real user id, where Walk was given names
}

// Process reads one process. The error is nil as long as the process was there; a reader without privileges gets less.
func (p *FS) Process(pid int64) (Process, error) {
	out := Process{ExeUID: -1, LoginUID: -1, SessionID: -1}
	var err error
	if out.Stat, err = p.Stat(pid); err != nil {
		return out, err
	}
	if out.Status, err = p.Status(pid); err != nil {
		return out, err
	}
	if out.ContainerID, out.ContainerRuntime, err = p.Container(pid); gone(err) {
		return out, err
	}
	out.LoginUID, _ = p.LoginUID(pid)
	out.SessionID, _ = p.SessionID(pid)
	if out.KernelThread() {
		return out, nil
	}
	if out.State == 'Z' {
		if tid := p.speaker(pid); tid > 0 {
			pid = tid
		}
	}
	if out.Exe, out.ExeDeleted, err = p.Exe(pid); err == nil {
		if f, err := statLink(p.Path(pid, "exe")); err == nil {
			out.ExeUID, out.ExeMode, out.ExeFile = f.UID, f.Mode, f.ID()
		}
	}
	out.CWD, _ = p.CWD(pid)
	out.Cmdline, _ = p.Cmdline(pid)
	return out, nil
}

// DefaultWalk bounds a walk whose context has no deadline.
const DefaultWalk = 5 * time.Second

// Walk reads every process that is there, ascending by pid, and hands it to f; the pointer is valid until f returns.
// Processes that end meanwhile are left out. users may be nil. An error says that the list is not whole.
func (p *FS) Walk(ctx context.Context, users *Users, f func(*Process)) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DefaultWalk)
		defer cancel()
	}
	pids, err := p.PIDs()
	if err != nil {
		return err
	}
	failed := 0
	var first error
	for i, pid := range pids {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("walking processes: stopped after %d of %d: %w", i, len(pids), err)
		}
		r, err := p.Process(pid)
		if err != nil {
			if !gone(err) {
				if failed++; first == nil {
					first = err
				}
			}
			continue
		}
		if users != nil {
			r.User = users.Name(r.Credentials.UID)
		}
		f(&r)
	}
	if failed > 0 {
		return fmt.Errorf("walking processes: %d of %d cannot be read, the first: %w", failed, len(pids), first)
	}
	return nil
}
