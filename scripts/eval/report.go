package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// write prints the report as Markdown whose tables are aligned, so that it reads on a terminal too.
func (r *result) write(w io.Writer, known map[[2]string]string) {
	events, files := 0, len(r.recordings)
	for _, rec := range r.recordings {
		events += rec.Events
	}
	fmt.Fprintf(w, "# What the detections find in recordings of real attacks\n\nWritten by `make eval`. %d recordings of the kinds "+
		"that collectors read, %d events as their index\ncounts them.\n",
		files, events)
	r.coverage(w)
	r.missed(w, known)
	r.quiet(w)
	fmt.Fprintf(w, "\n## Techniques without a recording\n\n%s\n", strings.Join(r.missing, ", "))
}

// coverage compares shares by technique.
func (r *result) coverage(w io.Writer) {
	fmt.Fprint(w, "\n## Labelled attacks found\n\nA recording counts for a technique when it is labelled with it or a sub-technique, "+
		"and is found when an analytic of the technique, its parent or a\nsub-technique fires. "+
		"Recordings of a platform for which the technique has no analytic yet are left out. "+
		"The analytics were written with these recordings\nat hand: on others of the same kinds expect less.\n\n")
	type count struct{ all, found, alike, alikeFound int }
	by, total := make(map[string]*count), count{}
	for _, p := range r.pairs {
		if by[p.technique] == nil {
			by[p.technique] = new(count)
		}
		for _, c := range []*count{by[p.technique], &total} {
			found := 0
			if len(p.found) > 0 {
				found = 1
			}
			c.all, c.found = c.all+1, c.found+found
			if !p.recording.fromSigma() {
				c.alike, c.alikeFound = c.alike+1, c.alikeFound+found
			}
		}
	}
	figures := sigma()
	t := newTable(w, "technique", "recordings", "found", "share", "without Sigma's tests", "all Sigma rules", "")
	for _, technique := range slices.Sorted(maps.Keys(by)) {
		c, rival := by[technique], "-"
		var remarks []string
		if 100*c.found < 85*c.all {
			remarks = append(remarks, "below 85 %")
		}
		if s, ok := figures[technique]; ok {
			rival = share(s[1], s[0])
			if c.alikeFound*s[0] <= s[1]*c.alike && c.alikeFound < c.alike {
				remarks = append(remarks, "not above Sigma")
			}
		}
		t.row(technique, fmt.Sprint(c.all), fmt.Sprint(c.found), percent(c.found, c.all), share(c.alikeFound, c.alike), rival,
			strings.Join(remarks, ", "))
	}
	t.row("all", fmt.Sprint(total.all), fmt.Sprint(total.found), percent(total.found, total.all), share(total.alikeFound, total.alike),
		share(35, 109), "")
	t.flush()
	fmt.Fprint(w, "\nSigma's figures are of its 3,752 rules of August 2026, over recordings that are not test data of its own rules, "+
		"those of macOS among them.\n")
}

func (r *result) missed(w io.Writer, known map[[2]string]string) {
	fmt.Fprint(w, "\n## Missed, and why\n\n")
	t := newTable(w, "technique", "recording", "why", "other analytics that fired")
	for _, p := range r.pairs {
		if len(p.found) == 0 {
			t.row(p.technique, p.recording.Path, cmp.Or(known[[2]string{p.technique, p.recording.Path}], "NOT EXPLAINED"),
				strings.Join(p.other, " "))
		}
	}
	t.flush()
}

// quiet prints findings per 1,000 events.
func (r *result) quiet(w io.Writer) {
	fmt.Fprint(w, "\n## Findings where few are wanted\n\nDistinct findings per 1,000 events. "+
		"Whole hosts are captures of everything a machine did while it was attacked, background for the most part.\n\n")
	t := newTable(w, "detections", "recordings", "files", "events", "high", "medium", "low", "high ones by")
	for _, kind := range []string{analytics, rules} {
		for i, name := range []string{"benign", "whole hosts"} {
			n := r.noise[kind][i]
			t.row(kind, name, fmt.Sprint(n.files), fmt.Sprint(n.events), rate(n.rate("high", "critical")), rate(n.rate("medium")),
				rate(n.rate("low")), top(n.worst))
		}
	}
	t.row("all Sigma rules", "benign", "", "", "0.28", "1.20", "3.80", "")
	t.row("all Sigma rules", "whole hosts", "", "", "2.70", "8.80", "", "")
	t.flush()
}

func share(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d, %s", part, whole, percent(part, whole))
}

func percent(part, whole int) string {
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(max(whole, 1)))
}

func rate(r float64) string { return fmt.Sprintf("%.2f", r) }

// top names what counts most.
func top(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	var out []string
	for _, n := range names[:min(len(names), 8)] {
		out = append(out, fmt.Sprintf("%s %d", n, counts[n]))
	}
	return strings.Join(out, ", ")
}

// table is one of Markdown's.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer, columns ...string) table {
	t := table{tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)}
	t.row(columns...)
	t.row(slices.Repeat([]string{"---"}, len(columns))...)
	return t
}

func (t table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", "\\|")
	}
	fmt.Fprintf(t.w, "| %s\t|\n", strings.Join(cells, "\t| "))
}

func (t table) flush() { _ = t.w.Flush() } // what w lacks is told where it is closed
