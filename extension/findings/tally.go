package findings

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/apiwatch/apiwatch/extension/results"
)

// Tally counts findings.
type Tally struct {
	counts  map[countKey]int
	total   int
	repeats map[string]int64
}

type countKey struct{ severity, strategy, technique, detection string }

// Add counts a finding.
func (t *Tally) Add(f Finding) {
	if t.counts == nil {
		t.counts = make(map[countKey]int)
	}
	t.counts[countKey{f.Severity, f.Strategy, f.Technique, f.Detection}]++
	t.total++
}

// Total is how many were counted.
func (t *Tally) Total() int { return t.total }

// Repeats counts findings of detections that were not reported, since they repeat others or are too many of one process.
func (t *Tally) Repeats(of map[string]int64) {
	if t.repeats == nil {
		t.repeats = make(map[string]int64)
	}
	for detection, n := range of {
		t.repeats[detection] += n
	}
}

// writeRepeats writes how many findings were not reported, most of all of which detections.
func (t *Tally) writeRepeats(b *strings.Builder) {
	var names []string
	total := int64(0)
	for _, detection := range slices.SortedFunc(maps.Keys(t.repeats), func(x, y string) int {
		return cmp.Or(cmp.Compare(t.repeats[y], t.repeats[x]), cmp.Compare(x, y))
	}) {
		if n := t.repeats[detection]; n > 0 {
			names = append(names, fmt.Sprintf("%s %d", results.Visible(detection), n))
			total += n
		}
	}
	if total == 0 {
		return
	}
	if more := len(names) - maxRepeats; more > 0 {
		names = append(names[:maxRepeats], fmt.Sprintf("%d others", more))
	}
	fmt.Fprintf(b, "and %s not shown, of processes and targets whose findings are: %s\n",
		results.Counted(uint64(total), "more finding"), strings.Join(names, ", "))
}

// maxRepeats bounds how many detections are named of which findings were not reported.
const maxRepeats = 8

// WriteTo writes the counts by severity, strategy, technique and detection, the gravest first, in aligned columns, and how many more there
// were.
func (t *Tally) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	if t.total == 0 {
		b.WriteString("no findings\n")
	} else {
		keys := slices.SortedFunc(maps.Keys(t.counts), func(a, b countKey) int {
			return cmp.Or(cmp.Compare(severityRank(a.severity), severityRank(b.severity)), cmp.Compare(a.strategy, b.strategy),
				cmp.Compare(a.technique, b.technique), cmp.Compare(a.detection, b.detection), cmp.Compare(a.severity, b.severity))
		})
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "severity\tstrategy\ttechnique\tdetection\tfindings")
		for _, k := range keys {
			for _, cell := range []string{k.severity, k.strategy, k.technique, k.detection} {
				fmt.Fprint(table, results.Visible(cell), "\t")
			}
			fmt.Fprintf(table, "%8d\n", t.counts[k])
		}
		fmt.Fprintf(table, "total\t\t\t\t%8d\n", t.total)
		_ = table.Flush() // to memory
	}
	t.writeRepeats(&b)
	n, err := io.WriteString(w, b.String())
	if err != nil {
		return int64(n), fmt.Errorf("writing summary: %w", err)
	}
	return int64(n), nil
}
