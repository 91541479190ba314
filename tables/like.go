package tables

import (
	"strings"
	"unicode/utf8"
)

// pattern is a pattern of SQLite's LIKE. A backslash in it may have been meant as an escape or as itself, since the ESCAPE
// clause does not reach us: either reading will do.
type pattern struct {
	text     string
	ascii    bool
	readings []reading
}

func newPattern(text string) pattern {
	text = upToNUL(text)
	p := pattern{text: text, ascii: ascii(text)}
	p.readings = append(p.readings, newReading(text, false))
	if strings.IndexByte(text, '\\') >= 0 {
		p.readings = append(p.readings, newReading(text, true))
	}
	return p
}

// upToNUL is what SQLite reads of a text: it reads as C does.
func upToNUL(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// mayMatch tells whether SQLite could say that s is like the pattern.
func (p *pattern) mayMatch(s string) bool {
	s = upToNUL(s)
	for i := range p.readings {
		r := &p.readings[i]
		exact := r.plain || p.ascii && ascii(s) // how many characters other bytes are may change on their way to SQLite
		if exact && r.matches(s) || !exact && p.begins(s) {
			return true
		}
	}
	return false
}

// begins compares only what stands before anything special, if that is ASCII.
func (p *pattern) begins(s string) bool {
	fixed := p.text
	if i := strings.IndexAny(fixed, `%_\`); i >= 0 {
		fixed = fixed[:i]
	}
	if !ascii(fixed) {
		return true
	}
	return len(s) >= len(fixed) && strings.EqualFold(s[:len(fixed)], fixed)
}

// reading is one way to understand a pattern. Most patterns are plain: texts between runs of anything, which are looked for one after the
// other. One with a '_', which is a character and not a byte, or with what is not ASCII is matched character by character.
type reading struct {
	text    string
	escapes bool     // a backslash is an escape
	plain   bool     // only ASCII and runs of anything
	broken  bool     // it ends in an escape: like nothing
	parts   []string // in lower case; the first begins the text and the last ends it
}

func newReading(text string, escapes bool) reading {
	r := reading{text: text, escapes: escapes, plain: ascii(text)}
	var part []byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case escapes && c == '\\':
			if i++; i == len(text) {
				r.broken, r.plain = true, false
				break
			}
			part = append(part, lower(text[i]))
		case c == '%':
			r.parts = append(r.parts, string(part))
			part = part[:0]
		default:
			r.plain = r.plain && c != '_'
			part = append(part, lower(c))
		}
	}
	r.parts = append(r.parts, string(part))
	return r
}

// matches tells whether s is like the pattern so read.
func (r *reading) matches(s string) bool {
	switch {
	case r.broken:
		return false
	case r.plain:
		return r.inParts(s)
	}
	return like(s, r.text, r.escapes)
}

func (r *reading) inParts(s string) bool {
	first, last := r.parts[0], r.parts[len(r.parts)-1]
	if len(r.parts) == 1 {
		return len(s) == len(first) && hasFold(s, first)
	}
	if len(s) < len(first)+len(last) || !hasFold(s, first) || !hasFold(s[len(s)-len(last):], last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range r.parts[1 : len(r.parts)-1] {
		at := indexFold(s, part)
		if at < 0 {
			return false
		}
		s = s[at+len(part):]
	}
	return true
}

// hasFold tells whether s, at least as long as low, begins with it, whatever the case of ASCII letters; low is in lower case.
func hasFold(s, low string) bool {
	for i := range len(low) {
		if lowered[s[i]] != low[i] {
			return false
		}
	}
	return true
}

func indexFold(s, low string) int {
	if low == "" {
		return 0
	}
	for i := 0; i+len(low) <= len(s); i++ {
		if lowered[s[i]] == low[0] && hasFold(s[i:], low) {
			return i
		}
	}
	return -1
}

// lowered is every byte in the lower case of ASCII.
var lowered = func() (out [256]byte) {
	for c := range out {
		out[c] = lower(byte(c))
	}
	return out
}()

// like matches character by character, as SQLite's patternCompare does (func.c): '%' is any run, '_' any one character, and what follows
// a backslash is itself where that escapes; only letters of ASCII are alike in both cases.
func like(s, pattern string, escapes bool) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for i < len(s) {
		var c rune
		width, special := 0, false
		if j < len(pattern) {
			c, width = sqliteRune(pattern[j:])
			special = c == '%' || c == '_'
			if escapes && c == '\\' && j+width < len(pattern) {
				next, more := sqliteRune(pattern[j+width:])
				c, width, special = next, width+more, false
			}
		}
		r, size := sqliteRune(s[i:])
		switch {
		case special && c == '%':
			star, mark = j, i
			j += width
		case special, width > 0 && lowerRune(c) == lowerRune(r):
			i += size
			j += width
		case star >= 0:
			_, size = sqliteRune(s[mark:])
			mark += size
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(pattern) && pattern[j] == '%' {
		j++
	}
	return j == len(pattern)
}

func lowerRune(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// sqliteRune reads a character as sqlite3Utf8Read does (utf.c): a lead byte takes whatever continuation bytes follow; what is no
// character is U+FFFD.
func sqliteRune(s string) (r rune, size int) {
	if c := s[0]; c < 0xc0 {
		return rune(c), 1
	}
	return sqliteWideRune(s)
}

func sqliteWideRune(s string) (r rune, size int) {
	c := s[0]
	var v uint32
	switch {
	case c < 0xe0:
		v = uint32(c & 0x1f)
	case c < 0xf0:
		v = uint32(c & 0x0f)
	case c < 0xf8:
		v = uint32(c & 0x07)
	case c < 0xfc:
		v = uint32(c & 0x03)
	case c < 0xfe:
		v = uint32(c & 0x01)
	}
	size = 1
	for size < len(s) && s[size]&0xc0 == 0x80 {
		v = v<<6 + uint32(s[size]&0x3f)
		size++
	}
	if v < 0x80 || v&0xfffff800 == 0xd800 || v&0xfffffffe == 0xfffe {
		v = utf8.RuneError
	}
	return rune(v), size
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
