package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Measure is one figure, its rival's, and how both were got.
type Measure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Rival names what Value is compared with; empty where nothing is.
	Rival      string  `json:"rival,omitempty"`
	RivalValue float64 `json:"rival_value,omitempty"`
	// Ratio is Value/RivalValue.
	Ratio float64 `json:"ratio,omitempty"`
	Goal  string  `json:"goal,omitempty"`
	Met   bool    `json:"met"`
	How   string  `json:"how"`
	// NotRun says why there is no figure; empty if there is one.
	NotRun string `json:"not_run,omitempty"`

	limits []limit
}

// limit is one condition of a goal.
type limit struct {
	of    func(*Measure) float64
	least bool
	bound float64
}

func value(m *Measure) float64 { return m.Value }
func ratio(m *Measure) float64 { return m.Ratio }

// atLeast and atMost add a condition to the goal.
func (m Measure) atLeast(of func(*Measure) float64, bound float64) Measure {
	m.limits = append(slices.Clip(m.limits), limit{of, true, bound})
	return m
}

func (m Measure) atMost(of func(*Measure) float64, bound float64) Measure {
	m.limits = append(slices.Clip(m.limits), limit{of, false, bound})
	return m
}

// against sets the rival.
func (m Measure) against(name string, v float64) Measure {
	m.Rival, m.RivalValue = name, v
	if v != 0 {
		m.Ratio = m.Value / v
	}
	return m
}

// judge says whether the goal is met. A condition on the ratio is left out where there is no rival.
func (m Measure) judge() Measure {
	var words []string
	checked := 0
	m.Met = true
	for _, l := range m.limits {
		isRatio := l.of(&Measure{Ratio: 1}) == 1
		sign, unit := "≤", m.Unit
		if l.least {
			sign = "≥"
		}
		if isRatio {
			unit = "×"
		}
		words = append(words, sign+" "+number(l.bound)+" "+unit)
		v := l.of(&m)
		if isRatio && m.Rival == "" {
			continue
		}
		checked++
		if l.least && v < l.bound || !l.least && v > l.bound {
			m.Met = false
		}
	}
	m.Met = m.Met && checked > 0 && m.NotRun == ""
	m.Goal = strings.Join(words, ", ")
	return m
}

// unknown says that the goal is nothing but a ratio and there is no rival.
func (m *Measure) unknown() bool {
	return m.Rival == "" && !slices.ContainsFunc(m.limits, func(l limit) bool { return l.of(&Measure{Ratio: 1}) == 0 })
}

// group is a set of measures that are taken together.
type group struct {
	name     string
	measures []Measure // what it gives: names, units, goals and how each is got
	run      func(ctx context.Context, c *config, set func(Measure)) error
}

// measure runs a group. What it did not come to is named as not run.
func (g *group) measure(ctx context.Context, c *config) []Measure {
	got := make(map[string]Measure)
	err := g.run(ctx, c, func(m Measure) { got[m.Name] = m })
	out := make([]Measure, 0, len(g.measures))
	for _, want := range g.measures {
		m := want
		if r, ok := got[want.Name]; ok {
			m.Value, m.NotRun = r.Value, r.NotRun
			m = m.against(r.Rival, r.RivalValue)
			if r.How != "" {
				m.How = strings.TrimSuffix(m.How, ".") + ": " + r.How
			}
		} else {
			m.NotRun = "the measure ended early"
		}
		if _, ok := got[want.Name]; !ok && err != nil {
			m.NotRun = err.Error()
		}
		out = append(out, m.judge())
	}
	if err != nil && len(got) == len(g.measures) {
		fmt.Fprintf(c.log, "bench: %s: %v\n", g.name, err)
	}
	return out
}

// write prints a row a measure and below it how it was got.
func write(w io.Writer, all []Measure) error {
	var rows strings.Builder
	tab := tabwriter.NewWriter(&rows, 0, 8, 2, ' ', 0)
	for _, m := range all {
		if m.NotRun != "" {
			fmt.Fprintf(tab, "%s\tnot run\t\t\t\n", m.Name)
			continue
		}
		rival, ratio := "-", "-"
		if m.Rival != "" {
			rival = fmt.Sprintf("%s %s", m.Rival, number(m.RivalValue))
			ratio = number(m.Ratio) + " ×"
		}
		verdict := ""
		switch {
		case m.Goal == "":
		case m.Met:
			verdict = "met: " + m.Goal
		case m.unknown():
			verdict = "not compared: " + m.Goal
		default:
			verdict = "MISSED: " + m.Goal
		}
		fmt.Fprintf(tab, "%s\t%s %s\t%s\t%s\t%s\n", m.Name, number(m.Value), m.Unit, rival, ratio, verdict)
	}
	if err := tab.Flush(); err != nil {
		return err
	}
	met, missed, notRun := 0, 0, 0
	lines := strings.Split(strings.TrimSuffix(rows.String(), "\n"), "\n")
	for i, m := range all {
		how := m.How
		switch {
		case m.NotRun != "":
			notRun++
			how = "not run: " + m.NotRun
		case m.Goal != "" && m.Met:
			met++
		case m.Goal != "" && !m.unknown():
			missed++
		}
		if _, err := fmt.Fprintf(w, "%s\n    %s\n", strings.TrimRight(lines[i], " "), how); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d measures: %d goals met, %d missed; %d not run\n", len(all), met, missed, notRun)
	return err
}

// number writes a figure with three digits that matter, and thousands apart.
func number(v float64) string {
	a := math.Abs(v)
	switch {
	case a == 0:
		return "0"
	case a < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a < 1000:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	digits := strconv.FormatInt(int64(math.Round(a)), 10)
	var b strings.Builder
	if v < 0 {
		b.WriteByte('-')
	}
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// turns measures ours and theirs by turns and gives the median of each. theirs may be nil.
func turns(ctx context.Context, n int, ours, theirs func() (float64, error)) (a, b float64, err error) {
	var us, them []float64
	for range n {
		if ctx.Err() != nil {
			return 0, 0, ctx.Err()
		}
		v, err := ours()
		if err != nil {
			return 0, 0, err
		}
		us = append(us, v)
		if theirs == nil {
			continue
		}
		if v, err = theirs(); err != nil {
			return 0, 0, err
		}
		them = append(them, v)
	}
	return median(us), median(them), nil
}
