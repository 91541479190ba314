package queries

import "time"

// State says whether an analytic can find anything on this host now.
type State string

// The states, as the table `detections` shows them.
const (
	Active        State = "active"
	Degraded      State = "degraded" // it runs, but a part of what it looks at is not fed, or its window is longer than what is stored
	NotFed        State = "not fed"  // nothing that it begins with has a feed here
	Failed        State = "failed"   // its SQL fails
	OtherPlatform State = "other platform"
)

// Status is how an analytic fares on this host. The evaluator fills it.
type Status struct {
	Detection     *Detection
	State         State
	Reason        string // why, and what to do; "" if active
	Evaluations   int64  // how often its SQL ran
	LastEvaluated int64  // Unix seconds, 0 if never
	LastDuration  time.Duration
	Errors        int64 // how often its SQL failed
	Findings      int64 // how many were latched since the start
	Repeats       int64 // how many more are not reported: they repeat those, or are too many of one process
}
