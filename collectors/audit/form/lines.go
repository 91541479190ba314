// Package form reads audit logs in the forms in which people keep and ship them: laurel, go-audit, Auditbeat, and the text of
// ausearch. Each form is a file that turns its events back into the lines of audit.log that they were made of, names into
// numbers where need be; what the lines mean is package audit's alone.
package form

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/audit/text"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
	"github.com/apiwatch/apiwatch/collectors/syscalls"
)

// lines writes an event's records as the kernel and auditd do.
type lines struct {
	record func(line []byte)
	node   []byte
	stamp  []byte // "1700000000.123:456"
	buf    []byte
}

var errStamp = errors.New("its time and serial number are no seconds.milliseconds:number")

// event begins an event of a host, "" for the only one.
func (l *lines) event(node, stamp []byte) error {
	seconds, rest, dot := bytes.Cut(stamp, []byte("."))
	ms, serial, colon := bytes.Cut(rest, []byte(":"))
	if !dot || !colon || !digits(seconds) || !digits(ms) || !digits(serial) {
		return errStamp
	}
	l.node, l.stamp = l.node[:0], append(l.stamp[:0], stamp...)
	if plain(node) {
		l.node = append(l.node, node...)
	}
	return nil
}

// begin begins a record.
func (l *lines) begin(typ string) {
	l.buf = l.buf[:0]
	if len(l.node) > 0 {
		l.buf = append(append(append(l.buf, "node="...), l.node...), ' ')
	}
	l.buf = append(append(append(append(append(l.buf, "type="...), typ...), " msg=audit("...), l.stamp...), "):"...)
}

func (l *lines) end() { l.record(l.buf) }

// close ends the event.
func (l *lines) close() {
	l.begin("EOE")
	l.end()
}

func (l *lines) key(name string) { l.buf = append(append(append(l.buf, ' '), name...), '=') }

// word writes a number or a word of the kernel's own; what could be taken for more than that is left out.
func (l *lines) word(name string, value []byte) {
	if plain(value) {
		l.key(name)
		l.buf = append(l.buf, value...)
	}
}

// text writes a string that a program chose, nil for none.
func (l *lines) text(name string, value []byte) {
	if value == nil {
		return
	}
	l.key(name)
	l.string(value)
}

// string writes a string as the kernel does.
func (l *lines) string(value []byte) { l.buf = text.AppendUntrusted(l.buf, value) }

// execveBytes is where an EXECVE record ends and another goes on, as the kernel's do.
const execveBytes = 7500

// joined is the number of arguments where they stand as one text.
const joined = -1

// execve writes EXECVE records of argc arguments.
func (l *lines) execve(argc int, args [][]byte) {
	l.begin("EXECVE")
	if argc == joined {
		l.word("argc", []byte(audit.Joined))
	} else {
		l.word("argc", strconv.AppendInt(nil, int64(argc), 10))
	}
	start := len(l.buf)
	room := func() {
		if len(l.buf)-start > execveBytes {
			l.end()
			l.begin("EXECVE")
			start = len(l.buf)
		}
	}
	for i, arg := range args {
		name := "a" + strconv.Itoa(i)
		room()
		if len(arg) <= execveBytes/2 {
			l.text(name, arg)
			continue
		}
		l.word(name+"_len", strconv.AppendInt(nil, int64(len(arg)), 10))
		for part := 0; len(arg) > 0; part++ {
			n := min(len(arg), execveBytes/4)
			l.text(name+"["+strconv.Itoa(part)+"]", arg[:n])
			arg = arg[n:]
			room()
		}
	}
	l.end()
}

// callFields are what a SYSCALL record says before its strings, in the kernel's order (audit_log_exit and audit_log_task_info in
// kernel/auditsc.c and kernel/audit.c); arch and syscall stand before them.
var callFields = strings.Fields("success exit a0 a1 a2 a3 items ppid pid auid uid gid euid suid fsuid egid sgid fsgid tty ses")

// call writes a SYSCALL record, whose fields get gives: as the kernel writes them, or in the names of audit's tools. get gives
// nil for what is not told. user is the name of uid.
func (l *lines) call(get func(name string) []byte, user []byte) error {
	arch, number := get("arch"), get("syscall")
	if !digits(number) {
		machine, n, ok := syscalls.Call(string(arch), string(number))
		if !ok {
			return errors.New("its system call " + strconv.QuoteToGraphic(string(number)) + " is not known")
		}
		arch, number = strconv.AppendUint(nil, uint64(machine), 16), strconv.AppendInt(nil, n, 10)
	} else if !hexDigits(arch) {
		machine, _, _ := syscalls.Call(string(arch), "")
		arch = strconv.AppendUint(nil, uint64(machine), 16)
	}
	if !digits(get("pid")) {
		return errors.New("it has no pid")
	}
	l.begin("SYSCALL")
	l.word("arch", arch)
	l.word("syscall", number)
	for _, name := range callFields {
		switch value := get(name); {
		case name == "uid" && value == nil:
			l.word(name, []byte(unset))
		case value == nil:
		case strings.HasSuffix(name, "id") && name != "pid" && name != "ppid" || name == "ses":
			l.word(name, identity(value))
		case name == "exit":
			l.word(name, exitOf(value))
		case name[0] == 'a':
			l.word(name, argument(value))
		default:
			l.word(name, value)
		}
	}
	comm := get("comm")
	if comm == nil {
		l.word("comm", []byte("(null)"))
	}
	l.text("comm", comm)
	l.text("exe", get("exe"))
	l.word("key", []byte("(null)"))
	if plain(user) {
		l.buf = append(append(append(l.buf, "\x1dUID=\""...), user...), '"')
	}
	l.end()
	return nil
}

// unset is how the kernel writes an id that is none.
const unset = "4294967295"

// identity gives a user, group or session by its number. Of names only root's number is the same everywhere.
func identity(value []byte) []byte {
	switch {
	case digits(value) || string(value) == "-1":
		return value
	case string(value) == "root":
		return []byte("0")
	}
	return []byte(unset)
}

// exitOf gives what a call returned: a number, or minus that of an error that is named.
func exitOf(value []byte) []byte {
	name, _, _ := bytes.Cut(value, []byte("("))
	if n, ok := linux.Errno(string(name)); ok {
		return strconv.AppendInt(nil, -n, 10)
	}
	if v, ok := linux.Value(string(value)); ok {
		return strconv.AppendInt(nil, int64(v), 10)
	}
	return value
}

// argument gives an argument of a call in hexadecimal, where it stands by name.
func argument(value []byte) []byte {
	if !hexDigits(value) {
		if v, ok := linux.Value(string(value)); ok {
			return strconv.AppendUint(nil, v, 16)
		}
	}
	return value
}

// socket writes a SOCKADDR record (struct sockaddr_in, _in6, _un) of an address as audit's tools give it.
func (l *lines) socket(family, address, port, path []byte) {
	var b []byte
	switch string(family) {
	case "ipv4", "inet", "ipv6", "inet6":
		ip, err := netip.ParseAddr(string(address))
		n, err2 := strconv.ParseUint(string(port), 10, 16)
		if err != nil || err2 != nil {
			return
		}
		if ip = ip.WithZone(""); ip.Is4() {
			b = append([]byte{2, 0, byte(n >> 8), byte(n)}, ip.AsSlice()...)
			b = append(b, make([]byte, 8)...)
		} else {
			b = append([]byte{10, 0, byte(n >> 8), byte(n), 0, 0, 0, 0}, ip.AsSlice()...)
			b = append(b, make([]byte, 4)...)
		}
	case "unix", "local":
		b = append(append([]byte{1, 0}, path...), 0)
		if bytes.HasPrefix(path, []byte("@")) {
			b[2] = 0
		}
	default:
		return
	}
	l.begin("SOCKADDR")
	l.word("saddr", bytes.ToUpper(hex.AppendEncode(nil, b)))
	l.end()
}

// plain tells whether a value is one word that ends no field and no quote.
func plain(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '\'' {
			return false
		}
	}
	return len(b) > 0
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// hexDigits tells the kernel's hexadecimal, with 0x or without.
func hexDigits(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("0x"))
	for _, c := range b {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return len(b) > 0
}

// clipped shows the beginning of a line in an error.
func clipped(line []byte) string {
	s := line[:min(len(line), 40)]
	for len(s) > 0 && !utf8.Valid(s) {
		s = s[:len(s)-1]
	}
	return strconv.QuoteToGraphic(string(s))
}
