package tables

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/store"
)

type healthRow struct {
	collectors.Health
	covered int64 // seconds, -1 if it does not apply
}

func collectorHealth(d *Data) *Table {
	count := func(get func(healthRow) uint64) func(healthRow) int64 {
		return func(h healthRow) int64 { return int64(get(h)) }
	}
	return spec[healthRow]{
		Name: "collector_health",
		Description: "State of every collector, rule, stage and store: what it received and lost, and why a table is empty. " +
			"Nothing is lost without a row here saying so.",
		Platforms: []string{"linux", "windows", "darwin"},
		Examples: []string{
			"SELECT collector, item, state, reason FROM collector_health WHERE state <> 'ok'",
			"SELECT item, covered_seconds, lost FROM collector_health WHERE collector = 'store'",
		},
		Columns: []column[healthRow]{
			text("collector", "audit, process_connector, enrichment, store, evaluator or osquery.", func(h healthRow) string { return h.Collector }),
			text("item", "What of it: the socket, a rule, a kind of event.", func(h healthRow) string { return h.Item }),
			text("state", "ok, degraded, off or failed.", func(h healthRow) string { return h.State }),
			text("reason", "Why, and what to do about it; empty if ok.", func(h healthRow) string { return h.Reason }),
			bigint("received", "Records or events that came in since the start.", count(func(h healthRow) uint64 { return h.Received })),
			bigint("decoded", "Of these, how many were understood and passed on.", count(func(h healthRow) uint64 { return h.Decoded })),
			bigint("lost", "How many were lost or, in the store, evicted to make room.", count(func(h healthRow) uint64 { return h.Lost })),
			known("covered_seconds", "For how long back every event of the kind is still held; NULL for what is no store.",
				func(h healthRow) (int64, bool) {
					return h.covered, h.covered >= 0
				}),
			text("detail", "Further counters as name=value.", func(h healthRow) string { return h.Detail }),
		},
		Rows: func(context.Context, *Query) (iter.Seq2[int64, healthRow], error) {
			var rows []healthRow
			if d.Health != nil {
				for _, h := range d.Health() {
					rows = append(rows, healthRow{h, -1})
				}
			}
			for _, h := range d.noScanner() {
				rows = append(rows, healthRow{h, -1})
			}
			if d.Store != nil {
				now := d.now().UnixNano()
				for _, s := range d.Store.Stats() {
					rows = append(rows, storeHealth(s, now))
				}
			}
			return func(yield func(int64, healthRow) bool) {
				for i, r := range rows {
					if !yield(int64(i+1), r) {
						return
					}
				}
			}, nil
		},
	}.table()
}

func storeHealth(s store.Stats, now int64) healthRow {
	h := healthRow{Health: collectors.Health{
		Collector: "store", Item: s.Kind.String(), State: "ok", Received: s.Added, Decoded: uint64(s.Events), Lost: s.Evicted,
		Detail: fmt.Sprintf("bytes=%d share=%d capacity=%d", s.Bytes, s.Limit, s.Capacity),
	}}
	if s.Unlooked > 0 {
		h.State = "degraded"
		h.Reason = fmt.Sprintf("%d events came faster than every analytic could look at them: what they held may be missing", s.Unlooked)
	}
	if s.CoveredNS > 0 {
		h.covered = max(0, (now-s.CoveredNS)/int64(time.Second))
	}
	return h
}
