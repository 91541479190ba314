package lineage

import (
	"path"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
)

// Resolve completes a draft's event: the caller, the target, and what the host knows beyond the record.
func (l *Lineage) Resolve(d *collectors.Draft) {
	if d.Actor.Logged != nil {
		l.logged.resolve(d)
		return
	}
	ev := &d.Event
	l = l.On(ev.Host, ev.TimeNS)
	if p := d.Actor.Parent; p != nil && p.PID > 0 && l.procs[p.PID] == nil {
		l.introduce(p, ev.TimeNS)
	}
	e := l.procs[d.Actor.PID]
	if e == nil || e.dead && ev.TimeNS > e.deadNS+reuseNS {
		e = l.discover(d.Actor.PID, ev.TimeNS, d, l.asking(l.procs[d.Actor.PPID], d, aboutProcess))
	}
	if ev.Kind == event.KindProcessStart {
		e = l.exec(e, d)
	} else {
		l.update(e, d)
	}
	ev.Process, ev.Tree = e.snap, e.tree.id
	if d.Unplaced {
		l.place(e, d)
	}
	l.target(e, d)
	l.inherit(e, 0)
	l.detail(e, d)
	l.become(e, d)
}

// introduce makes an entry for a process that is known only as the parent that a record names.
func (l *Lineage) introduce(a *collectors.Actor, nowNS int64) {
	e := &entry{key: keyOf(l.boot, a.PID, nowNS/1e6), pid: a.PID, uid: -1, creds: unknownCredentials}
	e.snap = &event.Process{Key: e.key, PID: a.PID, Path: a.Path, Cmdline: a.Cmdline, ExeUID: -1}
	l.identify(e.snap, a)
	l.put(e, l.procs[a.PPID])
}

// asker is who makes us ask the host, and what about.
type asker struct {
	tree *tree
	requester
	about question
}

// asking gives the asker for what a record tells of a process, or of a child of it.
func (l *Lineage) asking(e *entry, d *collectors.Draft, about question) asker {
	by := l.askerOf(e, about)
	if d.Actor.UID >= 0 {
		by.uid = d.Actor.UID
	}
	return by
}

// askerOf gives the asker for a process of which little may be known.
func (l *Lineage) askerOf(e *entry, about question) asker {
	switch {
	case e == nil:
		return asker{l.strangers, requester{uid: -1}, about}
	case e.snap != nil:
		return asker{e.tree, requester{e.snap.UID, e.snap.Path}, about}
	}
	return asker{e.tree, requester{uid: e.creds.UID}, about}
}

// login begins a tree where a process begins a session: that is what the kernel knows of who logged in, and nobody else may set it.
func (l *Lineage) login(e *entry, before, session int64) {
	const none = 1<<32 - 1
	if session == before || session < 0 || session == none {
		return
	}
	t := l.newTree()
	if l.procs[e.pid] == e {
		e.tree.size--
		t.size++
	}
	e.tree = t
}

// processNow asks the host about a process.
func (l *Lineage) processNow(by asker, pid, nowNS int64) (f collectors.ProcessFacts, ok bool) {
	l.ask(by, nowNS, func() { f, ok = l.host.Process(pid) })
	return f, ok
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
func (l *Lineage) become(e *entry, d *collectors.Draft) {
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

// discover makes an entry for a process that no fork announced.
func (l *Lineage) discover(pid, nowNS int64, d *collectors.Draft, by asker) *entry {
	e := &entry{pid: pid, uid: -1, creds: unknownCredentials}
	l.stats.Unknown++
	var parent *entry
	if f, ok := l.processNow(by, pid, nowNS); ok {
		e.snap = snapshotOf(&f, l.boot, l.host.User)
		if same := l.procs[pid]; same != nil && same.dead && same.key == e.snap.Key {
			l.revive(same) // its first thread has ended, others act on
			return same
		}
		e.key, e.startNS = e.snap.Key, f.StartNS
		if parent = l.procs[f.PPID]; parent != nil && f.PPID != pid {
			e.creator, e.parentPID = l.snapshot(parent), f.PPID
			l.bear(parent, pid)
		}
		setParent(e.snap, e.creator)
	} else {
		e.key = keyOf(l.boot, pid, nowNS/1e6)
		if d != nil && d.Actor.PPID > 0 && d.Actor.PPID != pid {
			if parent = l.procs[d.Actor.PPID]; parent != nil {
				e.creator, e.parentPID = l.snapshot(parent), d.Actor.PPID
			}
		}
	}
	l.forget(pid)
	l.put(e, parent)
	l.weigh(e)
	return e
}

// exec gives the entry the snapshot of the program it now runs. The entry returned is another one if the pid turned out to
// be a new process.
func (l *Lineage) exec(e *entry, d *collectors.Draft) *entry {
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
			e = l.discover(e.pid, d.Event.TimeNS, d, l.asking(parent, d, aboutProcess))
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
	var inherited collectors.Container
	if e.snap != nil {
		x.PreviousPath = e.snap.Path
		inherited = containerOf(e.snap)
	} else if creator != nil {
		x.PreviousPath = creator.Path
		inherited = containerOf(creator)
	}
	setParent(s, creator)
	x.Reparented = e.reparented(a.PPID)
	by := l.asking(e, d, aboutProcess)
	if e.leaving {
		by.about = aboutUnlikely
	}
	l.ask(by, d.Event.TimeNS, func() {
		if c := l.host.Container(a.PID); c.ID != "" {
			inherited = c
		}
	})
	putInto(s, inherited)
	l.identify(s, a)
	l.own(s, x, by, d.Event.TimeNS)
	l.locate(s, d.File, by, d.Event.TimeNS)
	if e.snap != nil {
		l.login(e, e.snap.Session, s.Session)
	} else if creator != nil {
		l.login(e, creator.Session, s.Session)
	}
	e.ran(s, d.Event.TimeNS)
	if e.touches = nil; event.LastPart(s.Path) == "touch" {
		e.touches = touched(x.ArgumentsOf(s.Cmdline), s.CWD)
	}
	l.weigh(e)
	return e
}

// own finds the executable's owner: from the record where it speaks of the executable itself, else from earlier ones.
func (l *Lineage) own(s *event.Process, x *event.Exec, by asker, nowNS int64) {
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
		l.ask(by, nowNS, func() {
			if f, ok := l.host.File(s.PID, s.Path); ok {
				s.ExeUID, s.ExeMode = f.UID, f.Mode
				l.owners[key] = owner{f.UID, f.Mode}
			}
		})
	}
}

func (l *Lineage) identify(s *event.Process, a *collectors.Actor) {
	s.PPID, s.UID, s.EUID, s.GID, s.EGID, s.AUID, s.Session = max(a.PPID, 0), a.UID, a.EUID, a.GID, a.EGID, a.AUID, a.Session
	s.User = a.User
	if s.User == "" && a.UID >= 0 {
		s.User = l.host.User(a.UID)
	}
}

// update takes over what a record says anew of its caller.
func (l *Lineage) update(e *entry, d *collectors.Draft) {
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
		s.Path, s.Cmdline, s.ExeUID, s.ExeMode, s.Elsewhere = a.Path, "", -1, 0, false
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
	} else if s.User == "" {
		s.User = a.User
	}
	l.login(e, old.Session, s.Session)
	e.snap = s
}

// askAbout puts a question about what the call of a record did.
func (l *Lineage) askAbout(e *entry, d *collectors.Draft, put func()) {
	by := l.asking(e, d, aboutCall)
	l.ask(by, d.Event.TimeNS, put)
}

// place finds where an opened file lies, and whose it is if it lies under /proc, as long as the caller keeps it open.
func (l *Lineage) place(e *entry, d *collectors.Draft) {
	ev, path := &d.Event, ""
	l.askAbout(e, d, func() { path = l.host.Descriptor(d.Actor.PID, ev.Exit, d.File) })
	if path == "" {
		return
	}
	ev.Path = path
	if pid, _ := linux.ProcessOf(path); pid > 0 && d.Target.PID == 0 {
		d.Target.PID, d.TargetInNamespace = pid, ev.Process.ContainerID != "" // whose procfs is its namespace's
	}
}

// target finds the other process of a call.
func (l *Lineage) target(caller *entry, d *collectors.Draft) {
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
		} else if d.Event.Process.ContainerID != "" {
			if l.askAbout(caller, d, func() { pid = l.host.GlobalPID(d.Actor.PID, pid) }); pid == 0 {
				return // who it is, is not to be had
			}
		}
	}
	e := l.procs[pid]
	if e == nil {
		e = l.found(pid, d.Event.TimeNS, l.asking(caller, d, aboutCall))
	}
	if t := l.snapshot(e); t.UID < 0 && d.Target.UID >= 0 {
		s := t.Copy()
		s.UID, s.User = d.Target.UID, l.host.User(d.Target.UID)
		e.snap = s
	}
	d.Event.Target = l.snapshot(e)
}

// found makes an entry for a process that nothing was known of, or gives that of the process whose thread the number is.
func (l *Lineage) found(pid, nowNS int64, by asker) *entry {
	e := l.discover(pid, nowNS, nil, by)
	if e.snap == nil || e.snap.PID == pid {
		return e
	}
	l.drop(pid)
	process := l.procs[e.snap.PID]
	if process == nil {
		e.pid = e.snap.PID
		l.put(e, nil)
		return e
	}
	return process
}

// detail adds what only the host or the past knows.
func (l *Lineage) detail(e *entry, d *collectors.Draft) {
	ev := &d.Event
	switch det := ev.Detail.(type) {
	case *event.TokenChange:
		det.Before = e.creds
	case *event.FileChange:
		if det.Action == "times" && ev.Path == "" {
			ev.Path = l.stamped(e, d)
		} else if det.Action == "times" && len(e.touches) > 0 && e.touches[0] == ev.Path {
			e.touches = e.touches[1:]
		}
		if det.Action == "times" && ev.Path != "" {
			l.askAbout(e, d, func() {
				if f, ok := l.host.File(d.Actor.PID, ev.Path); ok {
					det.ATimeNS, det.MTimeNS, det.CTimeNS, det.BTimeNS = f.ATimeNS, f.MTimeNS, f.CTimeNS, f.BTimeNS
				}
			})
		}
	case nil:
		if ev.Kind == event.KindPtrace && ev.Target != nil && linux.PtraceAction(ev.Args[0]) == "write_memory" {
			m := &event.Memory{Address: ev.Args[2], Size: 8}
			l.askAbout(e, d, func() { m.Region = l.host.Region(ev.Target.PID, m.Address) })
			ev.Detail = m
		}
	}
}

// stamped finds the file whose times a call by descriptor sets, of which the record names none: from the command line of touch, which
// does it so for one file after the other, or from the descriptor, if the process still lives.
func (l *Lineage) stamped(e *entry, d *collectors.Draft) (path string) {
	ev := &d.Event
	if len(e.touches) > 0 {
		path, e.touches = e.touches[0], e.touches[1:]
		return path
	}
	if event.LastPart(ev.Process.Path) == "touch" {
		if files := touched(strings.Fields(ev.Process.Cmdline), ev.Process.CWD); len(files) == 1 {
			return files[0]
		}
	}
	l.askAbout(e, d, func() { path = l.host.Descriptor(ev.Process.PID, int64(int32(ev.Args[0])), collectors.FileID{}) })
	return path
}

// touched gives the files that the arguments of touch name; none if a place is not known.
func touched(words []string, cwd string) (files []string) {
	options := true
	for i := 1; i < len(words); i++ {
		w := words[i]
		switch {
		case options && w == "--":
			options = false
		case options && (w == "-t" || w == "-r" || w == "-d" || w == "--date" || w == "--reference" || w == "--time"):
			i++
		case options && len(w) > 1 && w[0] == '-' && w[1] != '-' && strings.IndexByte("trd", w[len(w)-1]) >= 0:
			i++ // -amt STAMP
		case options && len(w) > 1 && w[0] == '-':
		case path.IsAbs(w):
			files = append(files, w)
		case cwd == "":
			return nil
		default:
			files = append(files, path.Join(cwd, w))
		}
	}
	return files
}
