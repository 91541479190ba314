package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/scripts/telemetry"
)

// TestResult counts a label as found by its own analytic, its parent's or a sub-technique's, and by no other.
func TestResult(t *testing.T) {
	recordings := []recording{
		{Path: "windows_evtx/a.evtx", Events: 10, Techniques: []string{"T1055.012"}, Malicious: true},
		{Path: "windows_evtx/b.evtx", Events: 10, Techniques: []string{"T1055"}, Malicious: true},
		{Path: "windows_evtx/c.evtx", Events: 980, Techniques: []string{"T1003"}, Malicious: true, Note: "a whole-host capture"},
		{Path: "windows_evtx/d.evtx", Events: 500},
	}
	detections := []queries.Detection{
		{ID: "AN0001", Technique: "T1055", Platform: "windows"},
		{ID: "AN0002", Technique: "T1055.012", Platform: "windows"},
		{ID: "AN0003", Technique: "T1033", Platform: "windows"},
		{ID: "AN0004", Technique: "T1003", Platform: "linux"},
		{ID: "T1106-01", Technique: "T1106", Platform: "windows"},
	}
	found := map[string][]finding{
		"windows_evtx/a.evtx": {{Detection: "AN0001", Technique: "T1055"}},
		"windows_evtx/b.evtx": {{Detection: "AN0003", Technique: "T1033"}, {Detection: "AN0003", Technique: "T1033"}},
		"windows_evtx/c.evtx": {
			{Detection: "AN0001", Technique: "T1055", Severity: "high"},
			{Detection: "T1106-01", Technique: "T1106", Severity: "high"},
		},
		"windows_evtx/d.evtx": {{Detection: "AN0003", Technique: "T1033", Severity: "low"}},
	}
	r := newResult(recordings, detections, found)
	var got []string
	for _, p := range r.pairs {
		got = append(got, p.technique+" "+filepath.Base(p.recording.Path)+" "+strings.Join(p.found, ",")+" "+strings.Join(p.other, ","))
	}
	want := []string{"T1055 a.evtx AN0001 ", "T1055 b.evtx  AN0003", "T1055.012 a.evtx AN0001 "}
	if !slices.Equal(got, want) {
		t.Errorf("pairs %q, want %q", got, want)
	}
	if !slices.Equal(r.missing, []string{"T1003", "T1033"}) { // the recording of T1003 is of another platform
		t.Errorf("techniques without a recording: %v", r.missing)
	}
	for _, c := range []struct {
		kind       string
		place      int
		severities string
		want       string
	}{
		{analytics, 0, "low", "2.00"},
		{analytics, 0, "high", "0.00"},
		{analytics, 1, "high", "1.02"},
		{rules, 1, "high", "1.02"},
		{rules, 0, "low", "0.00"},
	} {
		if got := rate(r.noise[c.kind][c.place].rate(c.severities)); got != c.want {
			t.Errorf("%s, %d, %s: %s findings per 1,000 events, want %s", c.kind, c.place, c.severities, got, c.want)
		}
	}
	var b strings.Builder
	r.write(&b, map[[2]string]string{{"T1055", "windows_evtx/b.evtx"}: "a reason"})
	for _, line := range []string{"| T1055 ", "a reason", "T1033"} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("the report lacks %q:\n%s", line, b.String())
		}
	}
	if strings.Contains(b.String(), "NOT EXPLAINED") {
		t.Error("a known miss is not explained")
	}
}

// TestMisses: an explanation is of a recording that the index labels so.
func TestMisses(t *testing.T) {
	known, err := knownMisses()
	if err != nil {
		t.Fatal(err)
	}
	recordings, err := readIndex(telemetry.Test(t, "INDEX.json"))
	if err != nil {
		t.Fatal(err)
	}
	for k := range known {
		i := slices.IndexFunc(recordings, func(r recording) bool { return r.Path == k[1] })
		if i < 0 || !slices.ContainsFunc(recordings[i].Techniques, func(label string) bool { return about(label, k[0]) }) {
			t.Errorf("misses.tsv: %s is no label of %s", k[0], k[1])
		}
	}
}
