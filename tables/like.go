package tables

import "strings"

// pattern is a pattern of SQLite's LIKE. A backslash in it may have been meant as an escape or as itself, since the ESCAPE
// clause does not reach us: either reading will do.
type pattern struct {
	text     string
	ascii    bool
	readings []reading
}

// reading is one way to understand a pattern. Most patterns are texts between runs of anything, which are looked for one after the
// other; one with a '_', which is a character and not a byte, is matched character by character.
type reading struct {
	parts   []string // in lower case; the first begins the text and the last ends it
	escapes bool
	any     bool // it has a '_'
}

func newPattern(text string) pattern {
	text, _, _ = strings.Cut(text, "\x00") // SQLite reads it as C does
	p := pattern{text: text, ascii: ascii(text)}
	p.readings = append(p.readings, newReading(text, false))
	if strings.IndexByte(text, '\\') >= 0 {
		p.readings = append(p.readings, newReading(text, true))
	}
	return p
}

func newReading(text string, escapes bool) reading {
	r := reading{escapes: escapes}
	var part []byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case escapes && c == '\\' && i+1 < len(text):
			i++
			part = append(part, lower(text[i]))
		case c == '%':
			r.parts = append(r.parts, string(part))
			part = part[:0]
		default:
			r.any = r.any || c == '_'
			part = append(part, lower(c))
		}
	}
	r.parts = append(r.parts, string(part))
	return r
}

// mayMatch tells whether SQLite could say that s is like the pattern.
func (p *pattern) mayMatch(s string) bool {
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	if !p.ascii {
		return p.begins(s)
	}
	for i := range p.readings {
		if r := &p.readings[i]; !r.any && r.matches(s) || r.any && p.slow(s, r.escapes) {
			return true
		}
	}
	return false
}

// slow matches character by character where every character is a byte.
func (p *pattern) slow(s string, escapes bool) bool {
	if !ascii(s) {
		return p.begins(s)
	}
	return like(s, p.text, escapes)
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

func (r *reading) matches(s string) bool {
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

// like matches ASCII text; '%' is any run, '_' any one character, and what follows a backslash is itself where that escapes.
func like(s, pattern string, escapes bool) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for i < len(s) {
		c, width := byte(0), 0
		if j < len(pattern) {
			c, width = pattern[j], 1
			if escapes && c == '\\' && j+1 < len(pattern) {
				c, width = pattern[j+1], 2
			}
		}
		switch {
		case width == 1 && c == '%':
			star, mark = j, i
			j++
		case width == 1 && c == '_' || width > 0 && lower(c) == lower(s[i]):
			i++
			j += width
		case star >= 0:
			mark++
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
