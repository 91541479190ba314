package procfs

import (
	"bytes"
	"errors"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// maxNamespaces is how deep the kernel nests pid namespaces, the first included (MAX_PID_NS_LEVEL).
const maxNamespaces = 33

// Status is what /proc/PID/status says (proc_pid_status(5)), as far as it is used.
type Status struct {
	Credentials event.Credentials
	Bounding    uint64 // capability bounding set
	TGID        int64  // the process, where the id given was a thread's
	PPID        int64
	TracerPID   int64 // the thread that traces it, 0 if none does
	Threads     int64
	TracingStop bool    // it is held by who traces it
	NSPID       []int64 // the process's id in each pid namespace it is in, the reader's first
}

var errStatus = errors.New("status: no Uid line")

// ParseStatus parses /proc/PID/status. The name on its first line cannot forge other lines: the kernel escapes newlines.
func ParseStatus(b []byte) (Status, error) {
	s := Status{Credentials: event.Credentials{
		UID: -1, EUID: -1, SUID: -1, FSUID: -1, GID: -1, EGID: -1, SGID: -1, FSGID: -1,
	}}
	c := &s.Credentials
	for len(b) > 0 {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte{'\n'})
		key, value, ok := bytes.Cut(line, []byte{':'})
		if !ok {
			continue
		}
		switch string(key) {
		case "Tgid":
			s.TGID = number(value)
		case "PPid":
			s.PPID = number(value)
		case "Threads":
			s.Threads = number(value)
		case "State":
			f, _ := field(value)
			s.TracingStop = string(f) == "t"
		case "TracerPid":
			s.TracerPID = number(value)
		case "Uid":
			c.UID, c.EUID, c.SUID, c.FSUID = four(value)
		case "Gid":
			c.GID, c.EGID, c.SGID, c.FSGID = four(value)
		case "NSpid":
			s.NSPID = numbers(value)
		case "CapInh":
			c.Inheritable, _ = capabilities(value)
		case "CapPrm":
			c.Permitted, _ = capabilities(value)
		case "CapEff":
			c.Effective, c.CapsKnown = capabilities(value)
		case "CapBnd":
			s.Bounding, _ = capabilities(value)
		case "CapAmb":
			c.Ambient, _ = capabilities(value)
		}
	}
	if c.UID < 0 {
		return s, errStatus
	}
	return s, nil
}

func number(b []byte) int64 {
	f, _ := field(b)
	n, _ := parseInt(f)
	return n
}

// four gives the real, effective, saved and file system ids, each -1 if it is missing.
func four(b []byte) (real, effective, saved, fs int64) {
	var ids [4]int64
	for i := range ids {
		var f []byte
		f, b = field(b)
		n, ok := parseUint(f, 10)
		if !ok || n > 1<<32-1 {
			ids[i] = -1
			continue
		}
		ids[i] = int64(n)
	}
	return ids[0], ids[1], ids[2], ids[3]
}

func numbers(b []byte) []int64 {
	var out []int64
	for len(out) < maxNamespaces {
		var f []byte
		f, b = field(b)
		n, ok := parseInt(f)
		if !ok {
			break
		}
		out = append(out, n)
	}
	return out
}

func capabilities(b []byte) (uint64, bool) {
	f, _ := field(b)
	return parseUint(f, 16)
}

// Status reads /proc/PID/status.
func (p *FS) Status(pid int64) (Status, error) {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	text, err := p.read(b, pid, "status")
	if err != nil {
		return Status{}, err
	}
	return ParseStatus(text)
}
