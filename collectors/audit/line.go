package audit

import (
	"bytes"
	"errors"

	"github.com/apiwatch/apiwatch/collectors/event"
)

var (
	errLine   = errors.New("reading an audit line: it does not begin with type=… msg=audit(seconds.milliseconds:number)")
	errTooBig = errors.New("reading an audit line: a record is longer than 160 KiB")
)

// place is where a record was written: a host, and a number that tells it from others. The zero value is the host that collects.
type place struct {
	host *event.Host
	id   uint32
}

// Line takes a line of an audit.log: "type=NAME msg=audit(…): …", also with "node=NAME" before it, with the type as a number
// or UNKNOWN[number], with the names that auditd adds behind a 0x1d, with all records of an event behind each other, or behind
// what syslog and journald put before it. Empty lines, those that begin with # and what ausearch puts between events are skipped. The
// error says what is wrong with a line that was dropped; it is counted too.
func (d *Decoder) Line(line []byte) error {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) == 0 || line[0] == '#' || string(line) == "----" || bytes.HasPrefix(line, []byte("time->")) {
		return nil
	}
	if bytes.HasPrefix(line, []byte("type=")) || bytes.HasPrefix(line, []byte("node=")) {
		return d.records(line, place{})
	}
	return d.shipped(line)
}

// records takes the records of a line.
func (d *Decoder) records(line []byte, of place) error {
	if after, ok := bytes.CutPrefix(line, []byte("node=")); ok {
		name, more, _ := bytes.Cut(after, []byte{' '})
		of.host, of.id = d.hosts.Named(name)
		line = more
	}
	after, ok := bytes.CutPrefix(line, []byte("type="))
	if !ok {
		return d.malformed()
	}
	name, rest, _ := bytes.Cut(after, []byte{' '})
	rest, _ = bytes.CutPrefix(rest, []byte("msg="))
	if bytes.HasPrefix(name, []byte("APIWATCH_")) {
		d.n.foreign.Add(1)
		if d.Foreign != nil {
			d.Foreign(string(name), rest)
		}
		return nil
	}
	typ, ok := typeNamed(name)
	if !ok {
		return d.malformed()
	}
	var errs error
	// The first line of an event tells whether its others stand on it, too.
	for d.joined || len(d.stamp) == 0 || !bytes.HasPrefix(rest, d.stamp) {
		d.stamp = append(d.stamp[:0], rest[:bytes.IndexByte(rest, ')')+1]...)
		if !used(typ) {
			break
		}
		body, next, more, ok := following(rest)
		if !ok {
			break
		}
		d.joined = true
		if err := d.take(typ, of, body); err != nil {
			errs = err
		}
		typ, rest = next, more
	}
	if err := d.take(typ, of, rest); err != nil {
		errs = err
	}
	return errs
}

// following finds the record that follows on a line where all of an event's stand: "type=NAME msg=" and the same stamp again. No string
// of a program's can hold that, because the kernel writes what has a blank in hexadecimal.
func following(rest []byte) (body []byte, typ uint16, more []byte, ok bool) {
	const begin, message, stamp = "type=", "msg=", "audit("
	if len(rest) < len(stamp) {
		return nil, 0, nil, false
	}
	for from := len(stamp); ; {
		at := bytes.IndexByte(rest[from:], '(') // which is rare
		if at < 0 {
			return nil, 0, nil, false
		}
		from += at + 1
		start := from - len(stamp)
		if !bytes.HasPrefix(rest[start:], []byte(stamp)) {
			continue
		}
		if end := bytes.IndexByte(rest, ')'); end < 0 || !bytes.HasPrefix(rest[start:], rest[:end+1]) {
			continue
		}
		before := bytes.TrimSuffix(bytes.TrimSuffix(rest[:start], []byte(message)), []byte{' '})
		tie := bytes.LastIndex(before, []byte(begin))
		if tie < 0 {
			continue
		}
		if typ, ok = typeNamed(before[tie+len(begin):]); ok {
			return untied(before[:tie]), typ, rest[start:], true
		}
	}
}

// untied takes off what joined a record with the next one: blanks, an escaped line end, the next one's node.
func untied(body []byte) []byte {
	if at := bytes.LastIndex(body, []byte("node=")); at >= 0 && bytes.IndexByte(bytes.TrimRight(body[at:], " "), ' ') < 0 {
		body = body[:at]
	}
	for {
		n := len(body)
		body = bytes.TrimRight(body, " \t,;|")
		for _, tie := range []string{"#012", "#015", `\n`, `\r`} {
			body = bytes.TrimSuffix(body, []byte(tie))
		}
		if len(body) == n {
			return body
		}
	}
}

// typeNumber reads "1334", "UNKNOWN[1334]" and "AUDIT1334". A name that we do not know is a type that we do not use.
func typeNumber(name []byte) (uint16, bool) {
	if len(name) == 0 {
		return 0, false
	}
	if in, ok := bytes.CutPrefix(name, []byte("UNKNOWN[")); ok {
		name = bytes.TrimSuffix(in, []byte{']'})
	} else if in, ok := bytes.CutPrefix(name, []byte("AUDIT")); ok && len(in) == 4 {
		name = in
	}
	if n, digits := scanDigits(name, 5); digits == len(name) && digits > 0 && n <= 1<<16-1 {
		return uint16(n), true
	}
	for _, c := range name {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return 0, false
		}
	}
	return 0, true
}

func (d *Decoder) malformed() error {
	d.n.records.Add(1)
	d.n.malformed.Add(1)
	return errLine
}

// oversized counts a line too long to be read.
func (d *Decoder) oversized() {
	d.n.records.Add(1)
	d.n.oversized.Add(1)
}
