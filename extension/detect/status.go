package detect

import (
	"errors"
	"fmt"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/queries"
)

// Status tells how every analytic fares. fed says whether any of an analytic's log sources has a feed now, and if not why.
func (e *Evaluator) Status(fed func(*queries.Detection) (bool, string)) []queries.Status {
	covered := make(map[event.Kind]store.Stats)
	for _, s := range e.store.Stats() {
		covered[s.Kind] = s
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]queries.Status, 0, len(e.analytic))
	for _, a := range e.analytic {
		d := a.detection
		s := queries.Status{
			Detection: d, State: queries.Active, Evaluations: a.evaluations, LastDuration: a.took, Errors: a.errors, Findings: a.findings,
			Repeats: a.repeats,
		}
		if !a.last.IsZero() {
			s.LastEvaluated = a.last.Unix()
		}
		window := e.tuning.Window(d)
		for _, k := range a.kinds {
			st := covered[k]
			if held := (e.store.LastNS() - st.CoveredNS) / int64(time.Second); st.Evicted > 0 && held < window {
				s.State = queries.Degraded
				s.Reason = fmt.Sprintf("its window is %d s and events of kind %s are held for %d s: they come too fast for the store", window, k, held)
			}
		}
		if fed != nil {
			if ok, why := fed(d); !ok {
				s.State, s.Reason = queries.NotFed, why
			}
		}
		if why := a.failure(); why != "" {
			s.State, s.Reason = queries.Failed, why
		}
		out = append(out, s)
	}
	return out
}

// RepeatsOf is of which analytics how many findings were not reported because they repeat others or are too many of one process.
func (e *Evaluator) RepeatsOf() map[string]int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	of := make(map[string]int64)
	for _, a := range e.analytic {
		if a.repeats > 0 {
			of[a.detection.ID] = a.repeats
		}
	}
	return of
}

// failure tells why the last run of one of the ways failed, "" if none did.
func (a *analytic) failure() string {
	for _, w := range a.ways {
		switch {
		case w.err == nil:
		case w.Name == "":
			return w.err.Error()
		default:
			return "way " + w.Name + ": " + w.err.Error()
		}
	}
	return ""
}

// Failures tells of analytics whose SQL failed at any time.
func (e *Evaluator) Failures() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var errs []error
	for _, a := range e.analytic {
		if a.errors > 0 {
			errs = append(errs, fmt.Errorf("detection %s failed, so what it finds may be missing: %s", a.detection.ID, a.failure()))
		}
	}
	return errors.Join(errs...)
}
