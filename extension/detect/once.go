package detect

import (
	"cmp"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/queries"
)

// reported keeps when an analytic that is reported once per subject was reported of which.
type reported struct {
	at    map[string][]int64 // subject to the times of findings, in the order in which they were reported
	order []string           // of the subjects of those, oldest first
}

// first tells whether no finding of the subject that was reported lies within the window of this one, and remembers it then. No
// more than the last [maxLatched] are remembered.
func (r *reported) first(subject string, timeNS int64, window time.Duration) bool {
	for _, t := range r.at[subject] {
		if max(t-timeNS, timeNS-t) <= int64(window) {
			return false
		}
	}
	if r.at == nil {
		r.at = make(map[string][]int64)
	}
	r.at[subject] = append(r.at[subject], timeNS)
	if r.order = append(r.order, subject); len(r.order) > maxLatched {
		oldest := r.order[0]
		r.order = r.order[1:]
		if r.at[oldest] = r.at[oldest][1:]; len(r.at[oldest]) == 0 {
			delete(r.at, oldest)
		}
	}
	return true
}

// subjectOf gives what an analytic is reported once for; false if the event does not say it. Where the analytic does not say, it is each
// process and what it acts on, for each way by itself.
func subjectOf(d *queries.Detection, e *event.Event) (string, bool) {
	var parts []string
	names := d.OncePer
	if x, ok := e.Detail.(*event.Finding); ok && len(names) == 0 {
		names, parts = []string{"process", "target"}, []string{x.Way}
	}
	for _, name := range names {
		part := ""
		switch name {
		case "process":
			part = e.ActorKey()
		case "target":
			if part = e.Path; e.Target != nil {
				part = cmp.Or(e.Target.Key, e.Target.Path)
			}
		case "computer": // empty where events are of this one
			parts = append(parts, e.On().Name)
			continue
		}
		if part == "" {
			return "", false
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "\x00"), len(parts) > 0
}
