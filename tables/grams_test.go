package tables

import (
	"math/rand/v2"
	"testing"
)

// TestGramsFindTheFirstPattern holds the search for many patterns at once, and that for those of all anchors, to the search for each.
func TestGramsFindTheFirstPattern(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{
		"whoami", "net ", "USER", `C:\Windows\`, "%", "_", "ä", "ÄÖ", ".exe", `\%`, `\_`, `\\`, "a", "-EncodedCommand", "\x00", "\xff", "e", "",
	}
	text := func(n int) string {
		s := ""
		for range r.IntN(n) + 1 {
			s += words[r.IntN(len(words))]
		}
		return s
	}
	found, none := 0, 0
	for range 300 {
		var patterns []*likePattern
		for range fewPatterns + 1 + r.IntN(60) {
			p := text(4)
			if r.IntN(3) > 0 {
				p = "%" + p + "%"
			}
			if r.IntN(12) > 0 {
				p = "%nothing is like this%" + p
			}
			patterns = append(patterns, newLikePattern(p))
		}
		w := &likeOne{patterns: patterns}
		anchor := &likeOne{patterns: patterns, anchor: anchorPatterns.add(patterns)}
		for range 50 {
			s := text(12)
			want, like := "", false
			for _, p := range patterns {
				if p.matches(s) {
					want, like = p.asked, true
					break
				}
			}
			if got, ok := w.firstOfMany(s); got != want || ok != like {
				t.Fatalf("%q: %q (%v), want %q (%v)", s, got, ok, want, like)
			}
			for range 2 { // as it is found, and as it is known then
				if got, ok := anchor.first(s); got != want || ok != like {
					t.Fatalf("%q for an anchor: %q (%v), want %q (%v)", s, got, ok, want, like)
				}
			}
			if like {
				found++
			} else {
				none++
			}
		}
	}
	if found < 1000 || none < 1000 {
		t.Errorf("%d texts were like a pattern, %d were not: one of them is hardly tried", found, none)
	}
}
