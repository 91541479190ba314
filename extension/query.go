package main

import (
	"context"
	"errors"
	"fmt"
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
		rows, err := e.DB().Query(ctx, c.SQL)
		if err != nil {
			return fmt.Errorf("running the query: %w", err)
		}
		format := results.Format{Mode: results.Pretty, Width: terminalWidth(a.stdout)}
		if c.JSON {
			format.Mode = results.JSON
		}
		_, err = format.Write(a.stdout, rows)
		return err
	})
}

// withTables gives f an engine over recordings, or over this machine after some time of collecting.
func (a *app) withTables(ctx context.Context, paths []string, wait time.Duration, live *liveFlags,
	f func(context.Context, *engine.Engine) error,
) error {
	logger := a.logger(live.Verbose)
	if len(paths) > 0 {
		files, left, err := engine.Recordings(paths)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return none(paths, left)
		}
		e, err := engine.OverRecordings(files, live.Tuning, nil, logger)
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
	e, err := live.engine(a, false)
	if err != nil {
		return err
	}
	return e.Collect(ctx, func(ctx context.Context) error {
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		return f(ctx, e)
	})
}
