// Package lineage keeps which process created which, of this machine and of those that logs tell of, and gives each event the
// snapshots of the processes concerned as they were at that moment.
package lineage

import (
	"slices"
	"strconv"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// Lineage keeps what is known of every process, living and lately dead, and gives each event the snapshots of the
// processes concerned as they were at that moment. It is fed by the events themselves and by the process connector; it
// asks the [collectors.Host] only for what neither said.
//
// It is used by one goroutine.
type Lineage struct {
	host  collectors.Host
	boot  string
	procs map[int64]*entry
	// dead holds exited processes in the order they went, so that late records still find them.
	dead      []*entry
	deadBytes int
	bytes     int // of the texts that came with executions
	// unsettled are entries with a parent.
	unsettled []*entry
	trees     uint32             // how many there were
	strangers *tree              // what nothing is known of but that it acts
	targets   map[[2]int64]int64 // (caller, pid in its namespace) → global pid
	owners    map[string]owner   // executable → owner, learned from executions
	places    places             // of executables
	logged    logged             // processes that logs tell of
	others    hosts              // that a source tells of beside this machine
	// Clock measures how long questions to the host take; nil where they take no time, as those to a recording.
	Clock func() time.Time

	stats Stats
}

// Stats counts what enrichment did and left undone.
type Stats struct {
	Processes     uint64 // known now
	HostQuestions uint64
	Skipped       uint64 // questions about processes not asked because too many came at once
	Unasked       uint64 // likewise about what a call did: to whom, to which file, at what place in memory
	Unknown       uint64 // events whose caller nothing was known of before
	Hosts         int    // known beside this machine
}

// Bounds of what is kept and asked.
const (
	maxDead      = 4096
	maxDeadBytes = 4 << 20 // of their command lines, folders and paths
	maxProcesses = 65536
	maxBytes     = 16 << 20 // likewise of all
	maxChildren  = 1024     // of one process
	maxTargets   = 1024
	maxOwners    = 2048
	maxOrphans   = 16
)

type entry struct {
	snap    *event.Process // nil until something asks
	creator *event.Process // who forked it, as it was then; nil if unknown or not yet settled
	// parent is the creator while it is not certain what it ran when it forked: the connector may announce its execution
	// before audit tells which program that was. parentExec is which of the parent's executions must be known first.
	parent     *entry
	parentExec int
	parentPID  int64
	tree       *tree
	bytes      int // see weigh
	creds      event.Credentials
	children   []int64
	key        string
	pid        int64
	startNS    int64
	uid        int64 // as the connector last said, -1 if it did not
	execNS     int64 // last execution known
	deadNS     int64
	touches    []string       // files whose times touch has yet to set
	announced  int            // executions that the connector announced
	known      int            // executions of which the program is known
	before     *event.Process // what ran before the last known execution
	forked     bool           // seen being forked, so that the creator is certain
	leaving    bool           // see Leaving
	gaveWay    bool           // see Announce
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

// SteppedNS is how far time must go back for it to be a clock that was set, and not events that come out of their order.
const SteppedNS = 10e9

// New begins with the processes that the host has now.
func New(host collectors.Host) *Lineage {
	l := of(host)
	l.Walk()
	return l
}

func of(host collectors.Host) *Lineage {
	return &Lineage{
		host: host, procs: make(map[int64]*entry), targets: make(map[[2]int64]int64), owners: make(map[string]owner), strangers: new(tree),
	}
}

// Walk takes in the processes that the host has now, parents before children.
func (l *Lineage) Walk() {
	l.boot = beginning(l.host.BootID())
	facts := l.host.Walk()
	byPID := make(map[int64]*collectors.ProcessFacts, len(facts))
	for i := range facts {
		byPID[facts[i].PID] = &facts[i]
	}
	for i := range facts {
		l.adopt(&facts[i], byPID, 0)
	}
}

func (l *Lineage) adopt(f *collectors.ProcessFacts, all map[int64]*collectors.ProcessFacts, depth int) *entry {
	if e := l.procs[f.PID]; e != nil && e.snap != nil {
		return e
	}
	s := snapshotOf(f, l.boot, l.host.User)
	e := &entry{snap: s, key: s.Key, pid: f.PID, startNS: f.StartNS, uid: -1, creds: credentialsOf(f)}
	var parent *event.Process
	if p := all[f.PPID]; p != nil && f.PPID != f.PID && depth < 64 {
		pe := l.adopt(p, all, depth+1)
		parent, e.parentPID = l.snapshot(pe), f.PPID
		l.bear(pe, f.PID)
	} else if pe := l.procs[f.PPID]; pe != nil && f.PPID != f.PID {
		parent = l.snapshot(pe)
	}
	e.creator = parent
	setParent(s, parent)
	l.put(e, l.procs[f.PPID])
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
	return keyOf(beginning(boot), pid, start)
}

func beginning(boot string) string { return boot[:min(len(boot), bootDigits)] }

// keyOf makes a key that begins with what tells one boot, or one host, from others.
func keyOf(whose string, pid, start int64) string {
	b := make([]byte, 0, 40)
	b = append(b, whose...)
	b = append(b, '.')
	b = strconv.AppendInt(b, pid, 10)
	b = append(b, '.')
	b = strconv.AppendInt(b, start, 10)
	return string(b)
}

// Fork notes a new process.
func (l *Lineage) Fork(m *collectors.Lifecycle) {
	parent := l.procs[m.PPID]
	if parent == nil && m.PPID > 0 {
		parent = l.discover(m.PPID, m.TimeNS, nil, l.askerOf(nil, aboutProcess))
	}
	l.forget(m.PID)
	e := &entry{
		key: keyOf(l.boot, m.PID, m.BootNS/1e7), pid: m.PID, parentPID: m.PPID, startNS: m.TimeNS,
		creds: unknownCredentials, uid: -1, forked: true,
	}
	if parent != nil {
		e.parent, e.parentExec = parent, parent.announced
		l.bear(parent, m.PID)
		l.unsettled = append(l.unsettled, e)
	}
	l.put(e, parent)
}

// Announce notes that a process executed something; audit says what. Where another thread than the first executes, the kernel ends
// the first one, which reads as the process's end, and lets the other take its number (de_thread in fs/exec.c): the process lives on.
func (l *Lineage) Announce(m *collectors.Lifecycle) {
	e := l.procs[m.PID]
	if e == nil {
		return
	}
	e.announced++
	switch {
	case e.leaving && !e.dead:
		e.leaving, e.gaveWay = false, true
	case e.dead && m.TimeNS <= e.deadNS+reuseNS:
		l.revive(e)
	}
}

// revive takes back that a process has ended. The children that it had were told to be orphans and stay so.
func (l *Lineage) revive(e *entry) {
	e.dead, e.leaving = false, false
	l.dead = slices.DeleteFunc(l.dead, func(d *entry) bool { return d == e })
	l.deadBytes -= e.bytes
	if parent := l.procs[e.parentPID]; parent != nil && e.parentPID > 0 {
		l.bear(parent, e.pid)
	}
}

// Leaving notes that a process ends with this round: what audit tells of it comes yet, but the host will hardly know it any more.
func (l *Lineage) Leaving(m *collectors.Lifecycle) {
	if e := l.procs[m.PID]; e != nil {
		e.leaving = true
	}
}

// settleNS is how long audit may take to tell of an execution that the connector announced: on a busy machine that is long after the
// process has ended. maxUnsettled bounds how many wait for it.
const (
	settleNS     = 10e9
	maxUnsettled = 16384
)

// Settle fixes the creators of processes forked lately, as far as they are certain. It is called after every round.
func (l *Lineage) Settle(nowNS int64) {
	rest, surplus := l.unsettled[:0], len(l.unsettled)-maxUnsettled
	for i, e := range l.unsettled {
		if e.parent != nil && (e.parent.known >= e.parentExec || i < surplus || nowNS > e.startNS+settleNS) {
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
func (l *Lineage) Exit(m *collectors.Lifecycle, yield func(event.Event)) {
	e := l.procs[m.PID]
	if e == nil || e.dead {
		return
	}
	if e.gaveWay {
		e.gaveWay = false
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
			TimeNS: m.TimeNS, Kind: event.KindProcessExit, API: exitAPI, LogSource: connectorSource, Outcome: event.Success, Exit: m.Code,
			Process: l.snapshot(e), Target: l.snapshot(child), Tree: e.tree.id, Detail: &event.Exited{LivedNS: lived, ExitCode: m.Code},
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
	l.deadBytes += e.bytes
	for len(l.dead) > maxDead || len(l.dead) > 1 && l.deadBytes > maxDeadBytes {
		old := l.dead[0]
		if l.procs[old.pid] == old {
			l.drop(old.pid)
		}
		l.dead[0] = nil
		l.dead, l.deadBytes = l.dead[1:], l.deadBytes-old.bytes
	}
}

var (
	exitAPI         = event.APINamed("exit")
	execveAPI       = event.APINamed("execve")
	connectorSource = &event.LogSource{Name: "linux:procevents", Provider: "process_connector"}
)

// SetID notes a change of identity that audit may not have reported.
func (l *Lineage) SetID(m *collectors.Lifecycle) {
	if e := l.procs[m.PID]; e != nil && e.snap == nil && m.UID >= 0 {
		e.uid = m.UID
	}
}

// Executed makes an event of an execution that audit does not report, from what the host says of the process now. It
// reports false if audit reported it or the process is gone.
func (l *Lineage) Executed(m *collectors.Lifecycle) (event.Event, bool) {
	const coarse = 20e6 // audit's clock lags by up to a tick
	e := l.procs[m.PID]
	if e != nil && e.execNS >= m.TimeNS-coarse {
		return event.Event{}, false
	}
	var f collectors.ProcessFacts
	ok := false
	if !l.ask(l.askerOf(e, aboutProcess), m.TimeNS, func() { f, ok = l.host.Process(m.PID) }) || !ok {
		return event.Event{}, false
	}
	s := snapshotOf(&f, l.boot, l.host.User)
	var previous string
	if e == nil {
		e = &entry{pid: m.PID, key: s.Key, startNS: f.StartNS, uid: -1, creds: unknownCredentials}
		parent := l.procs[f.PPID]
		if parent != nil {
			e.creator, e.parentPID = l.snapshot(parent), f.PPID
		}
		l.put(e, parent)
	} else if e.snap != nil {
		previous = e.snap.Path
	}
	s.Key = e.key
	setParent(s, l.creatorOf(e))
	e.ran(s, m.TimeNS)
	l.weigh(e)
	return event.Event{
		TimeNS: m.TimeNS, Kind: event.KindProcessStart, API: execveAPI, LogSource: connectorSource, Outcome: event.Success, Process: s,
		Tree:   e.tree.id,
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

// reuseNS is how long after a process's end records of its pid still mean it.
const reuseNS = 1e9

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

// Stats gives the counters.
func (l *Lineage) Stats() Stats {
	s := l.stats
	s.Processes = uint64(len(l.procs))
	l.others.add(&s)
	return s
}
