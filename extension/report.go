package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/extension/findings"
	"github.com/apiwatch/apiwatch/tables"
)

// report prints findings and keeps what the summary needs.
type report struct {
	app    *app
	json   bool
	style  findings.Style
	tally  findings.Tally
	events uint64
	shown  bool // a line of progress stands on the terminal
	many   bool // findings come from several files
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

// say writes to stderr, where nothing can be done about an error.
func (a *app) say(format string, args ...any) {
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
		_, err := r.app.stdout.Write(r.style.Append(nil, f))
		return err
	}
	names, values := tables.Finding(e)
	row := make(map[string]string, len(names)+1)
	for i, n := range names {
		row[n] = values[i]
	}
	row["file"] = file
	line, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("printing a finding: %w", err)
	}
	_, err = r.app.stdout.Write(append(line, '\n'))
	return err
}

// progress tells on a terminal which file is being read.
func (r *report) progress(i, n int, file string) {
	width := terminalWidth(r.app.stderr)
	if width == 0 {
		return
	}
	r.clear()
	line := fmt.Sprintf("%d of %d  %s", i+1, n, strconv.QuoteToGraphic(file))
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
			r.damage = append(r.damage, fmt.Sprintf("%s: %s: %s", plain(file), records(h.Lost), plain(reason)))
		}
	}
}

// records counts what a damaged file lost.
func records(n uint64) string {
	if n == 0 {
		return "no record lost"
	}
	return counted(n, "record")
}

// counted gives a number of things.
func counted(n uint64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.FormatUint(n, 10) + " " + thing + "s"
}

// plain gives text as it is, and quoted if that could do something to a terminal.
func plain(s string) string {
	if quoted := strconv.QuoteToGraphic(s); len(quoted) > len(s)+2 {
		return quoted
	}
	return s
}

// summary prints what was read and found, on stderr.
func (r *report) summary(files, skipped int) error {
	r.clear()
	r.app.say("%s, %s", counted(uint64(files), "file"), counted(r.events, "event"))
	if skipped > 0 {
		r.app.say("; left out, of no known format: %s", counted(uint64(skipped), "file"))
	}
	r.app.say("\n")
	r.broken()
	return r.totals(r.app.stderr)
}

// broken tells, on stderr, what could not be read of the recordings.
func (r *report) broken() {
	if r.damaged == 0 {
		return
	}
	r.app.say("damaged: %s, with %s broken or lost; what stands before and behind is used:\n", counted(uint64(r.damaged), "file"),
		counted(r.lost, "record"))
	for _, line := range r.damage {
		r.app.say("  %s\n", line)
	}
	if more := r.damaged - len(r.damage); more > 0 {
		r.app.say("  and %d more\n", more)
	}
}

func (r *report) totals(w io.Writer) error {
	_, err := r.tally.WriteTo(w)
	return err
}
