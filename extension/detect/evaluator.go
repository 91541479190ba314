// Package detect runs the detections' SQL over the event store as events arrive and latches what they find.
//
// A finding is written once, when its chain is complete, as an event of its own; the table `findings` shows it. The
// same SQL runs in a pack as a scheduled query and gives the same finding_id.
package detect

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
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

// Evaluator runs detections. Its methods may be called from several goroutines; evaluations run one at a time.
type Evaluator struct {
	db     Querier
	store  *store.Store
	tuning *queries.Tuning
	logger *slog.Logger
	// Paced lets an analytic that takes long run less often, so that evaluation costs a bounded share of a core.
	Paced bool
	// Rated holds what one analytic finds of one process to [ratePerHour]. Over recordings all is shown: who reads one wants the whole.
	Rated bool
	// Longest is how long one run of an analytic may take, [LongestRun] unless told otherwise.
	Longest time.Duration
	// Keep is given every finding when it is latched, before Found is told of it; nil for nobody.
	Keep, Found func(*event.Event)

	repeats atomic.Int64

	mu       sync.Mutex
	analytic []*analytic
}

// analytic is one detection with what it found so far. Its ways are evaluated together and latched together.
type analytic struct {
	detection *queries.Detection
	ways      []*way
	kinds     []event.Kind // of all its tables
	latches   latches
	reported  reported
	rates     rates
	looked    int64 // no event up to this one holds a finding that was not looked for

	evaluations, errors, findings, repeats int64
	last                                   time.Time
	took                                   time.Duration
}

// way is one statement of an analytic.
type way struct {
	*queries.Way
	sql    string
	anchor []event.Kind // nil: a table of state, evaluated every time
	kinds  []event.Kind // of all its tables of events
	state  bool         // one of its tables is of state
	seen   uint64       // the generation of its tables at the last evaluation
	begun  uint64       // and that of the anchor
	upTo   int64        // the newest event when it last came to its end: what was complete then was found then
	runs   uint32       // that came to their end
	err    error

	scans    []scan // its anchors, where anchored
	anchored bool
	probed   bool
	from     int64 // no event before this one is found by the scans
}

// scan is an anchor with how far it was looked at.
type scan struct {
	tables.Scan
	nothing uint64 // the generation of its table up to which it found no event
}

// hit is a row of a way that was not latched before, with the event that completed its chain.
type hit struct {
	way        *way
	row        map[string]string
	completing *event.Event
	eid        int64 // of completing; where that is evicted, the last of the chain
	newest     int64 // of the chain, 0 if the row names none
}

// New makes an evaluator for the detections given, over the tables that db serves.
func New(
	db Querier, store *store.Store, ds []*queries.Detection, tuning *queries.Tuning, all []*tables.Table, logger *slog.Logger,
) (*Evaluator, error) {
	e := &Evaluator{Longest: LongestRun, db: db, store: store, tuning: tuning, logger: logger}
	byName := make(map[string]*tables.Table, len(all))
	for _, t := range all {
		byName[t.Name] = t
	}
	for _, d := range ds {
		a := &analytic{detection: d}
		for j := range a.detection.Ways {
			w := &way{Way: &a.detection.Ways[j]}
			w.sql = a.detection.SQL(w.Way)
			anchors, state := w.Anchors(), false
			for _, name := range w.Tables {
				t := byName[name]
				if t == nil {
					return nil, fmt.Errorf("preparing %s: there is no table %s", a.detection.ID, name)
				}
				if slices.Contains(anchors, name) {
					w.anchor, state = append(w.anchor, t.Kinds...), state || t.Kinds == nil
				}
				w.kinds, w.state = append(w.kinds, t.Kinds...), w.state || t.Kinds == nil
			}
			a.kinds = append(a.kinds, w.kinds...)
			if state {
				w.anchor = nil
			}
			a.ways = append(a.ways, w)
		}
		e.analytic = append(e.analytic, a)
	}
	return e, nil
}

// Evaluate runs every way of a detection of which a table has something new, unless nothing is there that its chain may begin with, stores
// what is found for the first time and returns how many findings that were. Where it is paced, an analytic's turn may not have come yet.
func (e *Evaluator) Evaluate(ctx context.Context) int {
	return e.evaluateAll(ctx, e.Paced, event.Kinds())
}

// Catch runs what reads events of the kinds and has something new to look at, whoever's turn it is: they are about to be evicted, or the
// run ends.
func (e *Evaluator) Catch(ctx context.Context, kinds []event.Kind) int {
	return e.evaluateAll(ctx, false, kinds)
}

// evaluateAll tells the store, too, up to which event of each kind everything has been looked at.
func (e *Evaluator) evaluateAll(ctx context.Context, paced bool, kinds []event.Kind) (total int) {
	next := e.store.NextEID() - 1
	var looked [event.KindCount]int64
	for k := range looked {
		looked[k] = next
	}
	for _, a := range e.analytic {
		if ctx.Err() != nil {
			return total
		}
		n, upTo := e.turn(ctx, a, paced, kinds)
		total += n
		for _, k := range a.kinds {
			looked[k] = min(looked[k], upTo)
		}
	}
	for k, eid := range looked {
		e.store.Looked(event.Kind(k), eid)
	}
	return total
}

// turn evaluates an analytic if it may and is concerned, and tells up to which event it has looked at everything.
func (e *Evaluator) turn(ctx context.Context, a *analytic, paced bool, kinds []event.Kind) (found int, looked int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	next := e.store.NextEID() - 1
	switch {
	case paced && time.Since(a.last) < a.pause(), !slices.ContainsFunc(a.kinds, func(k event.Kind) bool { return slices.Contains(kinds, k) }):
		if e.something(a) {
			return 0, a.looked
		}
	default:
		if found = e.evaluate(ctx, a); ctx.Err() != nil {
			return found, a.looked
		}
	}
	a.looked = next
	return found, a.looked
}

// Looked is up to which event every analytic has looked at everything.
func (e *Evaluator) Looked() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	looked := e.store.NextEID() - 1
	for _, a := range e.analytic {
		looked = min(looked, a.looked)
	}
	return looked
}

// Repeats is how many findings were not reported because they repeat others or are too many of one process.
func (e *Evaluator) Repeats() int64 { return e.repeats.Load() }

// something tells whether a way of an analytic has something new to look at.
func (e *Evaluator) something(a *analytic) bool {
	return slices.ContainsFunc(a.ways, func(w *way) bool { return w.anchor == nil || w.seen != e.store.Generation(w.kinds...) })
}

// evaluate runs the ways of an analytic that have something new.
func (e *Evaluator) evaluate(ctx context.Context, a *analytic) int {
	start, ran := time.Now(), false
	var hits []hit
	for _, w := range a.ways {
		upTo := e.store.NextEID() - 1
		generation, begun := e.store.Generation(w.kinds...), e.store.Generation(w.anchor...)
		if w.anchor != nil && generation == w.seen {
			continue
		}
		ran = true
		if begun-w.begun > fewNew || !e.idle(ctx, w) {
			found, err := e.run(ctx, a, w)
			hits = append(hits, e.whole(a, w, found)...)
			if err != nil {
				if ctx.Err() != nil {
					break
				}
				a.errors++
				if w.err == nil || w.err.Error() != err.Error() {
					e.logger.Error("detection fails", "detection", a.detection.ID, "way", w.Name, "error", err)
				}
				w.err = err
				continue
			}
		}
		w.err, w.seen, w.begun, w.upTo = nil, generation, begun, upTo
	}
	if ran {
		a.evaluations++
		a.last, a.took = start, time.Since(start)
	}
	return e.report(a, hits)
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
		a.took = 0
		for _, w := range a.ways {
			w.seen, w.upTo, w.probed, w.from = 0, 0, false, 0
		}
	}
}

// idle tells whether none of a way's anchors finds anything, so that it has nothing to say.
func (e *Evaluator) idle(ctx context.Context, w *way) bool {
	if !w.probed {
		w.probed, w.anchored = true, false
		if db, ok := e.db.(Anchors); ok {
			scans, ok, err := db.Anchors(ctx, w.sql)
			w.anchored = ok && err == nil // what fails here fails when it runs
			w.scans = make([]scan, len(scans))
			for i := range scans {
				w.scans[i].Scan = scans[i]
			}
		}
	}
	if !w.anchored {
		return false
	}
	next, first := e.store.NextEID(), int64(0)
	for i := range w.scans {
		s := &w.scans[i]
		generation := e.store.Generation(s.Table.Kinds...)
		if generation == s.nothing {
			continue
		}
		eid, some, err := s.First(ctx, w.from)
		switch {
		case err != nil:
			return false
		case !some:
			s.nothing = generation
		case first == 0 || eid < first:
			first = eid
		}
	}
	if first != 0 {
		w.from = first
		return false
	}
	w.from = next
	return true
}

// run gives the rows of a way that are not latched yet.
func (e *Evaluator) run(ctx context.Context, a *analytic, w *way) ([]hit, error) {
	ctx, cancel := context.WithTimeout(ctx, e.Longest)
	defer cancel()
	var hits []hit
	err := e.db.Each(ctx, w.sql, func(columns, values []string) {
		if i := slices.Index(columns, "finding_id"); i >= 0 && a.latches.again(values[i], w) {
			return
		}
		row := make(map[string]string, len(columns))
		for i, c := range columns {
			row[c] = values[i]
		}
		hits = append(hits, e.complete(w, row))
	})
	if err == nil {
		w.runs++
	}
	return hits, err
}

// complete finds the event that completed a row's chain.
func (e *Evaluator) complete(w *way, row map[string]string) hit {
	eids := numbers(row["eids"])
	h := hit{way: w, row: row, completing: e.completing(row, eids)}
	if len(eids) > 0 {
		h.newest = slices.Max(eids)
	}
	switch {
	case h.completing != nil:
		h.eid = h.completing.EID
	default: // evicted since: the row itself says what matters
		h.completing = fromRow(row)
		if len(eids) > 0 {
			h.eid = eids[len(eids)-1]
		}
	}
	return h
}

// report latches what the ways of an analytic found, in the order in which the chains were completed and where one event completes
// several in that of the ways, so that it does not matter how many events came between two evaluations.
func (e *Evaluator) report(a *analytic, hits []hit) int {
	slices.SortStableFunc(hits, func(x, y hit) int { return cmp.Compare(x.eid, y.eid) })
	var found []event.Event
	for _, h := range hits {
		if !a.latches.add(h.row["finding_id"], h.way) {
			continue
		}
		f := finding(a.detection, h)
		if !e.first(a, &f) {
			a.repeats++
			e.repeats.Add(1)
			continue
		}
		found = append(found, f)
	}
	a.latches.bound()
	if len(found) == 0 {
		return 0
	}
	e.store.Add(found...) // gives them their EIDs
	for i := range found {
		if e.Keep != nil {
			e.Keep(&found[i])
		}
		if e.Found != nil {
			e.Found(&found[i])
		}
	}
	a.findings += int64(len(found))
	return len(found)
}

// first tells whether a finding is not one more of those that were reported.
func (e *Evaluator) first(a *analytic, f *event.Event) bool {
	if subject, ok := subjectOf(a.detection, f); ok && !a.reported.first(subject, f.TimeNS, e.window(a.detection)) {
		return false
	}
	return !e.Rated || a.rates.allow(f)
}

// window is for how long an analytic is reported once of a subject.
func (e *Evaluator) window(d *queries.Detection) time.Duration {
	window := time.Duration(e.tuning.Window(d)) * time.Second
	if len(d.OncePer) == 0 {
		window = max(window, time.Hour)
	}
	return window
}

// Recall makes findings of an earlier run known, oldest first, so that none of them is reported again.
func (e *Evaluator) Recall(fs []event.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range fs {
		d, ok := fs[i].Detail.(*event.Finding)
		if !ok {
			continue
		}
		for _, a := range e.analytic {
			if a.detection.ID != d.Detection {
				continue
			}
			for _, w := range a.ways {
				if w.Name == d.Way {
					a.latches.add(d.ID, w)
					e.first(a, &fs[i])
				}
			}
		}
	}
}

// finding makes the event of a finding.
func finding(d *queries.Detection, h hit) event.Event {
	var extra []string
	for _, c := range h.way.Extra {
		extra = append(extra, h.row[c])
	}
	return event.Event{
		Kind: event.KindFinding, TimeNS: h.completing.TimeNS, LogSource: h.completing.LogSource, Host: h.completing.Host,
		Subject: h.completing.Subject,
		Process: h.completing.Process, Target: h.completing.Target, Path: h.completing.Path, API: h.completing.API,
		Detail: &event.Finding{
			Detection: d.ID, Way: h.way.Name, Strategy: d.Strategy, Technique: d.Technique, Severity: h.way.Severity,
			Summary: h.row["summary"], ID: h.row["finding_id"], EIDs: h.row["eids"], Extra: tables.Object(h.way.Extra, extra),
		},
	}
}

// numbers reads the numbers of a list.
func numbers(list string) (out []int64) {
	n, digits := int64(0), false
	for _, c := range list + "," {
		if '0' <= c && c <= '9' {
			n, digits = n*10+int64(c-'0'), true
		} else if digits {
			out = append(out, n)
			n, digits = 0, false
		}
	}
	return out
}

// completing finds the event that completed a chain: the last of eids that is the row's process's.
func (e *Evaluator) completing(row map[string]string, eids []int64) *event.Event {
	events := e.store.Select(store.Query{Kinds: event.Kinds(), EIDs: eids})
	seconds := row["time"]
	for _, ev := range slices.Backward(events) {
		if ev.Caller().Key == row["process_key"] && strconv.FormatInt(ev.TimeNS/1e9, 10) == seconds {
			return ev
		}
	}
	return nil
}

var rowSource = &event.LogSource{Name: "apiwatch", Provider: "evaluator"}

func fromRow(row map[string]string) *event.Event {
	number := func(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }
	return &event.Event{
		TimeNS: number(row["time"]) * 1e9, LogSource: rowSource,
		Process: &event.Process{
			Key: row["process_key"], PID: number(row["pid"]), Path: row["path"], Cmdline: row["cmdline"], User: row["user"],
			Creator: &event.Creator{Path: row["parent_path"]}, ContainerID: row["container_id"],
			UID: -1, EUID: -1, GID: -1, EGID: -1, AUID: -1, Session: -1, ExeUID: -1,
		},
		Path: row["target_path"],
	}
}
