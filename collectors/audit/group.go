package audit

import (
	"bytes"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Bounds of what is held of events that are not complete.
const (
	maxOpen   = 256       // events; the oldest makes room
	maxAgeMS  = 2000      // of record time, after which no more is expected
	maxHeld   = 8 << 20   // bytes in all
	maxGroup  = 256 << 10 // bytes of one event
	maxRecord = 160 << 10 // bytes of one record; the kernel's own are below 9 KiB, those that others joined as long as a command line

	// stepped is how many records in a row must lie behind the clock before it is believed that the clock was set back.
	stepped = 64
)

// groupKey tells events apart. Records of several machines in one file are told apart by their node.
type groupKey struct {
	stamp
	node uint32
}

// record is a record's body in its group's buffer.
type record struct {
	typ        uint16
	start, end uint32
}

// group gathers one event's records, which may lie between those of others and in any order.
type group struct {
	key    groupKey
	host   *event.Host // nil for the one that collects
	opened int64       // the clock when the first record came, which may be long after the event's own time
	buf    []byte
	recs   []record
	execve int  // bytes, those included that were not kept
	cut    bool // a record did not fit

	older, newer *group // by opening
	chain        *group // of the same bucket
}

func (g *group) body(r record) []byte { return g.buf[r.start:r.end] }

const buckets = 256

// grouper keeps the open events: a hash table by sequence number and a list by age, both within the groups themselves.
type grouper struct {
	table          [buckets]*group
	oldest, newest *group
	last           *group // a record mostly follows one of the same event
	open, held     int
	free           []*group

	clock  int64 // milliseconds: the latest stamp seen
	behind int   // records in a row before the clock

	// done remembers the events that are complete. Numbers follow each other, so a table by their low bits keeps the latest
	// and needs no upkeep.
	done [4096]groupKey
}

func (g *grouper) find(key groupKey) *group {
	if l := g.last; l != nil && l.key == key {
		return l
	}
	for l := g.table[key.seq%buckets]; l != nil; l = l.chain {
		if l.key == key {
			g.last = l
			return l
		}
	}
	return nil
}

func (g *grouper) isDone(key groupKey) bool { return g.done[key.seq%uint32(len(g.done))] == key }

func (g *grouper) add(key groupKey, host *event.Host) *group {
	var n *group
	if i := len(g.free); i > 0 {
		n, g.free = g.free[i-1], g.free[:i-1]
	} else {
		n = &group{buf: make([]byte, 0, 1024), recs: make([]record, 0, 8)}
	}
	n.key, n.host, n.opened = key, host, g.clock
	b := &g.table[key.seq%buckets]
	n.chain, *b = *b, n
	n.older, n.newer = g.newest, nil
	if g.newest != nil {
		g.newest.newer = n
	} else {
		g.oldest = n
	}
	g.newest, g.last = n, n
	g.open++
	return n
}

// remove takes a group out and remembers its key. Its records stay readable until recycle.
func (g *grouper) remove(n *group) {
	for p := &g.table[n.key.seq%buckets]; *p != nil; p = &(*p).chain {
		if *p == n {
			*p = n.chain
			break
		}
	}
	if n.older != nil {
		n.older.newer = n.newer
	} else {
		g.oldest = n.newer
	}
	if n.newer != nil {
		n.newer.older = n.older
	} else {
		g.newest = n.older
	}
	if g.last == n {
		g.last = nil
	}
	g.open--
	g.held -= len(n.buf)
	g.done[n.key.seq%uint32(len(g.done))] = n.key
}

func (g *grouper) recycle(n *group) {
	if cap(n.buf) > 16<<10 || len(g.free) >= 64 {
		return
	}
	*n = group{buf: n.buf[:0], recs: n.recs[:0]}
	g.free = append(g.free, n)
}

// store keeps a copy of a record. It reports false for one that the event holds already.
func (g *grouper) store(n *group, typ uint16, body []byte, maxExecve int) (fresh, fits bool) {
	for _, r := range n.recs {
		if r.typ == typ && int(r.end-r.start) == len(body) && bytes.Equal(n.body(r), body) {
			return false, true
		}
	}
	if typ == typeExecve {
		if n.execve += len(body); n.execve > maxExecve {
			n.cut = true
			return true, true // the command line is cut there anyway
		}
	}
	if len(n.buf)+len(body) > maxGroup {
		n.cut = true
		return true, false
	}
	start := len(n.buf)
	n.buf = append(n.buf, body...)
	n.recs = append(n.recs, record{typ, uint32(start), uint32(len(n.buf))})
	g.held += len(body)
	return true, true
}

// tick moves the clock to a record's stamp. A record from before the clock is nothing unusual: a call that took long bears
// the time at which it began. Many in a row mean that the clock was set back.
func (g *grouper) tick(ms int64) {
	if ms >= g.clock {
		g.clock, g.behind = ms, 0
		return
	}
	if ms >= g.clock-maxAgeMS {
		g.behind = 0
		return
	}
	if g.behind++; g.behind >= stepped {
		g.clock, g.behind = ms, 0
		for n := g.oldest; n != nil; n = n.newer {
			n.opened = ms
		}
	}
}

// overdue gives the oldest group if it must be closed: too old, or in the way.
func (g *grouper) overdue(now int64) *group {
	n := g.oldest
	if n != nil && (n.opened < now-maxAgeMS || g.open > maxOpen || g.held > maxHeld) {
		return n
	}
	return nil
}
