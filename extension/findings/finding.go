// Package findings is what a detection found, for those who print it: what people are shown of one, and how many there
// were. It imports event and results.
package findings

import (
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Finding is what people are shown of a finding.
type Finding struct {
	Time                            time.Time
	Detection, Way                  string // Way is "" where the detection has one
	Strategy, Technique, Severity   string
	Summary                         string
	PID                             int64
	User, Path, Cmdline, ParentPath string
	ContainerID                     string
	File                            string // the recording it was found in, "" where that goes without saying
}

// Of takes a finding from its event; false if the event is none.
func Of(e *event.Event) (Finding, bool) {
	d, ok := e.Detail.(*event.Finding)
	if !ok {
		return Finding{}, false
	}
	f := Finding{
		Time: time.Unix(0, e.TimeNS), Detection: d.Detection, Way: d.Way, Strategy: d.Strategy, Technique: d.Technique,
		Severity: d.Severity, Summary: d.Summary,
	}
	p := e.Caller()
	f.PID, f.User, f.Path, f.Cmdline, f.ParentPath, f.ContainerID = p.PID, p.User, p.Path, p.Cmdline, p.ParentPath(), p.ContainerID
	return f, true
}
