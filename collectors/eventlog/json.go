package eventlog

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON reads event-log records from the JSON that shippers and tools write: Winlogbeat, NXLog and OTRF, EvtxECmd, evtx_dump,
// Velociraptor, hayabusa, Wazuh, Sentinel, Get-WinEvent and osquery's windows_events. What a document is, its keys tell.
// Documents may stand one a line, one after the other, in arrays, within others as a search gives its hits, and behind what a
// relay puts before each line.
type JSON struct {
	b     builder
	w     window
	s     jsonScanner
	x     xmlScanner // for event XML within JSON
	inner jsonScanner
	raw   []byte // text of a JSON or XML document within a string
	zone  int64  // of the host that wrote the NXLog records, as far as they tell, nanoseconds
	zoned bool
	stats Stats

	within int  // the node to go on from in a document that holds records, 0 where none is open
	length int  // of that document
	held   bool // it held one
	opened int  // documents that were entered because they are broken or too large to be held
	rest   bool // what stands between records now is the rest of one that is too large
	cut    bool // the input is only the beginning of one
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
				if large := errors.Is(err, errNodes) || errors.Is(err, errShort) && (len(j.w.buf) >= maxDocument || j.cut); large {
					j.rest = true
				} else {
					j.stats.Damaged++
					j.stats.add(j.w.base+int64(j.s.p), "JSON is broken: "+err.Error())
				}
				j.w.skip(1)
				continue
			}
			j.stats.Damaged++
			j.stats.add(j.w.base+int64(j.s.p), "JSON is broken: "+err.Error())
			j.w.skip(n)
			continue
		}
		j.b.reset()
		j.b.rec.Offset = j.w.base
		if !j.record(&j.s, 0, 0) || !j.b.sawID {
			j.within, j.length, j.held = 1, n, false
			continue
		}
		j.w.skip(n)
		return j.finish(), nil
	}
}

func (j *JSON) finish() *Record {
	j.b.named()
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
	for j.within < len(j.s.nodes) {
		i := j.within
		j.within++
		j.b.reset()
		j.b.rec.Offset = j.w.base
		if j.isWithin(&j.s, i) {
			j.within, j.held = int(j.s.nodes[i].end), true
			return j.finish()
		}
	}
	if !j.held {
		if j.stats.Skipped++; j.stats.Skipped == 1 {
			j.stats.add(j.w.base, "this is JSON, but no event-log record of a known shape")
		}
	}
	j.within = 0
	j.w.skip(j.length)
	return nil
}

// isWithin fills the builder from a value within a document: an object that is a record and says of which log, or a text that
// holds one.
func (j *JSON) isWithin(s *jsonScanner, i int) bool {
	switch n := &s.nodes[i]; n.kind {
	case jsonObject:
		return j.record(s, i, 1) && j.b.sawID && (j.b.rec.Provider != "" || j.b.rec.Channel != "")
	case jsonText:
		return mayHold(n) && j.quoted(s, i) && j.b.sawID
	default:
		return false
	}
}

// mayHold tells whether a text may be a document of JSON or XML, whose first character may be escaped.
func mayHold(n *jsonNode) bool {
	return len(n.text) > 1 && (n.text[0] == '{' || n.text[0] == '<' || n.esc && bytes.HasPrefix(n.text, []byte(`\u003`)))
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
	damaged, told := j.stats.Damaged, len(j.stats.Errors)
	defer func() { j.stats.Damaged, j.stats.Errors = damaged, j.stats.Errors[:told] }()
	last := int32(len(j.s.nodes))
	for i := range j.s.nodes {
		if j.s.nodes[i].end == 0 {
			j.s.nodes[i].end = last
		}
	}
	for i := 1; i < len(j.s.nodes); i++ {
		j.b.reset()
		if j.s.nodes[i].end < last && j.isWithin(&j.s, i) {
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
		if !isSpace(c) && c != '[' && c != ']' && c != ',' && c != '}' && c != recordMark {
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
		err := j.s.parse(j.w.buf)
		if errors.Is(err, errShort) && len(j.w.buf) < maxDocument && j.w.more() {
			continue
		}
		if err == nil {
			return j.s.p, nil
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
			if from > j.s.p && bytes.HasPrefix(bytes.TrimLeft(line[:min(len(line), 16)], " \t,"), []byte("{")) {
				return from + 1, err
			}
		}
	}
}

type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonText
	jsonNumber
	jsonBool
	jsonArray
	jsonObject
)

// jsonNode is one value of a document. The nodes lie in document order; an object's members follow it, up to end.
type jsonNode struct {
	key  []byte // unescaped
	text []byte // of a string: still escaped if esc; of a number or bool: as written
	end  int32
	kind jsonKind
	esc  bool
}

// maxNodes bounds a document's values.
const maxNodes = 1 << 18

var (
	errJSON  = errors.New("unexpected character")
	errNodes = errors.New("it has too many values")
)

// jsonScanner parses one document into nodes.
type jsonScanner struct {
	b     []byte
	p     int
	nodes []jsonNode
}

// parse parses the value at the start of b; p then is behind it, or where it breaks.
func (s *jsonScanner) parse(b []byte) error {
	s.b, s.p, s.nodes = b, 0, s.nodes[:0]
	return s.value(nil, 0)
}

func (s *jsonScanner) space() bool {
	for s.p < len(s.b) && isSpace(s.b[s.p]) {
		s.p++
	}
	return s.p < len(s.b)
}

func (s *jsonScanner) value(key []byte, depth int) error {
	if !s.space() {
		return errShort
	}
	if len(s.nodes) >= maxNodes {
		return errNodes
	}
	n := len(s.nodes)
	s.nodes = append(s.nodes, jsonNode{key: key})
	node := &s.nodes[n]
	from := s.p
	switch c := s.b[s.p]; c {
	case '"':
		text, esc, err := s.str()
		if err != nil {
			return err
		}
		node.kind, node.text, node.esc = jsonText, text, esc
	case '{', '[':
		if depth >= maxDepth {
			return errTooDeep
		}
		kind := jsonObject
		if c == '[' {
			kind = jsonArray
		}
		node.kind = kind
		s.p++
		if err := s.members(kind == jsonObject, c+2, depth); err != nil {
			return err
		}
	default:
		for s.p < len(s.b) && isWordByte(s.b[s.p]) {
			s.p++
		}
		if s.p == len(s.b) {
			return errShort
		}
		word := s.b[from:s.p]
		switch {
		case string(word) == "null":
		case string(word) == "true", string(word) == "false":
			node.kind, node.text = jsonBool, word
		case len(word) > 0 && (word[0] == '-' || word[0] >= '0' && word[0] <= '9'):
			node.kind, node.text = jsonNumber, word
		default:
			return errJSON
		}
	}
	s.nodes[n].end = int32(len(s.nodes))
	return nil
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}

// members parses an object's or array's values and its closing bracket.
func (s *jsonScanner) members(object bool, closing byte, depth int) error {
	for first := true; ; first = false {
		if !s.space() {
			return errShort
		}
		if s.b[s.p] == closing {
			s.p++
			return nil
		}
		if !first {
			if s.b[s.p] != ',' {
				return errJSON
			}
			s.p++
			if !s.space() {
				return errShort
			}
		}
		var key []byte
		if object {
			if s.b[s.p] != '"' {
				return errJSON
			}
			text, esc, err := s.str()
			if err != nil {
				return err
			}
			if key = text; esc {
				key = appendJSON(nil, text)
			}
			if !s.space() {
				return errShort
			}
			if s.b[s.p] != ':' {
				return errJSON
			}
			s.p++
		}
		if err := s.value(key, depth+1); err != nil {
			return err
		}
	}
}

// str parses a string and gives what stands between its quotes. A line's end within a string means that the document is torn.
func (s *jsonScanner) str() (text []byte, esc bool, err error) {
	b := s.b
	from := s.p + 1
	for p := from; p < len(b); p++ {
		switch b[p] {
		case '"':
			s.p = p + 1
			return b[from:p], esc, nil
		case '\\':
			esc = true
			p++
		case '\n':
			s.p = p
			return nil, false, errJSON
		}
	}
	return nil, false, errShort
}

// appendJSON appends a string's text with its escapes resolved.
func appendJSON(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 || i+1 >= len(text) {
			return appendPlain(dst, text)
		}
		dst = appendPlain(dst, text[:i])
		c := text[i+1]
		text = text[i+2:]
		switch c {
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'u':
			var r rune
			r, text = unicodeEscape(text)
			dst = utf8.AppendRune(dst, r)
			continue
		case '"', '\\', '/':
		default:
			// Not an escape of JSON's. Some tools write Windows paths unescaped: keep both characters.
			dst = append(dst, '\\')
			dst = appendPlain(dst, []byte{c})
			continue
		}
		dst = append(dst, c)
	}
}

// unicodeEscape reads what follows \u, and its other half if it is one of a pair.
func unicodeEscape(text []byte) (rune, []byte) {
	hex := func(b []byte) (r rune, ok bool) {
		if len(b) < 4 {
			return 0, false
		}
		for _, c := range b[:4] {
			switch {
			case c >= '0' && c <= '9':
				c -= '0'
			case c|0x20 >= 'a' && c|0x20 <= 'f':
				c = c | 0x20 - 'a' + 10
			default:
				return 0, false
			}
			r = r<<4 | rune(c)
		}
		return r, true
	}
	r, ok := hex(text)
	if !ok {
		return utf8.RuneError, text
	}
	text = text[4:]
	if utf16.IsSurrogate(r) {
		if len(text) >= 6 && text[0] == '\\' && text[1] == 'u' {
			if low, ok := hex(text[2:]); ok {
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					return pair, text[6:]
				}
			}
		}
		return utf8.RuneError, text
	}
	if r == 0 {
		r = utf8.RuneError
	}
	return r, text
}

// appendNode appends a scalar's text.
func appendNode(dst []byte, n *jsonNode) []byte {
	if n.esc {
		return appendJSON(dst, n.text)
	}
	return appendPlain(dst, n.text)
}

// member finds an object's member by its key; -1 if there is none.
func (s *jsonScanner) member(object int, key string) int {
	if object < 0 || s.nodes[object].kind != jsonObject {
		return -1
	}
	for i := object + 1; i < int(s.nodes[object].end); i = int(s.nodes[i].end) {
		if string(s.nodes[i].key) == key {
			return i
		}
	}
	return -1
}

// each calls f for every member of an object or array.
func (s *jsonScanner) each(parent int, f func(i int, n *jsonNode)) {
	for i := parent + 1; i < int(s.nodes[parent].end); i = int(s.nodes[i].end) {
		f(i, &s.nodes[i])
	}
}
