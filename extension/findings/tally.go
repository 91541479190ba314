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
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%8d\n", results.Visible(k.severity), results.Visible(k.strategy), results.Visible(k.technique), results.Visible(k.detection), t.counts[k])
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
