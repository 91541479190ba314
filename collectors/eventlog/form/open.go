package form

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/layout"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/powershell"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/rows"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/unwrap"
)

// sniffWithin is how much of an input is looked at to tell its form.
const sniffWithin = 256 << 10

// ErrUnknown says that an input is no event log of a form that is read here.
var ErrUnknown = errors.New("this is no Windows event log: neither .evtx nor event XML, JSON, a table or text of one")

// Recognise tells whether the beginning of a file, uncompressed, is that of an event log of any form. JSON and XML count only if a
// record can be read from it.
func Recognise(head []byte) bool {
	_, err := NewReader(bytes.NewReader(head))
	return err == nil
}

// First gives the first record that can be read from the beginning of a file, nil for none.
func First(head []byte) *Record {
	r, err := NewReader(bytes.NewReader(head))
	if err != nil {
		return nil
	}
	rec, err := r.Next()
	if err != nil {
		return nil
	}
	return rec
}

// File is an open event log.
type File struct {
	Reader
	f *os.File
}

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

// Open opens an event log of any form; errors.Is(err, ErrUnknown) if it is none.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening event log: %w", err)
	}
	r, err := NewReader(f)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("opening event log %s: %w", path, err)
	}
	return &File{r, f}, nil
}

// NewReader tells r's form by its content and returns a reader of that form.
func NewReader(r io.Reader) (Reader, error) {
	if s, ok := r.(io.ReadSeeker); ok {
		var magic [len(layout.FileMagic)]byte
		_, err := io.ReadFull(s, magic[:])
		if _, back := s.Seek(0, io.SeekStart); back == nil && err == nil && string(magic[:]) == layout.FileMagic {
			return NewEVTX(r), nil // the file itself, so that a log that has wrapped is read in order
		}
	}
	b := bufio.NewReaderSize(r, sniffWithin)
	head, err := b.Peek(len(layout.FileMagic))
	if len(head) == 0 && err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(head) == layout.FileMagic {
		return NewEVTX(b), nil
	}
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("reading gzip: %w", err)
		}
		b = bufio.NewReaderSize(z, sniffWithin)
	}
	return sniff(b)
}

// sniff tells the form of what is not compressed.
func sniff(b *bufio.Reader) (Reader, error) {
	head, err := b.Peek(sniffWithin)
	if len(head) == 0 {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return nil, ErrUnknown
	}
	if bytes.HasPrefix(head, []byte(layout.FileMagic)) || bytes.Contains(head, []byte(layout.ChunkMagic)) {
		return NewEVTX(b), nil
	}
	if in := utf8From(b, head); in != nil {
		b = bufio.NewReaderSize(in, sniffWithin)
		head, _ = b.Peek(sniffWithin)
	}
	text := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(text) == 0:
	case bytes.HasPrefix(text, []byte(`"<`)):
		if firstRecord(NewXML(unwrap.Quoted(bytes.NewReader(head)))) {
			return NewXML(unwrap.Quoted(b)), nil
		}
	case text[0] == '{' || text[0] == '[':
		if isJSON(head) {
			return NewJSON(b), nil
		}
	case (isTextStart(text) || powershell.Starts(text)) && !bytes.Contains(head, []byte("\nEvent Xml:")): // which says the same and more
		if firstRecord(NewText(bytes.NewReader(head))) {
			return NewText(b), nil
		}
	case rows.IsTable(text, func(name []byte) bool { return isID(name) || string(name) == "Id" }):
		if firstRecord(NewCSV(bytes.NewReader(head))) {
			return NewCSV(b), nil
		}
	}
	// Event XML may follow anything: a declaration, or what a log shipper puts before each event. So may JSON.
	if j := bytes.IndexByte(head, '{'); j >= 0 && j < bytes.IndexByte(head, '<') && isJSON(head) {
		return NewJSON(b), nil
	}
	if i := bytes.Index(head, []byte(`"<Event`)); i > 0 && bytes.IndexByte(head, '\n') < i { // a column of a CSV
		if firstRecord(NewXML(unwrap.Doubled(bytes.NewReader(head)))) {
			return NewXML(unwrap.Doubled(b)), nil
		}
	}
	if firstRecord(NewXML(bytes.NewReader(head))) {
		return NewXML(b), nil
	}
	if isJSON(head) {
		return NewJSON(b), nil
	}
	if powershell.Holds(head) && firstRecord(NewText(bytes.NewReader(head))) {
		return NewText(b), nil
	}
	return nil, ErrUnknown
}

// isJSON tells whether a record can be read from an input's beginning as JSON.
func isJSON(head []byte) bool {
	j := NewJSON(bytes.NewReader(head))
	j.cut = len(head) == sniffWithin
	return firstRecord(j)
}

// firstRecord tells whether a reader finds a record that names its log or provider, also one that it refuses.
func firstRecord(r Reader) bool {
	found := false
	_ = Each(r, func(rec *Record) bool {
		found = rec.Provider != "" || rec.Channel != ""
		return !found && r.Stats().Records < 100
	})
	return found || r.Stats().Refused > 0
}

// utf8From returns a reader that gives UTF-8 where the input is UTF-16 or begins with a mark; nil if it needs none.
func utf8From(b *bufio.Reader, head []byte) io.Reader {
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		_, _ = b.Discard(3)
		return b
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		_, _ = b.Discard(2)
		return unwrap.UTF16(b, false)
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		_, _ = b.Discard(2)
		return unwrap.UTF16(b, true)
	case len(head) >= 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return unwrap.UTF16(b, false)
	case len(head) >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return unwrap.UTF16(b, true)
	}
	return nil
}
