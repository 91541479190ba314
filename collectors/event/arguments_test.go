package event

import (
	"slices"
	"strings"
	"testing"
)

func TestArgumentsOf(t *testing.T) {
	for _, args := range [][]string{
		{"a"},
		{"a", "b c"},
		{"a b", "c"},
		{"", ""},
		{"a", "", "b"},
		{"bash", "-c", "python3 -m http.server"},
		{strings.Repeat("x", 70000), "y"},
		{"é", "ü x"},
	} {
		var ends []int
		line := strings.Join(args, " ")
		at := -1
		for _, a := range args {
			at += 1 + len(a)
			ends = append(ends, at)
		}
		x := Exec{Ends: string(AppendArgumentEnds(nil, ends, len(line)))}
		if got := x.ArgumentsOf(line); !slices.Equal(got, args) {
			t.Errorf("%.60q became %.60q", args, got)
		}
		if got := x.ArgumentsOf(line + "x"); got != nil {
			t.Errorf("another command line has the arguments %.60q", got)
		}
	}
	if got := (&Exec{}).ArgumentsOf("a b"); got != nil {
		t.Errorf("arguments that nobody told are %q", got)
	}
	if got := (&Exec{Ends: "\xff"}).ArgumentsOf("a b"); got != nil {
		t.Errorf("broken ends give %q", got)
	}
}
