package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

type replayCmd struct {
	Paths  []string `arg:"" name:"path" help:"Files or folders; the format is recognised." type:"path"`
	JSON   bool     `name:"json" help:"One finding a line as JSON, with the file it came from."`
	Merge  bool     `help:"Take all files for one machine's, in the order of their names."`
	Tuning string   `help:"YAML file with tuning overrides." placeholder:"FILE"`
}

// Run replays and prints findings, then a summary on stderr.
func (c *replayCmd) Run(ctx context.Context, a *app) error {
	files, skipped, err := recordings(c.Paths)
	if len(files) == 0 && err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("replaying: no recording in %s: none of %d files is of a known format", strings.Join(c.Paths, ", "), skipped)
	}
	groups := make([][]string, 0, len(files))
	if c.Merge {
		groups = append(groups, files)
	} else {
		for _, f := range files {
			groups = append(groups, []string{f})
		}
	}
	errs := []error{err}
	shared, err := newFrame(c.Tuning, a.logger(false))
	if err != nil {
		return err
	}
	defer func() { _ = shared.db.Close() }() // nothing was written
	report := a.newReport(c.JSON)
	report.many = len(groups) > 1
	for i, g := range groups {
		report.progress(i, len(groups), g[0])
		if err := report.replay(ctx, g, shared, a.logger(false)); err != nil {
			errs = append(errs, fmt.Errorf("replaying %s: %w", strings.Join(g, ", "), err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(append(errs, report.summary(len(files), skipped))...)
}

// replay runs one machine's recordings and prints its findings.
func (r *report) replay(ctx context.Context, paths []string, shared *frame, logger *slog.Logger) error {
	e, err := replayEngine(paths, "", shared, logger)
	if err != nil {
		return err
	}
	defer e.close()
	var printing error
	e.evaluator.Found = func(f *event.Event) {
		if err := r.finding(f, paths[0]); err != nil {
			printing = err
		}
	}
	err = errors.Join(e.replay(ctx), printing)
	for _, s := range e.evaluator.Status(nil) {
		if s.Errors > 0 {
			err = errors.Join(err, fmt.Errorf("detection %s failed, so what it finds may be missing: %s", s.Detection.ID, s.Reason))
		}
	}
	r.recordings(e.pump.Health())
	for _, k := range e.store.Stats() {
		if k.Kind != event.KindFinding {
			r.events += k.Added
		}
	}
	return err
}
