package main

import (
	"context"
	"fmt"
	"time"
)

type doctorCmd struct {
	Live liveFlags `embed:""`
}

// Run opens every feed for a moment and says what works, what does not and what to do about it.
func (c *doctorCmd) Run(ctx context.Context, a *app) error {
	e, err := c.Live.engine(a, false)
	if err != nil {
		return err
	}
	bad := 0
	err = e.Collect(ctx, func(ctx context.Context) error {
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
		}
		rows := [][]string{{"STATE", "COLLECTOR", "ITEM", "WHY AND WHAT TO DO"}}
		for _, h := range e.Health() {
			if h.State != "ok" {
				bad++
			}
			rows = append(rows, []string{h.State, h.Collector, h.Item, h.Reason})
		}
		return a.columns(rows)
	})
	if err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d of the rows above are not ok", bad)
	}
	return nil
}
