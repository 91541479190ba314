package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/tables"
)

// Frame is what engines can use one after the other: tables and the SQL over them, with statements that stay compiled.
type Frame struct {
	data       *tables.Data
	tables     []*tables.Table
	detections []queries.Detection // of every platform
	tuning     *queries.Tuning
	db         *sqlhost.DB

	anchors anchors
}

// NewFrame makes a frame whose tuning is overridden by a file, with some tables beside its own.
func NewFrame(tuningFile string, logger *slog.Logger, beside ...sqlhost.Backend) (*Frame, error) {
	all, err := queries.All()
	if err != nil {
		return nil, fmt.Errorf("loading detections: %w", err)
	}
	f := &Frame{data: &tables.Data{Feeds: Feeds()}, detections: all, tuning: queries.NewTuning(all, tuningFile)}
	if _, err := f.tuning.Reload(); err != nil {
		logger.Error("tuning file is not used, the defaults stay", "error", err)
	} else if _, err := os.Stat(tuningFile); err != nil && tuningFile != "" && tuningFile != DefaultTuningFile {
		logger.Error("the tuning file named is not there, the defaults stay until it is", "error", err)
	}
	f.tables = tables.All(f.data)
	if f.db, err = sqlhost.Open(f.tables, sqlhost.With(beside...)); err != nil {
		return nil, fmt.Errorf("opening the SQL host: %w", err)
	}
	return f, nil
}

// Close ends the SQL host.
func (f *Frame) Close() error { return f.db.Close() }

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
	frame *Frame
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
