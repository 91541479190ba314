package main

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/extension/engine"
	"github.com/apiwatch/apiwatch/queries"
)

type detectionsCmd struct {
	JSON bool      `name:"json" help:"All metadata as JSON, without the state on this host."`
	ID   []string  `arg:"" optional:"" help:"Only these: AN0579 with all that is known of it, a technique (T1055), a strategy (DET0508)."`
	Live liveFlags `embed:""`
}

// analyticOrTechnique is what may be asked for.
var analyticOrTechnique = regexp.MustCompile(`^(AN\d{4}|DET\d{4}|T\d{4}([.-]\d{2,3})?)$`)

// Run lists the detections by platform, this host's first with how they fare now.
func (c *detectionsCmd) Run(ctx context.Context, a *app) error {
	all, err := queries.All()
	if err != nil {
		return fmt.Errorf("loading detections: %w", err)
	}
	wholly := len(c.ID) > 0 // each is named by itself
	var chosen []queries.Detection
	for _, id := range c.ID {
		n := 0
		for _, d := range all {
			if !asked(&d, id) {
				continue
			}
			n++
			wholly = wholly && strings.EqualFold(d.ID, id)
			if !slices.ContainsFunc(chosen, func(o queries.Detection) bool { return o.ID == d.ID }) {
				chosen = append(chosen, d)
			}
		}
		if n == 0 {
			return fmt.Errorf("%w: there is no detection of %s; \"apiwatch.ext detections\" lists them", errUsage, id)
		}
	}
	if len(c.ID) == 0 {
		chosen = all
	}
	if c.JSON {
		return a.json(chosen)
	}
	states := c.states(ctx, a, chosen)
	if wholly {
		return a.describe(chosen, states)
	}
	return a.list(chosen, states)
}

// asked tells whether a detection is of an analytic, a strategy or a technique, with its subtechniques.
func asked(d *queries.Detection, id string) bool {
	id = strings.ToUpper(id)
	return d.ID == id || d.Strategy == id || d.Technique == id || strings.HasPrefix(d.Technique, id+".")
}

type detectionState struct{ state, reason string }

// states tells how detections fare on this host, which is asked only if one of them is for its platform. Where it cannot be told the
// detections are listed all the same.
func (c *detectionsCmd) states(ctx context.Context, a *app, ds []queries.Detection) map[string]detectionState {
	if !slices.ContainsFunc(ds, func(d queries.Detection) bool { return d.Platform == hostPlatform() }) {
		return nil
	}
	out := make(map[string]detectionState)
	quietly := *a // the states tell what is not collected
	quietly.quiet = true
	err := quietly.withTables(ctx, nil, 500*time.Millisecond, &c.Live, func(ctx context.Context, e *engine.Engine) error {
		rows, err := e.DB().QueryAll(ctx, "SELECT detection, state, reason FROM detections")
		if err != nil {
			return fmt.Errorf("asking how detections fare: %w", err)
		}
		for _, r := range rows.Rows {
			out[r[0].String()] = detectionState{r[1].String(), r[2].String()}
		}
		return nil
	})
	if err != nil {
		a.say("how they fare on this host is not known: %v\n", err)
	}
	return out
}

// hostPlatform is this host's in ATT&CK's words.
func hostPlatform() string {
	if runtime.GOOS == "darwin" {
		return "macos"
	}
	return runtime.GOOS
}

// list writes one line a detection, by platform.
func (a *app) list(ds []queries.Detection, states map[string]detectionState) error {
	here := hostPlatform()
	away := func(p string) int {
		if p == here {
			return 0
		}
		return 1
	}
	ds = slices.Clone(ds)
	slices.SortStableFunc(ds, func(x, y queries.Detection) int {
		return cmp.Or(away(x.Platform)-away(y.Platform), cmp.Compare(x.Platform, y.Platform))
	})
	var rows [][]string
	for i := range ds {
		d := &ds[i]
		if i == 0 || ds[i-1].Platform != d.Platform {
			title := d.Platform
			if d.Platform == here {
				title += ", this host"
			}
			if i > 0 {
				rows = append(rows, []string{""})
			}
			rows = append(rows, []string{strings.ToUpper(title)}, []string{"ANALYTIC", "STRATEGY", "TECHNIQUE", "SEVERITY", "STATE", "NAME"})
		}
		state := cmp.Or(states[d.ID].state, "unknown")
		if d.Platform != here {
			state = string(queries.OtherPlatform)
		}
		rows = append(rows, []string{d.ID, d.Strategy, d.Technique, d.Severity, state, d.Name})
	}
	return a.columns(rows)
}
