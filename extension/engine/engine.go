// Package engine joins feeds, store, tables, SQL and detections: those of this machine, see [Live], or of recordings, see
// [OverRecordings]. Commands use it, and so can a service that knows nothing of osquery; it prints nothing.
package engine

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/prevalence"
	"github.com/apiwatch/apiwatch/collectors/pump"
	"github.com/apiwatch/apiwatch/collectors/recording"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/extension/detect"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/tables"
)

// Engine is everything between the sources and the tables.
type Engine struct {
	store      *store.Store
	pump       *pump.Pump
	tuning     *queries.Tuning
	tables     []*tables.Table
	db         *sqlhost.DB
	frame      *Frame // nil where others use it, too
	evaluator  *detect.Evaluator
	moreHealth func() []collectors.Health
	floods     floods
	recorded   []string             // the platforms of the recordings that it is over; nil over a machine
	others     []*queries.Detection // of other platforms
	logger     *slog.Logger

	kept    kept
	learned learned
	closers []io.Closer
	opened  chan struct{} // closed when the sources are open
}

// plan is what a command wants collected.
type plan struct {
	sources           []collectors.Source
	host              collectors.Host
	execFromConnector func() bool
	recorder          *recording.Recorder
	mappings          tables.Scanner
	tokens            tables.TokenScanner
	threads           tables.ThreadScanner
	tracers           tables.TracerScanner
	openFiles         tables.OpenFileScanner
	codePatches       tables.CodeScanner
	health            func() []collectors.Health // beside the sources'; nil for none
	now               func() time.Time
	clock             func() time.Time                 // see [lineage.Lineage.Clock]
	flooded           func(kind string, seconds int64) // told of kinds of which little is kept; nil for none
	tables            []sqlhost.Backend                // beside our own
	firstEID          int64
	storeEvents       int
	storeBytes        int
	memory            int64                                                // see limitMemory; 0 for a collector's
	running           func() (computer string, processes []*event.Process) // that the logs will tell of; nil for none
	family            event.Family                                         // how the kinds share the store
	highWater         int                                                  // see [store.Limits]
	tuningFile        string
	// platforms are those whose detections run.
	platforms []string
	// frame is used again; nil for one of the engine's own.
	frame *Frame
}

// newEngine joins feeds, store, tables, SQL and detections.
func newEngine(f plan, logger *slog.Logger) (*Engine, error) {
	limitMemory(&f)
	e := &Engine{
		store: store.NewStore(f.storeEvents, f.firstEID), moreHealth: f.health, logger: logger, opened: make(chan struct{}),
		floods: floods{tell: f.flooded},
	}
	e.store.Limit(store.Limits{Events: f.storeEvents, Bytes: f.storeBytes, Family: f.family, HighWater: f.highWater})
	e.pump = &pump.Pump{
		Store: e.store, Lineage: lineage.New(f.host), Sources: f.sources, ExecFromConnector: f.execFromConnector,
		Recorder: f.recorder, Logger: logger,
	}
	e.pump.Lineage.Clock = f.clock
	e.learned.Learner = prevalence.New(0, 0)
	e.pump.Learn = e.learned.Learn
	if f.running != nil {
		e.pump.Lineage.Know(f.running())
	}
	shared := f.frame
	if shared == nil {
		var err error
		if shared, err = NewFrame(f.tuningFile, logger, f.tables...); err != nil {
			return nil, err
		}
		e.frame = shared
	}
	var ds []*queries.Detection
	for i := range shared.detections {
		if d := &shared.detections[i]; slices.Contains(f.platforms, d.Platform) {
			ds = append(ds, d)
		} else {
			e.others = append(e.others, d)
		}
	}
	e.tuning = shared.tuning
	*shared.data = tables.Data{
		Store: e.store, Tuning: e.tuning.Rows, Health: e.Health, Mappings: f.mappings, Now: f.now,
		Tokens: f.tokens, ThreadStarts: f.threads, Tracers: f.tracers, OpenFiles: f.openFiles, CodePatches: f.codePatches,
		Prevalence: e.learned.combinations,
		Detections: e.statuses, Feeds: shared.data.Feeds,
	}
	e.tables, e.db = shared.tables, shared.db
	var err error
	if e.evaluator, err = detect.New(anchoredRows{rowsOf{e.db}, shared}, e.store, ds, e.tuning, e.tables, logger); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// Close ends the SQL host, unless it is a frame's that others use, and what Live has opened.
func (e *Engine) Close() {
	if e.frame != nil {
		if err := e.frame.db.Close(); err != nil {
			e.logger.Warn("closing the SQL host", "error", err)
		}
	}
	if err := e.learned.save(); err != nil {
		e.logger.Warn("closing", "error", err)
	}
	for _, c := range e.closers {
		if err := c.Close(); err != nil {
			e.logger.Warn("closing", "error", err)
		}
	}
}

// DB gives the SQL over the tables.
func (e *Engine) DB() *sqlhost.DB { return e.db }

// Tables lists the tables.
func (e *Engine) Tables() []*tables.Table { return e.tables }

// Found has f told of every finding when it is latched, which counts as handed out then.
func (e *Engine) Found(f func(*event.Event)) {
	e.evaluator.Found = func(finding *event.Event) {
		f(finding)
		e.store.Handed(event.KindFinding, []int64{finding.EID})
	}
}

// Events gives how many events came, findings not counted.
func (e *Engine) Events() uint64 {
	n := uint64(0)
	for _, s := range e.store.Stats() {
		if s.Kind != event.KindFinding {
			n += s.Added
		}
	}
	return n
}

// Repeats gives, by analytic, how many findings were not reported because they repeat others or are too many of one process.
func (e *Engine) Repeats() map[string]int64 { return e.evaluator.RepeatsOf() }

// Failures tells of detections whose SQL failed.
func (e *Engine) Failures() error { return e.evaluator.Failures() }

// Health gives the state of the sources and of what stands behind them.
func (e *Engine) Health() []collectors.Health {
	out := append(e.health(), e.findingsHealth(), e.learned.Health())
	if err := e.tuning.Err(); err != nil {
		out = append(out, collectors.Health{Collector: "tuning", Item: "override", State: "failed", Reason: err.Error()})
	}
	return out
}

// statuses tells how every analytic shipped fares: what the evaluator knows of those of this engine's platforms, and what
// the feeds that are declared cannot bring them now.
func (e *Engine) statuses() []queries.Status {
	out := e.evaluator.Status(nil)
	supply := newSupply(Feeds(), e.recorded, e.health())
	for i := range out {
		s := &out[i]
		if s.State != queries.Active && s.State != queries.Degraded {
			continue
		}
		if state, why := supply.state(s.Detection); state != queries.Active {
			if s.Reason != "" {
				why = s.Reason + "; " + why
			}
			s.State, s.Reason = state, why
		}
	}
	for _, d := range e.others {
		out = append(out, queries.Status{Detection: d, State: queries.OtherPlatform, Reason: "it is for " + d.Platform})
	}
	slices.SortFunc(out, func(a, b queries.Status) int { return cmp.Compare(a.Detection.ID, b.Detection.ID) })
	return out
}

// health gives the state of the sources and of what live state is read from.
func (e *Engine) health() []collectors.Health {
	out := e.pump.Health()
	if e.moreHealth != nil {
		out = append(out, e.moreHealth()...)
	}
	return out
}

// collect runs the pump and the evaluator until ctx ends or the sources do.
func (e *Engine) collect(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e.store.Started(time.Now().UnixNano())
	e.evaluator.Paced, e.evaluator.Rated = true, true
	e.pump.Opened = func() { close(e.opened) }
	e.pump.Full = func(kinds []event.Kind) {
		soon, done := context.WithTimeout(ctx, longestLook)
		defer done()
		e.look(soon, kinds)
	}
	e.pump.Ended = func() { // the sources are still open: what they keep of their places is for what was looked at
		mark, upTo := e.pump.Mark(), e.store.NextEID()-1
		e.look(ctx, event.Kinds())
		if e.evaluator.Looked() >= upTo { // the time was enough
			e.pump.Evaluated(mark)
		}
	}
	wg.Go(func() { e.evaluate(ctx) })
	return e.pump.Run(ctx)
}

const (
	// longestLook is for how long reading stands still so that what is to be evicted is looked at; then it goes, and is counted.
	longestLook = 5 * time.Second
	// longestEnd is how long looking at what came last may take when a run ends.
	longestEnd = 5 * time.Second
)

// look evaluates what is new of the kinds, when the run ends, too.
func (e *Engine) look(ctx context.Context, kinds []event.Kind) {
	if ctx.Err() != nil {
		last, done := context.WithTimeout(context.WithoutCancel(ctx), longestEnd)
		defer done()
		ctx = last
	}
	e.evaluator.Catch(ctx, kinds)
}

// evaluate runs due detections every second.
func (e *Engine) evaluate(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var mark pump.Mark // of what is stored up to an event, until all of that was looked at
	upTo := int64(-1)
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if n%5 == 0 {
			if changed, err := e.tuning.Reload(); err != nil {
				e.logger.Error("tuning file is not used, the values before stay", "error", err)
			} else if changed {
				e.evaluator.Again()
			}
		}
		if n%10 == 9 {
			e.floods.look(e.store.Stats(), time.Now())
		}
		if n%saveEvery == saveEvery-1 {
			if err := e.learned.save(); err != nil {
				e.logger.Warn("saving", "error", err)
			}
		}
		if upTo < 0 {
			mark, upTo = e.pump.Mark(), e.store.NextEID()-1
		}
		if e.evaluator.Evaluate(ctx); e.evaluator.Looked() >= upTo {
			e.pump.Evaluated(mark)
			upTo = -1
		}
	}
}

// Platform is this machine's in the detections' words.
func Platform() string {
	if runtime.GOOS == "darwin" {
		return "macos"
	}
	return runtime.GOOS
}
