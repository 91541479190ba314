package form

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
)

// ausearch reads what `ausearch -i` prints: records whose numbers became names, whose strings lost their quotes, and whose time is
// that of the place where it ran, which the text does not tell: it is read as UTC. A string that holds " name=" may be taken
// apart wrongly; the caller's numbers stand before the first string and are safe.
// (lib/interpret.c and src/ausearch-report.c of audit-userspace.)
type ausearch struct {
	lines
	open bool // records of the event may follow
}

// Ausearch is what ausearch -i prints.
var Ausearch = format("text of ausearch -i", newAusearch, recogniseInterpreted)

func newAusearch() translator { return new(ausearch).line }

var errInterpreted = errors.New("it is no record as ausearch -i prints it, type=NAME msg=audit(date time.milliseconds:number) : …")

// recogniseInterpreted finds a record at the beginning of a line.
func recogniseInterpreted(head []byte) bool {
	if !bytes.Contains(head, []byte(" msg=audit(")) {
		return false
	}
	for line := range bytes.Lines(head) {
		if _, err := readInterpreted(bytes.TrimRight(line, "\r\n")); err == nil {
			return true
		}
	}
	return false
}

// interpreted is a line of `ausearch -i`.
type interpreted struct {
	node, body []byte
	typ        string
	stamp      []byte
}

func readInterpreted(line []byte) (r interpreted, err error) {
	rest := line
	if after, ok := bytes.CutPrefix(rest, []byte("node=")); ok {
		r.node, rest, _ = bytes.Cut(after, []byte(" "))
	}
	typ, rest, ok := bytes.Cut(rest, []byte(" msg=audit("))
	typ, named := bytes.CutPrefix(typ, []byte("type="))
	when, body, closed := bytes.Cut(rest, []byte(") : "))
	if !closed {
		when, closed = bytes.CutSuffix(rest, []byte(") :"))
	}
	if !ok || !named || !closed || !plain(typ) {
		return r, fmt.Errorf("%w: %s…", errInterpreted, clipped(line))
	}
	colon := bytes.LastIndexByte(when, ':')
	if colon < 0 {
		return r, errInterpreted
	}
	t, ok := localTime(string(when[:colon]))
	if !ok {
		return r, fmt.Errorf("its time %s is of no locale that is known", strconv.QuoteToGraphic(string(when[:colon])))
	}
	r.stamp = append(r.stamp, strconv.FormatInt(t.Unix(), 10)+"."+strconv.Itoa(1000 + t.Nanosecond()/1e6)[1:]...)
	r.stamp = append(append(r.stamp, ':'), when[colon+1:]...)
	r.typ, r.body = string(typ), bytes.TrimSuffix(body, []byte(" "))
	return r, nil
}

// locales are how dates are written where ausearch may run: in America, in the C locale, in Britain, in Germany, in Sweden and Japan.
var locales = []string{"01/02/2006", "01/02/06", "02/01/2006", "02/01/06", "02.01.2006", "2006-01-02", "2006/01/02", "02-01-2006"}

func localTime(text string) (time.Time, bool) {
	for _, layout := range locales {
		if t, err := time.Parse(layout+" 15:04:05.999", text); err == nil && t.Unix() >= 0 {
			return t, true
		}
	}
	return time.Time{}, false
}

func (x *ausearch) line(line []byte, record func([]byte)) error {
	x.record = record
	line = bytes.TrimRight(line, "\r\n")
	if line == nil || string(line) == "----" {
		x.done()
		return nil
	}
	if len(line) == 0 || string(line) == "<no matches>" {
		return nil
	}
	r, err := readInterpreted(line)
	if err != nil {
		return err
	}
	if x.open && !bytes.Equal(x.stamp, r.stamp) {
		x.done()
	}
	if err := x.event(r.node, r.stamp); err != nil {
		return err
	}
	x.open = true
	return x.one(r.typ, r.body)
}

func (x *ausearch) done() {
	if x.open {
		x.close()
		x.open = false
	}
}

// one writes a record.
func (x *ausearch) one(typ string, body []byte) error {
	switch typ {
	case "EOE": // it is printed first
	case "SYSCALL":
		return x.syscall(body)
	case "EXECVE":
		x.arguments(body)
	case "SOCKADDR":
		x.address(body)
	case "CWD":
		x.some(typ, "cwd", after(body, "cwd="))
	case "PROCTITLE":
		x.some(typ, "proctitle", after(body, "proctitle="))
	case "KERN_MODULE":
		x.some(typ, "name", after(body, "name="))
	case "PATH":
		x.path(body)
	default:
		x.begin(typ)
		head, comm, named := bytes.Cut(body, []byte(" ocomm="))
		for field := range bytes.FieldsSeq(head) {
			name, value, ok := bytes.Cut(field, []byte("="))
			switch {
			case ok && string(name) == "key" && string(value) != "(null)":
				x.text("key", value)
			case ok && plain(name):
				x.word(string(name), plainValue(string(name), value))
			}
		}
		if named {
			x.text("ocomm", comm)
		}
		x.end()
	}
	return nil
}

// plainValue gives a field's value as the kernel writes it.
func plainValue(name string, value []byte) []byte {
	switch {
	case strings.HasSuffix(name, "uid") || strings.HasSuffix(name, "gid") || name == "oses":
		return identity(value)
	case strings.HasPrefix(name, "cap_") || name == "fp" || name == "fi":
		if set, ok := linux.Capabilities(string(value)); ok {
			return strconv.AppendUint(nil, set, 16)
		}
	case name == "oflag":
		if v, ok := linux.Value(string(value)); ok {
			return append([]byte("0"), strconv.FormatUint(v, 8)...)
		}
	case name == "mode":
		return mode(value)
	}
	return value
}

// after gives what follows a word at a text's beginning, nil where it is not there or stands for nothing.
func after(body []byte, word string) []byte {
	value, ok := bytes.CutPrefix(body, []byte(word))
	if !ok || string(value) == "(null)" {
		return nil
	}
	return value
}

// between gives the fields of a text by the names that it has, in their order; a value goes on to the next name.
func between(body []byte, names []string) map[string][]byte {
	out := make(map[string][]byte, len(names))
	last := ""
	rest := append([]byte{' '}, body...)
	for _, name := range names {
		at := bytes.Index(rest, []byte(" "+name+"="))
		if at < 0 {
			continue
		}
		if last != "" {
			out[last] = rest[:at]
		}
		last, rest = name, rest[at+len(name)+2:]
	}
	if last != "" {
		out[last] = rest
	}
	return out
}

var callNames = append([]string{"arch", "syscall"}, callFields...)

func (x *ausearch) syscall(body []byte) error {
	head, tail, ok := bytes.Cut(body, []byte(" comm="))
	if !ok {
		return errors.New("it is a system call that is cut off before its end")
	}
	fields := between(head, callNames)
	for _, name := range []string{" key=", " subj="} {
		if at := bytes.LastIndex(tail, []byte(name)); at >= 0 {
			tail = tail[:at]
		}
	}
	comm, exe, told := bytes.Cut(tail, []byte(" exe="))
	var partly error
	get := func(name string) []byte {
		value, ok := fields[name]
		switch {
		case name == "comm":
			return comm
		case name == "exe" && told:
			return exe
		case !ok:
			return nil
		case name == "exit" && bytes.HasPrefix(value, []byte("0x")):
			if v, err := strconv.ParseUint(string(value[2:]), 16, 64); err == nil {
				return strconv.AppendInt(nil, int64(v), 10)
			}
		case len(name) == 2 && name[0] == 'a':
			a := interpretedArgument(value)
			if a == nil {
				partly = audit.ErrPartly
			}
			return a
		}
		return value
	}
	user := fields["uid"]
	if digits(user) || string(user) == "unset" || bytes.HasPrefix(user, []byte("unknown(")) {
		user = nil
	}
	if err := x.call(get, user); err != nil {
		return err
	}
	return partly
}

// interpretedArgument gives an argument in hexadecimal: it stands so, as a name, as a mode in octal, or as a user.
func interpretedArgument(value []byte) []byte {
	if bytes.HasPrefix(value, []byte("0x")) {
		return value
	}
	if v, ok := linux.Value(string(value)); ok {
		return strconv.AppendUint(nil, v, 16)
	}
	if m := mode(value); len(m) > 1 && m[0] == '0' {
		if v, err := strconv.ParseUint(string(m), 8, 32); err == nil {
			return strconv.AppendUint(nil, v, 16)
		}
	}
	if id := identity(value); string(id) != unset {
		if n, err := strconv.ParseInt(string(id), 10, 64); err == nil {
			return strconv.AppendUint(nil, uint64(n), 16)
		}
	}
	return nil
}

// modeWords are what a mode's words stand for.
var modeWords = map[string]uint64{
	"file": 0o100000, "dir": 0o040000, "character": 0o020000, "block": 0o060000, "fifo": 0o010000, "socket": 0o140000, "link": 0o120000,
	"suid": 0o4000, "sgid": 0o2000, "sticky": 0o1000,
}

// mode gives "file,suid,755" in octal; what is no mode as it stands.
func mode(value []byte) []byte {
	var v uint64
	for word := range strings.SplitSeq(string(value), ",") {
		bits, ok := modeWords[word]
		if !ok {
			n, err := strconv.ParseUint(word, 8, 16)
			if err != nil {
				return value
			}
			bits = n
		}
		v |= bits
	}
	if !bytes.Contains(value, []byte(",")) {
		return value
	}
	return append([]byte("0"), strconv.FormatUint(v, 8)...)
}

func (x *ausearch) arguments(body []byte) {
	head, rest, _ := bytes.Cut(body, []byte(" "))
	argc, err := strconv.Atoi(string(after(head, "argc=")))
	if err != nil {
		argc, rest = 0, body
	}
	var args [][]byte
	for {
		value, ok := bytes.CutPrefix(rest, []byte("a"+strconv.Itoa(len(args))+"="))
		if !ok {
			break
		}
		next := []byte(" a" + strconv.Itoa(len(args)+1) + "=")
		value, more, found := bytes.Cut(value, next)
		args = append(args, value)
		if !found {
			break
		}
		rest = slices.Concat(next[1:], more)
	}
	x.execve(max(argc, len(args)), args)
}

func (x *ausearch) path(body []byte) {
	at := bytes.Index(body, []byte("name="))
	end := bytes.LastIndex(body, []byte(" inode="))
	if end < 0 {
		end = bytes.LastIndex(body, []byte(" nametype="))
	}
	x.begin("PATH")
	if at >= 0 && end > at {
		if name := body[at+len("name=") : end]; string(name) != "(null)" {
			x.text("name", name)
		}
		body = append(bytes.Clone(body[:at]), body[end:]...)
	}
	for field := range bytes.FieldsSeq(body) {
		if name, value, ok := bytes.Cut(field, []byte("=")); ok && !strings.HasPrefix(string(name), "cap_") && plain(name) {
			x.word(string(name), plainValue(string(name), value))
		}
	}
	x.end()
}

// address reads "saddr={ saddr_fam=inet laddr=192.0.2.1 lport=443 }" and what was written before: "saddr=inet host:192.0.2.1 serv:443".
func (x *ausearch) address(body []byte) {
	rest := after(body, "saddr=")
	if hexDigits(rest) {
		x.begin("SOCKADDR")
		x.word("saddr", bytes.ToUpper(rest))
		x.end()
		return
	}
	rest = bytes.TrimSuffix(bytes.TrimPrefix(rest, []byte("{ ")), []byte(" }"))
	var family, host, port, path []byte
	for i, field := range bytes.Fields(rest) {
		name, value, ok := bytes.Cut(field, []byte("="))
		if !ok {
			name, value, ok = bytes.Cut(field, []byte(":"))
		}
		switch {
		case !ok && i == 0:
			family = field
		case !ok:
			path = field
		case string(name) == "saddr_fam" || string(name) == "fam":
			family = value
		case string(name) == "laddr" || string(name) == "host":
			host = value
		case string(name) == "lport" || string(name) == "serv":
			port = value
		case string(name) == "path":
			_, path, _ = bytes.Cut(rest, []byte("path=")) // which may hold blanks
		}
	}
	x.socket(family, host, port, path)
}
