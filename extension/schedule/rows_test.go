package schedule

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// Whatever a row holds: it can be logged, and comes back from its key.
func FuzzRows(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\\x00\x1b\x7f", "\u0085\u202e\ufffd\U000e0041", "\xff\xed\xa0\x80", "é😀"} {
		f.Add(s)
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, s string) {
		if e := escapeBytes(s); !utf8.ValidString(e) || strings.ContainsFunc(e, func(r rune) bool { return r < ' ' }) || escapeBytes(e) != e {
			t.Fatalf("%q escaped to %q", s, e)
		}
		row := []string{s, "", s + s}
		if got := rowOf(rowKey(row, true)); len(got) != 3 || got[0] != row[0] || got[1] != "" || got[2] != row[2] {
			t.Fatalf("row %q came back as %q", row, got)
		}
	})
}
