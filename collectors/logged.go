package collectors

import (
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// logged keeps the processes that event logs tell of: by the key that the log gives them, else by computer and number. One
// log may hold many computers.
type logged struct {
	procs map[string]*event.Process // by key, the newest snapshot
	pids  map[hostPID]string        // who has the number now
	order []hostKey                 // the oldest first
}

type hostPID struct {
	host string
	pid  int64
}

type hostKey struct {
	hostPID
	key string
}

// maxLogged bounds the processes kept.
const maxLogged = 32768

// sameStartNS is how far apart two logs may tell of one process's creation.
const sameStartNS = 2e9

func (t *logged) resolve(d *Draft) {
	ev := &d.Event
	ev.Process = t.find(&d.Actor, ev.TimeNS, ev.Kind == event.KindProcessStart)
	if d.Target.Logged != nil {
		ev.Target = t.find(&d.Target, ev.TimeNS, false)
	}
	if ev.Kind == event.KindProcessExit && d.Actor.PID > 0 {
		at := hostPID{d.Actor.Logged.Host, d.Actor.PID}
		if t.pids[at] == ev.Process.Key {
			delete(t.pids, at)
		}
	}
}

// find gives the process that an actor is, with what the actor says of it taken over.
func (t *logged) find(a *Actor, timeNS int64, start bool) *event.Process {
	if t.procs == nil {
		t.procs, t.pids = make(map[string]*event.Process), make(map[hostPID]string)
	}
	at := hostPID{a.Logged.Host, a.PID}
	key := a.Logged.Key
	if key == "" {
		if a.PID <= 0 {
			return made(a, "", nil) // a session or a user, no process
		}
		known := t.pids[at]
		switch p := t.procs[known]; {
		case p == nil:
		case start && (p.StartNS == 0 || timeNS > p.StartNS+sameStartNS || timeNS < p.StartNS-sameStartNS):
		case p.Path != "" && a.Path != "" && !strings.EqualFold(event.LastPart(p.Path), event.LastPart(a.Path)):
		default:
			key = known
		}
		if key == "" {
			key = at.host + "." + strconv.FormatInt(a.PID, 10) + "." + strconv.FormatInt(timeNS/1e6, 10)
		}
	}
	p := t.procs[key]
	s := p
	if p == nil || teaches(a, p, start) {
		s = made(a, key, p)
		if parent := a.Logged.Parent; parent != nil && (parent.PID > 0 || parent.Path != "") {
			pp := t.find(parent, timeNS, false)
			s.PPID, s.Creator = pp.PID, pp.AsCreator()
		}
		t.procs[key] = s
	}
	if a.PID > 0 && (p == nil || start || t.pids[at] == "") {
		t.pids[at] = key
	}
	if p == nil {
		t.order = append(t.order, hostKey{at, key})
		t.bound()
	}
	return s
}

func (t *logged) bound() {
	if len(t.order) <= maxLogged {
		return
	}
	old := t.order[:maxLogged/4]
	for _, o := range old {
		delete(t.procs, o.key)
		if t.pids[o.hostPID] == o.key {
			delete(t.pids, o.hostPID)
		}
	}
	t.order = append(make([]hostKey, 0, maxLogged+1), t.order[len(old):]...)
}

// teaches tells whether an actor says something that the snapshot has not. What a snapshot has is kept: a thread may act
// for another user than its process.
func teaches(a *Actor, p *event.Process, start bool) bool {
	f, w := &a.Logged.Facts, p.OnWindows()
	return start || p.Path == "" && a.Path != "" || p.Cmdline == "" && a.Cmdline != "" || p.User == "" && a.User != "" ||
		w.LogonID == 0 && f.LogonID != 0 || w.UserSID == "" && f.UserSID != "" || w.Integrity == "" && f.Integrity != ""
}

// made gives a snapshot of what is known of a process and what an actor adds.
func made(a *Actor, key string, p *event.Process) *event.Process {
	s := &event.Process{Key: key, PID: a.PID, UID: -1, EUID: -1, GID: -1, EGID: -1, AUID: -1, Session: -1, ExeUID: -1}
	w := new(event.WindowsProcess)
	if p != nil {
		s = p.Copy()
		*w = *p.OnWindows()
	}
	fill := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	fill(&s.Path, a.Path)
	fill(&s.Cmdline, a.Cmdline)
	fill(&s.CWD, a.CWD)
	fill(&s.User, a.User)
	if s.Session < 0 {
		s.Session = a.Session
	}
	if s.StartNS == 0 {
		s.StartNS = a.Logged.StartNS
	}
	f := &a.Logged.Facts
	w.Host = a.Logged.Host
	fill(&w.UserSID, f.UserSID)
	fill(&w.Integrity, f.Integrity)
	fill(&w.Elevation, f.Elevation)
	fill(&w.OriginalFileName, f.OriginalFileName)
	fill(&w.Company, f.Company)
	fill(&w.Product, f.Product)
	fill(&w.Description, f.Description)
	fill(&w.Hashes, f.Hashes)
	if w.LogonID == 0 {
		w.LogonID = f.LogonID
	}
	s.Windows = w
	return s
}
