package procfs

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// ClockTicks is how many of stat's ticks make a second: USER_HZ, which is 100 on every architecture Go knows.
const ClockTicks = 100

// Stat is what /proc/PID/stat says (proc_pid_stat(5)), as far as it is used.
type Stat struct {
	Comm       string // the process's own name for itself
	PID        int64
	PPID       int64
	Session    int64 // session id of setsid(2), not audit's
	TTY        int64 // device number of the controlling terminal, 0 if none
	Flags      uint64
	StartTicks uint64 // since boot, in units of 1/ClockTicks s
	State      byte   // R, S, D, Z, T, t, X, I, …
}

// pfKthread marks a kernel thread (include/linux/sched.h).
const pfKthread = 0x00200000

// KernelThread tells whether the process belongs to the kernel: it has no executable, memory or command line.
func (s *Stat) KernelThread() bool { return s.Flags&pfKthread != 0 }

// TTYName names the controlling terminal as audit does, "pts0" or "tty1"; "" if there is none.
func (s *Stat) TTYName() string {
	// new_encode_dev: minor bits 0-7, major bits 8-19, minor bits 8-19 above (include/linux/kdev_t.h).
	major, minor := s.TTY>>8&0xfff, s.TTY&0xff|s.TTY>>12&0xfff00
	switch {
	case major >= 136 && major <= 143:
		return "pts" + strconv.FormatInt((major-136)<<20|minor, 10)
	case major == 4 && minor < 64:
		return "tty" + strconv.FormatInt(minor, 10)
	case major == 4:
		return "ttyS" + strconv.FormatInt(minor-64, 10)
	case major == 5 && minor == 1:
		return "console"
	}
	return ""
}

var errStat = errors.New("stat: not of the form \"pid (comm) state …\"")

// ParseStat parses a line of /proc/PID/stat. The name between the parentheses may hold anything, ") R 1" included;
// after the last parenthesis there are only numbers.
func ParseStat(b []byte) (Stat, error) {
	var s Stat
	opening, closing := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if opening < 1 || closing < opening {
		return s, errStat
	}
	pid, ok := parseInt(bytes.TrimRight(b[:opening], " "))
	if !ok {
		return s, errStat
	}
	s.PID = pid
	s.Comm = unescapeName(b[opening+1 : closing])
	rest := bytes.TrimSuffix(b[closing+1:], []byte{'\n'})
	for i := 3; i <= 22; i++ { // numbered as in the manual page
		var f []byte
		f, rest = field(rest)
		var ok bool
		switch i {
		case 3:
			if ok = len(f) == 1; ok {
				s.State = f[0]
			}
		case 4:
			s.PPID, ok = parseInt(f)
		case 6:
			s.Session, ok = parseInt(f)
		case 7:
			s.TTY, ok = parseInt(f)
		case 9:
			s.Flags, ok = parseUint(f, 10)
		case 22:
			s.StartTicks, ok = parseUint(f, 10)
		default:
			ok = len(f) > 0
		}
		if !ok {
			return Stat{}, errStat
		}
	}
	return s, nil
}

// unescapeName undoes the kernel's escaping of newline and backslash in a name (proc_task_name in fs/proc/array.c).
func unescapeName(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 {
		return string(b)
	}
	var out strings.Builder
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) {
			switch b[i+1] {
			case 'n':
				out.WriteByte('\n')
				i++
				continue
			case '\\':
				i++
			}
		}
		out.WriteByte(b[i])
	}
	return out.String()
}

// Stat reads /proc/PID/stat.
func (p *FS) Stat(pid int64) (Stat, error) {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	text, err := p.read(b, pid, "stat")
	if err != nil {
		return Stat{}, err
	}
	return ParseStat(text)
}
