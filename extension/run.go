package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/extension/engine"
	"github.com/apiwatch/apiwatch/extension/findings"
	"github.com/apiwatch/apiwatch/extension/results"
	"github.com/apiwatch/apiwatch/extension/schedule"
	"github.com/apiwatch/apiwatch/tables"
)

type runCmd struct {
	For  time.Duration `help:"Stop after this long, such as 30s; 0 runs until interrupted." default:"0s"`
	JSON bool          `name:"json" help:"osquery result lines, also on a terminal."`
	Pack []string      `help:"Also schedule the queries of this osquery pack file." placeholder:"FILE" type:"existingfile"`
	Live liveFlags     `embed:""`
}

// findingsQuery is the name that findings bear in result lines: that of the lean pack's only query.
const findingsQuery = "pack_apiwatch_findings_findings"

// Run collects and prints findings until it is interrupted: for people on a terminal, else as osquery's result lines.
func (c *runCmd) Run(ctx context.Context, a *app) error {
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	logger := a.logger(c.Live.Verbose)
	said := new(slog.LevelVar) // what is amiss from the beginning is explained, not logged
	said.Set(slog.LevelError)
	if c.Live.Verbose {
		said.Set(slog.LevelDebug)
	}
	e, err := c.Live.engine(true, a.loggerFrom(said))
	if err != nil {
		return err
	}
	hostname, _ := os.Hostname() // an empty hostIdentifier is better than no collection
	log := results.LogTo(a.stdout)
	schedule, err := c.schedule(e, hostname, log, logger)
	if err != nil {
		e.Close()
		return err
	}
	report := a.newReport(false)
	people := terminalWidth(a.stdout) > 0 && !c.JSON
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	e.Found(func(f *event.Event) {
		var err error
		if people {
			err = report.finding(f, "")
		} else {
			if x, ok := findings.Of(f); ok {
				report.tally.Add(x)
			}
			err = log(resultOf(f, hostname))
		}
		if err != nil {
			stop(fmt.Errorf("printing a finding: %w", err))
		}
	})
	err = e.Collect(ctx, func(ctx context.Context) error {
		e.Opened(ctx)
		if err := e.Blind(); err != nil && schedule == nil && ctx.Err() == nil { // a pack may ask for what needs no source
			return err
		}
		a.say("apiwatch %s is collecting on this machine; Ctrl-C ends it.\n", version)
		a.explain(ctx, e)
		said.Set(min(said.Level(), slog.LevelWarn))
		if schedule != nil {
			return schedule.Run(ctx)
		}
		<-ctx.Done()
		return nil
	})
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		err = errors.Join(err, cause)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	if err != nil && e.Blind() != nil {
		return err // no findings is no result then
	}
	report.tally.Repeats(e.Repeats())
	return errors.Join(err, report.totals(a.stderr))
}

// schedule gives the schedule of the packs named, nil if none is.
func (c *runCmd) schedule(e *engine.Engine, hostname string, log func(*results.LogItem) error, logger *slog.Logger) (*schedule.Schedule,
	error,
) {
	var packs []*schedule.Pack
	for _, path := range c.Pack {
		p, err := schedule.ReadPack(path)
		if err != nil {
			return nil, err
		}
		packs = append(packs, p)
	}
	if len(packs) == 0 {
		return nil, nil
	}
	return schedule.New(e.DB(), packs, schedule.Config{Host: hostname, Log: log, Logger: logger})
}

// resultOf gives a finding as the lean pack's query logs it.
func resultOf(f *event.Event, hostname string) *results.LogItem {
	names, values := tables.Finding(f)
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if names[a] < names[b] {
			return -1
		}
		return 1
	})
	item := &results.LogItem{Name: findingsQuery, Host: hostname, Time: time.Now(), Added: [][]string{nil}}
	for _, i := range order {
		item.Columns = append(item.Columns, names[i])
		item.Added[0] = append(item.Added[0], values[i])
	}
	return item
}

// explain says, once the sources are open, what is not collected and why, and what else is worth knowing.
func (a *app) explain(ctx context.Context, e *engine.Engine) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(500 * time.Millisecond):
	}
	for _, n := range notes(e.Health()) {
		a.say("  %s\n", n)
	}
	if blind := e.BlindAnalytics(); len(blind) > 0 {
		a.say("  cannot fire here now: %s; \"apiwatch.ext detections\" says why\n", strings.Join(blind, ", "))
	}
}

// notes gives what health has to tell, a line for each reason: what several have in common is said once.
func notes(rows []collectors.Health) []string {
	type cause struct{ state, reason string }
	var order []cause
	whose := make(map[cause][]string)
	for _, h := range rows {
		if h.Reason == "" {
			continue
		}
		c := cause{h.State, h.Reason}
		if whose[c] == nil {
			order = append(order, c)
		}
		whose[c] = append(whose[c], h.Collector+" "+h.Item)
	}
	var out []string
	for _, c := range order {
		names := whose[c]
		who := strings.Join(names[:min(len(names), maxNamed)], ", ")
		if more := len(names) - maxNamed; more > 0 {
			who += fmt.Sprintf(" and %d more", more)
		}
		switch {
		case c.state == "ok":
			out = append(out, who+": "+c.reason)
		case len(names) == 1:
			out = append(out, who+" is "+c.state+": "+c.reason)
		default:
			out = append(out, who+" are "+c.state+": "+c.reason)
		}
	}
	return out
}

// maxNamed bounds how many rows of health are named that have one reason.
const maxNamed = 4
