package tables

import (
	"context"
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/apiwatch/apiwatch/queries"
)

func detectionTuning(d *Data) *Table {
	return spec[*queries.TuningRow]{
		Name: "detection_tuning",
		Description: "Every value that may be changed in an analytic without touching its SQL. An element that is a list has one row a value, " +
			"an empty list none.",
		Platforms: []string{"linux", "windows", "darwin"},
		Examples: []string{
			"SELECT element, value FROM detection_tuning WHERE analytic = 'AN0579'",
			"SELECT analytic, element, value, default_value FROM detection_tuning WHERE overridden = 1",
		},
		Columns: []column[*queries.TuningRow]{
			optimized(text("analytic", "ATT&CK's id of the analytic.", func(r *queries.TuningRow) string { return r.Analytic })),
			text("element", "Name of the element: ATT&CK's name of the mutable element, or our own.",
				func(r *queries.TuningRow) string { return r.Element.Name }),
			text("type", "text, like, regex, seconds, count, cidr or window.", func(r *queries.TuningRow) string { return r.Element.Type }),
			text("unit", "What the value is of, such as seconds or path; may be empty.",
				func(r *queries.TuningRow) string { return r.Element.Unit }),
			text("value", "The value in force.", func(r *queries.TuningRow) string { return r.Value }),
			text("default_value", "The element's default; the values of a list are separated by commas.",
				func(r *queries.TuningRow) string { return strings.Join(r.Element.Default, ", ") }),
			integer("overridden", "1 if the element's values come from the tuning file.",
				func(r *queries.TuningRow) int64 { return b2i(r.Overridden) }),
			text("source", "ATT&CK's name of the mutable element, or apiwatch.", func(r *queries.TuningRow) string { return r.Element.Source }),
			text("meaning", "What the element does.", func(r *queries.TuningRow) string { return r.Element.Meaning }),
		},
		Rows: func(_ context.Context, q *Query) (iter.Seq2[int64, *queries.TuningRow], error) {
			analytics, some := q.EqualTo(0)
			return func(yield func(int64, *queries.TuningRow) bool) {
				if d.Tuning == nil {
					return
				}
				rows := d.Tuning()
				if !some {
					yieldFrom(rows, 0, len(rows), yield)
				}
				for _, id := range slices.Compact(slices.Sorted(slices.Values(analytics))) {
					first := sort.Search(len(rows), func(i int) bool { return rows[i].Analytic >= strings.ToUpper(id) })
					last := first
					for last < len(rows) && strings.EqualFold(rows[last].Analytic, id) {
						last++
					}
					if !yieldFrom(rows, first, last, yield) {
						return
					}
				}
			}, nil
		},
	}.table()
}

func yieldFrom(rows []queries.TuningRow, first, last int, yield func(int64, *queries.TuningRow) bool) bool {
	for i := first; i < last; i++ {
		if !yield(int64(i)+1, &rows[i]) {
			return false
		}
	}
	return true
}
