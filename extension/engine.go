package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
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

// liveFlags are the flags of every command that collects.
type liveFlags struct {
	StateDir    string `help:"Where former audit settings and the event counter are kept." default:"${state_dir}" placeholder:"DIR"`
	Tuning      string `help:"YAML file with tuning overrides." default:"${tuning_file}" placeholder:"FILE"`
	AuditShare  string `help:"Which rules to add where another program owns kernel audit: low, full or none." enum:"low,full,none" default:"low"`
	StoreEvents int    `help:"How many events to keep." default:"100000"`
	Record      string `help:"Write what the collectors deliver to this file, to be replayed." placeholder:"FILE"`
	Verbose     bool   `help:"Say more on stderr."`

	// resume makes logs go on where the last such run ended: for commands that run on, not for one that looks in.
	resume bool
}

// engine is everything between the sources and the tables.
type engine struct {
	store      *store.Store
	pump       *pump.Pump
	tuning     *queries.Tuning
	tables     []*tables.Table
	db         *sqlhost.DB
	frame      *frame // nil where others use it, too
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
	running           func() []*event.Process // processes that the logs will tell of; nil for none
	shares            map[event.Kind]int      // of the store's capacity, in percent; nil for what Linux brings
	stretch           int                     // how many events of all kinds the store may hold; see [store.Store.Stretch]
	tuningFile        string
	// platforms are those whose detections run.
	platforms []string
	// frame is used again; nil for one of the engine's own.
	frame *frame
}

// frame is what engines can use one after the other: tables and the SQL over them, with statements that stay compiled.
type frame struct {
	data   *tables.Data
	tables []*tables.Table
	tuning *queries.Tuning
	db     *sqlhost.DB

	anchors anchors
}

func newFrame(tuningFile string, logger *slog.Logger, beside ...sqlhost.Backend) (*frame, error) {
	all, err := queries.All()
	if err != nil {
		return nil, fmt.Errorf("loading detections: %w", err)
	}
	f := &frame{data: new(tables.Data), tuning: queries.NewTuning(all, tuningFile)}
	if _, err := f.tuning.Reload(); err != nil {
		logger.Error("tuning file is not used, the defaults stay", "error", err)
	} else if _, err := os.Stat(tuningFile); err != nil && tuningFile != "" && tuningFile != defaultTuningFile {
		logger.Error("the tuning file named is not there, the defaults stay until it is", "error", err)
	}
	f.tables = tables.All(f.data)
	if f.db, err = sqlhost.Open(f.tables, sqlhost.With(beside...)); err != nil {
		return nil, fmt.Errorf("opening the SQL host: %w", err)
	}
	return f, nil
}

// newEngine joins feeds, store, tables, SQL and detections.
func newEngine(f feeds, logger *slog.Logger) (*engine, error) {
	e := &engine{store: store.NewStore(f.storeEvents, f.firstEID), moreHealth: f.health, logger: logger}
	if f.shares != nil {
		e.store.Apportion(f.storeEvents, f.shares)
	}
	e.store.Stretch(f.stretch)
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
		if shared, err = newFrame(f.tuningFile, logger, f.tables...); err != nil {
			return nil, err
		}
		e.frame = shared
	}
	e.tuning = shared.tuning
	*shared.data = tables.Data{
		Store: e.store, Tuning: e.tuning.Rows, Health: e.health, Mappings: f.mappings, Now: f.now,
		Tokens: f.tokens, ThreadStarts: f.threads,
		Detections: e.statuses,
	}
	e.tables, e.db = shared.tables, shared.db
	if e.evaluator, err = detect.New(anchoredRows{rowsOf{e.db}, shared}, e.store, ds, e.tuning, e.tables, logger); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *engine) close() {
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

// health gives the sources' state in the tables' terms.
func (e *engine) health() []tables.Health {
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
func (e *engine) fed(d *queries.Detection) (bool, string) {
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
func (e *engine) collect(ctx context.Context) error {
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
func (e *engine) evaluate(ctx context.Context) {
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

// anchors keeps what the statements of a frame ask first, while its tuning is as it was.
type anchors struct {
	mu    sync.Mutex
	tuned *queries.TuningRow
	known map[string]anchor
}

type anchor struct {
	scans []tables.Scan
	ok    bool
}

// rowsOf adapts the SQL host to the evaluator.
type rowsOf struct{ db *sqlhost.DB }

// anchoredRows is rowsOf with what a frame knows of its statements.
type anchoredRows struct {
	rowsOf
	frame *frame
}

// Anchors gives what sql asks of the tables of events before it knows of any.
func (r anchoredRows) Anchors(ctx context.Context, sql string) ([]tables.Scan, bool, error) {
	a := &r.frame.anchors
	a.mu.Lock()
	defer a.mu.Unlock()
	var tuned *queries.TuningRow
	if rows := r.frame.tuning.Rows(); len(rows) > 0 {
		tuned = &rows[0]
	}
	if a.known == nil || a.tuned != tuned {
		a.known, a.tuned = make(map[string]anchor), tuned
	}
	known, ok := a.known[sql]
	if !ok {
		var err error
		if known.scans, known.ok, err = r.db.Anchors(ctx, sql); err != nil {
			return nil, false, err
		}
		a.known[sql] = known
	}
	return known.scans, known.ok, nil
}

// Each runs sql and hands over its rows as text.
func (r rowsOf) Each(ctx context.Context, sql string, row func(columns, values []string)) error {
	rows, err := r.db.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer rows.Close()
	var columns []string
	for _, c := range rows.Columns() {
		columns = append(columns, c.Name)
	}
	values := make([]string, len(columns))
	for rows.Next() {
		for i, v := range rows.Values() {
			values[i] = v.String()
		}
		row(columns, values)
	}
	return rows.Err()
}

// platform is this machine's in the detections' words.
func platform() string {
	if runtime.GOOS == "darwin" {
		return "macos"
	}
	return runtime.GOOS
}

// eidBase gives the first event id of this run: above every id that an earlier run can have given, because time moved on
// and because the last base is remembered. A base is Unix seconds shifted by 20 bits, so it stays exact in a JSON number
// and leaves room for a million events a second.
func eidBase(stateDir string) (int64, error) {
	base := time.Now().Unix()
	file := filepath.Join(stateDir, "eid-base")
	if err := makeStateDir(stateDir); err != nil {
		return base << 20, fmt.Errorf("keeping the event counter: %w", err)
	}
	if old, err := os.ReadFile(file); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(old)), 10, 64); err == nil && n >= base {
			base = n + 1
		}
	}
	next := file + ".new"
	if err := os.WriteFile(next, []byte(strconv.FormatInt(base, 10)+"\n"), 0o600); err != nil {
		return base << 20, fmt.Errorf("keeping the event counter: %w", err)
	}
	if err := os.Rename(next, file); err != nil {
		return base << 20, fmt.Errorf("keeping the event counter: %w", err)
	}
	return base << 20, nil
}
