package lineage

import (
	"cmp"
	"slices"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// put makes an entry that of its number, in the tree of its parent, if that is known, or its own.
func (l *Lineage) put(e, parent *entry) {
	l.drop(e.pid)
	switch {
	case e.tree != nil:
	case parent != nil && parent.pid > 2: // init and kthreadd are everybody's parents
		e.tree = parent.tree
	case parent != nil || e.snap != nil || e.forked:
		e.tree = l.newTree()
	default:
		e.tree = l.strangers
	}
	if s := e.snap; s != nil && parent != nil && parent.snap != nil {
		l.login(e, parent.snap.Session, s.Session)
	}
	e.tree.size++
	l.bytes += e.bytes
	l.procs[e.pid] = e
	l.bound()
}

// weigh counts the texts that an entry keeps of its own: those of the program that it runs and of the one before, and the files that it is
// to set times of. What is of its creator is shared.
func (l *Lineage) weigh(e *entry) {
	bytes := 0
	for _, s := range []*event.Process{e.snap, e.before} {
		if s != nil {
			bytes += len(s.Cmdline) + len(s.CWD) + len(s.Path)
		}
	}
	for _, file := range e.touches {
		bytes += len(file)
	}
	if l.procs[e.pid] == e {
		l.bytes += bytes - e.bytes
	}
	if e.dead && e.deadNS > 0 { // audit tells late of what it executed
		l.deadBytes += bytes - e.bytes
	}
	if e.bytes = bytes; l.bytes > maxBytes {
		l.bound()
	}
}

// drop forgets the entry of a number.
func (l *Lineage) drop(pid int64) {
	if e := l.procs[pid]; e != nil {
		e.tree.size--
		l.bytes -= e.bytes
		delete(l.procs, pid)
	}
}

// bear notes a child. The oldest of very many are left to themselves.
func (l *Lineage) bear(parent *entry, pid int64) {
	if len(parent.children) >= maxChildren {
		for _, old := range parent.children[:maxChildren/2] {
			if child := l.procs[old]; child != nil {
				l.inherit(child, 0)
			}
		}
		parent.children = append(parent.children[:0], parent.children[maxChildren/2:]...)
	}
	parent.children = append(parent.children, pid)
}

func (l *Lineage) forget(pid int64) {
	if e := l.procs[pid]; e != nil {
		e.dead = true
		l.drop(pid)
	}
}

// bound keeps the table from growing without end where exits are not seen, or where somebody forks without end: the oldest of the
// largest trees go, the dead before the living.
func (l *Lineage) bound() {
	if len(l.procs) <= maxProcesses && l.bytes <= maxBytes {
		return
	}
	all := make([]*entry, 0, len(l.procs))
	for _, e := range l.procs {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *entry) int {
		switch {
		case a.dead != b.dead && a.dead:
			return -1
		case a.dead != b.dead:
			return 1
		}
		return cmp.Or(cmp.Compare(b.tree.size, a.tree.size), cmp.Compare(a.startNS, b.startNS), cmp.Compare(a.pid, b.pid))
	})
	for _, e := range all {
		if len(l.procs) <= maxProcesses*3/4 && l.bytes <= maxBytes*3/4 {
			return
		}
		l.drop(e.pid)
	}
}
