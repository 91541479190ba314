package form

import (
	"bytes"
	"errors"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// xmlScanner reads one document's markup from b.
type xmlScanner struct {
	b       []byte
	base    int64 // offset of b[0] in the input
	p       int
	final   bool     // no more input will come
	at      int      // where the last token begins
	names   [][]byte // of the open elements, with their prefixes
	attrs   []xmlAttr
	absent  [4]int64 // offset in the input up to which a terminator is known not to stand
	scratch []byte
	work    int // bytes looked at, which tests hold against the input's length
}

type xmlAttr struct{ name, value []byte } // local name; value still escaped

func (s *xmlScanner) start(b []byte, base int64) {
	s.b, s.base, s.p, s.at, s.names = b, base, 0, 0, s.names[:0]
}

// maxAttributes bounds those of an element; none of Windows' has as many.
const maxAttributes = 256

// terminators of constructs within which nothing is markup.
var terminators = [4]string{"-->", "]]>", "?>", ">"}

// until finds a terminator at or after from. That there is none is remembered, so that a hostile input cannot have the same
// megabytes searched again and again.
func (s *xmlScanner) until(kind, from int) int {
	end := s.base + int64(len(s.b))
	if s.absent[kind] >= end || from > len(s.b) {
		return -1
	}
	i := bytes.Index(s.b[from:], []byte(terminators[kind]))
	if i < 0 {
		s.work += len(s.b) - from
		s.absent[kind] = end
		return -1
	}
	return from + i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ':' || c == '_' || c == '-' || c == '.' || c >= 0x80
}

// local cuts a namespace prefix off.
func local(name []byte) []byte {
	if _, after, ok := bytes.Cut(name, []byte(":")); ok {
		return after
	}
	return name
}

type xmlToken uint8

// next reads the next token: text, or a tag with its local name and, in attrs, its attributes.
func (s *xmlScanner) next() (tok xmlToken, data []byte, err error) {
	for {
		b := s.b
		s.at = s.p
		if s.p >= len(b) {
			return 0, nil, errShort
		}
		if b[s.p] != '<' {
			i := bytes.IndexByte(b[s.p:], '<')
			if i < 0 {
				if !s.final {
					return 0, nil, errShort
				}
				i = len(b) - s.p
			}
			text := b[s.p : s.p+i]
			s.p += i
			return xmlText, text, nil
		}
		if s.p+1 >= len(b) {
			return 0, nil, errShort
		}
		switch b[s.p+1] {
		case '/':
			return s.endTag()
		case '?':
			i := s.until(2, s.p)
			if i < 0 {
				return 0, nil, errShort
			}
			s.p = i + 2
			continue
		case '!':
			rest := b[s.p:]
			switch {
			case bytes.HasPrefix(rest, []byte("<![CDATA[")):
				i := s.until(1, s.p+9)
				if i < 0 {
					return 0, nil, errShort
				}
				text := b[s.p+9 : i]
				s.p = i + 3
				return xmlCDATA, text, nil
			case bytes.HasPrefix(rest, []byte("<!--")):
				i := s.until(0, s.p+4)
				if i < 0 {
					return 0, nil, errShort
				}
				s.p = i + 3
				continue
			case len(rest) < 9:
				return 0, nil, errShort
			}
			return 0, nil, errTag // no declarations within an event
		}
		return s.startTag()
	}
}

func (s *xmlScanner) endTag() (xmlToken, []byte, error) {
	i := s.until(3, s.p)
	if i < 0 {
		return 0, nil, errShort
	}
	name := bytes.TrimRight(s.b[s.p+2:i], " \r\n\t")
	if len(s.names) == 0 || !bytes.Equal(name, s.names[len(s.names)-1]) {
		return 0, nil, errMismatch
	}
	s.p = i + 1
	s.names = s.names[:len(s.names)-1]
	return xmlEnd, local(name), nil
}

func (s *xmlScanner) startTag() (xmlToken, []byte, error) {
	b, p := s.b, s.p+1
	end := p
	for end < len(b) && isNameByte(b[end]) {
		end++
	}
	if end == len(b) {
		return 0, nil, errShort
	}
	name := b[p:end]
	if len(name) == 0 {
		return 0, nil, errTag
	}
	if len(s.names) > 0 && string(local(name)) == "Event" {
		return 0, nil, errNested
	}
	s.attrs = s.attrs[:0]
	for p = end; ; {
		for p < len(b) && isSpace(b[p]) {
			p++
		}
		if p >= len(b) {
			return 0, nil, errShort
		}
		switch b[p] {
		case '>':
			if len(s.names) >= maxDepth {
				return 0, nil, errTooDeep
			}
			s.names = append(s.names, name)
			s.p = p + 1
			return xmlStart, local(name), nil
		case '/':
			if p+1 >= len(b) {
				return 0, nil, errShort
			}
			if b[p+1] != '>' {
				return 0, nil, errTag
			}
			s.p = p + 2
			return xmlEmpty, local(name), nil
		}
		from := p
		for p < len(b) && isNameByte(b[p]) {
			p++
		}
		attr := b[from:p]
		for p < len(b) && isSpace(b[p]) {
			p++
		}
		if p+1 >= len(b) {
			return 0, nil, errShort
		}
		if len(attr) == 0 || b[p] != '=' {
			return 0, nil, errTag
		}
		p++
		for p < len(b) && isSpace(b[p]) {
			p++
		}
		if p >= len(b) {
			return 0, nil, errShort
		}
		quote := b[p]
		if quote != '"' && quote != '\'' {
			return 0, nil, errTag
		}
		p++
		rest := b[p:]
		i := bytes.IndexByte(rest, quote)
		if tag := bytes.IndexByte(rest[:max(i, 0)], '<'); tag >= 0 { // which no value may hold
			return 0, nil, errTag
		}
		if i < 0 {
			s.work += len(rest)
			if bytes.IndexByte(rest, '<') >= 0 {
				return 0, nil, errTag
			}
			return 0, nil, errShort
		}
		s.work += i
		value := rest[:i]
		p += i + 1
		if !bytes.HasPrefix(attr, []byte("xmlns")) {
			if len(s.attrs) == maxAttributes {
				return 0, nil, errAttributes
			}
			s.attrs = append(s.attrs, xmlAttr{local(attr), value})
		}
	}
}

// event reads one <Event> into the builder.
func (s *xmlScanner) event(b *builder) error {
	tok, _, err := s.next()
	if err != nil {
		return err
	}
	switch tok {
	case xmlEmpty:
		return nil
	case xmlStart:
	default:
		return errTag
	}
	return s.children(b, inEvent)
}

// children reads what an element holds, as far as its end.
func (s *xmlScanner) children(b *builder, at place) error {
	for {
		tok, name, err := s.next()
		if err != nil {
			return err
		}
		switch tok {
		case xmlEnd:
			return nil
		case xmlStart, xmlEmpty:
			if err := s.element(b, at, name, tok == xmlEmpty); err != nil {
				return err
			}
		default:
		}
	}
}

// fragment reads the elements of EventData or UserData, with or without the element around them. It reports whether they are whole.
func (s *xmlScanner) fragment(b *builder) bool {
	for s.final = true; ; {
		tok, name, err := s.next()
		switch {
		case errors.Is(err, errShort):
			return s.p >= len(s.b) && len(s.names) == 0
		case err != nil:
			return false
		case tok != xmlStart && tok != xmlEmpty:
		case string(name) != "EventData" && string(name) != "UserData" && string(name) != "DataItem":
			err = s.dataElement(b, name, tok == xmlEmpty)
		case tok == xmlStart:
			err = s.children(b, inData)
		}
		if err != nil {
			return false
		}
	}
}

// element reads one element of an event whose start tag was just read.
func (s *xmlScanner) element(b *builder, at place, name []byte, empty bool) error {
	switch at {
	case inSystem:
		return s.systemElement(b, string(b.names.of(name)), empty)
	case inData:
		return s.dataElement(b, name, empty)
	default:
		inside := within(at, string(name))
		if empty {
			return nil
		}
		return s.children(b, inside)
	}
}

func (s *xmlScanner) systemElement(b *builder, name string, empty bool) error {
	for _, a := range s.attrs {
		if to := systemAttribute(name, b.names.of(a.name)); to != toNothing {
			s.scratch = typed.AppendEntities(s.scratch[:0], a.value)
			b.text(to, "", s.scratch)
		}
	}
	if empty {
		return nil
	}
	s.scratch = s.scratch[:0]
	to := systemText(name)
	for {
		tok, data, err := s.next()
		if err != nil {
			return err
		}
		switch tok {
		case xmlText:
			s.scratch = typed.AppendEntities(s.scratch, data)
		case xmlCDATA:
			s.scratch = typed.AppendClean(s.scratch, data)
		case xmlEnd:
			if to != toNothing {
				b.text(to, "", bytes.TrimSpace(s.scratch))
			}
			return nil
		case xmlStart:
			if err := s.children(b, inIgnored); err != nil {
				return err
			}
		case xmlEmpty:
		}
	}
}

// dataElement reads an element of EventData or UserData: a value, or a parent of values.
func (s *xmlScanner) dataElement(b *builder, name []byte, empty bool) error {
	var field string
	if string(name) != "Data" {
		field = b.names.of(name)
	}
	element := field
	if element == "" {
		element = "Data"
	}
	for _, a := range s.attrs {
		attr := b.names.of(a.name)
		switch {
		case namesField(element, attr):
			s.scratch = typed.AppendEntities(s.scratch[:0], a.value)
			field = b.names.of(s.scratch)
		case isField(element, attr):
			from := len(b.buf)
			b.buf = typed.AppendEntities(b.buf, a.value)
			b.field(attr, from)
		}
	}
	from := len(b.buf)
	parent := false
	var failed error
	for !empty {
		tok, data, err := s.next()
		if err != nil {
			failed = err
			break
		}
		if tok == xmlEnd {
			break
		}
		switch tok {
		case xmlText:
			if !parent {
				b.buf = typed.AppendEntities(b.buf, data)
			}
		case xmlCDATA:
			if !parent {
				b.buf = typed.AppendClean(b.buf, data)
			}
		case xmlStart, xmlEmpty:
			if !parent {
				parent = true
				b.buf = b.buf[:from]
			}
			if err := s.dataElement(b, data, tok == xmlEmpty); err != nil {
				return err
			}
		default:
		}
		if len(b.buf) > maxText {
			b.over = true
			b.buf = b.buf[:from]
		}
		if failed != nil {
			break
		}
	}
	switch {
	case parent, failed != nil && len(b.buf) == from:
	case element == "Binary":
		b.binary = span{int32(from), int32(len(b.buf))}
	default:
		b.field(field, from)
	}
	return failed
}
