package engine

import (
	"errors"
	"fmt"
	"io"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/statefile"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/extension/journal"
)

// runLock is held by the one run of a state folder that keeps its findings there.
const runLock = "run.lock"

// kept is what stands in the state folder of findings.
type kept struct {
	journal *journal.Journal // nil where this run keeps none
	earlier int              // findings of earlier runs
	err     error            // why earlier ones are missing, or later ones will be
}

// recall shows what earlier runs found, which is not reported again, and, if this run goes on from them, keeps its own findings beside
// those.
func (e *Engine) recall(stateDir string, resume bool) {
	past, err := journal.Read(stateDir, e.store.NextEID())
	e.store.Restore(past...)
	e.evaluator.Recall(past)
	e.kept.earlier, e.kept.err = len(past), err
	if !resume {
		return
	}
	lock, ok, err := statefile.Lock(stateDir, runLock)
	if err == nil && !ok {
		err = fmt.Errorf("another apiwatch runs with the state folder %s: what this one finds is lost when it ends; "+
			"give it a --state-dir of its own", stateDir)
	}
	if err == nil {
		e.closers = append(e.closers, lock)
		e.kept.journal, err = journal.Open(stateDir, e.findings)
	}
	if err != nil {
		e.kept.err = errors.Join(e.kept.err, err)
		return
	}
	e.closers = append([]io.Closer{e.kept.journal}, e.closers...)
	e.evaluator.Keep = e.kept.journal.Add
}

// findings gives what the table shows.
func (e *Engine) findings() []*event.Event {
	return e.store.Select(store.Query{Kinds: []event.Kind{event.KindFinding}})
}

// findingsHealth tells how findings fare.
func (e *Engine) findingsHealth() collectors.Health {
	s := e.store.Stats()[event.KindFinding]
	h := collectors.Health{
		Collector: "evaluator", Item: "findings", State: "ok", Received: s.Added, Decoded: s.Added, Lost: s.Unasked,
	}
	h.Detail = fmt.Sprintf("earlier=%d repeats=%d kept=%t", e.kept.earlier, e.evaluator.Repeats(), e.kept.journal != nil)
	err := e.kept.err
	if e.kept.journal != nil {
		err = errors.Join(err, e.kept.journal.Err())
	}
	switch {
	case err != nil:
		h.State, h.Reason = "degraded", err.Error()
	case s.Unasked > 0:
		h.State = "degraded"
		h.Reason = fmt.Sprintf("%d findings left the table before anybody asked for them: schedule the query of findings more often", s.Unasked)
	}
	return h
}
