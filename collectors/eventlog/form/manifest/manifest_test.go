package manifest

import (
	"slices"
	"strings"
	"testing"
)

// TestList holds that every line of the list is one: an id, names of their own, each event once for each number of values.
func TestList(t *testing.T) {
	lines, provider := 0, ""
	for line := range strings.Lines(list) {
		if strings.HasPrefix(line, "[") {
			provider = strings.Trim(line, "[]\n")
			continue
		}
		lines++
		_, names, _ := strings.Cut(strings.TrimSpace(line), " ")
		all := strings.Split(names, ",")
		slices.Sort(all)
		if len(slices.Compact(all)) != strings.Count(names, ",")+1 || slices.Contains(all, "") || provider == "" {
			t.Errorf("%s: %s", provider, line)
		}
	}
	if len(known()) != lines || lines < 150 {
		t.Errorf("%d lines, %d events", lines, len(known()))
	}
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		provider string
		id       uint32
		values   int
		at       int
		want     string
	}{
		{"Microsoft-Windows-Security-Auditing", 4688, 15, 8, "CommandLine"},
		{"Microsoft-Windows-Security-Auditing", 4688, 9, 8, "CommandLine"},
		{"Microsoft-Windows-Security-Auditing", 4688, 8, 7, "ProcessId"},
		{"Service Control Manager", 7045, 5, 1, "ImagePath"},
		{"Microsoft-Windows-Sysmon", 10, 11, 9, "GrantedAccess"},
		{"Microsoft-Windows-Sysmon", 10, 10, 8, "GrantedAccess"},
	} {
		if got := Order(c.provider, c.id, c.values); len(got) != c.values || got[c.at] != c.want {
			t.Errorf("%s %d of %d values: %v", c.provider, c.id, c.values, got)
		}
	}
	if got := Order("Microsoft-Windows-Security-Auditing", 4688, 3); got != nil {
		t.Errorf("names for an event of another form: %v", got)
	}
}
