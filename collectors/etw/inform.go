package etw

import (
	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// processQuestions is how many processes may be asked about in one round.
const processQuestions = 256

// informed adds to what events say of processes what only the running system knows: who a process is that was there before the
// session, and the command line and user of one that starts.
type informed struct {
	ask  func(pid int64) (*event.Process, bool)
	seen map[int64]bool // processes that were asked about or seen to start
	left int
	sink collectors.Sink
}

// Draft implements [collectors.Sink].
func (i *informed) Draft(d *collectors.Draft) {
	switch d.Event.Kind {
	case event.KindProcessStart:
		delete(i.seen, d.Actor.PID) // the number may have been another's
		i.inform(&d.Actor, true)
	case event.KindProcessExit:
		delete(i.seen, d.Actor.PID)
	default:
		i.inform(&d.Actor, false)
	}
	i.inform(&d.Target, false)
	if l := d.Actor.Logged; l != nil {
		for _, a := range []*collectors.Actor{l.Parent, l.Creator} {
			if a != nil {
				i.inform(a, false)
			}
		}
	}
	i.sink.Draft(d)
}

// Lifecycle implements [collectors.Sink].
func (i *informed) Lifecycle(l collectors.Lifecycle) { i.sink.Lifecycle(l) }

// inform fills in an actor that nothing is known of. A process that starts has its own name already, and its key is made of the start
// that the event tells.
func (i *informed) inform(a *collectors.Actor, starts bool) {
	if i.ask == nil || a.Logged == nil || a.PID <= 0 || i.seen[a.PID] || i.left <= 0 {
		return
	}
	i.left--
	if i.seen == nil || len(i.seen) >= maxProcesses {
		i.seen = make(map[int64]bool)
	}
	i.seen[a.PID] = true
	p, ok := i.ask(a.PID)
	if !ok || starts && event.LastPart(p.Path) != event.LastPart(a.Path) {
		return // it has ended, and the number may be another's
	}
	fill := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	fill(&a.Path, p.Path)
	fill(&a.Cmdline, p.Cmdline)
	fill(&a.User, p.User)
	if a.Session < 0 {
		a.Session = p.Session
	}
	f, w := &a.Logged.Facts, p.OnWindows()
	fill(&f.UserSID, w.UserSID)
	fill(&f.Integrity, w.Integrity)
	fill(&f.Elevation, w.Elevation)
	if f.LogonID == 0 {
		f.LogonID = w.LogonID
	}
	if !starts {
		fill(&a.Logged.Key, p.Key)
		if a.Logged.StartNS == 0 {
			a.Logged.StartNS = p.StartNS
		}
	}
}
