package detect

import "slices"

// whole leaves out of what a way returned anew what was complete when it ran before, and was not returned then: a row depends on nothing
// that comes after its chain, so events that spoke against it have been evicted meanwhile.
func (e *Evaluator) whole(a *analytic, w *way, hits []hit) []hit {
	if len(hits) == 0 || w.upTo == 0 || w.state || !e.evicted(w) {
		return hits
	}
	return slices.DeleteFunc(hits, func(h hit) bool {
		if h.newest == 0 || h.newest > w.upTo || !a.latches.add(h.row["finding_id"], w) {
			return false
		}
		a.repeats++
		e.repeats.Add(1)
		return true
	})
}

// evicted tells whether events that a way reads have been.
func (e *Evaluator) evicted(w *way) bool {
	for _, s := range e.store.Stats() {
		if s.Evicted > 0 && slices.Contains(w.kinds, s.Kind) {
			return true
		}
	}
	return false
}
