package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/bpf"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/pump"
	"github.com/apiwatch/apiwatch/collectors/recording"
	"github.com/apiwatch/apiwatch/collectors/store"
)

// tally is what a recording gives when it is replayed.
type tally struct {
	events uint64
	kinds  []string // "process_start 812"
	health []string // what was not understood
}

func (t tally) String() string {
	return fmt.Sprintf("%d events: %s", t.events, strings.Join(append(t.kinds, t.health...), ", "))
}

// count replays a recording and counts what the store gets.
func count(ctx context.Context, path string) (tally, error) {
	facts := new(recording.Facts)
	log := audit.NewFile(path)
	log.Facts = facts
	var file collectors.Source = log
	if strings.Contains(path, ".bpf.") {
		file = bpf.Format.Open(path, facts)
	}
	store := store.NewStore(0, 1)
	pump := &pump.Pump{Store: store, Lineage: lineage.New(facts), Logger: slog.New(slog.DiscardHandler)}
	facts.Walked = pump.Lineage.Walk
	if err := file.Open(ctx, func() {}); err != nil {
		return tally{}, err
	}
	pump.Use(file)
	defer pump.Close()
	for {
		if err := pump.Round(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return tally{}, fmt.Errorf("replaying %s: %w", path, err)
		}
		if err := ctx.Err(); err != nil {
			return tally{}, err
		}
	}
	var t tally
	for _, s := range store.Stats() {
		if s.Added > 0 {
			t.events += s.Added
			t.kinds = append(t.kinds, fmt.Sprintf("%v %d", s.Kind, s.Added))
		}
	}
	slices.Sort(t.kinds)
	if u := pump.Lineage.Stats().Unknown; u > 0 {
		t.health = append(t.health, fmt.Sprintf("processes of unknown origin %d", u))
	}
	return t, nil
}
