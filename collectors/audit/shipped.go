package audit

import (
	"bytes"
	"strconv"
	"time"
)

// envelope is what a system's log puts before a record.
type envelope struct {
	host []byte
	at   time.Time // zero if it does not say
	// year says that it tells the year, too.
	year bool
	tag  []byte // the program's name, with its pid in brackets
	text []byte
}

// shipped takes a line of a system's log, of which audit's may be some: behind what syslog (RFC 3164, RFC 5424, rsyslog's own form),
// the kernel's ring buffer or journald's text put before the record. A line of others is only counted; one that is neither is malformed.
func (d *Decoder) shipped(line []byte) error {
	e, ok := opened(line)
	if !ok {
		return d.malformed()
	}
	text := e.text
	if after, found := bytes.CutPrefix(text, []byte("audit: ")); found { // of the kernel, by printk
		text = after
	}
	var of place
	of.host, of.id = d.hosts.named(e.host)
	switch {
	case bytes.HasPrefix(text, []byte("type=")) && bytes.Contains(text, []byte("audit(")), bytes.HasPrefix(text, []byte("node=")):
		return d.records(text, of)
	case bytes.Equal(e.tag, []byte("audit")) || bytes.HasPrefix(e.tag, []byte("audit[")):
		return d.journald(&e, of)
	}
	d.n.records.Add(1)
	d.n.other.Add(1)
	return nil
}

// opened parts a line of a system's log into what it says of itself and its text.
func opened(line []byte) (e envelope, ok bool) {
	rest := bytes.TrimLeft(line, " ")
	version := false
	if len(rest) > 2 && rest[0] == '<' {
		n, digits := scanDigits(rest[1:], 3)
		if digits == 0 || n > 191 || len(rest) < digits+3 || rest[digits+1] != '>' {
			return e, false
		}
		rest = rest[digits+2:]
		rest, version = bytes.CutPrefix(rest, []byte("1 "))
	}
	if ringTime(&rest) {
		if bytes.HasPrefix(rest, []byte("audit: ")) || bytes.HasPrefix(rest, []byte("type=")) {
			e.text = rest
			return e, true
		}
	} else if !e.time(&rest) {
		return e, false
	}
	e.host, rest, _ = bytes.Cut(rest, []byte{' '})
	if version {
		var id []byte
		e.tag, rest, _ = bytes.Cut(rest, []byte{' '})
		_, rest, _ = bytes.Cut(rest, []byte{' '}) // PROCID
		id, rest, _ = bytes.Cut(rest, []byte{' '})
		e.text = bytes.TrimPrefix(afterStructured(rest), []byte("\ufeff"))
		return e, len(id) > 0
	}
	rest = bytes.TrimLeft(rest, " ")
	tag, text, found := bytes.Cut(rest, []byte(": "))
	if !found || bytes.IndexByte(tag, ' ') >= 0 {
		e.text = rest // without a tag
		return e, true
	}
	e.tag, e.text = tag, bytes.TrimLeft(text, " ")
	ringTime(&e.text)
	return e, true
}

// afterStructured gives what follows RFC 5424's structured data: "-", or elements in brackets, whose values' quotes and brackets are
// escaped.
func afterStructured(rest []byte) []byte {
	if len(rest) == 0 || rest[0] != '[' {
		_, rest, _ = bytes.Cut(rest, []byte{' '})
		return rest
	}
	quoted := false
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == ']' && !quoted && (i+1 == len(rest) || rest[i+1] == ' '):
			return bytes.TrimPrefix(rest[i+1:], []byte{' '})
		}
	}
	return nil
}

// ringTime passes over a time of the kernel's ring buffer, "[ 1234.567890] " or dmesg -T's "[Tue Nov 14 22:14:24 2023] ".
func ringTime(rest *[]byte) bool {
	if len(*rest) == 0 || (*rest)[0] != '[' {
		return false
	}
	in, after, ok := bytes.Cut((*rest)[1:], []byte("] "))
	if !ok || len(in) > 32 {
		return false
	}
	*rest = after
	return true
}

// times are how logs write a time, and whether with its year: syslog, rsyslog and journald's short-iso, its short-full and short-unix.
var times = []struct {
	words  int // parted by blanks
	year   bool
	layout string
}{
	{1, true, time.RFC3339Nano},
	{1, true, "2006-01-02T15:04:05.999999999Z0700"},
	{1, true, "2006-01-02T15:04:05.999999999"},
	{3, false, time.Stamp},
	{4, true, "Jan _2 2006 15:04:05"},
	{4, true, "Mon 2006-01-02 15:04:05.999999999 MST"},
	{3, true, "2006-01-02 15:04:05.999999999 MST"},
	{2, true, "2006-01-02 15:04:05.999999999"},
}

// time takes the time that a line begins with. What has no zone is taken for UTC.
func (e *envelope) time(rest *[]byte) bool {
	if n := unixTime(*rest); n > 0 {
		if f, err := strconv.ParseFloat(string((*rest)[:n]), 64); err == nil {
			e.at, e.year, *rest = time.UnixMilli(int64(f*1000)), true, (*rest)[n+1:]
			return true
		}
	}
	for i := range times {
		t := &times[i]
		n := words(*rest, t.words)
		if n == 0 || n > 48 {
			continue
		}
		if at, err := time.Parse(t.layout, string((*rest)[:n])); err == nil {
			e.at, e.year, *rest = at, t.year, (*rest)[n+1:]
			return true
		}
	}
	return false
}

// unixTime gives how long "1700000065.100" before a blank is, 0 for none.
func unixTime(b []byte) int {
	_, n := scanDigits(b, 10)
	if n != 10 || n == len(b) || b[n] != '.' {
		return 0
	}
	_, m := scanDigits(b[n+1:], 9)
	if n += 1 + m; m == 0 || n >= len(b) || b[n] != ' ' {
		return 0
	}
	return n
}

// words gives how long the first so many words of a text are, parted by one blank, or two before a day of one digit; 0 where another does
// not follow.
func words(b []byte, count int) int {
	for i := 0; i < len(b) && i <= 48; i++ {
		if b[i] != ' ' || i+1 < len(b) && b[i+1] == ' ' {
			continue
		}
		if count--; count == 0 {
			return i
		}
	}
	return 0
}

// journal joins the records that journald's text shows, which has no stamps: an event begins with each record of a call.
type journal struct {
	key  groupKey
	open bool
	seq  uint32
}

// journald takes a record as journald's text has it: "SYSCALL arch=…", of which only the second is known.
func (d *Decoder) journald(e *envelope, of place) error {
	name, body, _ := bytes.Cut(e.text, []byte{' '})
	typ, ok := typeNamed(name)
	if !ok || e.at.IsZero() {
		d.n.records.Add(1)
		d.n.other.Add(1)
		return nil
	}
	j := &d.journal
	ms := d.when(e).UnixMilli()
	if ms < 0 {
		return d.malformed()
	}
	if typ == typeSyscall || typ == typeUringop || isChange(typ) || !j.open || j.key.node != of.id {
		d.endJournal()
		j.seq++
		j.key, j.open = groupKey{stamp{ms, j.seq}, of.id}, true
	}
	if typ == typeEOE {
		d.endJournal()
		return nil
	}
	line := strconv.AppendInt(append(d.args[:0], "audit("...), j.key.ms/1000, 10)
	line = append(append(line, '.'), strconv.FormatInt(1000+j.key.ms%1000, 10)[1:]...)
	line = append(strconv.AppendUint(append(line, ':'), uint64(j.key.seq), 10), "): "...)
	d.args = append(line, body...)
	return d.take(typ, of, d.args)
}

// endJournal closes the event whose records came last: no more follow.
func (d *Decoder) endJournal() {
	if d.journal.open {
		if g := d.groups.find(d.journal.key); g != nil {
			d.close(g)
		}
		d.journal.open = false
	}
}

// when gives an envelope's time, in the year that brings it nearest to what is known: the records before it, else when the log was
// written.
func (d *Decoder) when(e *envelope) time.Time {
	if e.year {
		return e.at
	}
	known := d.Around
	if d.groups.clock > 0 {
		known = time.UnixMilli(d.groups.clock)
	}
	known = known.UTC()
	t := e.at.AddDate(known.Year()-e.at.Year(), 0, 0)
	switch away := t.Sub(known); {
	case d.groups.clock == 0 && away > 24*time.Hour, away > 183*24*time.Hour:
		t = t.AddDate(-1, 0, 0)
	case away < -183*24*time.Hour && d.groups.clock > 0:
		t = t.AddDate(1, 0, 0)
	}
	return t
}
