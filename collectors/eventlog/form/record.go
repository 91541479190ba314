// Package form reads Windows event logs in whatever form people keep them: .evtx files, rendered event XML, the JSON of
// the usual shippers and tools, and Splunk's text. Every form becomes the same [Record], in pure Go on any system.
//
// A reader goes through its input once, in constant memory. Damage never stops it: it is counted, its place is kept, and
// what precedes and follows is read.
package form

import "strings"

// Record is one event-log record, whatever form it came in.
//
// A reader lends it: the next call to Next overwrites it. Its strings are safe to keep, but the values of all Fields share
// one allocation, so clone a short value that is kept for long. Strings are valid UTF-8 without NUL; a NUL or half of a
// surrogate pair within a value reads as U+FFFD.
type Record struct {
	Provider     string
	ProviderGUID string // lower case, in braces; "" where the form has none
	EventID      uint32 // the low 16 bits of what the form calls so; the high ones are the qualifiers
	Qualifiers   uint16 // of a classic event: severity, customer, facility
	Version      uint8
	Level        uint8 // 1 critical, 2 error, 3 warning, 4 information, 5 verbose, 0 always logged (as audits are)
	Task, Opcode uint16
	Keywords     uint64
	TimeNS       int64 // when, Unix nanoseconds; 0 where the form does not tell
	RecordID     uint64
	Channel      string
	Computer     string
	PID, TID     uint32 // the process and thread that logged the event, not those it speaks of
	UserSID      string
	ActivityID   string
	// Fields are EventData or UserData in document order, with the names that the event has. An item without a name gets
	// "", a nested UserData gives its leaves, and an item with several values stands once for each.
	Fields []Field
	// Binary is the binary part of a classic event, in hexadecimal.
	Binary string
	// Message is the event's rendered text, where the form has it. No .evtx file does.
	Message string
	// Offset is where the record stands in its (decompressed) input, in bytes. A log that is read in another order than
	// it lies in keeps its places.
	Offset int64
	// Damaged says that the record could not be read whole: values may be missing, and one of them may be cut.
	Damaged bool
}

// Field is one named value of a record.
type Field struct{ Name, Value string }

// Get returns the first value of that name, "" if there is none. Names are the event's own, in their case.
func (r *Record) Get(name string) string {
	v, _ := r.Lookup(name)
	return v
}

// Lookup is [Record.Get] that tells an empty value from none.
func (r *Record) Lookup(name string) (string, bool) {
	for i := range r.Fields {
		if f := &r.Fields[i]; len(f.Name) == len(name) && f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}

// Reader reads records of one form. It belongs to one goroutine.
type Reader interface {
	// Next returns the next record, which is the reader's own until the next call, or io.EOF. Any other error comes from
	// the input; damage is no error but counted in Stats.
	Next() (*Record, error)
	// Stats counts what was read up to now.
	Stats() Stats
}

// Each calls yield for every record until it returns false, and returns the input's error, if any.
func Each(r Reader, yield func(*Record) bool) error {
	for {
		rec, err := r.Next()
		if err != nil {
			return noEOF(err)
		}
		if !yield(rec) {
			return nil
		}
	}
}

// Stats counts what a reader has read and what it could not.
type Stats struct {
	Form    string // "evtx", "xml", "json", "csv" or "text"
	Bytes   int64  // input taken in, decompressed
	Chunks  uint64 // of an .evtx
	Records uint64
	// Damaged counts the records that are cut or broken. Some of them are delivered, with Record.Damaged.
	Damaged uint64
	// DamagedChunks counts the chunks whose header or checksum is wrong. They are read nevertheless.
	DamagedChunks uint64
	// Refused counts the documents that are events of Windows and lack the time, the id or the name of what logged them, or have an
	// id that is no number.
	Refused uint64
	// Local counts the records whose time is that of their host's clock, whose zone nothing tells: it is read as UTC.
	Local uint64
	// Skipped counts documents that are well formed but no event-log record.
	Skipped uint64
	// SkippedBytes counts input that belongs to no record and should.
	SkippedBytes int64
	// Dirty says that the .evtx was not closed, as the copy of a log in use is not.
	Dirty bool
	// Errors are the first of the errors met, each with its place.
	Errors []error
}

// maxErrors bounds Stats.Errors.
const maxErrors = 32

// DamageError is damage at one place of the input.
type DamageError struct {
	Offset int64 // bytes from the start of the (decompressed) input
	What   string
}

func (e *DamageError) Error() string { return "at byte " + Itoa(e.Offset) + ": " + e.What }

func (s *Stats) add(offset int64, what string) {
	if len(s.Errors) < maxErrors {
		s.Errors = append(s.Errors, &DamageError{offset, what})
	}
}

// copy makes the counters safe to keep.
func (s *Stats) copy() Stats {
	c := *s
	c.Errors = append([]error(nil), s.Errors...)
	return c
}

// NormalGUID gives a GUID in braces and lower case.
func NormalGUID(s string) string {
	if s == "" || s[0] == '{' && !strings.ContainsFunc(s, func(r rune) bool { return r >= 'A' && r <= 'Z' }) {
		return s
	}
	if s[0] != '{' {
		s = "{" + s + "}"
	}
	return strings.ToLower(s)
}
