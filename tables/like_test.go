package tables

import (
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// compare is SQLite's patternCompare (func.c, 3.40) put into Go, with its recursion and over whole texts of characters.
func compare(pattern, s []rune, escape rune) bool {
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		escaped := false
		switch {
		case c == '%':
			for rest := range len(s) + 1 {
				if compare(pattern[i+1:], s[rest:], escape) {
					return true
				}
			}
			return false
		case escape != 0 && c == escape:
			if i++; i == len(pattern) {
				return false
			}
			c, escaped = pattern[i], true
		}
		if len(s) == 0 {
			return false
		}
		same := c == s[0] || c < utf8.RuneSelf && s[0] < utf8.RuneSelf && strings.EqualFold(string(c), string(s[0]))
		if !same && (c != '_' || escaped) {
			return false
		}
		s = s[1:]
	}
	return len(s) == 0
}

// characters reads a text as SQLite's READ_UTF8 does (utf.c), up to its NUL: what follows a lead byte belongs to it however much it is.
func characters(s string) (out []rune) {
	s, _, _ = strings.Cut(s, "\x00")
	for i := 0; i < len(s); {
		c := uint32(s[i])
		i++
		if c >= 0xc0 {
			c &= 0x7f >> bits.LeadingZeros8(^s[i-1])
			for ; i < len(s) && s[i]&0xc0 == 0x80; i++ {
				c = c<<6 | uint32(s[i]&0x3f)
			}
			if c < 0x80 || c&0xfffff800 == 0xd800 || c&0xfffffffe == 0xfffe {
				c = utf8.RuneError
			}
		}
		out = append(out, rune(c))
	}
	return out
}

// TestPatternsAgainstSQLitesMatcher holds every way in which patterns are matched against SQLite's own way.
func TestPatternsAgainstSQLitesMatcher(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	random := func(letters []string, most int) string {
		var b strings.Builder
		for range rng.IntN(most) {
			b.WriteString(letters[rng.IntN(len(letters))])
		}
		return b.String()
	}
	of := func(letters string) []string { return strings.Split(letters, " ") }
	for name, c := range map[string]struct{ text, pattern []string }{
		"ASCII":      {of(`a A b B \ % _`), of(`a B \ % % _`)},
		"characters": {of("a A é É ü 語 \uffff [ { \\ % _ \x00"), of("a B é ü 語 \ufffe @ [ \\ \\ % % _ _ \x00")},
		"bytes":      {of("a é \xa9 \xc3 \xff \\ %"), of("a é \xa9 \xc3 \xff \\ % % _")},
	} {
		t.Run(name, func(t *testing.T) {
			matched := 0
			for range 60_000 {
				s, text := random(c.text, 9), random(c.pattern, 7)
				said, heard := characters(text), characters(s)
				plain, escaped := compare(said, heard, 0), compare(said, heard, '\\')
				if plain || escaped {
					matched++
				}
				for escapes, want := range map[bool]bool{false: plain, true: escaped} {
					r := newReading(upToNUL(text), escapes)
					if got := r.matches(upToNUL(s)); got != want {
						t.Fatalf("%q LIKE %q, escapes %v: got %v, want %v", s, text, escapes, got, want)
					}
					if got := like(upToNUL(s), upToNUL(text), escapes); got != want && !r.broken {
						t.Fatalf("%q LIKE %q by characters, escapes %v: got %v, want %v", s, text, escapes, got, want)
					}
				}
				asked := newLikePattern(text)
				if got, low := asked.matches(s), asked.matchesLow(lowerASCII(s)); got != escaped || low != escaped {
					t.Fatalf("%q LIKE %q ESCAPE: got %v, in lower case %v, want %v", s, text, got, low, escaped)
				}
				pushed := newPattern(text)
				exact := ascii(s) && ascii(text)
				if got, want := pushed.mayMatch(s), plain || escaped; got != want && (exact || want) {
					t.Fatalf("%q LIKE %q, pushed down: got %v, want %v", s, text, got, want)
				}
			}
			if matched < 2_000 {
				t.Errorf("only %d matched", matched)
			}
			t.Logf("%d matched", matched)
		})
	}
}

func TestPatternsAdmitWhatTheyCannotTell(t *testing.T) {
	for _, c := range []struct {
		s, pattern string
		want       bool
	}{
		{`C:\Übung\Tool.EXE`, `%\tool.exe`, true},
		{`C:\Übung\Tool.EXE`, `%\other.exe`, false},
		{"é", "_", true},    // one character of two bytes
		{"aé", "b_", false}, // it begins with another
		{"X", "Ü%", true},
		{"abc\x00d", "abc", true}, // as C reads it
		{"", "%", true},
		{"", "", true},
		{"a", "", false},
		{"aa", "a%a", true},
		{"a", "a%a", false},
	} {
		p := newPattern(c.pattern)
		if got := p.mayMatch(c.s); got != c.want {
			t.Errorf("%q LIKE %q: got %v, want %v", c.s, c.pattern, got, c.want)
		}
	}
}
