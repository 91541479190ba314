package detect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/tables"
)

// script answers every statement with the rows it holds.
type script struct {
	rows [][]string
	err  error
	runs int
}

var columns = []string{"finding_id", "eids", "process_key", "time", "pid", "summary", "path"}

func (s *script) Each(_ context.Context, _ string, row func(columns, values []string)) error {
	s.runs++
	for _, r := range s.rows {
		row(columns, r)
	}
	return s.err
}

var logSource = &event.LogSource{Name: "test", Provider: "test"}

func evaluatorOf(t *testing.T, db Querier, held *store.Store, d queries.Detection) *Evaluator {
	t.Helper()
	all := tables.All(&tables.Data{Store: held})
	e, err := New(db, held, []*queries.Detection{&d}, queries.NewTuning(nil, ""), all, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func fixture(t *testing.T) (*Evaluator, *script, *store.Store) {
	t.Helper()
	held := store.NewStore(0, 1)
	db := new(script)
	d := queries.Detection{
		ID: "AN9999", Strategy: "DET9999", Technique: "T9999", Window: "30", File: "DET9999_x/AN9999_linux.yaml",
		Ways: []queries.Way{{Severity: "high", Tables: []string{"ptrace_events"}, Body: "SELECT 1"}},
	}
	return evaluatorOf(t, db, held, d), db, held
}

func ptrace(timeNS int64) event.Event {
	return event.Event{
		Kind: event.KindPtrace, API: event.APINamed("ptrace"), LogSource: logSource, TimeNS: timeNS,
		Process: &event.Process{Key: "b.7.1", PID: 7, Path: "/tmp/x", User: "root"}, Target: &event.Process{Key: "b.8.1", PID: 8, Path: "/bin/y"},
	}
}

func TestRunsOnlyWhenItsAnchorHasSomethingNew(t *testing.T) {
	e, db, s := fixture(t)
	for range 3 {
		e.Evaluate(t.Context())
	}
	if db.runs != 0 {
		t.Errorf("%d runs over an empty store", db.runs)
	}
	s.Add(ptrace(1e9))
	for range 3 {
		e.Evaluate(t.Context())
	}
	other := ptrace(2e9)
	other.Kind = event.KindMemory
	s.Add(other)
	e.Evaluate(t.Context())
	if db.runs != 1 {
		t.Errorf("%d runs after one event of the anchor's kind", db.runs)
	}
	e.Again()
	e.Evaluate(t.Context())
	if db.runs != 2 {
		t.Errorf("%d runs after tuning changed", db.runs)
	}
}

func TestFindingIsLatchedOnce(t *testing.T) {
	e, db, s := fixture(t)
	var found []event.Event
	e.Found = func(f *event.Event) { found = append(found, *f) }
	eid := s.Add(ptrace(5e9))
	db.rows = [][]string{{"id1", strconv.FormatInt(eid, 10), "b.7.1", "5", "7", "x took y", "/tmp/x"}}
	for i := range 3 {
		if n := e.Evaluate(t.Context()); n != map[int]int{0: 1}[i] {
			t.Errorf("evaluation %d found %d", i, n)
		}
		s.Add(ptrace(6e9))
	}
	if len(found) != 1 {
		t.Fatalf("%d findings", len(found))
	}
	f := found[0]
	x := f.Detail.(*event.Finding)
	if f.EID == 0 || f.TimeNS != 5e9 || f.Process.User != "root" || f.Target.PID != 8 || x.Detection != "AN9999" || x.Summary != "x took y" ||
		x.Severity != "high" {
		t.Errorf("got %+v %+v", f, x)
	}
	if held := s.Select(store.Query{Kinds: []event.Kind{event.KindFinding}}); len(held) != 1 || held[0].EID != f.EID {
		t.Errorf("the store holds %v", held)
	}
}

// TestEvictedEventStillGivesAFinding: what the row says is kept where its event is gone.
func TestEvictedEventStillGivesAFinding(t *testing.T) {
	e, db, s := fixture(t)
	s.Add(ptrace(1e9))
	db.rows = [][]string{{"id1", "4711", "b.9.1", "5", "9", "s", "/tmp/z"}}
	e.Evaluate(t.Context())
	f := s.Select(store.Query{Kinds: []event.Kind{event.KindFinding}})
	if len(f) != 1 || f[0].Process.PID != 9 || f[0].Process.Path != "/tmp/z" || f[0].TimeNS != 5e9 {
		t.Errorf("got %+v", f)
	}
}

func TestFailureIsShownAndTriedAgain(t *testing.T) {
	e, db, s := fixture(t)
	s.Add(ptrace(1e9))
	db.err = errors.New("no such column: x")
	e.Evaluate(t.Context())
	if err := e.Failures(); err == nil || !strings.Contains(err.Error(), "AN9999") || !strings.Contains(err.Error(), "no such column: x") {
		t.Errorf("failures: %v", err)
	}
	if s := e.Status(nil)[0]; s.State != queries.Failed || s.Reason != "no such column: x" || s.Errors != 1 {
		t.Errorf("got %+v", s)
	}
	db.err = nil
	e.Evaluate(t.Context())
	if s := e.Status(nil)[0]; s.State != queries.Active || db.runs != 2 {
		t.Errorf("got %+v after %d runs", s, db.runs)
	}
}

func TestWindowLongerThanTheStore(t *testing.T) {
	e, _, s := fixture(t)
	for i := range 20_000 {
		s.Add(ptrace(int64(i) * 1e6)) // a thousand a second: the quota holds some seconds, the window is 30
	}
	if s := e.Status(nil)[0]; s.State != queries.Degraded || s.Reason == "" {
		t.Errorf("got %+v", s)
	}
	no := func(*queries.Detection) (bool, string) { return false, "audit is off" }
	if s := e.Status(no)[0]; s.State != queries.NotFed || s.Reason != "audit is off" {
		t.Errorf("got %+v", s)
	}
}

func TestRememberedIDsAreBounded(t *testing.T) {
	e, db, s := fixture(t)
	for round := range 10 {
		db.rows = nil
		for i := range maxLatched {
			db.rows = append(db.rows, []string{fmt.Sprint(round, "/", i), "1", "b.7.1", "1", "7", "s", "/x"})
		}
		s.Add(ptrace(1e9))
		e.Evaluate(t.Context())
	}
	if n := len(e.analytic[0].latches.of); n > 6*maxLatched {
		t.Errorf("%d ids are remembered", n)
	}
}

// TestManyFindingsAreReportedOnce: however many findings an analytic still returns, none is reported twice.
func TestManyFindingsAreReportedOnce(t *testing.T) {
	e, db, s := fixture(t)
	total := 0
	for round := range 5 {
		for i := range 2 * maxLatched {
			id := fmt.Sprint(round, "/", i)
			db.rows = append(db.rows, []string{id, "1", "b." + id, "1", "7", "s", "/x"})
		}
		s.Add(ptrace(1e9))
		total += e.Evaluate(t.Context())
	}
	if total != len(db.rows) {
		t.Errorf("%d findings of %d", total, len(db.rows))
	}
}

// TestOneProcessesFindingsAreHeldToARate: live, thousands of one process leave those of others to be seen, and are counted.
func TestOneProcessesFindingsAreHeldToARate(t *testing.T) {
	e, db, s := fixture(t)
	e.Rated = true
	at := func(process string, i int) []string {
		ev := ptrace(int64(i+1) * 1e6)
		ev.Process, ev.Target = &event.Process{Key: process, PID: 7, Path: "/x"}, &event.Process{Key: fmt.Sprint("t", i)}
		eid := strconv.FormatInt(s.Add(ev), 10)
		return []string{process + eid, eid, process, strconv.Itoa((i + 1) / 1000), "7", "s", "/x"}
	}
	for i := range 540 {
		db.rows = append(db.rows, at("noisy", i))
	}
	db.rows = append(db.rows, at("quiet", 541))
	if n := e.Catch(t.Context(), event.Kinds()); n != ratePerHour+1 {
		t.Errorf("%d findings", n)
	}
	if got := e.Status(nil)[0]; got.Repeats != 540-ratePerHour {
		t.Errorf("%d are counted as repeats", got.Repeats)
	}
	db.rows = append(db.rows, at("noisy", 3_600_000))
	if n := e.Catch(t.Context(), event.Kinds()); n != 1 {
		t.Errorf("%d findings an hour later", n)
	}
}

// TestLightFindingsHideNoGraveOne: what one process makes too many of is of one severity.
func TestLightFindingsHideNoGraveOne(t *testing.T) {
	var r rates
	of := func(process, severity string) bool {
		return r.allow(&event.Event{Process: &event.Process{Key: process}, Detail: &event.Finding{Severity: severity}})
	}
	for i := range 2 * ratePerHour {
		if of("p", "low") != (i < ratePerHour) {
			t.Fatalf("the %d. light one", i)
		}
		if !of("", "low") {
			t.Fatal("those of whom nothing is known are held together")
		}
	}
	if !of("p", "high") {
		t.Error("the grave one is held back")
	}
}

// TestAlikeFindingsAreOne: of one process and one target a way is reported once an hour where the analytic does not say otherwise.
func TestAlikeFindingsAreOne(t *testing.T) {
	e, db, s := fixture(t)
	for i := range 540 {
		eid := strconv.FormatInt(s.Add(ptrace(int64(i+1)*1e9)), 10)
		db.rows = append(db.rows, []string{eid, eid, "b.7.1", strconv.Itoa(i + 1), "7", "s", "/tmp/x"})
	}
	if n := e.Evaluate(t.Context()); n != 1 || e.Status(nil)[0].Repeats != 539 {
		t.Errorf("%d findings and %d repeats", n, e.Status(nil)[0].Repeats)
	}
}

// TestRecalledFindingsAreNotReportedAgain: neither themselves nor what they stand for.
func TestRecalledFindingsAreNotReportedAgain(t *testing.T) {
	first, db, s := fixture(t)
	eid := strconv.FormatInt(s.Add(ptrace(5e9)), 10)
	db.rows = [][]string{{"id1", eid, "b.7.1", "5", "7", "x took y", "/tmp/x"}}
	var kept []event.Event
	first.Found = func(f *event.Event) { kept = append(kept, *f) }
	first.Evaluate(t.Context())

	second, again, held := fixture(t)
	second.Recall(kept)
	held.Add(ptrace(5e9))
	later := strconv.FormatInt(held.Add(ptrace(6e9)), 10)
	again.rows = append(again.rows, db.rows[0], []string{"id2", later, "b.7.1", "6", "7", "x took y", "/tmp/x"})
	if n := second.Evaluate(t.Context()); len(kept) != 1 || n != 0 {
		t.Errorf("%d findings, then %d again", len(kept), n)
	}
}

// TestCatchLooksAtEverything: whoever's turn it is, and the store learns up to where everything was looked at.
func TestCatchLooksAtEverything(t *testing.T) {
	e, db, s := fixture(t)
	e.Paced = true
	s.Limit(store.Limits{Events: 1})
	flood := func(n int) []event.Event {
		out := make([]event.Event, n)
		for i := range out {
			out[i] = ptrace(1e9)
		}
		return out
	}
	s.Add(flood(200)...)
	e.analytic[0].last, e.analytic[0].took = time.Now(), time.Hour // its turn is far off
	e.Evaluate(t.Context())
	if db.runs != 0 || s.Endangered(flood(128)) == nil {
		t.Errorf("%d runs out of turn; in danger are %v", db.runs, s.Endangered(flood(128)))
	}
	if e.Looked() != 0 {
		t.Errorf("it says that it looked up to %d", e.Looked())
	}
	e.Catch(t.Context(), []event.Kind{event.KindMount})
	if db.runs != 0 || s.Endangered(flood(128)) == nil {
		t.Errorf("%d runs for a kind that it does not read; in danger are %v", db.runs, s.Endangered(flood(128)))
	}
	e.Catch(t.Context(), event.Kinds())
	if e.Looked() != 200 {
		t.Errorf("it says that it looked up to %d of 200", e.Looked())
	}
	if db.runs != 1 || s.Endangered(flood(128)) != nil {
		t.Errorf("%d runs, then in danger are %v", db.runs, s.Endangered(flood(128)))
	}
}

func TestUnknownTable(t *testing.T) {
	d := queries.Detection{ID: "AN9999", Ways: []queries.Way{{Tables: []string{"nosuch"}}}}
	if _, err := New(nil, store.NewStore(0, 1), []*queries.Detection{&d}, nil, nil, nil); err == nil {
		t.Error("a detection over a table that does not exist was taken")
	}
}

// anchoredScript is a script whose statement begins with one scan.
type anchoredScript struct {
	*script
	scan tables.Scan
	asks int
}

func (s *anchoredScript) Anchors(context.Context, string) ([]tables.Scan, bool, error) {
	s.asks++
	return []tables.Scan{s.scan}, true, nil
}

func TestPassedOverWhileItsAnchorsFindNothing(t *testing.T) {
	e, db, s := fixture(t)
	var table *tables.Table
	for _, x := range tables.All(&tables.Data{Store: s}) {
		if x.Name == "ptrace_events" {
			table = x
		}
	}
	anchored := &anchoredScript{script: db, scan: tables.NewScan(table, &tables.Query{
		Constraints: []tables.Constraint{{Column: table.ColumnIndex("path"), Op: tables.Equals, Value: "/tmp/hostile"}},
	})}
	e.db = anchored
	for i := range int64(3) {
		s.Add(ptrace(i * 1e9))
		e.Evaluate(t.Context())
	}
	if s := e.Status(nil)[0]; db.runs != 0 || s.Evaluations != 3 || s.LastEvaluated == 0 {
		t.Errorf("%d runs, %d evaluations", db.runs, s.Evaluations)
	}
	hostile := ptrace(9e9)
	hostile.Process = &event.Process{Key: "b.9.1", PID: 9, Path: "/tmp/hostile"}
	s.Add(hostile)
	e.Evaluate(t.Context())
	s.Add(ptrace(10e9)) // may complete what the other began
	e.Evaluate(t.Context())
	if db.runs != 2 {
		t.Errorf("%d runs after the anchor found something, want 2", db.runs)
	}
	e.Again()
	e.Evaluate(t.Context())
	if anchored.asks != 2 || db.runs != 3 {
		t.Errorf("after tuning changed: asked %d times for anchors, %d runs", anchored.asks, db.runs)
	}
}
