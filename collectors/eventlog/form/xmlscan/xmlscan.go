// Package xmlscan reads the markup of event XML: no entities, declarations or anything that is fetched.
package xmlscan

import (
	"bytes"
	"errors"
)

// What is wrong with a document.
var (
	ErrShort      = errors.New("it is cut off")
	ErrTag        = errors.New("a tag is malformed")
	errMismatch   = errors.New("an end tag fits no open element")
	errNested     = errors.New("an event begins before the last has ended")
	errAttributes = errors.New("a tag has too many attributes")
	errTooDeep    = errors.New("it is nested too deeply")
)

// Token is a kind of token.
type Token uint8

// The tokens.
const (
	Text  Token = iota // raw text, escaped
	CDATA              // raw text, as it is
	Start
	Empty // an element that ends where it starts
	End
)

// Scanner reads one document's markup from B.
type Scanner struct {
	B      []byte
	P      int         // where the next token begins
	At     int         // where the last one begins
	Final  bool        // no more input will come
	Names  [][]byte    // of the open elements, with their prefixes
	Attrs  []Attribute // of the last tag
	Work   int         // bytes looked at, which tests hold against the input's length
	base   int64       // offset of B[0] in the input
	absent [4]int64    // offset in the input up to which a terminator is known not to stand
}

// Attribute is one of an element: its local name and its value, still escaped.
type Attribute struct{ Name, Value []byte }

// Begin begins a document, which stands at base in its input.
func (s *Scanner) Begin(b []byte, base int64) {
	s.B, s.base, s.P, s.At, s.Names = b, base, 0, 0, s.Names[:0]
}

// Forget makes it begin another input.
func (s *Scanner) Forget() { s.absent = [4]int64{} }

// MaxDepth bounds how deep elements lie in each other.
const MaxDepth = 64

// maxAttributes bounds those of an element; none of Windows' has as many.
const maxAttributes = 256

// terminators of constructs within which nothing is markup.
var terminators = [4]string{"-->", "]]>", "?>", ">"}

// until finds a terminator at or after from. That there is none is remembered, so that a hostile input cannot have the same
// megabytes searched again and again.
func (s *Scanner) until(kind, from int) int {
	end := s.base + int64(len(s.B))
	if s.absent[kind] >= end || from > len(s.B) {
		return -1
	}
	i := bytes.Index(s.B[from:], []byte(terminators[kind]))
	if i < 0 {
		s.Work += len(s.B) - from
		s.absent[kind] = end
		return -1
	}
	return from + i
}

// IsSpace tells XML's white space.
func IsSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// IsNameByte tells what a name may hold.
func IsNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ':' || c == '_' || c == '-' || c == '.' || c >= 0x80
}

// Local cuts a namespace prefix off.
func Local(name []byte) []byte {
	if _, after, ok := bytes.Cut(name, []byte(":")); ok {
		return after
	}
	return name
}

// Next reads the next token: text, or a tag with its local name and, in attrs, its attributes.
func (s *Scanner) Next() (tok Token, data []byte, err error) {
	for {
		b := s.B
		s.At = s.P
		if s.P >= len(b) {
			return 0, nil, ErrShort
		}
		if b[s.P] != '<' {
			i := bytes.IndexByte(b[s.P:], '<')
			if i < 0 {
				if !s.Final {
					return 0, nil, ErrShort
				}
				i = len(b) - s.P
			}
			text := b[s.P : s.P+i]
			s.P += i
			return Text, text, nil
		}
		if s.P+1 >= len(b) {
			return 0, nil, ErrShort
		}
		switch b[s.P+1] {
		case '/':
			return s.endTag()
		case '?':
			i := s.until(2, s.P)
			if i < 0 {
				return 0, nil, ErrShort
			}
			s.P = i + 2
			continue
		case '!':
			rest := b[s.P:]
			switch {
			case bytes.HasPrefix(rest, []byte("<![CDATA[")):
				i := s.until(1, s.P+9)
				if i < 0 {
					return 0, nil, ErrShort
				}
				text := b[s.P+9 : i]
				s.P = i + 3
				return CDATA, text, nil
			case bytes.HasPrefix(rest, []byte("<!--")):
				i := s.until(0, s.P+4)
				if i < 0 {
					return 0, nil, ErrShort
				}
				s.P = i + 3
				continue
			case len(rest) < 9:
				return 0, nil, ErrShort
			}
			return 0, nil, ErrTag // no declarations within an event
		}
		return s.startTag()
	}
}

func (s *Scanner) endTag() (Token, []byte, error) {
	i := s.until(3, s.P)
	if i < 0 {
		return 0, nil, ErrShort
	}
	name := bytes.TrimRight(s.B[s.P+2:i], " \r\n\t")
	if len(s.Names) == 0 || !bytes.Equal(name, s.Names[len(s.Names)-1]) {
		return 0, nil, errMismatch
	}
	s.P = i + 1
	s.Names = s.Names[:len(s.Names)-1]
	return End, Local(name), nil
}

func (s *Scanner) startTag() (Token, []byte, error) {
	b, p := s.B, s.P+1
	end := p
	for end < len(b) && IsNameByte(b[end]) {
		end++
	}
	if end == len(b) {
		return 0, nil, ErrShort
	}
	name := b[p:end]
	if len(name) == 0 {
		return 0, nil, ErrTag
	}
	if len(s.Names) > 0 && string(Local(name)) == "Event" {
		return 0, nil, errNested
	}
	s.Attrs = s.Attrs[:0]
	for p = end; ; {
		for p < len(b) && IsSpace(b[p]) {
			p++
		}
		if p >= len(b) {
			return 0, nil, ErrShort
		}
		switch b[p] {
		case '>':
			if len(s.Names) >= MaxDepth {
				return 0, nil, errTooDeep
			}
			s.Names = append(s.Names, name)
			s.P = p + 1
			return Start, Local(name), nil
		case '/':
			if p+1 >= len(b) {
				return 0, nil, ErrShort
			}
			if b[p+1] != '>' {
				return 0, nil, ErrTag
			}
			s.P = p + 2
			return Empty, Local(name), nil
		}
		from := p
		for p < len(b) && IsNameByte(b[p]) {
			p++
		}
		attr := b[from:p]
		for p < len(b) && IsSpace(b[p]) {
			p++
		}
		if p+1 >= len(b) {
			return 0, nil, ErrShort
		}
		if len(attr) == 0 || b[p] != '=' {
			return 0, nil, ErrTag
		}
		p++
		for p < len(b) && IsSpace(b[p]) {
			p++
		}
		if p >= len(b) {
			return 0, nil, ErrShort
		}
		quote := b[p]
		if quote != '"' && quote != '\'' {
			return 0, nil, ErrTag
		}
		p++
		rest := b[p:]
		i := bytes.IndexByte(rest, quote)
		if tag := bytes.IndexByte(rest[:max(i, 0)], '<'); tag >= 0 { // which no value may hold
			return 0, nil, ErrTag
		}
		if i < 0 {
			s.Work += len(rest)
			if bytes.IndexByte(rest, '<') >= 0 {
				return 0, nil, ErrTag
			}
			return 0, nil, ErrShort
		}
		s.Work += i
		value := rest[:i]
		p += i + 1
		if !bytes.HasPrefix(attr, []byte("xmlns")) {
			if len(s.Attrs) == maxAttributes {
				return 0, nil, errAttributes
			}
			s.Attrs = append(s.Attrs, Attribute{Local(attr), value})
		}
	}
}
