// Package schedule runs packs as osqueryd does: it reads osquery's pack files, runs their queries when they are due and
// gives what changed since the last run. It imports the SQL host, which runs them, and results, which writes what they gave.
package schedule

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/apiwatch/apiwatch/extension/results"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
)

// Config says how a schedule runs. The zero value of each field is osquery's own default.
type Config struct {
	Host     string // hostIdentifier; "" is the host's name
	Platform string // a GOOS; "" is this one
	// SplayPercent moves each interval by up to so much, so that queries and hosts do not all run at once; 0 means 10 as
	// in osquery, a negative number none. The splay of a query is always the same on a host.
	SplayPercent int
	// PackRefresh is how long the answer of discovery queries holds; 0 means an hour.
	PackRefresh time.Duration
	// Timeout ends a query that takes longer; 0 means a minute. (osqueryd leaves that to its watchdog.)
	Timeout time.Duration
	// MaxRows and MaxBytes bound the result of one query, of which the next run needs a copy to tell what changed; 0
	// means 100,000 rows and 32 MiB of text. A query that gives more fails and says so. Where "removed" is false only 16
	// bytes a row are kept.
	MaxRows, MaxBytes int
	// Log takes every result, in order. An error ends the tick: nothing may go unlogged.
	Log func(*results.LogItem) error
	// Logger takes the status: what failed, and what is right again.
	Logger *slog.Logger
}

// Schedule runs packs as osqueryd does: one query at a time, each at the Unix times that its interval divides, and logs
// what changed since the query's last run. Previous results live in memory, so a new schedule logs every row as added.
type Schedule struct {
	db      *sqlhost.DB
	config  Config
	packs   []*scheduledPack
	last    int64 // Unix seconds of the last tick, 0 before the first
	ticking sync.Mutex

	mu sync.Mutex // guards the states
}

type scheduledPack struct {
	*Pack
	queries []*scheduledQuery
	checked int64 // when discovery was last asked
	active  bool
	known   bool // whether discovery was asked at all
}

type scheduledQuery struct {
	Query
	name     string
	interval int64          // splayed
	previous map[string]int // rows by key, with how often each occurs; nil before the first run
	counter  uint64
	state    QueryState
}

// QueryState says how a scheduled query fares.
type QueryState struct {
	Name     string
	Interval int64 // seconds, splayed
	Runs     int64
	Failures int64
	LastRun  int64 // Unix seconds, 0 before the first
	Duration time.Duration
	Rows     int
	Err      error // of the last run
}

// New joins the packs that are for this platform, host and version. Packs and queries of the same name run once:
// the first wins.
func New(db *sqlhost.DB, packs []*Pack, c Config) (*Schedule, error) {
	if c.Log == nil || c.Logger == nil {
		return nil, errors.New("making schedule: it needs a log and a logger")
	}
	if c.Host == "" {
		name, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("making schedule: asking for the host's name: %w", err)
		}
		c.Host = name
	}
	orDefault(&c.Platform, runtime.GOOS)
	orDefault(&c.SplayPercent, 10)
	orDefault(&c.PackRefresh, time.Hour)
	orDefault(&c.Timeout, time.Minute)
	orDefault(&c.MaxRows, 100_000)
	orDefault(&c.MaxBytes, 32<<20)
	s := &Schedule{db: db, config: c}
	seen := make(map[string]bool)
	for _, p := range packs {
		if !runsOn(p.Platform, p.Version, p.Shard, c.Platform, c.Host) {
			continue
		}
		sp := &scheduledPack{Pack: p}
		for _, q := range p.Queries {
			name := "pack_" + p.Name + "_" + q.Name
			if !runsOn(q.Platform, q.Version, q.Shard, c.Platform, c.Host) {
				continue
			}
			if seen[name] {
				c.Logger.Warn("a query of this name is already scheduled; this one is left out", "query", name, "file", p.File)
				continue
			}
			seen[name] = true
			sq := &scheduledQuery{Query: q, name: name, interval: splay(q.Interval, c.SplayPercent, c.Host+"\x00"+name)}
			sq.state = QueryState{Name: name, Interval: sq.interval}
			sp.queries = append(sp.queries, sq)
		}
		s.packs = append(s.packs, sp)
	}
	return s, nil
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// splay moves an interval by up to percent of it, always to the same value for a name. osqueryd draws it once and keeps
// it in its database (splayValue in config/packs.cpp).
func splay(interval int64, percent int, name string) int64 {
	if percent <= 0 || percent > 100 {
		return interval
	}
	difference := interval * int64(percent) / 100
	least := max(1, interval-difference)
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return least + int64(h.Sum64()%uint64(interval+difference-least+1))
}

// Run ticks every second until ctx ends. It returns ctx's error, or that of the log.
func (s *Schedule) Run(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		if err := s.Tick(ctx, time.Now()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// Tick runs what became due after the last tick, up to now, which is also the time that results bear. What was missed
// several times runs once. At the first tick, and where the clock was set back, only what is due at this very second runs.
func (s *Schedule) Tick(ctx context.Context, now time.Time) error {
	s.ticking.Lock()
	defer s.ticking.Unlock()
	at := now.Unix()
	from := s.last
	s.last = at
	if from == 0 || at < from {
		from = at - 1
	}
	for _, p := range s.packs {
		due := slices.DeleteFunc(slices.Clone(p.queries), func(q *scheduledQuery) bool { return at/q.interval == from/q.interval })
		if len(due) == 0 || !s.discover(ctx, p, at) {
			continue
		}
		for _, q := range due {
			if err := s.runOne(ctx, q, now); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// discover tells whether a pack is to run now.
func (s *Schedule) discover(ctx context.Context, p *scheduledPack, at int64) bool {
	if age := at - p.checked; p.known && 0 <= age && age < int64(s.config.PackRefresh/time.Second) {
		return p.active
	}
	active := true
	for _, sql := range p.Discovery {
		rows, err := s.rows(ctx, sql)
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			s.config.Logger.Warn("a pack's discovery query failed; the pack does not run until it succeeds",
				"pack", p.Name, "query", sql, "error", err)
		}
		if active = err == nil && len(rows.cells) > 0; !active {
			break
		}
	}
	if len(p.Discovery) > 0 && (active != p.active || !p.known) {
		s.config.Logger.Info("a pack's discovery was asked", "pack", p.Name, "active", active)
	}
	p.checked, p.active, p.known = at, active, true
	return active
}

// runOne runs a query and logs its result. Its own failure is status, not an error.
func (s *Schedule) runOne(ctx context.Context, q *scheduledQuery, now time.Time) error {
	start := time.Now()
	rows, err := s.rows(ctx, q.SQL)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.mu.Lock()
	before := q.state.Err
	q.state.Runs++
	q.state.LastRun, q.state.Duration, q.state.Rows, q.state.Err = now.Unix(), time.Since(start), len(rows.cells), err
	if err != nil {
		q.state.Failures++
	}
	s.mu.Unlock()
	switch {
	case err != nil && (before == nil || before.Error() != err.Error()):
		s.config.Logger.Error("a scheduled query failed; it is tried again at its next time", "query", q.name, "error", err)
	case err == nil && before != nil:
		s.config.Logger.Info("a scheduled query is right again", "query", q.name)
	}
	if err != nil {
		return nil //nolint:nilerr // a failed query must not keep the others from running
	}
	r := &results.LogItem{Name: q.name, Host: s.config.Host, Time: now, Columns: rows.names}
	if q.Snapshot {
		r.IsSnapshot, r.Snapshot = true, rows.cells
		return s.config.Log(r)
	}
	if !q.compare(r, rows) {
		return nil
	}
	return s.config.Log(r)
}

// compare fills in what changed and keeps the rows for the next time; false if there is nothing to log.
func (q *scheduledQuery) compare(r *results.LogItem, rows *resultRows) bool {
	first := q.previous == nil
	current := make(map[string]int, len(rows.cells))
	gone := q.previous
	for _, row := range rows.cells {
		for i := range row {
			row[i] = escapeBytes(row[i])
		}
		key := rowKey(row, q.Removed)
		current[key]++
		if current[key] > gone[key] {
			r.Added = append(r.Added, row)
		}
	}
	changed := len(r.Added) > 0
	for key, n := range gone {
		for range n - current[key] {
			changed = true
			if q.Removed {
				r.Removed = append(r.Removed, rowOf(key))
			}
		}
	}
	slices.SortFunc(r.Removed, slices.Compare)
	q.previous = current
	switch {
	case first:
		q.counter = 0
	case changed:
		q.counter++
	}
	r.Counter = q.counter
	return len(r.Added)+len(r.Removed) > 0
}

type resultRows struct {
	names []string
	cells [][]string
}

// rows reads a whole result within the schedule's bounds; it is never nil.
func (s *Schedule) rows(ctx context.Context, sql string) (*resultRows, error) {
	out := &resultRows{}
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.Timeout,
		fmt.Errorf("it took longer than %s: narrow it by an indexed column or a time", s.config.Timeout))
	defer cancel()
	rows, err := s.db.Query(ctx, sql)
	if err != nil {
		return out, timedOut(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	names, index := columnOrder(rows.Columns())
	out.names = names
	size := 0
	for rows.Next() {
		values := rows.Values()
		row := make([]string, len(index))
		for i, at := range index {
			row[i] = values[at].String()
			size += len(row[i])
		}
		out.cells = append(out.cells, row)
		if len(out.cells) > s.config.MaxRows || size > s.config.MaxBytes {
			return &resultRows{}, fmt.Errorf("its result is larger than %d rows or %d MiB, which is the most that is kept to tell what changed",
				s.config.MaxRows, s.config.MaxBytes>>20)
		}
	}
	if err := rows.Err(); err != nil {
		return &resultRows{}, timedOut(ctx, err)
	}
	return out, nil
}

// timedOut gives the reason of a timeout in place of SQLite's word for it.
func timedOut(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return context.Cause(ctx)
	}
	return err
}

// States says how every query fares, in the order of the packs.
func (s *Schedule) States() []QueryState {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []QueryState
	for _, p := range s.packs {
		for _, q := range p.queries {
			out = append(out, q.state)
		}
	}
	return out
}
