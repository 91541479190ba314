// Package procfs reads what Linux says of its processes under /proc: identity, credentials, container, command line and
// memory mappings.
//
// Parsers are pure functions over bytes and are tested on every operating system; on one without /proc, reading fails
// and nothing else happens. What a process says of itself (its name, its command line) is returned as it is, newlines
// and invalid UTF-8 included.
package procfs

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"github.com/apiwatch/apiwatch/collectors/containers"
)

// FS is a mounted proc file system. It is safe for concurrent use and must not be copied after first use.
type FS struct {
	// Root is where it is mounted; "" stands for /proc.
	Root string

	guard      guard
	vdsos      vdsos
	containers containers.Registry
}

// bufferSize holds every file read whole: stat and status have less than 4 KiB on machines with a thousand processors,
// cgroup a few hundred bytes a hierarchy.
const bufferSize = 16 << 10

type buffer [bufferSize]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// Mount is where the file system is mounted.
func (p *FS) Mount() string { return cmp.Or(p.Root, "/proc") }

// appendPath builds "/proc/PID/name" in b.
func (p *FS) appendPath(b []byte, pid int64, name string) []byte {
	b = append(b, p.Mount()...)
	b = append(b, '/')
	b = strconv.AppendInt(b, pid, 10)
	b = append(b, '/')
	return append(b, name...)
}

// Path gives "/proc/PID/name".
func (p *FS) Path(pid int64, name string) string {
	return string(p.appendPath(make([]byte, 0, 64), pid, name))
}

// read reads a process's file into b with one system call: the kernel makes these files whole, so what a second
// read could add is never part of the first.
func (p *FS) read(b *buffer, pid int64, name string) ([]byte, error) {
	var a [64]byte
	n, err := readFile(string(p.appendPath(a[:0], pid, name)), b[:])
	if err != nil {
		return nil, fmt.Errorf("reading %s of process %d: %w", name, pid, err)
	}
	return b[:n], nil
}

// link reads a symbolic link of a process.
func (p *FS) link(pid int64, name string) (string, error) {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	var a [64]byte
	n, err := readLink(string(p.appendPath(a[:0], pid, name)), b[:])
	if err != nil {
		return "", fmt.Errorf("reading the link %s of process %d: %w", name, pid, err)
	}
	return string(b[:n]), nil
}

// PIDs lists the processes (not their threads), ascending.
func (p *FS) PIDs() ([]int64, error) {
	d, err := os.Open(p.Mount())
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil && len(names) == 0 {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	pids := make([]int64, 0, len(names))
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		if pid, err := strconv.ParseInt(name, 10, 64); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids, nil
}

// gone tells whether an error says that the process has ended.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// parseUint reads digits only, without a sign and without a conversion to string.
func parseUint(b []byte, base uint64) (uint64, bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		var d uint64
		switch {
		case '0' <= c && c <= '9':
			d = uint64(c - '0')
		case 'a' <= c && c <= 'f':
			d = uint64(c-'a') + 10
		default:
			return 0, false
		}
		if d >= base || n > (1<<64-1-d)/base {
			return 0, false
		}
		n = n*base + d
	}
	return n, true
}

// parseInt reads a decimal number that may have a sign.
func parseInt(b []byte) (int64, bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	n, ok := parseUint(b, 10)
	if !ok || n > 1<<63-1 {
		return 0, false
	}
	if negative {
		return -int64(n), true
	}
	return int64(n), true
}

// field cuts the first run of bytes that are neither space nor tab.
func field(b []byte) (first, rest []byte) {
	i := 0
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	j := i
	for j < len(b) && b[j] != ' ' && b[j] != '\t' {
		j++
	}
	return b[i:j], b[j:]
}
