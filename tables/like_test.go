package tables

import (
	"math/rand/v2"
	"testing"
)

// TestPatternsAgainstTheSlowMatcher: the parts of a pattern say of ASCII texts what matching by characters says.
func TestPatternsAgainstTheSlowMatcher(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	random := func(letters string, most int) string {
		b := make([]byte, rng.IntN(most))
		for i := range b {
			b[i] = letters[rng.IntN(len(letters))]
		}
		return string(b)
	}
	matched := 0
	for range 200_000 {
		s, text := random(`aAbB\%_`, 9), random(`aB\%%_`, 7)
		p := newPattern(text)
		want := like(s, text, false) || like(s, text, true)
		if got := p.mayMatch(s); got != want {
			t.Fatalf("%q LIKE %q: got %v, want %v", s, text, got, want)
		}
		if want {
			matched++
		}
	}
	if matched < 10_000 {
		t.Errorf("only %d matched", matched)
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
