// Package detect runs the detections' SQL over the event store as events arrive and latches what they find.
//
// A finding is written once, when its chain is complete, as an event of its own; the table `findings` shows it. The
// same SQL runs in a pack as a scheduled query and gives the same finding_id.
package detect

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/tables"
)

// LongestRun ends a live analytic that somebody keeps busy with events made for that: it shows as failed, the others go on.
const LongestRun = 10 * time.Second

// Querier runs one statement and hands over its rows as text.
type Querier interface {
	Each(ctx context.Context, sql string, row func(columns, values []string)) error
}

// Anchors tells what a statement asks of the tables of events before it knows of any, as [sqlhost.DB.Anchors] does. A Querier may have it.
type Anchors interface {
	Anchors(ctx context.Context, sql string) (scans []tables.Scan, ok bool, err error)
}

// fewNew is up to how many new events it is worth looking whether an analytic's anchors find any of them before it runs: beyond, some will.
const fewNew = 20_000

// maxLatched bounds how many finding ids of one detection are remembered beyond those it still returns.
const maxLatched = 4096

// Evaluator runs detections. Its methods may be called from several goroutines; evaluations run one at a time.
type Evaluator struct {
	db     Querier
	store  *store.Store
	tuning *queries.Tuning
	logger *slog.Logger
	// Paced lets an analytic that takes long run less often, so that evaluation costs a bounded share of a core.
	Paced bool
	// Longest is how long one run of an analytic may take, [LongestRun] unless told otherwise.
	Longest time.Duration
	// Found is told of every finding when it is latched; nil for nobody.
	Found func(*event.Event)

	mu       sync.Mutex
	analytic []*analytic
}

type analytic struct {
	detection queries.Detection
	sql       string
	anchor    []event.Kind // nil: a table of state, evaluated every time
	kinds     []event.Kind // of all its tables
	seen      uint64       // the anchor's generation at the last evaluation
	latched   map[string]bool
	order     []string // of latched, oldest first

	scans    []tables.Scan // its anchors, where anchored
	anchored bool
	probed   bool
	from     int64 // no event before this one is found by the scans

	evaluations, errors, findings int64
	last                          time.Time
	took                          time.Duration
	err                           error
}

// New makes an evaluator for the detections given, over the tables that db serves.
func New(db Querier, store *store.Store, ds []queries.Detection, tuning *queries.Tuning, all []*tables.Table, logger *slog.Logger) (*Evaluator, error) {
	e := &Evaluator{Longest: LongestRun, db: db, store: store, tuning: tuning, logger: logger}
	byName := make(map[string]*tables.Table, len(all))
	for _, t := range all {
		byName[t.Name] = t
	}
	for _, d := range ds {
		a := &analytic{detection: d, sql: d.SQL(), latched: make(map[string]bool)}
		anchors, state := d.Anchors(), false
		for _, name := range d.Tables {
			t := byName[name]
			if t == nil {
				return nil, fmt.Errorf("preparing %s: there is no table %s", d.ID, name)
			}
			if slices.Contains(anchors, name) {
				a.anchor, state = append(a.anchor, t.Kinds...), state || t.Kinds == nil
			}
			a.kinds = append(a.kinds, t.Kinds...)
		}
		if state {
			a.anchor = nil
		}
		e.analytic = append(e.analytic, a)
	}
	return e, nil
}

// Evaluate runs every detection of which a table that its chain may begin with has something new, stores what it finds for the first time and
// returns how many findings that were.
func (e *Evaluator) Evaluate(ctx context.Context) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	total := 0
	for _, a := range e.analytic {
		if ctx.Err() != nil {
			break
		}
		generation := e.store.Generation(a.anchor...)
		if a.anchor != nil && generation == a.seen || e.Paced && time.Since(a.last) < a.pause() {
			continue
		}
		if generation-a.seen <= fewNew && e.idle(ctx, a) {
			a.err, a.seen = nil, generation
			continue
		}
		n, err := e.run(ctx, a)
		if err != nil {
			if ctx.Err() != nil {
				break
			}
			a.last = time.Now()
			a.errors++
			if a.err == nil || a.err.Error() != err.Error() {
				e.logger.Error("detection fails", "detection", a.detection.ID, "error", err)
			}
			a.err = err
			continue
		}
		a.err, a.seen = nil, generation
		total += n
	}
	return total
}

// pause is how long an analytic waits after it ran, so that it takes no more than a four-thousandth of a core; but a finding
// must not come later than some seconds after the deed.
func (a *analytic) pause() time.Duration {
	const share, longest = 4000, 5 * time.Second
	return min(longest, a.took*share)
}

// Again makes the next Evaluate run everything: tuning has changed.
func (e *Evaluator) Again() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.analytic {
		a.seen, a.took, a.probed, a.from = 0, 0, false, 0
	}
}

// idle tells whether none of an analytic's anchors finds anything, so that it has nothing to say. That counts as an evaluation.
func (e *Evaluator) idle(ctx context.Context, a *analytic) bool {
	start := time.Now()
	if !a.probed {
		a.probed, a.anchored = true, false
		if db, ok := e.db.(Anchors); ok {
			scans, ok, err := db.Anchors(ctx, a.sql)
			a.scans, a.anchored = scans, ok && err == nil // what fails here fails when it runs
		}
	}
	if !a.anchored {
		return false
	}
	next, first := e.store.NextEID(), int64(0)
	for _, s := range a.scans {
		eid, some, err := s.First(ctx, a.from)
		if err != nil {
			return false
		}
		if some && (first == 0 || eid < first) {
			first = eid
		}
	}
	if first != 0 {
		a.from = first
		return false
	}
	a.from = next
	a.last, a.took = start, time.Since(start)
	a.evaluations++
	return true
}

func (e *Evaluator) run(ctx context.Context, a *analytic) (int, error) {
	start := time.Now()
	var found []event.Event
	ctx, cancel := context.WithTimeout(ctx, e.Longest)
	defer cancel()
	err := e.db.Each(ctx, a.sql, func(columns, values []string) {
		if f, ok := e.latch(a, columns, values); ok {
			found = append(found, f)
		}
	})
	a.took = time.Since(start)
	a.last = start
	a.evaluations++
	if len(found) > 0 {
		e.store.Add(found...) // gives them their EIDs
		for i := range found {
			if e.Found != nil {
				e.Found(&found[i])
			}
		}
		a.findings += int64(len(found))
	}
	return len(found), err
}

// latch turns a row into a finding, if its id is new.
func (e *Evaluator) latch(a *analytic, columns, values []string) (event.Event, bool) {
	row := make(map[string]string, len(columns))
	for i, c := range columns {
		row[c] = values[i]
	}
	id := row["finding_id"]
	if a.latched[id] {
		return event.Event{}, false
	}
	a.latched[id] = true
	a.order = append(a.order, id)
	if len(a.order) > maxLatched {
		delete(a.latched, a.order[0])
		a.order = a.order[1:]
	}
	completing := e.completing(row)
	if completing == nil { // evicted since: the row itself says what matters
		completing = fromRow(row)
	}
	d := &a.detection
	var extra []string
	for _, c := range d.Extra {
		extra = append(extra, row[c])
	}
	return event.Event{
		Kind: event.KindFinding, TimeNS: completing.TimeNS, Feed: completing.Feed, Process: completing.Process,
		Target: completing.Target, Path: completing.Path, API: completing.API,
		Detail: &event.Finding{
			Detection: d.ID, Strategy: d.Strategy, Technique: d.Technique, Severity: d.Severity,
			Summary: row["summary"], ID: id, EIDs: row["eids"], Extra: tables.Object(d.Extra, extra),
		},
	}, true
}

// completing finds the event that completed a chain: the last of eids that is the row's process's.
func (e *Evaluator) completing(row map[string]string) *event.Event {
	var eids []int64
	n := int64(0)
	digits := false
	for _, c := range row["eids"] + "," {
		if '0' <= c && c <= '9' {
			n, digits = n*10+int64(c-'0'), true
		} else if digits {
			eids = append(eids, n)
			n, digits = 0, false
		}
	}
	events := e.store.Select(store.Query{Kinds: event.Kinds(), EIDs: eids})
	seconds := row["time"]
	for _, ev := range slices.Backward(events) {
		if ev.Process.Key == row["process_key"] && strconv.FormatInt(ev.TimeNS/1e9, 10) == seconds {
			return ev
		}
	}
	return nil
}

var rowFeed = &event.Feed{LogSource: "apiwatch", Provider: "evaluator"}

func fromRow(row map[string]string) *event.Event {
	number := func(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }
	return &event.Event{
		TimeNS: number(row["time"]) * 1e9, Feed: rowFeed,
		Process: &event.Process{
			Key: row["process_key"], PID: number(row["pid"]), Path: row["path"], Cmdline: row["cmdline"], User: row["user"],
			Creator: &event.Creator{Path: row["parent_path"]}, ContainerID: row["container_id"],
			UID: -1, EUID: -1, GID: -1, EGID: -1, AUID: -1, Session: -1, ExeUID: -1,
		},
		Path: row["target_path"],
	}
}

// Status tells how every analytic fares. fed says whether any of an analytic's log sources has a feed now, and if not why.
func (e *Evaluator) Status(fed func(*queries.Detection) (bool, string)) []queries.Status {
	covered := make(map[event.Kind]store.Stats)
	for _, s := range e.store.Stats() {
		covered[s.Kind] = s
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]queries.Status, 0, len(e.analytic))
	for _, a := range e.analytic {
		d := &a.detection
		s := queries.Status{
			Detection: d, State: queries.Active, Evaluations: a.evaluations, LastDuration: a.took, Errors: a.errors, Findings: a.findings,
		}
		if !a.last.IsZero() {
			s.LastEvaluated = a.last.Unix()
		}
		window := e.tuning.Window(d)
		for _, k := range a.kinds {
			st := covered[k]
			if held := (e.store.LastNS() - st.CoveredNS) / int64(time.Second); st.Evicted > 0 && held < window {
				s.State = queries.Degraded
				s.Reason = fmt.Sprintf("its window is %d s and events of kind %s are held for %d s: they come too fast for the store", window, k, held)
			}
		}
		if fed != nil {
			if ok, why := fed(d); !ok {
				s.State, s.Reason = queries.NotFed, why
			}
		}
		if a.err != nil {
			s.State, s.Reason = queries.Failed, a.err.Error()
		}
		out = append(out, s)
	}
	return out
}
