package main

import (
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
)

// TestNotesSayNothingTwice: what several rows of health have in common is one line.
func TestNotesSayNothingTwice(t *testing.T) {
	row := func(item, state, reason string) collectors.Health {
		return collectors.Health{Collector: "audit", Item: item, State: state, Reason: reason}
	}
	got := notes([]collectors.Health{
		row("socket", "ok", ""), row("processes", "ok", "auditing was off when we came"), row("rule:a", "off", "another owns audit"),
		row("kernel", "degraded", "records were lost"), row("rule:b", "off", "another owns audit"), row("rule:c", "off", "another owns audit"),
		row("rule:d", "off", "another owns audit"), row("rule:e", "off", "another owns audit"), row("rule:f", "off", "another owns audit"),
	})
	want := []string{
		"audit processes: auditing was off when we came",
		"audit rule:a, audit rule:b, audit rule:c, audit rule:d and 2 more are off: another owns audit",
		"audit kernel is degraded: records were lost",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
