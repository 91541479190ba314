// Package engine joins feeds, store, tables, SQL and detections: those of this machine, see [Live], or of recordings, see
// [OverRecordings]. Commands use it, and so can a service that knows nothing of osquery; it prints nothing.
package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/lineage"
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
	logger     *slog.Logger

	closers []io.Closer
}

// feeds is what a command wants collected.
type feeds struct {
	sources           []collectors.Source
	host              collectors.Host
	execFromConnector func() bool
	recorder          *recording.Recorder
	mappings          tables.Scanner
	tokens            tables.TokenScanner
	threads           tables.ThreadScanner
	health            func() []collectors.Health // beside the sources'; nil for none
	now               func() time.Time
	tables            []sqlhost.Backend // beside our own
	firstEID          int64
	storeEvents       int
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
func newEngine(f feeds, logger *slog.Logger) (*Engine, error) {
	e := &Engine{store: store.NewStore(f.storeEvents, f.firstEID), moreHealth: f.health, logger: logger}
	e.store.Limit(store.Limits{Events: f.storeEvents, Family: f.family, HighWater: f.highWater})
	var ds []queries.Detection
	for _, p := range f.platforms {
		more, err := queries.ByPlatform(p)
		if err != nil {
			return nil, fmt.Errorf("loading detections: %w", err)
		}
		ds = append(ds, more...)
	}
	e.pump = &pump.Pump{
		Store: e.store, Lineage: lineage.New(f.host), Sources: f.sources, ExecFromConnector: f.execFromConnector,
		Recorder: f.recorder, Logger: logger,
	}
	if f.running != nil {
		e.pump.Lineage.Know(f.running())
	}
	shared, err := f.frame, error(nil)
	if shared == nil {
		if shared, err = NewFrame(f.tuningFile, logger, f.tables...); err != nil {
			return nil, err
		}
		e.frame = shared
	}
	e.tuning = shared.tuning
	*shared.data = tables.Data{
		Store: e.store, Tuning: e.tuning.Rows, Health: e.Health, Mappings: f.mappings, Now: f.now,
		Tokens: f.tokens, ThreadStarts: f.threads,
		Detections: e.statuses,
	}
	e.tables, e.db = shared.tables, shared.db
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

// Found has f told of every finding when it is latched.
func (e *Engine) Found(f func(*event.Event)) { e.evaluator.Found = f }

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

// Failures tells of detections whose SQL failed.
func (e *Engine) Failures() error {
	var errs []error
	for _, s := range e.evaluator.Status(nil) {
		if s.Errors > 0 {
			errs = append(errs, fmt.Errorf("detection %s failed, so what it finds may be missing: %s", s.Detection.ID, s.Reason))
		}
	}
	return errors.Join(errs...)
}

// Health gives the state of the sources and of what stands behind them.
func (e *Engine) Health() []tables.Health {
	var out []tables.Health
	for _, h := range e.pump.Health() {
		out = append(out, tables.Health(h))
	}
	if e.moreHealth != nil {
		for _, h := range e.moreHealth() {
			out = append(out, tables.Health(h))
		}
	}
	if err := e.tuning.Err(); err != nil {
		out = append(out, tables.Health{Collector: "tuning", Item: "override", State: "failed", Reason: err.Error()})
	}
	return out
}

// fed says whether any log source of an analytic has a feed: on this platform, while its collector works.
func (e *Engine) fed(d *queries.Detection) (bool, string) {
	var reasons []string
	for _, h := range e.pump.Health() {
		if h.Item != "socket" && h.Item != "source" && h.Item != "session" {
			continue
		}
		if h.State == "ok" || h.State == "degraded" {
			return true, ""
		}
		reasons = append(reasons, h.Collector+": "+cmp.Or(h.Reason, "it is not open yet"))
	}
	if len(e.pump.Sources) == 0 {
		return false, "nothing collects: this command reads no feed"
	}
	return len(reasons) == 0, strings.Join(reasons, "; ")
}

// collect runs the pump and the evaluator until ctx ends or the sources do.
func (e *Engine) collect(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e.store.Started(time.Now().UnixNano())
	e.evaluator.Paced = true
	wg.Go(func() { e.evaluate(ctx) })
	return e.pump.Run(ctx)
}

// evaluate runs due detections every second, and once more at the end.
func (e *Engine) evaluate(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
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
		e.evaluator.Evaluate(ctx)
	}
}

// Platform is this machine's in the detections' words.
func Platform() string {
	if runtime.GOOS == "darwin" {
		return "macos"
	}
	return runtime.GOOS
}
