package results

import (
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// LogItem is what one run of a scheduled query has to log: what changed, or a snapshot.
type LogItem struct {
	Name string // of the query, such as pack_linux_AN0579_ptrace_injection
	Host string // hostIdentifier
	Time time.Time
	// Epoch is 0. Counter is 0 for the first run and grows with each later run that found a change.
	Epoch, Counter uint64
	// Columns are sorted and differ; every row has a cell for each.
	Columns []string
	// Added and Removed are what changed. Rows come as osqueryd's differential has them: bytes that are control
	// characters or no UTF-8 are written as \xHH.
	Added, Removed [][]string
	// IsSnapshot says that Snapshot is the result instead; it may be empty.
	IsSnapshot bool
	Snapshot   [][]string
}

// AppendLines appends the result as osqueryd's filesystem logger writes it: a line for each row that was removed or
// added, in that order, or one line for a snapshot. Keys have osqueryd's order (core/query.cpp). Whatever a value holds,
// the lines are valid JSON without control characters, so that printing them does a terminal no harm.
func (r *LogItem) AppendLines(b []byte) []byte {
	if r.IsSnapshot {
		b = append(b, `{"snapshot":[`...)
		for i, row := range r.Snapshot {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendObject(b, r.Columns, row)
		}
		b = append(b, `],"action":"snapshot",`...)
		return append(r.appendHead(b), "}\n"...)
	}
	head := r.appendHead(nil)
	for _, part := range []struct {
		action string
		rows   [][]string
	}{{"removed", r.Removed}, {"added", r.Added}} {
		for _, row := range part.rows {
			b = append(append(b, '{'), head...)
			b = AppendObject(append(b, `,"columns":`...), r.Columns, row)
			b = append(b, `,"action":"`+part.action+"\"}\n"...)
		}
	}
	return b
}

func (r *LogItem) appendHead(b []byte) []byte {
	b = appendJSON(append(b, `"name":`...), r.Name)
	b = appendJSON(append(b, `,"hostIdentifier":`...), r.Host)
	b = appendJSON(append(b, `,"calendarTime":`...), r.Time.UTC().Format("Mon Jan _2 15:04:05 2006 MST"))
	b = strconv.AppendInt(append(b, `,"unixTime":`...), r.Time.Unix(), 10)
	b = strconv.AppendUint(append(b, `,"epoch":`...), r.Epoch, 10)
	b = strconv.AppendUint(append(b, `,"counter":`...), r.Counter, 10)
	return append(b, `,"numerics":false`...)
}

// LogTo gives a function that writes results to w, each in one Write, for use by several goroutines.
func LogTo(w io.Writer) func(*LogItem) error {
	var mu sync.Mutex
	var b []byte
	return func(r *LogItem) error {
		mu.Lock()
		defer mu.Unlock()
		if b = r.AppendLines(b[:0]); len(b) == 0 {
			return nil
		}
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("writing results of %s: %w", r.Name, err)
		}
		if cap(b) > 1<<20 {
			b = nil
		}
		return nil
	}
}

// AppendObject writes a row as an object of JSON that does a terminal no harm; both slices have the same length.
func AppendObject(b []byte, names, row []string) []byte {
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, name)
		b = appendJSON(append(b, ':'), row[i])
	}
	return append(b, '}')
}

// appendJSON writes s as a JSON text: what is not printable as \uHHHH, what is no UTF-8 as the replacement character.
// encoding/json leaves DEL, the C1 controls (of which U+009B begins a terminal's escape sequence) and the marks that turn
// the direction of writing as they are, and escapes <, > and &, which osquery does not.
func appendJSON(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '"' || c == '\\':
				b = append(b, '\\', c)
			case c == '\n':
				b = append(b, '\\', 'n')
			case c == '\t':
				b = append(b, '\\', 't')
			case c == '\r':
				b = append(b, '\\', 'r')
			case c < ' ' || c == 0x7f:
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			default:
				b = append(b, c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b = append(b, `\ufffd`...)
		case unicode.IsPrint(r):
			b = append(b, s[i:i+n]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
		i += n
	}
	return append(b, '"')
}
