package engine

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

// replayEvents is how many events a replay goes on with once it holds replayHeld: it looks for findings only then, so the more
// come between, the less often is any of them looked at again.
const (
	replayEvents = 100_000
	replayHeld   = 240_000
	// replayRun is how long one run of an analytic may take: what a recording shows must not depend on what else the machine does.
	replayRun = 10 * time.Minute
	// replayMemory is from where on a replay collects garbage more often than when its memory has grown to five times of what is held,
	// in bytes.
	replayMemory = 158 << 20
)

// OverRecordings joins recordings: as one machine's, in the order given. It reads them with tables of its own, or with those
// of a frame that has read others before.
func OverRecordings(recordings []Recording, tuningFile string, shared *Frame, logger *slog.Logger) (*Engine, error) {
	facts := new(recording.Facts)
	f := plan{host: facts, firstEID: 1, tuningFile: tuningFile, storeEvents: replayEvents, memory: replayMemory, frame: shared}
	for _, r := range recordings {
		f.sources = append(f.sources, r.Format.Open(r.Path, facts))
		for _, p := range r.Format.Platforms {
			if !slices.Contains(f.platforms, p) {
				f.platforms = append(f.platforms, p)
			}
		}
	}
	f.highWater = replayHeld
	if slices.Equal(f.platforms, []string{"windows"}) {
		f.family = event.Windows
	}
	var e *Engine
	f.now = func() time.Time { return time.Unix(0, e.store.LastNS()) }
	e, err := newEngine(f, logger)
	if err != nil {
		return nil, err
	}
	e.recorded = f.platforms
	facts.Walked = e.pump.Lineage.Walk
	e.evaluator.Longest = replayRun
	return e, nil
}

// Replay reads the sources one after the other to their ends. A finding does not depend on when it is looked for, so
// detections run only before anything they could read is evicted, and at the end. An error names what could not be read;
// the rest was.
func (e *Engine) Replay(ctx context.Context) error {
	err := e.read(ctx, func([]event.Kind) {
		e.evaluator.Evaluate(ctx)
		e.store.Trim()
	})
	e.evaluator.Evaluate(ctx)
	return errors.Join(err, ctx.Err())
}

// read stores what the sources have. full makes room where the store has none.
func (e *Engine) read(ctx context.Context, full func([]event.Kind)) error {
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
