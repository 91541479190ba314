package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/apiwatch/apiwatch/extension/osquerytest"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/tables"
)

// cost is what running every detection once took.
type cost struct {
	detections  int // and each way of them counts
	slowest     time.Duration
	slowestID   string
	all         time.Duration
	calls, rows int64 // of whichever detection made the most
	rowsID      string
}

// runDetections runs every detection of Linux once over a host's registered tables, as osqueryd would.
func runDetections(ctx context.Context, h *osquerytest.Host, db *sqlhost.DB) (cost, error) {
	var c cost
	ds, err := queries.ByPlatform("linux")
	if err != nil {
		return c, fmt.Errorf("loading detections: %w", err)
	}
	var errs []error
	for i := range ds {
		d := &ds[i]
		for j := range d.Ways {
			w := &d.Ways[j]
			h.Reset()
			start := time.Now()
			if _, err := db.QueryAll(ctx, d.SQL(w)); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", w.File, err))
				continue
			}
			took := time.Since(start)
			c.detections++
			c.all += took
			if took > c.slowest {
				c.slowest, c.slowestID = took, d.QueryName(w)
			}
			calls, rows := h.Counts()
			c.calls = max(c.calls, calls)
			if rows > c.rows {
				c.rows, c.rowsID = rows, d.QueryName(w)
			}
		}
	}
	return c, errors.Join(errs...)
}

// database runs SQL over what is registered with a test host.
func database(h *osquerytest.Host) (*sqlhost.DB, error) {
	var backends []sqlhost.Backend
	for _, t := range h.Tables() {
		backends = append(backends, t)
	}
	return sqlhost.Open(nil, sqlhost.With(backends...), sqlhost.AsOsquery())
}

// detections runs all detections over a full store of what ordinary work recorded.
func detections(ctx context.Context, c *config, set func(Measure)) error {
	store, what, err := fullStore(ctx, c)
	if err != nil {
		return err
	}
	ds, err := queries.All()
	if err != nil {
		return fmt.Errorf("loading detections: %w", err)
	}
	tuning := queries.NewTuning(ds, "")
	socket := filepath.Join(c.dir, "full")
	h, err := osquerytest.Listen(socket, osquerytest.Options{})
	if err != nil {
		return err
	}
	defer h.Close()
	stop, err := serve(ctx, h, socket, tables.All(&tables.Data{Store: store, Tuning: tuning.Rows}))
	if err != nil {
		return err
	}
	defer stop()
	db, err := database(h)
	if err != nil {
		return err
	}
	defer db.Close()

	var slowest, all []float64
	var last cost
	for range c.rounds {
		if last, err = runDetections(ctx, h, db); err != nil {
			return err
		}
		slowest, all = append(slowest, last.slowest.Seconds()*1e3), append(all, last.all.Seconds()*1e3)
	}
	set(Measure{Name: "detection_slowest", Value: median(slowest), How: fmt.Sprintf("%s of %d; store of %s", last.slowestID, last.detections,
		what)})
	set(Measure{Name: "detections_all", Value: median(all), How: fmt.Sprintf("%d detections once each", last.detections)})
	set(Measure{Name: "detection_most_rows", Value: float64(last.rows), How: fmt.Sprintf("%s; and %d calls at most", last.rowsID, last.calls)})
	return nil
}
