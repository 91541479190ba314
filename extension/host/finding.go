package host

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Finding is what people are shown of a finding.
type Finding struct {
	Time                                     time.Time
	Detection, Strategy, Technique, Severity string
	Summary                                  string
	PID                                      int64
	User, Path, Cmdline, ParentPath          string
	ContainerID                              string
	File                                     string // the recording it was found in, "" where that goes without saying
}

// FindingOf takes a finding from its event; false if the event is none.
func FindingOf(e *event.Event) (Finding, bool) {
	d, ok := e.Detail.(*event.Finding)
	if !ok {
		return Finding{}, false
	}
	f := Finding{
		Time: time.Unix(0, e.TimeNS), Detection: d.Detection, Strategy: d.Strategy, Technique: d.Technique, Severity: d.Severity, Summary: d.Summary,
	}
	if p := e.Process; p != nil {
		f.PID, f.User, f.Path, f.Cmdline, f.ParentPath, f.ContainerID = p.PID, p.User, p.Path, p.Cmdline, p.ParentPath(), p.ContainerID
	}
	return f, true
}

// FindingOfRow takes a finding from a row of a detection's query or of the table findings, by the names of its columns.
func FindingOfRow(columns, row []string) Finding {
	get := func(name string) string {
		if i := slices.Index(columns, name); i >= 0 {
			return row[i]
		}
		return ""
	}
	number := func(name string) int64 { n, _ := strconv.ParseInt(get(name), 10, 64); return n }
	return Finding{
		Time: time.Unix(number("time"), 0), Detection: get("detection"), Strategy: get("strategy"), Technique: get("technique"),
		Severity: get("severity"), Summary: get("summary"), PID: number("pid"), User: get("user"), Path: get("path"),
		Cmdline: get("cmdline"), ParentPath: get("parent_path"), ContainerID: get("container_id"),
	}
}

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
	head := f.Time.In(location).Format("2006-01-02 15:04:05") + "  "
	severity := fmt.Sprintf("%-8s", visible(f.Severity))
	rest := fmt.Sprintf("  %s  %-9s  %s", visible(f.Detection), visible(f.Technique), visible(f.Summary))
	if s.Width > 0 {
		rest = cut(rest, max(40, summaryLines*s.Width-len(head)-len(severity)))
	}
	if rank := severityRank(f.Severity); s.Color && rank < len(severities) {
		severity = severities[rank].color + severity + "\x1b[0m"
	}
	b = append(append(append(append(b, head...), severity...), rest...), '\n')

	parts := []string{"user=" + word(f.User), "pid=" + strconv.FormatInt(f.PID, 10)}
	if f.ContainerID != "" {
		parts = append(parts, "container="+word(f.ContainerID[:min(12, len(f.ContainerID))]))
	}
	parts = append(parts, "parent="+word(f.ParentPath), "cmdline="+word(cmp.Or(f.Cmdline, f.Path)))
	if f.File != "" {
		parts = append(parts, "file="+word(f.File))
	}
	detail := "    " + strings.Join(parts, "  ")
	if s.Width > 0 {
		detail = cut(detail, max(40, detailLines*s.Width))
	}
	return append(append(b, detail...), '\n')
}

// word writes a value so that it ends where it ends: in quotes if it is empty or has spaces, quotes or equals signs.
func word(v string) string {
	shown := visible(v)
	if v == "" || strings.ContainsAny(v, " \"=") {
		return `"` + strings.ReplaceAll(shown, `"`, `\"`) + `"`
	}
	return shown
}

// Tally counts findings.
type Tally struct {
	counts map[tallied]int
	total  int
}

type tallied struct{ severity, strategy, technique, detection string }

// Add counts a finding.
func (t *Tally) Add(f Finding) {
	if t.counts == nil {
		t.counts = make(map[tallied]int)
	}
	t.counts[tallied{f.Severity, f.Strategy, f.Technique, f.Detection}]++
	t.total++
}

// Total is how many were counted.
func (t *Tally) Total() int { return t.total }

// WriteTo writes the counts by severity, strategy, technique and detection, the gravest first, in aligned columns.
func (t *Tally) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	if t.total == 0 {
		b.WriteString("no findings\n")
	} else {
		keys := slices.SortedFunc(maps.Keys(t.counts), func(a, b tallied) int {
			return cmp.Or(cmp.Compare(severityRank(a.severity), severityRank(b.severity)), cmp.Compare(a.strategy, b.strategy),
				cmp.Compare(a.technique, b.technique), cmp.Compare(a.detection, b.detection), cmp.Compare(a.severity, b.severity))
		})
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "severity\tstrategy\ttechnique\tdetection\tfindings")
		for _, k := range keys {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%8d\n", visible(k.severity), visible(k.strategy), visible(k.technique), visible(k.detection), t.counts[k])
		}
		fmt.Fprintf(table, "total\t\t\t\t%8d\n", t.total)
		_ = table.Flush() // to memory
	}
	n, err := io.WriteString(w, b.String())
	if err != nil {
		return int64(n), fmt.Errorf("writing summary: %w", err)
	}
	return int64(n), nil
}
