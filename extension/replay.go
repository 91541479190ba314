package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/extension/engine"
	"github.com/apiwatch/apiwatch/extension/findings"
	"github.com/apiwatch/apiwatch/extension/results"
)

type replayCmd struct {
	Paths  []string `arg:"" name:"path" help:"Files or folders; the format is recognised." type:"path"`
	JSON   bool     `name:"json" help:"One finding a line as JSON, with the file it came from."`
	Merge  bool     `help:"Take all files for one machine's, in the order of their names."`
	Tuning string   `help:"YAML file with tuning overrides." placeholder:"FILE"`

	Verbose bool `help:"Name all files that are left out."`
}

// Run replays and prints findings, then a summary on stderr.
func (c *replayCmd) Run(ctx context.Context, a *app) error {
	files, left, err := engine.Recordings(c.Paths)
	if len(files) == 0 && err != nil {
		return err
	}
	if len(files) == 0 {
		return none(c.Paths, left)
	}
	groups := make([][]engine.Recording, 0, len(files))
	if c.Merge {
		groups = append(groups, files)
	} else {
		for _, f := range files {
			groups = append(groups, []engine.Recording{f})
		}
	}
	errs := []error{err}
	shared, err := engine.NewFrame(c.Tuning, a.logger(false))
	if err != nil {
		return err
	}
	defer func() { _ = shared.Close() }() // nothing was written
	report := a.newReport(c.JSON)
	report.many = len(groups) > 1
	for i, g := range groups {
		report.progress(i, len(groups), g[0].Path)
		if err := report.replay(ctx, g, shared, a.logger(false)); err != nil {
			errs = append(errs, fmt.Errorf("replaying %s: %w", paths(g), err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(append(errs, report.summary(len(files), left, c.Verbose))...)
}

// none says that paths hold no recording, and what they hold.
func none(paths []string, left []engine.Left) error {
	why := "the folder is empty"
	if len(left) > 0 {
		why = fmt.Sprintf("%s left out, such as %s: %s", results.Counted(uint64(len(left)), "file"), left[0].Path, left[0].Why)
	}
	return fmt.Errorf("replaying: no recording in %s: %s", strings.Join(paths, ", "), why)
}

// replay runs one machine's recordings and prints its findings.
func (r *report) replay(ctx context.Context, recordings []engine.Recording, shared *engine.Frame, logger *slog.Logger) error {
	e, err := engine.OverRecordings(recordings, "", shared, logger)
	if err != nil {
		return err
	}
	defer e.Close()
	var found []*event.Event
	e.Found(func(f *event.Event) {
		kept := *f
		found = append(found, &kept)
	})
	err = e.Replay(ctx)
	r.last = nil
	for _, act := range findings.Acts(found) {
		for _, f := range act {
			err = errors.Join(err, r.finding(f, recordings[0].Path))
		}
	}
	r.recordings(e.Health())
	r.events += e.Events()
	r.tally.Repeats(e.Repeats())
	return errors.Join(err, e.Failures())
}

// paths names recordings in an error.
func paths(recordings []engine.Recording) string {
	names := make([]string, len(recordings))
	for i, r := range recordings {
		names[i] = r.Path
	}
	return strings.Join(names, ", ")
}
