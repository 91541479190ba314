package form

import (
	"bytes"
	"errors"
	"io"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/xmlscan"
)

// JSON reads event-log records from the JSON that shippers and tools write: Winlogbeat, NXLog and OTRF, EvtxECmd, evtx_dump,
// Velociraptor, hayabusa, Wazuh, Sentinel, Get-WinEvent and osquery's windows_events. What a document is, its keys tell.
// Documents may stand one a line, one after the other, in arrays, within others as a search gives its hits, and behind what a
// relay puts before each line.
type JSON struct {
	b     builder
	w     window
	s     jsonscan.Scanner
	x     xmlScanner // for event XML within JSON
	inner [3]inner   // documents within strings, each within the one before
	raw   []byte
	clock clock
	stats Stats
	why   string // the document is an event and lacks this
	more  []byte // of event XML that a string within the document holds
	// looked counts the bytes looked at, which tests hold against the input's length.
	looked int

	within int  // the node to go on from in a document that holds records, 0 where none is open
	length int  // of that document
	held   bool // it held one
	opened int  // documents that were entered because they are broken or too large to be held
	rest   bool // what stands between records now is the rest of one that is too large
	cut    bool // the input is only the beginning of one
}

// inner is a document that a string holds.
type inner struct {
	s    jsonscan.Scanner
	text []byte
}

// NewJSON reads r, which is UTF-8. [Open] turns other encodings into that.
func NewJSON(r io.Reader) *JSON {
	j := &JSON{w: window{r: r}}
	j.stats.Form = "json"
	return j
}

// Stats implements [Reader].
func (j *JSON) Stats() Stats {
	s := j.stats.copy()
	s.Bytes = j.w.base + int64(len(j.w.buf))
	return s
}

// Each calls yield for every record until it returns false.
func (j *JSON) Each(yield func(*Record) bool) error { return Each(j, yield) }

// Next implements [Reader].
func (j *JSON) Next() (*Record, error) {
	for {
		if j.within > 0 {
			if r := j.inside(); r != nil {
				return r, nil
			}
			continue
		}
		if err := j.find(); err != nil {
			return nil, err
		}
		n, err := j.document()
		if err != nil {
			if j.w.err != nil {
				return nil, j.w.err
			}
			if j.enter() {
				if large := errors.Is(err, jsonscan.ErrNodes) || errors.Is(err, jsonscan.ErrShort) && (len(j.w.buf) >= MaxDocument || j.cut); large {
					j.rest = true
				} else {
					j.stats.Damaged++
					j.stats.add(j.w.base+int64(j.s.P), "JSON is broken: "+err.Error())
				}
				j.w.skip(1)
				continue
			}
			j.stats.Damaged++
			j.stats.add(j.w.base+int64(j.s.P), "JSON is broken: "+err.Error())
			j.w.skip(n)
			continue
		}
		j.b.reset()
		j.b.rec.Offset = j.w.base
		j.why = ""
		if known := j.record(&j.s, 0, 0); !known || !j.whole() {
			if known {
				j.refuse()
			}
			j.within, j.length, j.held = 1, n, false
			continue
		}
		j.w.skip(n)
		return j.finish(), nil
	}
}

// whole tells whether what the builder holds is an event, with what the form knows by other means put in.
func (j *JSON) whole() bool {
	if !j.b.isEvent() {
		return false
	}
	j.b.provided()
	j.b.named()
	j.clock.settle(&j.b, &j.stats)
	return j.b.lacks() == ""
}

// refuse keeps why the first event in a document is none that can be used.
func (j *JSON) refuse() {
	if j.why == "" && j.b.isEvent() {
		j.why = j.b.refusal()
	}
}

func (j *JSON) finish() *Record {
	r := j.b.finish()
	if j.b.over {
		j.stats.Damaged++
		j.stats.add(r.Offset, errTooLarge.Error())
	}
	j.stats.Records++
	return r
}

// inside gives the next record within a document that is none itself; nil at its end.
func (j *JSON) inside() *Record {
	for len(j.more) > 0 {
		j.b.reset()
		j.b.rec.Offset = j.w.base
		if j.nextXML() && j.whole() {
			j.held = true
			return j.finish()
		}
		j.refuse()
	}
	for j.within < len(j.s.Nodes) {
		i := j.within
		j.within++
		j.b.reset()
		j.b.rec.Offset = j.w.base
		if j.isWithin(&j.s, i) {
			j.within, j.held = int(j.s.Nodes[i].End), true
			return j.finish()
		}
	}
	switch {
	case j.held:
	case j.why != "":
		j.stats.Refused++
		j.stats.add(j.w.base, j.why)
	default:
		if j.stats.Skipped++; j.stats.Skipped == 1 {
			j.stats.add(j.w.base, "this is JSON, but no event-log record of a known shape")
		}
	}
	j.within = 0
	j.w.skip(j.length)
	return nil
}

// isWithin fills the builder from a value within a document: an object that is a record, or a text that holds one.
func (j *JSON) isWithin(s *jsonscan.Scanner, i int) bool {
	known := false
	switch n := &s.Nodes[i]; n.Kind {
	case jsonscan.Object:
		known = j.record(s, i, 1)
	case jsonscan.Text:
		known = mayHold(n) && j.quoted(s, i)
	default:
	}
	if !known {
		return false
	}
	if j.whole() {
		return true
	}
	j.refuse()
	return false
}

// mayHold tells whether a text may be a document of JSON or XML, whose first character may be escaped.
func mayHold(n *jsonscan.Node) bool {
	return len(n.Text) > 1 && (n.Text[0] == '{' || n.Text[0] == '<' || n.Esc && bytes.HasPrefix(n.Text, []byte(`\u003`)))
}

// maxOpened bounds how many documents are entered.
const maxOpened = 4

// enter tells whether a document that breaks off, that is too large to be held or that only begins here, holds whole records:
// then they are read one by one.
func (j *JSON) enter() bool {
	if j.opened >= maxOpened {
		return false
	}
	// This only asks; what is broken within is counted when it is read.
	before := j.stats
	defer func() { j.stats, j.more = before, nil }()
	last := int32(len(j.s.Nodes))
	for i := range j.s.Nodes {
		if j.s.Nodes[i].End == 0 {
			j.s.Nodes[i].End = last
		}
	}
	for i := 1; i < len(j.s.Nodes); i++ {
		j.b.reset()
		if j.s.Nodes[i].End < last && j.isWithin(&j.s, i) {
			j.opened++
			return true
		}
	}
	return false
}

// find skips to the next object.
func (j *JSON) find() error {
	for {
		if i := bytes.IndexByte(j.w.buf, '{'); i >= 0 {
			// What stands before a document on its line, a relay put there.
			j.junk(j.w.buf[:bytes.LastIndexByte(j.w.buf[:i], '\n')+1])
			j.w.skip(i)
			return nil
		}
		j.junk(j.w.buf)
		j.w.skip(len(j.w.buf))
		if !j.w.more() {
			if j.w.err != nil {
				return j.w.err
			}
			return io.EOF
		}
	}
}

// junk counts what stands between documents and is no punctuation. The first of it is told.
func (j *JSON) junk(b []byte) {
	if j.rest || len(b) < 64 && bytes.HasPrefix(bytes.TrimSpace(b), []byte("Record ")) {
		return // the rest of what holds the records; or a dump's count of them
	}
	for i, c := range b {
		if !xmlscan.IsSpace(c) && c != '[' && c != ']' && c != ',' && c != '}' && c != recordMark {
			if j.stats.SkippedBytes++; j.stats.SkippedBytes == 1 {
				j.stats.add(j.w.base+int64(i), "here stands what is no JSON")
			}
		}
	}
}

// recordMark begins a document in a sequence of JSON texts (RFC 7464).
const recordMark = 0x1e

// document parses the object at the window's start and tells how long it is, or how much to skip if it is broken: as far as
// the next line that begins with an object.
func (j *JSON) document() (int, error) {
	for {
		err := j.s.Parse(j.w.buf)
		j.looked += j.s.P
		if errors.Is(err, jsonscan.ErrShort) && len(j.w.buf) < MaxDocument && j.w.more() {
			continue
		}
		if err == nil {
			return j.s.P, nil
		}
		// What was parsed holds no line that begins a document, unless it is cut off: then that line is where it was torn.
		rest := j.w.buf[1:]
		for from := 0; ; {
			i := bytes.IndexByte(rest[from:], '\n')
			if i < 0 {
				return len(j.w.buf), err
			}
			from += i + 1
			line := rest[from:]
			if len(line) == 0 || line[0] == '{' {
				return from + 1, err
			}
			if from > j.s.P && bytes.HasPrefix(bytes.TrimLeft(line[:min(len(line), 16)], " \t,"), []byte("{")) {
				return from + 1, err
			}
		}
	}
}
