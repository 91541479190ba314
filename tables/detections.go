package tables

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/queries"
)

func detections(d *Data) *Table {
	return spec[*queries.Status]{
		Name:        "detections",
		Description: "Every analytic that apiwatch ships: what it finds, what it needs, and whether this host can feed it now.",
		Platforms:   []string{"linux", "windows", "darwin"},
		Examples: []string{
			"SELECT detection, name, state, reason FROM detections WHERE state NOT IN ('active', 'other platform')",
			"SELECT technique, detection, name, benign, limits FROM detections WHERE platform = 'linux'",
		},
		Columns: []column[*queries.Status]{
			optimized(text("detection", "ATT&CK's id of the analytic, such as AN0579.", func(s *queries.Status) string { return s.Detection.ID })),
			text("name", "Short title.", func(s *queries.Status) string { return s.Detection.Name }),
			text("strategy", "ATT&CK's id of the detection strategy.", func(s *queries.Status) string { return s.Detection.Strategy }),
			text("technique", "ATT&CK's id of the technique.", func(s *queries.Status) string { return s.Detection.Technique }),
			text("tactics", "ATT&CK's tactics, separated by commas.", func(s *queries.Status) string {
				return strings.Join(s.Detection.Tactics,
					", ")
			}),
			text("ways", "Names of the ways in which it looks for the behaviour, separated by commas; empty where there is one.",
				func(s *queries.Status) string { return strings.Join(s.Detection.WayNames(), ", ") }),
			text("platform", "Platform the analytic is for: "+strings.Join(queries.Platforms, ", ")+".",
				func(s *queries.Status) string { return s.Detection.Platform }),
			text("description", "What it finds.", func(s *queries.Status) string { return s.Detection.Description }),
			text("severity", "low, medium, high or critical.", func(s *queries.Status) string { return s.Detection.Severity }),
			integer("pyramid_level", "Summiting-the-Pyramid level of what is observed, 1 to 5; an operating-system API is 5; "+
				"the highest of its ways.", func(s *queries.Status) int64 { return int64(s.Detection.PyramidLevel) }),
			bigint("interval", "Seconds between two runs as a scheduled query.", func(s *queries.Status) int64 { return s.Detection.Interval }),
			text("window", "How far it looks back: seconds, or the element of detection_tuning that holds them.",
				func(s *queries.Status) string { return s.Detection.Window }),
			text("log_sources", "ATT&CK's names of the log sources, separated by commas.",
				func(s *queries.Status) string { return strings.Join(s.Detection.LogSources, ", ") }),
			text("tables", "Tables it reads, separated by commas; while the first has nothing new it does not run.",
				func(s *queries.Status) string { return strings.Join(s.Detection.Tables, ", ") }),
			text("benign", "Known benign causes, one a line.", func(s *queries.Status) string { return strings.Join(s.Detection.Benign, "\n") }),
			text("limits", "What it cannot see, one a line; what one of its ways cannot after its name.", func(s *queries.Status) string {
				lines := slices.Clone(s.Detection.Limits)
				for _, w := range s.Detection.Ways {
					for _, limit := range w.Limits {
						lines = append(lines, w.Name+": "+limit)
					}
				}
				return strings.Join(lines, "\n")
			}),
			text("reference_urls", "Further reading, one URL a line.", func(s *queries.Status) string {
				return strings.Join(s.Detection.References,
					"\n")
			}),
			text("state", "active, degraded (a part of what it looks at is not fed, or events of its window were evicted), not fed, failed "+
				"or other platform.",
				func(s *queries.Status) string { return string(s.State) }),
			text("reason", "Why it is in that state and what to do; empty if active.", func(s *queries.Status) string { return s.Reason }),
			bigint("evaluations", "How often its SQL ran since the start.", func(s *queries.Status) int64 { return s.Evaluations }),
			known("last_evaluated", "When it last ran, Unix seconds; NULL if never.",
				func(s *queries.Status) (int64, bool) { return s.LastEvaluated, s.LastEvaluated > 0 }),
			{
				Column: Column{Name: "last_duration_ms", Description: "How long the last run took, milliseconds; NULL if never.", Type: Double},
				value: func(s *queries.Status) Value {
					if s.LastEvaluated <= 0 {
						return Value{}
					}
					return Value{Kind: FloatValue, Float: float64(s.LastDuration) / float64(time.Millisecond)}
				},
			},
			bigint("errors", "How often its SQL failed since the start.", func(s *queries.Status) int64 { return s.Errors }),
			bigint("findings", "How many findings it made since the start.", func(s *queries.Status) int64 { return s.Findings }),
			bigint("repeats", "How many more it made that are not reported: repeats of those by once_per, or too many of one process.",
				func(s *queries.Status) int64 { return s.Repeats }),
		},
		Rows: func(context.Context, *Query) (iter.Seq2[int64, *queries.Status], error) {
			return func(yield func(int64, *queries.Status) bool) {
				if d.Detections == nil {
					return
				}
				all := d.Detections()
				for i := range all {
					if !yield(int64(i)+1, &all[i]) {
						return
					}
				}
			}, nil
		},
	}.table()
}
