package collectors

import (
	"path"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Lineage keeps what is known of every process, living and lately dead, and gives each event the snapshots of the
// processes concerned as they were at that moment. It is fed by the events themselves and by the process connector; it
// asks the [Host] only for what neither said.
//
// It is used by one goroutine.
type Lineage struct {
	host  Host
	boot  string
	procs map[int64]*entry
	// dead holds exited processes in the order they went, so that late records still find them.
	dead []*entry
	// unsettled are entries with a parent.
	unsettled  []*entry
	budget     budget             // of questions about processes that start
	particular budget             // of those about what a call did, which nobody else can answer
	targets    map[[2]int64]int64 // (caller, pid in its namespace) → global pid
	owners     map[string]owner   // executable → owner, learned from executions
	logged     logged             // processes that logs tell of

	stats LineageStats
}

// LineageStats counts what enrichment did and left undone.
type LineageStats struct {
	Processes     uint64 // known now
	HostQuestions uint64
	Skipped       uint64 // questions about processes not asked because too many came at once
	Unasked       uint64 // likewise about what a call did: to whom, to which file, at what place in memory
	Unknown       uint64 // events whose caller nothing was known of before
}

// Bounds of what is kept and asked.
const (
	maxDead        = 4096
	maxProcesses   = 65536
	maxTargets     = 1024
	maxOwners      = 2048
	questionsASec  = 20  // questions to the host about processes: some 20 µs each
	particularASec = 100 // and about what calls did
	questionsBurst = 400
	costInVain     = 10 // of a question that may well be in vain, in questions
	maxOrphans     = 16
)

type entry struct {
	snap    *event.Process // nil until something asks
	creator *event.Process // who forked it, as it was then; nil if unknown or not yet settled
	// parent is the creator while it is not certain what it ran when it forked: the connector may announce its execution
	// before audit tells which program that was. parentExec is which of the parent's executions must be known first.
	parent     *entry
	parentExec int
	parentPID  int64
	creds      event.Credentials
	children   []int64
	key        string
	pid        int64
	startNS    int64
	uid        int64 // as the connector last said, -1 if it did not
	execNS     int64 // last execution known
	deadNS     int64
	announced  int            // executions that the connector announced
	known      int            // executions of which the program is known
	before     *event.Process // what ran before the last known execution
	forked     bool           // seen being forked, so that the creator is certain
	leaving    bool           // see Leaving
	dead       bool
}

// at gives what the entry ran after n of its executions.
func (e *entry) at(n int) *event.Process {
	if n < e.known && e.before != nil {
		return e.before
	}
	return e.snap
}

type owner struct {
	uid  int64
	mode uint32
}

// budget is a token bucket over event time.
type budget struct {
	tokens, aSecond float64
	lastNS          int64
}

func (b *budget) fill(nowNS int64) {
	switch {
	case nowNS > b.lastNS:
		b.tokens = min(questionsBurst, b.tokens+float64(nowNS-b.lastNS)/1e9*b.aSecond)
		b.lastNS = nowNS
	case nowNS < b.lastNS-steppedNS:
		b.lastNS = nowNS
	}
}

// steppedNS is how far time must go back for it to be a clock that was set, and not events that come out of their order.
const steppedNS = 10e9

// takeInVain is for a question that may well find nobody, as one that has ended and may have been waited for: it is asked while many
// are left, and counts as several, so that a flood of short lives brings next to none.
func (b *budget) takeInVain(nowNS int64) bool {
	b.fill(nowNS)
	if b.tokens < questionsBurst/2 {
		return false
	}
	b.tokens -= costInVain
	return true
}

func (b *budget) take(nowNS int64) bool {
	b.fill(nowNS)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// NewLineage begins with the processes that the host has now.
func NewLineage(host Host) *Lineage {
	l := &Lineage{
		host: host, procs: make(map[int64]*entry), targets: make(map[[2]int64]int64), owners: make(map[string]owner),
		budget:     budget{tokens: questionsBurst, aSecond: questionsASec},
		particular: budget{tokens: questionsBurst, aSecond: particularASec},
	}
	l.Walk()
	return l
}

// Walk takes in the processes that the host has now, parents before children.
func (l *Lineage) Walk() {
	l.boot = l.host.BootID()
	facts := l.host.Walk()
	byPID := make(map[int64]*ProcessFacts, len(facts))
	for i := range facts {
		byPID[facts[i].PID] = &facts[i]
	}
	for i := range facts {
		l.adopt(&facts[i], byPID, 0)
	}
}

func (l *Lineage) adopt(f *ProcessFacts, all map[int64]*ProcessFacts, depth int) *entry {
	if e := l.procs[f.PID]; e != nil && e.snap != nil {
		return e
	}
	s := f.snapshot(l.boot, l.host.User)
	e := &entry{snap: s, key: s.Key, pid: f.PID, startNS: f.StartNS, uid: -1, creds: f.credentials()}
	var parent *event.Process
	if p := all[f.PPID]; p != nil && f.PPID != f.PID && depth < 64 {
		pe := l.adopt(p, all, depth+1)
		parent, e.parentPID = l.snapshot(pe), f.PPID
		pe.children = append(pe.children, f.PID)
	} else if pe := l.procs[f.PPID]; pe != nil && f.PPID != f.PID {
		parent = l.snapshot(pe)
	}
	e.creator = parent
	setParent(s, parent)
	l.procs[f.PID] = e
	return e
}

var unknownCredentials = event.Credentials{UID: -1, EUID: -1, SUID: -1, FSUID: -1, GID: -1, EGID: -1, SGID: -1, FSGID: -1}

func setParent(s, parent *event.Process) {
	if parent != nil {
		s.Creator = parent.AsCreator()
	}
}

// bootDigits is how much of a boot's id a process key bears: enough to tell the boots of one machine apart.
const bootDigits = 8

// ProcessKey makes the key of [event.Process] from a boot's id, of which it takes the beginning, and the process's start.
func ProcessKey(boot string, pid, start int64) string {
	boot = boot[:min(len(boot), bootDigits)]
	b := make([]byte, 0, 40)
	b = append(b, boot...)
	b = append(b, '.')
	b = strconv.AppendInt(b, pid, 10)
	b = append(b, '.')
	b = strconv.AppendInt(b, start, 10)
	return string(b)
}

// Fork notes a new process.
func (l *Lineage) Fork(m *Lifecycle) {
	parent := l.procs[m.PPID]
	if parent == nil && m.PPID > 0 {
		parent = l.discover(m.PPID, m.TimeNS, nil, &l.budget)
	}
	l.forget(m.PID)
	e := &entry{
		key: ProcessKey(l.boot, m.PID, m.BootNS/1e7), pid: m.PID, parentPID: m.PPID, startNS: m.TimeNS,
		creds: unknownCredentials, uid: -1, forked: true,
	}
	if parent != nil {
		e.parent, e.parentExec = parent, parent.announced
		parent.children = append(parent.children, m.PID)
		l.unsettled = append(l.unsettled, e)
	}
	l.procs[m.PID] = e
	l.bound()
}

// Announce notes that a process executed something; audit says what.
func (l *Lineage) Announce(m *Lifecycle) {
	if e := l.procs[m.PID]; e != nil {
		e.announced++
	}
}

// Leaving notes that a process ends with this round: what audit tells of it comes yet, but the host will hardly know it any more.
func (l *Lineage) Leaving(m *Lifecycle) {
	if e := l.procs[m.PID]; e != nil {
		e.leaving = true
	}
}

// settleNS is how long audit may take to tell of an execution that the connector announced.
const settleNS = 2e9

// Settle fixes the creators of processes forked lately, as far as they are certain. It is called after every round.
func (l *Lineage) Settle(nowNS int64) {
	rest := l.unsettled[:0]
	for _, e := range l.unsettled {
		if e.parent != nil && (e.parent.known >= e.parentExec || e.parent.dead || nowNS > e.startNS+settleNS) {
			l.settle(e)
		}
		if e.parent != nil {
			rest = append(rest, e)
		}
	}
	clear(l.unsettled[len(rest):])
	l.unsettled = rest
}

func (l *Lineage) settle(e *entry) {
	l.snapshot(e.parent)
	e.creator, e.parent = e.parent.at(e.parentExec), nil
}

// creatorOf gives who forked an entry, as certain as it is now.
func (l *Lineage) creatorOf(e *entry) *event.Process {
	switch {
	case e.parent == nil:
	case e.parent.known >= e.parentExec:
		l.settle(e)
	default:
		return l.snapshot(e.parent)
	}
	return e.creator
}

// Exit notes a process's end, and yields an event for each living child it leaves.
func (l *Lineage) Exit(m *Lifecycle, yield func(event.Event)) {
	e := l.procs[m.PID]
	if e == nil || e.dead {
		return
	}
	n := 0
	for _, pid := range e.children {
		child := l.procs[pid]
		if child == nil || child.dead || n == maxOrphans {
			continue
		}
		n++
		lived := int64(0)
		if e.startNS > 0 {
			lived = max(0, m.TimeNS-e.startNS)
		}
		yield(event.Event{
			TimeNS: m.TimeNS, Kind: event.KindProcessExit, API: exitAPI, Feed: connectorFeed, Outcome: event.Success, Exit: m.Code,
			Process: l.snapshot(e), Target: l.snapshot(child), Detail: &event.Exited{LivedNS: lived, ExitCode: m.Code},
		})
	}
	e.dead, e.deadNS, e.children = true, m.TimeNS, nil
	if e.parentPID > 0 {
		if parent := l.procs[e.parentPID]; parent != nil {
			for i, pid := range parent.children {
				if pid == m.PID {
					last := len(parent.children) - 1
					parent.children[i] = parent.children[last]
					parent.children = parent.children[:last]
					break
				}
			}
		}
	}
	l.dead = append(l.dead, e)
	if len(l.dead) > maxDead {
		old := l.dead[0]
		if l.procs[old.pid] == old {
			delete(l.procs, old.pid)
		}
		l.dead = l.dead[1:]
	}
}

var (
	exitAPI       = event.APINamed("exit")
	execveAPI     = event.APINamed("execve")
	connectorFeed = &event.Feed{LogSource: "linux:procevents", Provider: "process_connector"}
)

// SetID notes a change of identity that audit may not have reported.
func (l *Lineage) SetID(m *Lifecycle) {
	if e := l.procs[m.PID]; e != nil && e.snap == nil && m.UID >= 0 {
		e.uid = m.UID
	}
}

// Executed makes an event of an execution that audit does not report, from what the host says of the process now. It
// reports false if audit reported it or the process is gone.
func (l *Lineage) Executed(m *Lifecycle) (event.Event, bool) {
	const coarse = 20e6 // audit's clock lags by up to a tick
	e := l.procs[m.PID]
	if e != nil && e.execNS >= m.TimeNS-coarse {
		return event.Event{}, false
	}
	if !l.budget.take(m.TimeNS) {
		l.stats.Skipped++
		return event.Event{}, false
	}
	l.stats.HostQuestions++
	f, ok := l.host.Process(m.PID)
	if !ok {
		return event.Event{}, false
	}
	s := f.snapshot(l.boot, l.host.User)
	var previous string
	if e == nil {
		e = &entry{pid: m.PID, key: s.Key, startNS: f.StartNS, uid: -1, creds: unknownCredentials}
		if parent := l.procs[f.PPID]; parent != nil {
			e.creator, e.parentPID = l.snapshot(parent), f.PPID
		}
		l.procs[m.PID] = e
		l.bound()
	} else if e.snap != nil {
		previous = e.snap.Path
	}
	s.Key = e.key
	setParent(s, l.creatorOf(e))
	e.ran(s, m.TimeNS)
	return event.Event{
		TimeNS: m.TimeNS, Kind: event.KindProcessStart, API: execveAPI, Feed: connectorFeed, Outcome: event.Success, Process: s,
		Detail: &event.Exec{PreviousPath: previous, Reparented: e.reparented(f.PPID), OwnerUID: f.ExeUID, Mode: f.ExeMode},
	}, true
}

// reparented tells whether a process's parent is no longer the one that made it.
func (e *entry) reparented(ppid int64) bool {
	return e.forked && e.parentPID > 0 && ppid > 0 && ppid != e.parentPID
}

// ran notes that the entry runs another program.
func (e *entry) ran(s *event.Process, timeNS int64) {
	e.before, e.snap, e.execNS = e.snap, s, timeNS
	e.known++
	e.announced = max(e.announced, e.known)
}

// Resolve completes a draft's event: the caller, the target, and what the host knows beyond the record.
func (l *Lineage) Resolve(d *Draft) {
	if d.Actor.Logged != nil {
		l.logged.resolve(d)
		return
	}
	ev := &d.Event
	e := l.procs[d.Actor.PID]
	if e == nil || e.dead && ev.TimeNS > e.deadNS+reuseNS {
		e = l.discover(d.Actor.PID, ev.TimeNS, d, &l.budget)
	}
	if ev.Kind == event.KindProcessStart {
		e = l.exec(e, d)
	} else {
		l.update(e, d)
	}
	ev.Process = e.snap
	if d.Unplaced {
		l.place(d)
	}
	l.target(d)
	l.inherit(e, 0)
	l.detail(e, d)
	l.become(e, d)
}

// inherit gives a process that no record spoke of yet the credentials of the one that forked it, which has not changed them
// since: become sees to that.
func (l *Lineage) inherit(e *entry, depth int) {
	if e.creds.UID >= 0 || !e.forked || depth == event.MaxAncestors {
		return
	}
	parent := e.parent
	if parent == nil {
		if parent = l.procs[e.parentPID]; parent == nil || e.creator == nil || parent.key != e.creator.Key {
			return
		}
	}
	l.inherit(parent, depth+1)
	e.creds = parent.creds
}

// become takes over the credentials that a record shows.
func (l *Lineage) become(e *entry, d *Draft) {
	a, was := &d.Actor, e.creds
	if a.UID < 0 {
		return // the record says nothing of them
	}
	c := was
	c.UID, c.EUID, c.SUID, c.FSUID = a.UID, a.EUID, a.SUID, a.FSUID
	c.GID, c.EGID, c.SGID, c.FSGID = a.GID, a.EGID, a.SGID, a.FSGID
	switch t, _ := d.Event.Detail.(*event.TokenChange); {
	case t != nil && t.After.CapsKnown:
		after := &t.After
		c.Permitted, c.Effective, c.Inheritable, c.Ambient, c.CapsKnown = after.Permitted, after.Effective, after.Inheritable, after.Ambient, true
	case d.Event.Kind == event.KindProcessStart, c.UID != was.UID, c.EUID != was.EUID, c.SUID != was.SUID, c.FSUID != was.FSUID:
		// The kernel gives and takes capabilities then, and no record says which.
		c.Permitted, c.Effective, c.Inheritable, c.Ambient, c.CapsKnown = 0, 0, 0, 0, false
	}
	if c == was {
		return
	}
	if was.UID >= 0 {
		for _, pid := range e.children { // those forked before have the former ones
			if child := l.procs[pid]; child != nil && child.creds.UID < 0 && child.startNS <= d.Event.TimeNS {
				child.creds = was
			}
		}
	}
	e.creds = c
}

// reuseNS is how long after a process's end records of its pid still mean it.
const reuseNS = 1e9

// discover makes an entry for a process that no fork announced; asking about it is from one of the budgets.
func (l *Lineage) discover(pid, nowNS int64, d *Draft, from *budget) *entry {
	e := &entry{pid: pid, uid: -1, creds: unknownCredentials}
	l.stats.Unknown++
	switch {
	case from.take(nowNS):
		l.stats.HostQuestions++
		if f, ok := l.host.Process(pid); ok {
			e.snap = f.snapshot(l.boot, l.host.User)
			e.key, e.startNS = e.snap.Key, f.StartNS
			if parent := l.procs[f.PPID]; parent != nil && f.PPID != pid {
				e.creator, e.parentPID = l.snapshot(parent), f.PPID
				parent.children = append(parent.children, pid)
			}
			setParent(e.snap, e.creator)
		}
	case from == &l.particular:
		l.stats.Unasked++
	default:
		l.stats.Skipped++
	}
	if e.snap == nil {
		e.key = ProcessKey(l.boot, pid, nowNS/1e6)
		if d != nil && d.Actor.PPID > 0 && d.Actor.PPID != pid {
			if parent := l.procs[d.Actor.PPID]; parent != nil {
				e.creator, e.parentPID = l.snapshot(parent), d.Actor.PPID
			}
		}
	}
	l.forget(pid)
	l.procs[pid] = e
	l.bound()
	return e
}

func (l *Lineage) forget(pid int64) {
	if e := l.procs[pid]; e != nil {
		e.dead = true
		delete(l.procs, pid)
	}
}

// bound keeps the table from growing without end where exits are not seen.
func (l *Lineage) bound() {
	if len(l.procs) <= maxProcesses {
		return
	}
	for pid, e := range l.procs { // any: nothing tells which of them still live
		if len(e.children) == 0 {
			delete(l.procs, pid)
		}
		if len(l.procs) <= maxProcesses*3/4 {
			return
		}
	}
}

// snapshot gives the entry's present snapshot, made from its creator's where nothing else is known.
func (l *Lineage) snapshot(e *entry) *event.Process {
	if e.snap != nil {
		return e.snap
	}
	s := &event.Process{Key: e.key, PID: e.pid, StartNS: e.startNS, UID: -1, EUID: -1, GID: -1, EGID: -1, AUID: -1, Session: -1, ExeUID: -1}
	if c := l.creatorOf(e); c != nil {
		s = c.Copy()
		s.Key, s.PID, s.PPID, s.StartNS = e.key, e.pid, c.PID, e.startNS
		setParent(s, c)
	}
	if e.uid >= 0 && e.uid != s.EUID {
		s.EUID = e.uid
	}
	e.snap = s
	return s
}

// exec gives the entry the snapshot of the program it now runs. The entry returned is another one if the pid turned out to
// be a new process.
func (l *Lineage) exec(e *entry, d *Draft) *entry {
	a := &d.Actor
	x, _ := d.Event.Detail.(*event.Exec)
	if x == nil {
		x = &event.Exec{OwnerUID: -1}
		d.Event.Detail = x
	}
	creator := l.creatorOf(e)
	if !e.forked && creator != nil && a.PPID > 0 && a.PPID != creator.PID {
		// Forks are not seen here, so a new parent means a new process with an old pid, or an orphan: only the latter
		// belongs to init.
		if parent := l.procs[a.PPID]; a.PPID != 1 && parent != nil && parent != e {
			e = l.discover(e.pid, d.Event.TimeNS, d, &l.budget)
			creator = e.creator
		}
	}
	if creator == nil && !e.forked && a.PPID > 0 {
		if parent := l.procs[a.PPID]; parent != nil && parent != e {
			creator = l.snapshot(parent)
			e.creator, e.parentPID = creator, a.PPID
		}
	}
	s := &event.Process{
		Key: e.key, PID: e.pid, StartNS: e.startNS, Path: a.Path, Cmdline: a.Cmdline, CWD: a.CWD, TTY: a.TTY, ExeUID: -1,
	}
	var inherited Container
	if e.snap != nil {
		x.PreviousPath = e.snap.Path
		inherited = Container{e.snap.ContainerID, e.snap.ContainerRuntime}
	} else if creator != nil {
		x.PreviousPath = creator.Path
		inherited = Container{creator.ContainerID, creator.ContainerRuntime}
	}
	setParent(s, creator)
	x.Reparented = e.reparented(a.PPID)
	if e.leaving && l.budget.takeInVain(d.Event.TimeNS) || !e.leaving && l.budget.take(d.Event.TimeNS) {
		l.stats.HostQuestions++
		if c := l.host.Container(a.PID); c.ID != "" {
			inherited = c
		}
	} else {
		l.stats.Skipped++
	}
	s.ContainerID, s.ContainerRuntime = inherited.ID, inherited.Runtime
	l.identify(s, a)
	l.own(s, x)
	e.ran(s, d.Event.TimeNS)
	return e
}

// own finds the executable's owner: from the record where it speaks of the executable itself, else from earlier ones.
func (l *Lineage) own(s *event.Process, x *event.Exec) {
	key := s.ContainerID + "\x00" + s.Path
	if x.OwnerUID >= 0 {
		s.ExeUID, s.ExeMode = x.OwnerUID, x.Mode
		if len(l.owners) >= maxOwners {
			clear(l.owners)
		}
		l.owners[key] = owner{x.OwnerUID, x.Mode}
		return
	}
	if o, ok := l.owners[key]; ok {
		s.ExeUID, s.ExeMode = o.uid, o.mode
		return
	}
	if s.ContainerID == "" && s.Path != "" {
		if f, ok := l.host.File(s.PID, s.Path); ok {
			s.ExeUID, s.ExeMode = f.UID, f.Mode
			l.owners[key] = owner{f.UID, f.Mode}
		}
	}
}

func (l *Lineage) identify(s *event.Process, a *Actor) {
	s.PPID, s.UID, s.EUID, s.GID, s.EGID, s.AUID, s.Session = max(a.PPID, 0), a.UID, a.EUID, a.GID, a.EGID, a.AUID, a.Session
	s.User = a.User
	if s.User == "" && a.UID >= 0 {
		s.User = l.host.User(a.UID)
	}
}

// update takes over what a record says anew of its caller.
func (l *Lineage) update(e *entry, d *Draft) {
	a := &d.Actor
	old := l.snapshot(e)
	samePath := a.Path == "" || a.Path == old.Path
	if samePath && (a.UID < 0 || a.UID == old.UID && a.EUID == old.EUID && a.GID == old.GID && a.EGID == old.EGID &&
		a.AUID == old.AUID && a.Session == old.Session && (a.PPID < 0 || a.PPID == old.PPID)) &&
		(old.Cmdline != "" || a.Cmdline == "" || a.CmdlineCut && old.Path != "") {
		return
	}
	s := old.Copy()
	if !samePath {
		s.Path, s.Cmdline, s.ExeUID, s.ExeMode = a.Path, "", -1, 0
		if o, ok := l.owners[s.ContainerID+"\x00"+s.Path]; ok {
			s.ExeUID, s.ExeMode = o.uid, o.mode
		}
	}
	// A title is the kernel's first one of the task and may be of an earlier program: better none than that, unless nothing
	// else was ever known.
	if s.Cmdline == "" && (!a.CmdlineCut || old.Path == "") {
		s.Cmdline = a.Cmdline
	}
	if s.CWD == "" {
		s.CWD = a.CWD
	}
	if a.TTY != "" {
		s.TTY = a.TTY
	}
	if a.UID >= 0 {
		l.identify(s, a)
	}
	e.snap = s
}

// ask takes a question about what a call did from its budget, apart from those about processes: a machine that starts many of them
// must not make us blind to what one of them does.
func (l *Lineage) ask(nowNS int64) bool {
	if !l.particular.take(nowNS) {
		l.stats.Unasked++
		return false
	}
	l.stats.HostQuestions++
	return true
}

// place finds where an opened file lies, and whose it is if it lies under /proc, as long as the caller keeps it open.
func (l *Lineage) place(d *Draft) {
	ev := &d.Event
	if !l.ask(ev.TimeNS) {
		return
	}
	path := l.host.Descriptor(d.Actor.PID, ev.Exit)
	if path == "" {
		return
	}
	ev.Path = path
	if pid, _ := ProcessOf(path); pid > 0 && d.Target.PID == 0 {
		d.Target.PID, d.TargetInNamespace = pid, ev.Process.ContainerID != "" // whose procfs is its namespace's
	}
}

// target finds the other process of a call.
func (l *Lineage) target(d *Draft) {
	pid := d.Target.PID
	if pid <= 0 {
		return
	}
	raw, named := d.Event.Argument("pid")
	at := [2]int64{d.Actor.PID, int64(int32(raw))}
	switch {
	case !d.TargetInNamespace && named && at[1] != pid:
		if len(l.targets) >= maxTargets {
			clear(l.targets)
		}
		l.targets[at] = pid
	case d.TargetInNamespace:
		if global, ok := l.targets[[2]int64{d.Actor.PID, pid}]; ok {
			pid = global
		} else if d.Event.Process.ContainerID != "" && l.ask(d.Event.TimeNS) {
			if pid = l.host.GlobalPID(d.Actor.PID, pid); pid == 0 {
				return // who it is, is not to be had
			}
		}
	}
	e := l.procs[pid]
	if e == nil {
		e = l.found(pid, d.Event.TimeNS)
	}
	if t := l.snapshot(e); t.UID < 0 && d.Target.UID >= 0 {
		s := t.Copy()
		s.UID, s.User = d.Target.UID, l.host.User(d.Target.UID)
		e.snap = s
	}
	d.Event.Target = l.snapshot(e)
}

// found makes an entry for a process that nothing was known of, or gives that of the process whose thread the number is.
func (l *Lineage) found(pid, nowNS int64) *entry {
	e := l.discover(pid, nowNS, nil, &l.particular)
	if e.snap == nil || e.snap.PID == pid {
		return e
	}
	delete(l.procs, pid)
	process := l.procs[e.snap.PID]
	if process == nil {
		e.pid = e.snap.PID
		l.procs[e.pid] = e
		return e
	}
	return process
}

// detail adds what only the host or the past knows.
func (l *Lineage) detail(e *entry, d *Draft) {
	ev := &d.Event
	switch det := ev.Detail.(type) {
	case *event.TokenChange:
		det.Before = e.creds
	case *event.FileChange:
		if det.Action == "times" && ev.Path == "" {
			ev.Path = l.stamped(ev)
		}
		if det.Action == "times" && ev.Path != "" && l.ask(ev.TimeNS) {
			if f, ok := l.host.File(d.Actor.PID, ev.Path); ok {
				det.ATimeNS, det.MTimeNS, det.CTimeNS, det.BTimeNS = f.ATimeNS, f.MTimeNS, f.CTimeNS, f.BTimeNS
			}
		}
	case nil:
		if ev.Kind == event.KindPtrace && ev.Target != nil && event.PtraceAction(ev.Args[0]) == "write_memory" {
			m := &event.Memory{Address: ev.Args[2], Size: 8}
			if l.ask(ev.TimeNS) {
				m.Region = l.host.Region(ev.Target.PID, m.Address)
			}
			ev.Detail = m
		}
	}
}

// stamped finds the file whose times a call by descriptor sets, of which the record names none: from the descriptor, if the
// process still lives, or from the command line of touch, which does it so.
func (l *Lineage) stamped(ev *event.Event) string {
	if event.LastPart(ev.Process.Path) == "touch" {
		if path := touched(ev.Process); path != "" {
			return path
		}
	}
	if !l.ask(ev.TimeNS) {
		return ""
	}
	return l.host.Descriptor(ev.Process.PID, int64(int32(ev.Args[0])))
}

// touched gives the one file that a command line of touch names, "" if there are several.
func touched(p *event.Process) string {
	file := ""
	words := strings.Fields(p.Cmdline)
	for i := 1; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "-t" || w == "-r" || w == "-d" || w == "--date" || w == "--reference" || w == "--time":
			i++
		case len(w) > 1 && w[0] == '-' && w[1] != '-' && strings.IndexByte("trd", w[len(w)-1]) >= 0:
			i++ // -amt STAMP
		case strings.HasPrefix(w, "-"):
		case file != "":
			return ""
		default:
			file = w
		}
	}
	if file == "" || path.IsAbs(file) {
		return file
	}
	if p.CWD == "" {
		return ""
	}
	return path.Join(p.CWD, file)
}

// Stats gives the counters.
func (l *Lineage) Stats() LineageStats {
	s := l.stats
	s.Processes = uint64(len(l.procs))
	return s
}
