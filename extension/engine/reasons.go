package engine

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
)

// missed is a feed that is not there, and why; without a feed it says what stands in for it.
type missed struct {
	feed   *collectors.Feed
	reason string
}

// reasons gathers why an analytic lacks something, each reason once with all that is missing for it.
type reasons struct {
	lines []reasonLine
	notes []string
	feeds []*collectors.Feed // that are named
}

type reasonLine struct {
	reason  string
	missing []string
}

// missing says that a need of a table is not met, or not wholly.
func (r *reasons) missing(table string, n *need, why []missed) {
	for _, m := range why {
		if m.feed == nil {
			r.note(m.reason)
		} else if m.feed.Part != "" { // no other brings it
			r.line(m.feed.Name, m.reason)
			r.feeds = append(r.feeds, m.feed)
		}
	}
	if f := why[0].feed; f == nil || f.Part != "" {
		return
	}
	what := table
	if n.what != "" {
		what = n.what + " in " + table
	}
	r.line(what, r.joined(why))
}

// source says that a log source is missing, unless its feeds are named already.
func (r *reasons) source(name string, why []missed) {
	if !slices.ContainsFunc(why, func(m missed) bool { return slices.Contains(r.feeds, m.feed) }) {
		r.line(name, r.joined(why))
	}
}

// joined gives the different reasons of feeds of which one would do.
func (r *reasons) joined(why []missed) string {
	var all []string
	for _, m := range why {
		if m.reason != "" && !slices.Contains(all, m.reason) {
			all = append(all, m.reason)
		}
	}
	return strings.Join(all, ", or ")
}

func (r *reasons) line(what, reason string) {
	i := slices.IndexFunc(r.lines, func(l reasonLine) bool { return l.reason == reason })
	if i < 0 {
		r.lines = append(r.lines, reasonLine{reason: reason})
		i = len(r.lines) - 1
	}
	if l := &r.lines[i]; !slices.Contains(l.missing, what) {
		l.missing = append(l.missing, what)
	}
}

func (r *reasons) note(text string) {
	if !slices.Contains(r.notes, text) {
		r.notes = append(r.notes, text)
	}
}

// otherwise adds what is seen although the feeds are not there.
func (r *reasons) otherwise() {
	for _, f := range r.feeds {
		if f.Otherwise != "" {
			r.note(f.Otherwise)
		}
	}
}

func (r *reasons) String() string {
	var all []string
	for _, l := range r.lines {
		line := "without " + strings.Join(l.missing, ", ")
		if l.reason != "" {
			line += ": " + l.reason
		}
		all = append(all, line)
	}
	return strings.Join(append(all, r.notes...), "; ")
}
