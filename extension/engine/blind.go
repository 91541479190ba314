package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/queries"
)

// Opened waits until the sources of an engine that collects are open, as far as they may be.
func (e *Engine) Opened(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-e.opened:
	}
}

// Blind tells why none of the sources that could open does; nil if one does.
func (e *Engine) Blind() error {
	heads := newSupply(nil, e.recorded, e.health()).heads
	var why []string
	for _, s := range e.pump.Sources {
		h := heads[s.Name()]
		if seeing(&h) {
			return nil
		}
		why = append(why, sourceIsOff(s.Name(), &h))
	}
	if e.recorded != nil || len(why) == 0 {
		return nil
	}
	return fmt.Errorf("nothing can be collected here: %s", strings.Join(why, "; "))
}

// BlindTo tells why a table of events stays empty: every source on this platform that brings it is off.
func (e *Engine) BlindTo(table string) error {
	if e.recorded != nil {
		return nil
	}
	if table == "findings" {
		return e.Blind()
	}
	heads := newSupply(nil, nil, e.health()).heads
	var why []string
	feeds := Feeds()
	for i := range feeds {
		f := &feeds[i]
		if f.Platform != Platform() || !f.Delivers(table) && (table != "api_calls" || len(f.APIs) == 0) {
			continue
		}
		off := ""
		for _, need := range f.Needs {
			if h, known := heads[need.Collector]; known && !seeing(&h) {
				off = sourceIsOff(need.Collector, &h)
				break
			}
		}
		if off == "" {
			return nil
		}
		if !slices.Contains(why, off) {
			why = append(why, off)
		}
	}
	if len(why) == 0 {
		return nil
	}
	return fmt.Errorf("nothing here brings %s: %s", table, strings.Join(why, "; "))
}

// Unseen tells what the last scan of running processes that made a table's rows could not see; "" for nothing.
func (e *Engine) Unseen(table string) string {
	if e.recorded != nil || e.moreHealth == nil {
		return ""
	}
	feeds := Feeds()
	for _, h := range e.moreHealth() {
		if h.State != "ok" && h.Reason != "" && slices.ContainsFunc(feeds, func(f collectors.Feed) bool {
			return f.Platform == Platform() && f.Delivers(table) && slices.ContainsFunc(f.Needs, func(need collectors.Item) bool {
				return need.Collector == h.Collector
			})
		}) {
			return h.Reason
		}
	}
	return ""
}

func seeing(h *collectors.Health) bool { return h.State == "ok" || h.State == "degraded" }

func sourceIsOff(name string, h *collectors.Health) string {
	if h.Reason == "" {
		return name + " is off"
	}
	return name + " is off: " + h.Reason
}

// BlindAnalytics names those of this platform that cannot fire now, for want of a feed or because they fail.
func (e *Engine) BlindAnalytics() (ids []string) {
	for _, s := range e.statuses() {
		if s.State == queries.NotFed || s.State == queries.Failed {
			ids = append(ids, s.Detection.ID)
		}
	}
	return ids
}
