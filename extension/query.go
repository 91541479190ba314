package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/apiwatch/apiwatch/extension/engine"
	"github.com/apiwatch/apiwatch/extension/results"
)

type queryCmd struct {
	JSON   bool      `name:"json" help:"A JSON array instead of a table."`
	Replay []string  `help:"Recordings to query instead of this machine." placeholder:"PATH" type:"path"`
	Wait   float64   `help:"Seconds to collect before the query runs, so that evented tables have something to show." default:"1"`
	SQL    string    `arg:"" name:"sql" help:"The query."`
	Live   liveFlags `embed:""`
}

// Run runs one query.
func (c *queryCmd) Run(ctx context.Context, a *app) error {
	wait := time.Duration(c.Wait * float64(time.Second))
	return a.withTables(ctx, c.Replay, wait, &c.Live, func(ctx context.Context, e *engine.Engine) error {
		asked, err := seen(ctx, e, c.SQL)
		if err != nil {
			return err
		}
		rows, err := e.DB().Query(ctx, c.SQL)
		if err != nil {
			return fmt.Errorf("running the query: %w", err)
		}
		format := results.Format{Mode: results.Pretty, Width: terminalWidth(a.stdout)}
		if c.JSON {
			format.Mode = results.JSON
		}
		n, err := format.Write(a.stdout, rows)
		for _, table := range asked {
			why := e.Unseen(table)
			if why == "" {
				continue
			}
			if err == nil && n == 0 && os.Geteuid() > 0 { // no rows do not tell that there is nothing
				return fmt.Errorf("%s is not whole: %s", table, why)
			}
			a.say("%s is not whole: %s\n", table, why)
		}
		return err
	})
}

// seen gives the tables that a query asks, or why it cannot be answered: over this machine one of them gets nothing.
func seen(ctx context.Context, e *engine.Engine, sql string) ([]string, error) {
	statement, err := e.DB().Prepare(ctx, sql)
	if err != nil {
		return nil, fmt.Errorf("running the query: %w", err)
	}
	for _, table := range statement.Tables() {
		if err := e.BlindTo(table); err != nil {
			return nil, err
		}
	}
	return statement.Tables(), nil
}

// withTables gives f an engine over recordings, or over this machine after some time of collecting.
func (a *app) withTables(ctx context.Context, paths []string, wait time.Duration, live *liveFlags,
	f func(context.Context, *engine.Engine) error,
) error {
	if len(paths) > 0 {
		files, left, err := engine.Recordings(paths)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return none(paths, left)
		}
		e, err := engine.OverRecordings(files, live.Tuning, nil, a.logger(live.Verbose))
		if err != nil {
			return err
		}
		defer e.Close()
		// What could be read of a broken recording is there to be asked for; the exit status tells that it was not all.
		broken := e.Replay(ctx)
		if ctx.Err() != nil {
			return broken
		}
		r := a.newReport(false)
		if len(left) > 0 {
			a.say("left out: %s\n", results.Counted(uint64(len(left)), "file"))
			r.leftOut(left, live.Verbose)
		}
		r.recordings(e.Health())
		r.broken()
		return errors.Join(f(ctx, e), broken)
	}
	e, err := live.look(a)
	if err != nil {
		return err
	}
	return e.Collect(ctx, func(ctx context.Context) error {
		e.Opened(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		return f(ctx, e)
	})
}
