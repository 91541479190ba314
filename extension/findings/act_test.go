package findings

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// about is a finding about processes.
func about(second int64, detection, severity, process, target string) *event.Event {
	e := &event.Event{Kind: event.KindFinding, TimeNS: second * 1e9, Detail: &event.Finding{Detection: detection, Severity: severity}}
	if process != "" {
		e.Process = &event.Process{Key: process}
	}
	if target != "" {
		e.Target = &event.Process{Key: target}
	}
	return e
}

// TestActs: an injection that four analytics find is one act, the gravest finding first; what others do meanwhile is not of it.
func TestActs(t *testing.T) {
	acts := Acts([]*event.Event{
		about(1, "A", "high", "injector", "victim"),
		about(2, "X", "high", "other", ""),
		about(2, "B", "critical", "injector", "victim"),
		about(3, "C", "high", "victim", ""),
		about(14, "D", "high", "victim", ""),
		about(14, "Y", "low", "", ""),
		about(14, "Z", "low", "", ""),
	})
	var got []string
	for _, act := range acts {
		var names []string
		for _, e := range act {
			names = append(names, e.Detail.(*event.Finding).Detection)
		}
		got = append(got, strings.Join(names, " "))
	}
	if want := []string{"B A C", "X", "D", "Y", "Z"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestAlso: what belongs to an act stands below it, aligned.
func TestAlso(t *testing.T) {
	f := Finding{Time: time.Unix(0, 0), Detection: "AN1400", Technique: "T1055", Severity: "high", Summary: "x wrote \x1b[2J into y"}
	s := Style{Location: time.UTC}
	first, also := string(s.Append(nil, f)), string(s.AppendAlso(nil, f))
	if strings.Count(also, "\n") != 1 || strings.Index(first, "high") != strings.Index(also, "high") || strings.Contains(also, "\x1b") {
		t.Errorf("%q below %q", also, first)
	}
}
