package detect

import (
	"context"
	"strconv"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/queries"
)

// TestAnotherTableCompletesAChain: a way is looked at again when a table has something new that its chain goes on with.
func TestAnotherTableCompletesAChain(t *testing.T) {
	held, db := store.NewStore(0, 1), new(script)
	d := queries.Detection{
		ID: "AN9999", Window: "30", File: "DET9999_x/AN9999_linux.yaml",
		Ways: []queries.Way{{
			Tables: []string{"ptrace_events", "file_accesses"},
			Body: "WITH p AS MATERIALIZED (SELECT eid FROM ptrace_events WHERE pid = 1),\n" +
				"m AS MATERIALIZED (SELECT eid FROM file_accesses LIMIT -EXISTS (SELECT 1 FROM p))\nSELECT eid FROM m",
		}},
	}
	e := evaluatorOf(t, db, held, d)
	held.Add(ptrace(1e9))
	e.Evaluate(t.Context())
	before := db.runs
	e.Evaluate(t.Context())
	if db.runs != before {
		t.Errorf("%d runs where nothing is new", db.runs-before)
	}
	held.Add(event.Event{Kind: event.KindFileAccess, API: event.APINamed("openat"), LogSource: logSource, TimeNS: 2e9})
	e.Evaluate(t.Context())
	if db.runs != before+1 {
		t.Errorf("%d runs after the access, want one", db.runs-before)
	}
	held.Add(event.Event{Kind: event.KindMemory, API: event.APINamed("mmap"), LogSource: logSource, TimeNS: 3e9})
	e.Evaluate(t.Context())
	if db.runs != before+1 {
		t.Errorf("%d runs after an event of no table of its", db.runs-before-1)
	}
}

// absence answers with each event but the first, unless the one before it is there.
type absence struct{ held *store.Store }

func (a absence) Each(ctx context.Context, _ string, row func(columns, values []string)) error {
	there := make(map[int64]bool)
	for _, ev := range a.held.Select(store.Query{Kinds: []event.Kind{event.KindPtrace}}) {
		there[ev.EID] = true
	}
	for eid := range there {
		if eid > 1 && !there[eid-1] {
			id := strconv.FormatInt(eid, 10)
			row(columns, []string{"id" + id, id, "b." + id, "1", "7", "s", "/x" + id})
		}
	}
	return ctx.Err()
}

// TestWhatWasLookedAtIsNotNew: that what spoke against a finding has been evicted makes none of what was complete and looked at before.
func TestWhatWasLookedAtIsNotNew(t *testing.T) {
	held := store.NewStore(0, 1)
	held.Limit(store.Limits{Events: 1})
	d := queries.Detection{
		ID: "AN9999", Window: "30", File: "DET9999_x/AN9999_linux.yaml",
		Ways: []queries.Way{{Tables: []string{"ptrace_events"}, Body: "SELECT 1"}},
	}
	e := evaluatorOf(t, absence{held}, held, d)
	held.Add(ptrace(1e9))
	for i := range 3000 {
		held.Add(ptrace(int64(i+2) * 1e6))
		if n := e.Evaluate(t.Context()); n != 0 {
			t.Fatalf("after event %d there are %d findings", i+2, n)
		}
	}
	if st := held.Stats()[event.KindPtrace]; st.Evicted == 0 {
		t.Fatal("nothing was evicted")
	}
	if got := e.Status(nil)[0]; got.Repeats == 0 {
		t.Error("what was left out is not counted")
	}
}
