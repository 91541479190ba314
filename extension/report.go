package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/extension/engine"
	"github.com/apiwatch/apiwatch/extension/findings"
	"github.com/apiwatch/apiwatch/extension/results"
	"github.com/apiwatch/apiwatch/tables"
)

// report prints findings and keeps what the summary needs.
type report struct {
	app    *app
	json   bool
	style  findings.Style
	tally  findings.Tally
	events uint64
	shown  bool         // a line of progress stands on the terminal
	many   bool         // findings come from several files
	last   *event.Event // what was printed last for people, to put those of one act together
	// What could not be read of the recordings: how much, in how many, and the first of them.
	lost    uint64
	damaged int
	damage  []string
}

// maxDamage bounds how many damaged recordings the summary names.
const maxDamage = 20

func (a *app) newReport(asJSON bool) *report {
	width := terminalWidth(a.stdout)
	return &report{app: a, json: asJSON, style: findings.Style{Color: findings.WantsColor(width > 0, os.Getenv), Width: width}}
}

// terminalWidth is the width of the terminal that w is, 0 if it is none.
func terminalWidth(w any) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// say writes to stderr, where nothing can be done about an error, unless nothing is to be said.
func (a *app) say(format string, args ...any) {
	if a.quiet {
		return
	}
	_, _ = fmt.Fprintf(a.stderr, format, args...)
}

// finding prints one finding: a line of JSON with the file it came from, or lines for people.
func (r *report) finding(e *event.Event, file string) error {
	f, ok := findings.Of(e)
	if !ok {
		return nil
	}
	r.tally.Add(f)
	r.clear()
	if !r.json {
		if r.many {
			f.File = file
		}
		line := r.style.Append(nil, f)
		if r.last != nil && findings.OneAct(r.last, e) {
			line = r.style.AppendAlso(nil, f)
		}
		r.last = e
		_, err := r.app.stdout.Write(line)
		return err
	}
	names, values := tables.Finding(e)
	line := results.AppendObject(nil, append(slices.Clone(names), "file"), append(slices.Clone(values), file))
	_, err := r.app.stdout.Write(append(line, '\n'))
	return err
}

// progress tells on a terminal which file is being read.
func (r *report) progress(i, n int, file string) {
	width := terminalWidth(r.app.stderr)
	if width == 0 || r.app.quiet {
		return
	}
	r.clear()
	line := fmt.Sprintf("%d of %d  %s", i+1, n, plain(file))
	r.app.say("%s", line[:min(len(line), width-1)])
	r.shown = true
}

func (r *report) clear() {
	if r.shown {
		r.app.say("\r\x1b[K")
		r.shown = false
	}
}

// recordings keeps what a replay's sources say was wrong with their files.
func (r *report) recordings(health []collectors.Health) {
	for _, h := range health {
		file, ok := strings.CutPrefix(h.Item, "file:")
		if !ok || h.State == "ok" && h.Lost == 0 {
			continue
		}
		r.lost += h.Lost
		if r.damaged++; len(r.damage) < maxDamage {
			reason := h.Reason
			if reason == "" {
				reason = h.Detail
			}
			if h.Lost > 0 {
				reason = results.Counted(h.Lost, "record") + ": " + reason
			}
			r.damage = append(r.damage, plain(file)+": "+plain(reason))
		}
	}
}

// plain gives text as it is where that can do nothing to a terminal, else with what could made visible.
func plain(s string) string { return results.Visible(s) }

// summary prints what was read and found, on stderr. Of the files left out it names some, or all.
func (r *report) summary(files int, left []engine.Left, all bool) error {
	r.clear()
	r.app.say("%s, %s", results.Counted(uint64(files), "file"), results.Counted(r.events, "event"))
	if len(left) > 0 {
		r.app.say("; left out: %s", results.Counted(uint64(len(left)), "file"))
	}
	r.app.say("\n")
	r.leftOut(left, all)
	r.broken()
	return r.totals(r.app.stderr)
}

// maxLeft bounds how many of the files that were left out are named where nobody asks for all.
const maxLeft = 5

func (r *report) leftOut(left []engine.Left, all bool) {
	for i, l := range left {
		if i == maxLeft && !all {
			r.app.say("  and %d more: --verbose names them\n", len(left)-i)
			return
		}
		r.app.say("  %s: %s\n", plain(l.Path), plain(l.Why))
	}
}

// broken tells, on stderr, what could not be read of the recordings, or is not known of them.
func (r *report) broken() {
	if r.damaged == 0 {
		return
	}
	if r.lost > 0 {
		r.app.say("damaged: %s, with %s broken or lost; what stands before and behind is used:\n",
			results.Counted(uint64(r.damaged), "file"), results.Counted(r.lost, "record"))
	} else {
		r.app.say("not all could be told of %s; what could is used:\n", results.Counted(uint64(r.damaged), "file"))
	}
	for _, line := range r.damage {
		r.app.say("  %s\n", line)
	}
	if more := r.damaged - len(r.damage); more > 0 {
		r.app.say("  and %d more\n", more)
	}
}

func (r *report) totals(w io.Writer) error {
	if r.app.quiet {
		return nil
	}
	_, err := r.tally.WriteTo(w)
	return err
}
