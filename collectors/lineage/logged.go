package lineage

import (
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// logged keeps the processes that event logs tell of: by the key that the log gives them, else by computer and number. One
// log may hold many computers.
type logged struct {
	procs map[hostKey]*event.Process // the newest snapshot
	trees map[hostKey]uint32         // which process tree it is of
	pids  map[hostPID]string         // who has the number now
	order []known                    // the oldest first
	// other is the key that a process has, by the key that another log of the computer gives it too.
	other map[hostKey]string
	hosts map[string]*event.Host
	named computers
}

type hostPID struct {
	host string
	pid  int64
}

type hostKey struct{ host, key string }

type known struct {
	hostPID
	key string
}

func (k *known) hostKey() hostKey { return hostKey{k.host, k.key} }

// maxLogged bounds the processes kept.
const maxLogged = 32768

// sameStartNS is how far apart two logs may tell of one process's creation.
const sameStartNS = 2e9

func (t *logged) resolve(d *collectors.Draft) {
	ev := &d.Event
	t.call(&d.Actor)
	t.call(&d.Target)
	if ev.Host == nil {
		ev.Host = t.hostNamed(d.Actor.Logged.Host)
	}
	ev.Process = t.find(&d.Actor, ev.TimeNS, ev.Kind == event.KindProcessStart)
	ev.Tree = t.treeOf(d.Actor.Logged.Host, ev.Process, 0)
	if d.Target.Logged != nil {
		ev.Target = t.find(&d.Target, ev.TimeNS, false)
	}
	if ev.Kind == event.KindProcessStart {
		t.report(ev, d.Actor.Logged.Host)
	}
	if ev.Kind == event.KindProcessExit && d.Actor.PID > 0 {
		at := hostPID{d.Actor.Logged.Host, d.Actor.PID}
		if t.pids[at] == ev.Process.Key {
			delete(t.pids, at)
		}
	}
}

// Know takes in a computer's processes that logs will tell of and that were started before: a record by number alone then finds them, and
// one by a key of its log if it tells when the process began.
func (l *Lineage) Know(computer string, running []*event.Process) {
	for _, p := range running {
		l.logged.know(computer, p)
	}
}

func (t *logged) know(computer string, p *event.Process) {
	t.begin()
	computer = t.named.of(computer)
	k := known{hostPID{computer, p.PID}, p.Key}
	if t.procs[k.hostKey()] == nil {
		t.order = append(t.order, k)
		t.bound()
	}
	t.procs[k.hostKey()], t.pids[k.hostPID] = p, p.Key
}

// call gives the computer of an actor, and of those that it names, the one name that it has here.
func (t *logged) call(a *collectors.Actor) {
	l := a.Logged
	if l == nil {
		return
	}
	l.Host = t.named.of(l.Host)
	if l.Parent != nil {
		t.call(l.Parent)
	}
	if l.Creator != nil {
		t.call(l.Creator)
	}
}

// hostNamed gives the computer of a name, one value for each.
func (t *logged) hostNamed(name string) *event.Host {
	if name == "" {
		return nil
	}
	h := t.hosts[name]
	if h == nil {
		if t.hosts == nil || len(t.hosts) >= maxHosts {
			t.hosts = make(map[string]*event.Host)
		}
		_, domain, _ := strings.Cut(name, ".")
		h = &event.Host{Name: name, Kind: event.Computer, Domain: domain}
		t.hosts[name] = h
	}
	return h
}

func (t *logged) begin() {
	if t.procs == nil {
		t.procs, t.pids = make(map[hostKey]*event.Process), make(map[hostPID]string)
	}
}

// report tells of a start the parent that one log reported, if another told who the creator is.
func (t *logged) report(ev *event.Event, host string) {
	w := ev.Process.OnWindows()
	x, ok := ev.Detail.(*event.Exec)
	if !ok || x.ReportedPPID != 0 || w.CreatorPID == 0 || w.ReportedPPID == 0 {
		return
	}
	x.ReportedPPID = w.ReportedPPID
	if w.ReportedPPID != w.CreatorPID {
		ev.Target = t.procs[hostKey{host, w.ReportedKey}]
	}
}

// find gives the process that an actor is, with what the actor says of it taken over.
func (t *logged) find(a *collectors.Actor, timeNS int64, start bool) *event.Process {
	t.begin()
	at := hostPID{a.Logged.Host, a.PID}
	key := t.keyOf(a, at)
	if key == "" {
		if a.PID <= 0 {
			return made(a, "", nil) // a session or a user, no process
		}
		holder := t.pids[at]
		switch p := t.procs[hostKey{at.host, holder}]; {
		case p == nil:
		case start && (p.StartNS == 0 || timeNS > p.StartNS+sameStartNS || timeNS < p.StartNS-sameStartNS):
		case !sameProgram(p.Path, a.Path):
		default:
			key = holder
		}
		if key == "" {
			key = at.host + "." + strconv.FormatInt(a.PID, 10) + "." + strconv.FormatInt(timeNS/1e6, 10)
		}
	}
	if key != "" && t.procs[hostKey{at.host, key}] == nil {
		// Computers that were cloned give processes the same keys.
		if own := at.host + "/" + key; t.procs[hostKey{at.host, own}] != nil || t.isElsewhere(at.host, key) {
			key = own
		}
	}
	p := t.procs[hostKey{at.host, key}]
	s := p
	if p == nil || teaches(a, p, start) {
		s = made(a, key, p)
		if creator := a.Logged.Creator; isTold(creator) {
			cp := t.find(creator, timeNS, false)
			s.PPID, s.Creator, s.Windows.CreatorPID = cp.PID, cp.AsCreator(), cp.PID
		}
		if parent := a.Logged.Parent; isTold(parent) {
			pp := t.find(parent, timeNS, false)
			s.Windows.ReportedPPID, s.Windows.ReportedKey = pp.PID, pp.Key
			if s.Windows.CreatorPID == 0 {
				s.PPID, s.Creator = pp.PID, pp.AsCreator()
			}
		}
		if p != nil && p.Windows != nil && *p.Windows == *s.Windows {
			s.Windows = p.Windows
		}
		t.procs[hostKey{at.host, key}] = s
		if p != nil && p.Creator == nil && s.Creator != nil {
			delete(t.trees, hostKey{at.host, key})
		}
	}
	if a.PID > 0 && (p == nil || start || t.pids[at] == "") {
		t.pids[at] = key
	}
	if p == nil {
		t.order = append(t.order, known{at, key})
		t.bound()
	}
	return s
}

// isElsewhere tells whether another computer has a process of that key.
func (t *logged) isElsewhere(host, key string) bool {
	for name := range t.hosts {
		if name != host && t.procs[hostKey{name, key}] != nil {
			return true
		}
	}
	return false
}

// isTold tells whether a log says anything of a process.
func isTold(a *collectors.Actor) bool { return a != nil && (a.PID > 0 || a.Path != "") }

// keyOf gives the key of a process that a log gives one: another, if a log without keys told of its creation before.
func (t *logged) keyOf(a *collectors.Actor, at hostPID) string {
	key := a.Logged.Key
	if key == "" || t.procs[hostKey{at.host, key}] != nil || a.PID <= 0 {
		return key
	}
	if k := t.other[hostKey{at.host, key}]; k != "" && t.procs[hostKey{at.host, k}] != nil {
		return k
	}
	k := t.pids[at]
	p := t.procs[hostKey{at.host, k}]
	if p == nil || p.StartNS == 0 || a.Logged.StartNS == 0 || !strings.HasPrefix(k, at.host+".") {
		return key
	}
	if apart := p.StartNS - a.Logged.StartNS; apart > sameStartNS || apart < -sameStartNS || !sameProgram(p.Path, a.Path) {
		return key
	}
	if t.other == nil || len(t.other) > maxLogged {
		t.other = make(map[hostKey]string)
	}
	t.other[hostKey{at.host, key}] = k
	return k
}

// sameProgram compares by the last part: a log may name a program by its device's path.
func sameProgram(a, b string) bool {
	return a == "" || b == "" || strings.EqualFold(event.LastPart(a), event.LastPart(b))
}

// teaches tells whether an actor says something that the snapshot has not. What a snapshot has is kept: a thread may act
// for another user than its process.
func teaches(a *collectors.Actor, p *event.Process, start bool) bool {
	f, w := &a.Logged.Facts, p.OnWindows()
	return start || p.Path == "" && a.Path != "" || p.Cmdline == "" && a.Cmdline != "" || p.User == "" && a.User != "" ||
		w.LogonID == 0 && f.LogonID != 0 || w.UserSID == "" && f.UserSID != "" || w.Integrity == "" && f.Integrity != ""
}

// made gives a snapshot of what is known of a process and what an actor adds.
func made(a *collectors.Actor, key string, p *event.Process) *event.Process {
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
