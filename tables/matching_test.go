package tables

import (
	"testing"

	"github.com/apiwatch/apiwatch/collectors/store"
)

func TestSignOfPatternIsInSignOfText(t *testing.T) {
	for pattern, texts := range map[string][]string{
		`%who_mi%`:         {"x WHOAMI /all", "whoxmi"},
		`a\%b\_c\\d%`:      {`A%b_C\d and more`},
		`%Token%Elevate%`:  {"invoke-TOKEN ...elevate"},
		`%ÄÖ%täst`:         {"xÄÖ täst"},
		`%\Äxyz\_%`:        {"aÄxyz_"},
		`%`:                {"", "anything"},
		`%reallylongword%`: {"a reallylongword it is"},
	} {
		p := newLikePattern(pattern)
		for _, text := range texts {
			var s store.Sign
			s.Add(text)
			if !p.matches(text) || !s.Holds(&p.sign) {
				t.Errorf("%q and %q: like %v, sign held %v", pattern, text, p.matches(text), s.Holds(&p.sign))
			}
		}
	}
	var s store.Sign
	s.Add("nothing of the kind")
	if p := newLikePattern("%whoami%"); s.Holds(&p.sign) {
		t.Error("a sign that holds everything rules nothing out")
	}
}
