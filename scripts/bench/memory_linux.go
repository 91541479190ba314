package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fillRate and fillTime bound the load that fills the store.
const (
	fillRate = 6000
	fillTime = 90 * time.Second
)

// memory fills the store of the real binary by live calls and reads what it holds while every detection runs.
func memory(ctx context.Context, c *config, set func(Measure)) (err error) {
	s, err := takeSeat(ctx, c.wait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.restore()) }()
	o, err := startOurs(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.stop()) }()

	g, err := startLoad(c, "mixture", fillRate, fillTime)
	if err != nil {
		return err
	}
	var held int64
	var missing []string
	for ctx.Err() == nil {
		pause(ctx, time.Second)
		h, err := o.health(ctx)
		if err != nil {
			return errors.Join(err, g.stop())
		}
		held, missing = filled(h)
		select {
		case <-g.ended:
			_, err := g.done()
			return errors.Join(fmt.Errorf("the load ended before the store was full: %s", strings.Join(missing, ", ")), err)
		default:
		}
		if len(missing) == 0 {
			break
		}
	}
	if err := g.stop(); err != nil {
		return err
	}
	var slowest, highest, sum float64
	samples, runs := 0, 0
	var last cost
	for end := time.Now().Add(time.Duration(c.seconds) * time.Second); time.Now().Before(end) && ctx.Err() == nil; runs++ {
		if last, err = runDetections(ctx, o.host, o.db); err != nil {
			return err
		}
		for _, sql := range []string{
			"SELECT count(*), max(cmdline), max(arguments) FROM api_calls", "SELECT path, count(*) FROM process_starts GROUP BY path",
			"SELECT count(*) FROM file_changes WHERE time > 1", "SELECT state, count(*) FROM collector_health GROUP BY state",
		} {
			if _, err := o.db.QueryAll(ctx, sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
			rss, _, err := resident(o.pid())
			if err != nil {
				return err
			}
			highest, sum, samples = max(highest, rss), sum+rss, samples+1
		}
		slowest = max(slowest, last.slowest.Seconds()*1e3)
	}
	_, peak, err := resident(o.pid())
	if err != nil {
		return err
	}
	set(Measure{
		Name: "memory", Value: highest,
		How: fmt.Sprintf("%d events held; %d rounds of all %d detections and four scans of whole tables; %.1f MB on average", held, runs,
			last.detections, sum/float64(max(samples, 1))),
	})
	set(Measure{Name: "memory_peak", Value: peak})
	set(Measure{Name: "detection_slowest_live", Value: slowest, How: last.slowestID})
	return ctx.Err()
}

// filled says how many events are held and which kinds that Linux has are not full yet.
func filled(h map[string]health) (held int64, missing []string) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		kind, ok := strings.CutPrefix(name, "store/")
		if !ok {
			continue
		}
		row := h[name]
		held += row.decoded
		_, text, _ := strings.Cut(row.detail, "capacity=")
		capacity, _ := strconv.ParseInt(text, 10, 64)
		for _, k := range linuxKinds {
			if k.kind.String() == kind && row.lost == 0 { // nothing evicted
				missing = append(missing, fmt.Sprintf("%s %d of %d", kind, row.decoded, capacity))
			}
		}
	}
	return held, missing
}

// resident gives a process's resident memory now and at its highest, in MB (2^20 bytes).
func resident(pid int) (now, peak float64, err error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
		switch name {
		case "VmRSS":
			now = kb / 1024
		case "VmHWM":
			peak = kb / 1024
		}
	}
	return now, peak, nil
}
