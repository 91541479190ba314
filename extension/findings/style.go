package findings

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/extension/results"
)

// Style says how findings are shown to people.
type Style struct {
	Color bool
	// Width is that of the terminal, which breaks longer lines itself: what would take more than some of its lines is cut. 0 cuts
	// nothing.
	Width int
	// Location is the time zone; nil is the local one.
	Location *time.Location
}

// WantsColor tells whether to colour what is written to a terminal: not where NO_COLOR (no-color.org) is set or the
// terminal is dumb. getenv is os.Getenv.
func WantsColor(terminal bool, getenv func(string) string) bool {
	return terminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}

// severities are in the order of their weight, with their colour.
var severities = []struct{ name, color string }{
	{"critical", "\x1b[1;31m"}, {"high", "\x1b[31m"}, {"medium", "\x1b[33m"}, {"low", "\x1b[36m"},
}

func severityRank(name string) int {
	for i, s := range severities {
		if s.name == name {
			return i
		}
	}
	return len(severities)
}

// How many lines of a terminal what was found may take, and who did it: a sentence whose end is cut off says nothing, and a
// path may be long because somebody wants that.
const (
	summaryLines = 4
	detailLines  = 2
)

// Append appends the finding as two lines: what was found, and below it who did it. Whatever its texts hold, nothing in
// them can drive a terminal.
func (s Style) Append(b []byte, f Finding) []byte {
	location := s.Location
	if location == nil {
		location = time.Local
	}
	b = s.head(b, f.Time.In(location).Format("2006-01-02 15:04:05"), f)
	parts := []string{"user=" + word(f.User), "pid=" + strconv.FormatInt(f.PID, 10)}
	if f.Way != "" {
		parts = append([]string{"way=" + word(f.Way)}, parts...)
	}
	if f.ContainerID != "" {
		parts = append(parts, "container="+word(f.ContainerID[:min(12, len(f.ContainerID))]))
	}
	parts = append(parts, "parent="+word(f.ParentPath), "cmdline="+word(cmp.Or(f.Cmdline, f.Path)))
	if f.File != "" {
		parts = append(parts, "file="+word(f.File))
	}
	detail := "    " + strings.Join(parts, "  ")
	if s.Width > 0 {
		detail = results.Cut(detail, max(40, detailLines*s.Width))
	}
	return append(append(b, detail...), '\n')
}

// AppendAlso appends one line: what else was found of the act of the finding before.
func (s Style) AppendAlso(b []byte, f Finding) []byte { return s.head(b, "                and", f) }

// head appends the line that says what was found, behind its time.
func (s Style) head(b []byte, at string, f Finding) []byte {
	at += "  "
	severity := fmt.Sprintf("%-8s", results.Visible(f.Severity))
	rest := fmt.Sprintf("  %s  %-9s  %s", results.Visible(f.Detection), results.Visible(f.Technique), results.Visible(f.Summary))
	if s.Width > 0 {
		rest = results.Cut(rest, max(40, summaryLines*s.Width-len(at)-len(severity)))
	}
	if rank := severityRank(f.Severity); s.Color && rank < len(severities) {
		severity = severities[rank].color + severity + "\x1b[0m"
	}
	return append(append(append(append(b, at...), severity...), rest...), '\n')
}

// word writes a value so that it ends where it ends: in quotes if it is empty or has spaces, quotes or equals signs.
func word(v string) string {
	shown := results.Visible(v)
	if v == "" || strings.ContainsAny(v, " \"=") {
		return `"` + strings.ReplaceAll(shown, `"`, `\"`) + `"`
	}
	return shown
}
