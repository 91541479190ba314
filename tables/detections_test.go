package tables

import (
	"slices"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/queries"
)

// cells gives the cells of the named columns of every row that admits the constraints.
func cells(t *testing.T, table *Table, q *Query, columns ...string) [][]string {
	t.Helper()
	rows, err := table.Generate(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	ids := make(map[int64]bool)
	for r := range rows {
		if ids[r.RowID()] {
			t.Errorf("rowid %d is not unique", r.RowID())
		}
		ids[r.RowID()] = true
		var line []string
		for _, name := range columns {
			i := table.ColumnIndex(name)
			if i < 0 {
				t.Fatalf("%s has no column %s", table.Name, name)
			}
			line = append(line, r.Value(i).String())
		}
		out = append(out, line)
	}
	return out
}

func TestDetections(t *testing.T) {
	all, err := queries.All()
	if err != nil {
		t.Fatal(err)
	}
	ran := queries.Status{
		Detection: &all[0], State: queries.Degraded, Reason: "audit lost 3 records", Evaluations: 7, LastEvaluated: 1700000000,
		LastDuration: 1500 * time.Microsecond, Errors: 1, Findings: 2,
	}
	never := queries.Status{
		Detection: &queries.Detection{
			ID: "AN9999", Platform: "windows", Benign: []string{"a", "b"}, Tactics: []string{"Stealth", "Impact"}, Limits: []string{"x"},
			Ways: []queries.Way{{Name: "by_call", Limits: []string{"y"}}, {Name: "by_name"}},
		},
		State: queries.OtherPlatform, Repeats: 3,
	}
	table := detections(&Data{Detections: func() []queries.Status { return []queries.Status{ran, never} }})
	got := cells(t, table, &Query{}, "detection", "state", "reason", "evaluations", "last_evaluated", "last_duration_ms", "errors",
		"findings", "platform", "benign", "tactics", "ways", "limits", "repeats")
	want := [][]string{
		{all[0].ID, "degraded", "audit lost 3 records", "7", "1700000000", "1.5", "1", "2"},
		{"AN9999", "other platform", "", "0", "", "", "0", "0", "windows", "a\nb", "Stealth, Impact", "by_call, by_name", "x\nby_call: y", "3"},
	}
	if len(got) != 2 || !slices.Equal(got[0][:8], want[0]) || !slices.Equal(got[1], want[1]) {
		t.Errorf("got %q; want %q", got, want)
	}
	if got := cells(t, detections(&Data{}), &Query{}, "detection"); len(got) != 0 {
		t.Errorf("without data there are rows: %q", got)
	}
}

func TestDetectionTuning(t *testing.T) {
	window := &queries.Element{
		Name: "Window", Type: "window", Unit: "seconds", Default: []string{"10"}, Source: "Window",
		Meaning: "How long.",
	}
	paths := &queries.Element{Name: "Paths", Type: "text", Default: []string{"/a", "/b"}, Source: "apiwatch"}
	rows := []queries.TuningRow{
		{Analytic: "AN0001", Element: window, Value: "10"},
		{Analytic: "AN0002", Element: paths, Value: "'; DROP TABLE x; --", Overridden: true},
		{Analytic: "AN0002", Element: paths, Value: "/b", Overridden: true},
	}
	table := detectionTuning(&Data{Tuning: func() []queries.TuningRow { return rows }})
	analytic := table.ColumnIndex("analytic")
	if !table.Columns[analytic].Optimized {
		t.Error("analytic is not optimized: an IN would cost a call a value")
	}
	got := cells(t, table, &Query{Constraints: []Constraint{{Column: analytic, Op: Equals, Value: "AN0002"}}},
		"analytic", "element", "type", "unit", "value", "default_value", "overridden", "source", "meaning")
	want := [][]string{
		{"AN0002", "Paths", "text", "", "'; DROP TABLE x; --", "/a, /b", "1", "apiwatch", ""},
		{"AN0002", "Paths", "text", "", "/b", "/a, /b", "1", "apiwatch", ""},
	}
	if len(got) != 2 || !slices.Equal(got[0], want[0]) || !slices.Equal(got[1], want[1]) {
		t.Errorf("got %q; want %q", got, want)
	}
	if got := cells(t, detectionTuning(&Data{}), &Query{}, "analytic"); len(got) != 0 {
		t.Errorf("without data there are rows: %q", got)
	}
}
