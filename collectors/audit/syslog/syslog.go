// Package syslog parts a line of a system's log, in the forms of syslog, journald's text and the kernel's ring buffer, into what it says
// of itself and its text.
package syslog

import (
	"bytes"
	"strconv"
	"time"
)

// Envelope is what a system's log puts before a record.
type Envelope struct {
	Host []byte
	At   time.Time // zero if it does not say; what has no zone is taken for UTC
	// Year says that it tells the year, too.
	Year bool
	Tag  []byte // the program's name, with its pid in brackets
	Text []byte
}

// Open parts a line of a system's log into what it says of itself and its text.
func Open(line []byte) (e Envelope, ok bool) {
	rest := bytes.TrimLeft(line, " ")
	version := false
	if _, n := digits(rest, 6); n > 0 && len(rest) > n+1 && rest[n] == ' ' && rest[n+1] == '<' { // its length, as TCP carries it (RFC 6587)
		rest = rest[n+1:]
	}
	if len(rest) > 2 && rest[0] == '<' {
		n, length := digits(rest[1:], 3)
		if length == 0 || n > 191 || len(rest) < length+3 || rest[length+1] != '>' {
			return e, false
		}
		rest = rest[length+2:]
		rest, version = bytes.CutPrefix(rest, []byte("1 "))
	}
	if ringTime(&rest) {
		if bytes.HasPrefix(rest, []byte("audit: ")) || bytes.HasPrefix(rest, []byte("type=")) {
			e.Text = rest
			return e, true
		}
	} else if !e.time(&rest) {
		return e, false
	}
	e.Host, rest, _ = bytes.Cut(rest, []byte{' '})
	if version {
		var id []byte
		e.Tag, rest, _ = bytes.Cut(rest, []byte{' '})
		_, rest, _ = bytes.Cut(rest, []byte{' '}) // PROCID
		id, rest, _ = bytes.Cut(rest, []byte{' '})
		e.Text = bytes.TrimPrefix(afterStructured(rest), []byte("\ufeff"))
		return e, len(id) > 0
	}
	rest = bytes.TrimLeft(rest, " ")
	tag, text, found := bytes.Cut(rest, []byte(": "))
	if !found || bytes.IndexByte(tag, ' ') >= 0 {
		e.Text = rest // without a tag
		return e, true
	}
	e.Tag, e.Text = tag, bytes.TrimLeft(text, " ")
	ringTime(&e.Text)
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
func (e *Envelope) time(rest *[]byte) bool {
	if n := unixTime(*rest); n > 0 {
		if f, err := strconv.ParseFloat(string((*rest)[:n]), 64); err == nil {
			e.At, e.Year, *rest = time.UnixMilli(int64(f*1000)), true, (*rest)[n+1:]
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
			e.At, e.Year, *rest = at, t.year, (*rest)[n+1:]
			return true
		}
	}
	return false
}

// unixTime gives how long "1700000065.100" before a blank is, 0 for none.
func unixTime(b []byte) int {
	_, n := digits(b, 10)
	if n != 10 || n == len(b) || b[n] != '.' {
		return 0
	}
	_, m := digits(b[n+1:], 9)
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

// digits reads a decimal number of at most limit digits and tells how many there were, 0 if there were more.
func digits(b []byte, limit int) (v, n int) {
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		if n == limit {
			return 0, 0
		}
		v = v*10 + int(b[n]-'0')
		n++
	}
	return v, n
}
