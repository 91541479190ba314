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
	counts map[countKey]int
	total  int
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

// WriteTo writes the counts by severity, strategy, technique and detection, the gravest first, in aligned columns.
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
	n, err := io.WriteString(w, b.String())
	if err != nil {
		return int64(n), fmt.Errorf("writing summary: %w", err)
	}
	return int64(n), nil
}
