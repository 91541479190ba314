package main

import (
	"slices"
	"strings"
	"testing"
)

// TestRead: what a machine printed tells whether its scenario held, what failed, and what did not run.
func TestRead(t *testing.T) {
	tests := &scenario{name: "x", script: "audit.test -test.v"}
	asks := &scenario{name: "y", script: feeds}
	for name, c := range map[string]struct {
		s      *scenario
		said   string
		result string
		notes  []string
	}{
		"passed": {
			tests, "SeaBIOS\n" + begun + "\n--- PASS: TestA (1.0s)\n    --- PASS: TestA/b (1.0s)\nhooks: tp_btf 3, fentry 2\n" + ended + " 0\n",
			"ok",
			[]string{"tp_btf 3, fentry 2", "2 tests passed"},
		},
		"failed": {
			tests, begun + "\n--- PASS: TestA (0s)\n--- FAIL: TestB (0s)\n" + ended + " 1\n", "failed",
			[]string{"TestB failed", "1 tests passed"},
		},
		"skipped":    {tests, begun + "\n--- SKIP: TestA (0s)\n" + ended + " 0\n", "failed", []string{"no test ran", "did not run: TestA"}},
		"no boot":    {tests, "Kernel panic\n", "failed", []string{"it did not boot"}},
		"ended soon": {tests, begun + "\n--- PASS: TestA (0s)\nKernel panic\n", "failed", []string{"1 tests passed"}},
		"health": {
			asks, begun + "\n| health: audit socket ok  it is free |\n" + ended + " 0\n", "ok",
			[]string{"audit socket ok it is free"},
		},
	} {
		if r := read("k", c.s, c.said); r.result != c.result || !slices.Equal(r.notes, c.notes) {
			t.Errorf("%s: %s %q, want %s %q", name, r.result, r.notes, c.result, c.notes)
		}
	}
	report := string(matrix([]row{{"6.1", tests, "ok", []string{"a|b"}}}))
	if !strings.Contains(report, `| 6.1 | x:  | ok | a\|b |`) {
		t.Error(report)
	}
}

// TestNewest: numbers in the names of packages are compared as numbers.
func TestNewest(t *testing.T) {
	names := []string{"linux-image-6.1.0-9-cloud", "linux-image-6.1.0-57-cloud", "linux-image-6.1.0-48-cloud"}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(padded(a), padded(b)) })
	if names[2] != "linux-image-6.1.0-57-cloud" || names[0] != "linux-image-6.1.0-9-cloud" {
		t.Error(names)
	}
}
