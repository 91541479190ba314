package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/apiwatch/apiwatch/extension/engine"
	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/tables"
)

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(a *app) error {
	_, err := fmt.Fprintln(a.stdout, "apiwatch", version)
	return err
}

// describe prints everything of some detections but their SQL.
func (a *app) describe(ds []queries.Detection, states map[string]detectionState) error {
	var b strings.Builder
	list := func(title string, lines []string) {
		if len(lines) > 0 {
			fmt.Fprintf(&b, "\n%s\n", title)
			for _, l := range lines {
				fmt.Fprintf(&b, "  %s\n", l)
			}
		}
	}
	for i := range ds {
		d := &ds[i]
		if i > 0 {
			b.WriteString("\n\n")
		}
		fmt.Fprintf(&b, "%s  %s\n%s, %s (%s), %s, severity %s, pyramid level %d\n\n%s\n", d.ID, d.Name, d.Strategy, d.Technique,
			strings.Join(d.Tactics, ", "), d.Platform, d.Severity, d.PyramidLevel, d.Description)
		switch s, ok := states[d.ID]; {
		case d.Platform != hostPlatform():
			list("On this host", []string{string(queries.OtherPlatform)})
		case ok && s.reason != "":
			list("On this host", []string{s.state + ": " + s.reason})
		case ok:
			list("On this host", []string{s.state})
		}
		list("Reads", []string{strings.Join(d.Tables, ", ") + "; log sources " + strings.Join(d.LogSources, ", ")})
		var tuning []string
		for _, e := range d.Tuning {
			tuning = append(tuning, fmt.Sprintf("%s (%s) = %s: %s", e.Name, e.Type, strings.Join(e.Default, ", "), e.Meaning))
		}
		list("Tuning", tuning)
		var ways []string
		for _, w := range d.Ways {
			if w.Name != "" {
				ways = append(ways, fmt.Sprintf("%s, severity %s, pyramid level %d: %s", w.Name, w.Severity, w.PyramidLevel, w.Description))
				for _, limit := range w.Limits {
					ways = append(ways, "  cannot see: "+limit)
				}
			}
		}
		list("Ways", ways)
		if len(d.OncePer) > 0 {
			list("Reported within "+d.Window+" once per", []string{strings.Join(d.OncePer, " and ")})
		}
		list("Known benign causes", d.Benign)
		list("What it cannot see", d.Limits)
		list("References", d.References)
	}
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}

type schemaCmd struct {
	JSON  bool     `name:"json" help:"As JSON."`
	Table []string `arg:"" optional:"" help:"Only these tables."`
}

type schemaTable struct {
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Component   string         `json:"data_component,omitempty"`
	Platforms   []string       `json:"platforms"`
	Examples    []string       `json:"examples"`
	Columns     []schemaColumn `json:"columns"`
}

type schemaColumn struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description"`
	Index       bool   `json:"index,omitempty"`
}

// Run prints the schema.
func (c *schemaCmd) Run(a *app) error {
	var out []schemaTable
	for _, t := range tables.All(&tables.Data{Feeds: engine.Feeds()}) {
		if len(c.Table) > 0 && !slices.ContainsFunc(c.Table, func(name string) bool { return strings.EqualFold(name, t.Name) }) {
			continue
		}
		s := schemaTable{Name: t.Name, Description: t.Description, Component: t.Component, Platforms: t.Platforms, Examples: t.Examples}
		for _, col := range t.Columns {
			s.Columns = append(s.Columns, schemaColumn{col.Name, string(col.Type), col.Description, col.Optimized})
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return fmt.Errorf("%w: there is no table %s; \"apiwatch.ext schema\" lists them", errUsage, strings.Join(c.Table, ", "))
	}
	if c.JSON {
		return a.json(out)
	}
	for i, t := range out {
		if i > 0 {
			if _, err := fmt.Fprintln(a.stdout); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(a.stdout, "%s\n  %s\n", t.Name, t.Description); err != nil {
			return err
		}
		var rows [][]string
		for _, col := range t.Columns {
			rows = append(rows, []string{"    " + col.Name, col.Type, col.Description})
		}
		if err := a.columns(rows); err != nil {
			return err
		}
		for _, example := range t.Examples {
			if _, err := fmt.Fprintf(a.stdout, "  %s\n", example); err != nil {
				return err
			}
		}
	}
	return nil
}

// columns writes rows of our own texts in aligned columns.
func (a *app) columns(rows [][]string) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if _, err := fmt.Fprintln(w, strings.Join(r, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (a *app) json(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
