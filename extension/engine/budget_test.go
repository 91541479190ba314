package engine

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/scripts/racing"
	"github.com/apiwatch/apiwatch/scripts/telemetry"
	"github.com/apiwatch/apiwatch/tables"
)

const (
	maxCalls = 4
	maxRows  = 2000
	// On a machine that was attacked a hit costs one call more, and what attacks do in bulk is read.
	maxAttackedCalls = 5
	maxAttackedRows  = 6000
)

// TestQueryBudget runs every detection as osqueryd would, over the extension's socket and a store full of benign work.
func TestQueryBudget(t *testing.T) {
	for _, platform := range platforms {
		t.Run(platform, func(t *testing.T) {
			checkBudget(t, platform, held(t, benign(t, platform)), maxCalls, maxRows)
		})
	}
	t.Run("windows, full", func(t *testing.T) {
		racing.Pointless(t, "it is the same code over more events")
		e := held(t, benign(t, "windows"))
		fill(t, e.store)
		checkBudget(t, "windows", e, maxCalls, maxRows)
	})
	t.Run("captures of whole Windows hosts", func(t *testing.T) {
		racing.Pointless(t, "it is the same code over more events")
		paths, err := filepath.Glob(filepath.Join(telemetry.Test(t, "windows_json", "otrf"), "[cd]*", "*.gz"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no captures: %v", err)
		}
		checkBudget(t, "windows", held(t, paths), maxAttackedCalls, maxAttackedRows)
	})
}

// held gives an engine whose store holds recordings, as far as it takes them.
func held(t *testing.T, paths []string) *Engine {
	t.Helper()
	e, err := OverRecordings(recorded(t, paths...), "", commonFrame(t), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	limits := e.store.Limits()
	limits.HighWater = 0
	e.store.Limit(limits)
	if err := e.read(t.Context(), func([]event.Kind) { e.store.Trim() }); err != nil {
		t.Fatalf("reading %v: %v", paths, err)
	}
	return e
}

// fill repeats what a store holds as the work of other processes at later times, until no kind of which there is much takes more.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	seed := s.Select(store.Query{Kinds: event.Kinds()})
	span := seed[len(seed)-1].TimeNS - seed[0].TimeNS + int64(time.Second)
	many := make(map[event.Kind]int)
	for _, e := range seed {
		many[e.Kind]++
	}
	for pass := int64(1); pass < 1000; pass++ {
		full := true
		for _, k := range s.Stats() {
			full = full && (many[k.Kind] < 50 || k.Evicted > 0)
		}
		if full {
			return
		}
		copies := make(map[*event.Process]*event.Process)
		for _, e := range seed {
			moved := *e
			moved.TimeNS += pass * span
			if moved.Tree != 0 {
				moved.Tree += uint32(pass) << 20 // that of others, too
			}
			moved.Process, moved.Target = later(e.Process, pass, copies), later(e.Target, pass, copies)
			s.Add(moved)
		}
	}
	t.Fatal("the store does not fill")
}

// later gives a process that does the same after another, with its creator.
func later(p *event.Process, pass int64, copies map[*event.Process]*event.Process) *event.Process {
	if p == nil {
		return nil
	}
	q := copies[p]
	if q == nil {
		q = p.Copy()
		copies[p] = q
		q.Key = fmt.Sprint(p.Key, "-", pass)
		if p.Creator != nil {
			c := *p.Creator
			c.Key = fmt.Sprint(c.Key, "-", pass)
			q.Creator = &c
		}
	}
	return q
}

func checkBudget(t *testing.T, platform string, e *Engine, maxCalls, maxRows int64) {
	t.Helper()
	held := 0
	for _, s := range e.store.Stats() {
		held += s.Events
	}
	db, manager := throughSocket(t, e.tables)
	worst := time.Duration(0)
	for _, d := range detectionsOf(t, platform) {
		for i := range d.Ways {
			w := &d.Ways[i]
			manager.Reset()
			start := time.Now()
			if _, err := db.QueryAll(t.Context(), d.SQL(w)); err != nil {
				t.Errorf("%s: %v", w.File, err)
				continue
			}
			took := time.Since(start)
			worst = max(worst, took)
			calls, rows := manager.Counts()
			t.Logf("%s: %d calls, %d rows, %v", d.QueryName(w), calls, rows, took.Round(time.Microsecond))
			if calls > maxCalls || rows > maxRows {
				t.Errorf("%s: %d calls and %d rows over a store of %d events, want at most %d and %d", w.File, calls, rows, held, maxCalls, maxRows)
			}
		}
	}
	t.Logf("store of %d events, slowest detection %v", held, worst.Round(time.Microsecond))
}

// TestFindingsExample asks for the events of a finding as the table's example does: each by its id, and no others.
func TestFindingsExample(t *testing.T) {
	fire := cases(t, &queries.Detection{ID: "AN0579", Strategy: "DET0203"}, "fire")
	paths := slices.Concat(fire[:1], benign(t, "linux"))
	e, found := replayed(t, paths...)
	want := 0
	for _, f := range found {
		if f.Detection == "AN0579" {
			want += 1 + strings.Count(f.EIDs, ",")
		}
	}
	db, manager := throughSocket(t, e.tables)
	i := slices.IndexFunc(e.tables, func(t *tables.Table) bool { return t.Name == "findings" })
	for _, example := range e.tables[i].Examples {
		if !strings.Contains(example, "'AN0579'") {
			continue
		}
		manager.Reset()
		got, err := db.QueryAll(t.Context(), example)
		if err != nil {
			t.Fatal(err)
		}
		calls, rows := manager.Counts()
		if want == 0 || len(got.Rows) != want || rows > int64(want+len(found)) {
			t.Errorf("%s\ngives %d events for %d rows and %d calls, want %d events", example, len(got.Rows), rows, calls, want)
		}
		return
	}
	t.Error("findings has no such example any more")
}
