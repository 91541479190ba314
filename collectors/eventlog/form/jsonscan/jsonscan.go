// Package jsonscan reads one JSON document at the start of a text, whatever follows it, and lends its values as they lie there.
package jsonscan

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// Kind is what a value is.
type Kind uint8

// The kinds of value.
const (
	Null Kind = iota
	Text
	Number
	Bool
	Array
	Object
)

// maxJSONDepth bounds how deep values may lie in each other.
const maxDepth = 64

var (
	// ErrShort says that the text ends within the value.
	ErrShort  = errors.New("it is cut off")
	errDeep   = errors.New("it is nested too deeply")
	errSyntax = errors.New("unexpected character")
	// ErrNodes says that a document has more values than are read.
	ErrNodes = errors.New("it has too many values")
)

// isBlank tells white space.
func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// Node is one value of a document. The nodes lie in document order; an object's members follow it, up to end.
type Node struct {
	Key  []byte // unescaped
	Text []byte // of a string: still escaped if esc; of a number or bool: as written
	End  int32
	Kind Kind
	Esc  bool
}

// maxNodes bounds a document's values.
const maxNodes = 1 << 18

// Scanner parses one document into nodes.
type Scanner struct {
	b     []byte
	P     int
	Nodes []Node
}

// Parse parses the value at the start of b; p then is behind it, or where it breaks.
func (s *Scanner) Parse(b []byte) error {
	s.b, s.P, s.Nodes = b, 0, s.Nodes[:0]
	return s.value(nil, 0)
}

func (s *Scanner) space() bool {
	for s.P < len(s.b) && isBlank(s.b[s.P]) {
		s.P++
	}
	return s.P < len(s.b)
}

func (s *Scanner) value(key []byte, depth int) error {
	if !s.space() {
		return ErrShort
	}
	if len(s.Nodes) >= maxNodes {
		return ErrNodes
	}
	n := len(s.Nodes)
	s.Nodes = append(s.Nodes, Node{Key: key})
	node := &s.Nodes[n]
	from := s.P
	switch c := s.b[s.P]; c {
	case '"':
		text, esc, err := s.str()
		if err != nil {
			return err
		}
		node.Kind, node.Text, node.Esc = Text, text, esc
	case '{', '[':
		if depth >= maxDepth {
			return errDeep
		}
		kind := Object
		if c == '[' {
			kind = Array
		}
		node.Kind = kind
		s.P++
		if err := s.members(kind == Object, c+2, depth); err != nil {
			return err
		}
	default:
		for s.P < len(s.b) && isWordByte(s.b[s.P]) {
			s.P++
		}
		if s.P == len(s.b) {
			return ErrShort
		}
		word := s.b[from:s.P]
		switch {
		case string(word) == "null":
		case string(word) == "true", string(word) == "false":
			node.Kind, node.Text = Bool, word
		case len(word) > 0 && (word[0] == '-' || word[0] >= '0' && word[0] <= '9'):
			node.Kind, node.Text = Number, word
		default:
			return errSyntax
		}
	}
	s.Nodes[n].End = int32(len(s.Nodes))
	return nil
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}

// members parses an object's or array's values and its closing bracket.
func (s *Scanner) members(object bool, closing byte, depth int) error {
	for first := true; ; first = false {
		if !s.space() {
			return ErrShort
		}
		if s.b[s.P] == closing {
			s.P++
			return nil
		}
		if !first {
			if s.b[s.P] != ',' {
				return errSyntax
			}
			s.P++
			if !s.space() {
				return ErrShort
			}
		}
		var key []byte
		if object {
			if s.b[s.P] != '"' {
				return errSyntax
			}
			text, esc, err := s.str()
			if err != nil {
				return err
			}
			if key = text; esc {
				key = AppendUnescaped(nil, text)
			}
			if !s.space() {
				return ErrShort
			}
			if s.b[s.P] != ':' {
				return errSyntax
			}
			s.P++
		}
		if err := s.value(key, depth+1); err != nil {
			return err
		}
	}
}

// str parses a string and gives what stands between its quotes. A line's end within a string means that the document is torn.
func (s *Scanner) str() (text []byte, esc bool, err error) {
	b := s.b
	from := s.P + 1
	for p := from; p < len(b); p++ {
		switch b[p] {
		case '"':
			s.P = p + 1
			return b[from:p], esc, nil
		case '\\':
			esc = true
			p++
		case '\n':
			s.P = p
			return nil, false, errSyntax
		}
	}
	return nil, false, ErrShort
}

// AppendUnescaped appends a string's text with its escapes resolved.
func AppendUnescaped(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 || i+1 >= len(text) {
			return typed.AppendPlain(dst, text)
		}
		dst = typed.AppendPlain(dst, text[:i])
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
			dst = typed.AppendPlain(dst, []byte{c})
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

// AppendNode appends a scalar's text.
func AppendNode(dst []byte, n *Node) []byte {
	if n.Esc {
		return AppendUnescaped(dst, n.Text)
	}
	return typed.AppendPlain(dst, n.Text)
}

// Member finds an object's member by its key; -1 if there is none.
func (s *Scanner) Member(object int, key string) int {
	if object < 0 || s.Nodes[object].Kind != Object {
		return -1
	}
	for i := object + 1; i < int(s.Nodes[object].End); i = int(s.Nodes[i].End) {
		if string(s.Nodes[i].Key) == key {
			return i
		}
	}
	return -1
}

// Each calls f for every member of an object or array.
func (s *Scanner) Each(parent int, f func(i int, n *Node)) {
	for i := parent + 1; i < int(s.Nodes[parent].End); i = int(s.Nodes[i].End) {
		f(i, &s.Nodes[i])
	}
}
