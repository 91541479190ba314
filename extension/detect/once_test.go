package detect

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/queries"
)

// deed is an event that completes a chain of the ways named.
type deed struct {
	second       int64
	process      string
	target, file string // a process, or else a file acted on
	computer     string
	ways         string // of grave and light
	eid          int64  // once it is stored
}

// deeds answers a way's statement with those that were stored, as a detection's SQL does.
type deeds struct{ stored []deed }

func (d *deeds) Each(_ context.Context, sql string, row func(columns, values []string)) error {
	for _, x := range d.stored {
		for way := range strings.FieldsSeq(x.ways) {
			if strings.Contains(sql, "'"+way+"' AS way") {
				eid := strconv.FormatInt(x.eid, 10)
				row(columns, []string{"id" + eid, eid, x.process, strconv.FormatInt(x.second, 10), "7", way, "/x"})
			}
		}
	}
	return nil
}

// performed stores deeds and evaluates after as many as step says, over and over. It gives the findings as second/way and how many
// repeats were counted.
func performed(t *testing.T, oncePer []string, all []deed, step func() int) (found []string, repeats int64) {
	t.Helper()
	held, db := store.NewStore(0, 1), new(deeds)
	d := queries.Detection{ID: "AN9999", Window: "10", OncePer: oncePer, File: "DET9999_x/AN9999_linux.yaml"}
	for _, name := range []string{"grave", "light"} {
		d.Ways = append(d.Ways, queries.Way{Name: name, Tables: []string{"ptrace_events"}, Body: "SELECT 1"})
	}
	e := evaluatorOf(t, db, held, d)
	e.Found = func(f *event.Event) {
		found = append(found, strconv.FormatInt(f.TimeNS/1e9, 10)+"/"+f.Detail.(*event.Finding).Way)
	}
	due := step()
	for i, x := range all {
		ev := event.Event{
			Kind: event.KindPtrace, API: event.APINamed("ptrace"), LogSource: logSource, TimeNS: x.second * 1e9, Path: x.file,
			Process: &event.Process{Key: x.process, PID: 7, Path: "/x", Windows: new(event.WindowsProcess)},
			Host:    &event.Host{Name: x.computer},
		}
		if x.target != "" {
			ev.Target = &event.Process{Key: x.target}
		}
		x.eid = held.Add(ev)
		db.stored = append(db.stored, x)
		if due--; due == 0 || i == len(all)-1 {
			e.Evaluate(t.Context())
			e.Again() // all rows come once more
			e.Evaluate(t.Context())
			due = step()
		}
	}
	return found, e.Status(nil)[0].Repeats
}

func one() int { return 1 }

func TestOncePer(t *testing.T) {
	tests := []struct {
		name    string
		oncePer []string
		deeds   []deed
		want    []string
		repeats int64
	}{
		{
			"nothing is held together", nil,
			[]deed{{second: 1, process: "p", ways: "grave"}, {second: 2, process: "p", ways: "light"}},
			[]string{"1/grave", "2/light"},
			0,
		},
		{"one event completes two ways", nil, []deed{{second: 1, process: "p", ways: "light grave"}}, []string{"1/grave"}, 0},
		{
			"a process within the window, whatever the way",
			[]string{"process"},
			[]deed{
				{second: 1, process: "p", ways: "light"},
				{second: 2, process: "p", ways: "grave"},
				{second: 3, process: "q", ways: "grave"},
				{second: 11, process: "p", ways: "light"},
				{second: 12, process: "p", ways: "light"},
			},
			[]string{"1/light", "3/grave", "12/light"},
			2,
		},
		{
			"what is left out begins no window",
			[]string{"process"},
			[]deed{{second: 1, process: "p", ways: "light"}, {second: 9, process: "p", ways: "light"}, {second: 12, process: "p", ways: "light"}},
			[]string{"1/light", "12/light"},
			1,
		},
		{
			"an event that comes late",
			[]string{"process"},
			[]deed{{second: 30, process: "p", ways: "light"}, {second: 25, process: "p", ways: "light"}, {second: 5, process: "p", ways: "light"}},
			[]string{"30/light", "5/light"},
			1,
		},
		{
			"a target, a process or a file",
			[]string{"target"},
			[]deed{
				{second: 1, process: "p", target: "t", ways: "light"},
				{second: 2, process: "q", target: "t", ways: "light"},
				{second: 3, process: "q", target: "u", ways: "light"},
				{second: 4, process: "p", file: "/f", ways: "light"},
				{second: 5, process: "q", file: "/f", ways: "light"},
			},
			[]string{"1/light", "3/light", "4/light"},
			2,
		},
		{
			"a computer",
			[]string{"computer"},
			[]deed{
				{second: 1, process: "p", computer: "A", ways: "light"},
				{second: 2, process: "q", computer: "A", ways: "light"},
				{second: 3, process: "r", computer: "B", ways: "light"},
			},
			[]string{"1/light", "3/light"},
			1,
		},
		{
			"all that is named must be the same",
			[]string{"process", "target"},
			[]deed{
				{second: 1, process: "p", file: "/f", ways: "light"},
				{second: 2, process: "p", file: "/g", ways: "light"},
				{second: 3, process: "p", file: "/f", ways: "light"},
			},
			[]string{"1/light", "2/light"},
			1,
		},
		{
			"what is not known is not the same",
			[]string{"target"},
			[]deed{{second: 1, process: "p", ways: "light"}, {second: 2, process: "p", ways: "light"}},
			[]string{"1/light", "2/light"},
			0,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found, repeats := performed(t, test.oncePer, test.deeds, one)
			if !slices.Equal(found, test.want) || repeats != test.repeats {
				t.Errorf("found %q and %d repeats; want %q and %d", found, repeats, test.want, test.repeats)
			}
		})
	}
}

// TestOncePerWhateverTheBatches: a replay evaluates after more or fewer events than a live run and finds the same.
func TestOncePerWhateverTheBatches(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var all []deed
		for second := range int64(60) {
			all = append(all, deed{
				second: second + random.Int64N(5) - 2, process: []string{"p", "q"}[random.IntN(2)], file: []string{"/f", "/g"}[random.IntN(2)],
				ways: []string{"grave", "light", "grave light", ""}[random.IntN(4)],
			})
		}
		oncePer := [][]string{{"process"}, {"target"}, {"process", "target"}, {"computer"}}[random.IntN(4)]
		want, repeats := performed(t, oncePer, all, one)
		found, more := performed(t, oncePer, all, func() int { return 1 + random.IntN(20) })
		if !slices.Equal(found, want) || more != repeats || repeats == 0 {
			t.Fatalf("in batches %q and %d repeats, one by one %q and %d", found, more, want, repeats)
		}
	}
}

func TestReportedIsBounded(t *testing.T) {
	var r reported
	for i := range int64(3 * maxLatched) {
		if !r.first(strconv.FormatInt(i%(2*maxLatched), 10), i*1e9, 1) {
			t.Fatalf("the %d. is no first", i)
		}
	}
	if len(r.order) > maxLatched || len(r.at) > maxLatched {
		t.Errorf("%d findings of %d subjects are remembered", len(r.order), len(r.at))
	}
}
