package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

// replayEvents is how many events a replay goes on with once it holds replayHeld: it looks for findings only then, so the more
// come between, the less often is any of them looked at again.
const (
	replayEvents = 120_000
	replayHeld   = 320_000
	// replayRun is how long one run of an analytic may take: what a recording shows must not depend on what else the machine does.
	replayRun = 10 * time.Minute
	// replayMemory is from where on a replay collects garbage more often than when its memory has doubled, in bytes.
	replayMemory = 800 << 20
)

// OverRecordings joins recordings: as one machine's, in the order given. It reads them with tables of its own, or with those
// of a frame that has read others before.
func OverRecordings(paths []string, tuningFile string, shared *Frame, logger *slog.Logger) (*Engine, error) {
	debug.SetMemoryLimit(replayMemory) // that of a collector would keep the garbage collector busy
	facts := new(recording.Facts)
	f := feeds{host: facts, firstEID: 1, tuningFile: tuningFile, storeEvents: replayEvents, frame: shared}
	linux, windows := false, false
	for _, p := range paths {
		if windowsLog(p) {
			windows = true
			f.sources = append(f.sources, eventlog.NewSource(p))
			continue
		}
		linux = true
		file := audit.NewFile(p)
		file.Facts = facts
		f.sources = append(f.sources, file)
	}
	if linux || !windows {
		f.platforms = append(f.platforms, "linux")
	}
	if windows {
		f.platforms = append(f.platforms, "windows")
	}
	f.highWater = replayHeld
	if windows && !linux {
		f.family = event.Windows
	}
	var e *Engine
	f.now = func() time.Time { return time.Unix(0, e.store.LastNS()) }
	e, err := newEngine(f, logger)
	if err != nil {
		return nil, err
	}
	facts.Walked = e.pump.Lineage.Walk
	e.evaluator.Longest = replayRun
	return e, nil
}

// windowsLog tells whether a path is a Windows event log of any form. A log of audit's is never one.
func windowsLog(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && !audit.Recognise(path) && form.Recognise(path)
}

// Replay reads the sources one after the other to their ends. A finding does not depend on when it is looked for, so
// detections run only before anything they could read is evicted, and at the end. An error names what could not be read;
// the rest was.
func (e *Engine) Replay(ctx context.Context) error {
	err := e.read(ctx, func() {
		e.evaluator.Evaluate(ctx)
		e.store.Trim()
	})
	e.evaluator.Evaluate(ctx)
	return errors.Join(err, ctx.Err())
}

// read stores what the sources have. full makes room where the store has none.
func (e *Engine) read(ctx context.Context, full func()) error {
	var errs []error
	all := e.pump.Sources
	e.pump.Full = full
	for _, s := range all {
		e.pump.Sources = []collectors.Source{s}
		ready := false
		if err := s.Open(ctx, func() {}); err != nil {
			errs = append(errs, err)
		} else {
			ready = true
			e.pump.Use(s)
		}
		for ready && ctx.Err() == nil {
			err := e.pump.Round()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				errs = append(errs, err)
			}
		}
		e.pump.Close()
	}
	e.pump.Sources = all
	return errors.Join(errs...)
}

// Recordings lists the files below paths that a decoder knows, each a machine of its own; a folder of an audit log's
// rotations is one. What no decoder knows is counted, not an error, unless it was named itself. An error names what cannot
// be used; the rest can.
func Recordings(paths []string) (found []string, skipped int, err error) {
	var errs []error
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			errs = append(errs, fmt.Errorf("opening recording: %w", err))
			continue
		}
		if !info.IsDir() {
			if err := recognised(p, info.Size()); err != nil {
				errs = append(errs, err)
				continue
			}
			found = append(found, p)
			continue
		}
		err = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir():
				if rotated, _ := filepath.Glob(filepath.Join(path, "audit.log*")); len(rotated) > 1 {
					found = append(found, path)
					return fs.SkipDir
				}
			case d.Type().IsRegular():
				if audit.Recognise(path) || form.Recognise(path) {
					found = append(found, path)
				} else {
					skipped++
				}
			}
			return nil
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("listing recordings: %w", err))
		}
	}
	slices.Sort(found)
	return slices.Compact(found), skipped, errors.Join(errs...)
}

// recognised fails for a file that cannot be read or that no decoder knows. An empty log is one without records.
func recognised(path string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening recording: %w", err)
	}
	_ = f.Close() // it was not written
	if size > 0 && !audit.Recognise(path) && !form.Recognise(path) {
		return fmt.Errorf("opening recording: %s is neither a recording nor a log of a known format (audit.log, Windows event log; plain or gzip)", strconv.QuoteToGraphic(path))
	}
	return nil
}
