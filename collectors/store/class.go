package store

import (
	"github.com/apiwatch/apiwatch/collectors/event"
)

// minQuota is the least that a kind may hold, in events.
const minQuota = 256

// A kind is kept in lanes, so that a flood evicts its own past first: what a program makes very much of has lanes apart, what a process
// tree makes much of by many programs has others, and the rest has one. The largest lane gives the room that is needed. A kind that has
// room has one lane only. What a tree started stays together: which commands a script ran, and which it did not, is told by their order.
const (
	laneRest     = 0
	programLanes = 4
	treeLanes    = 4
	// Of what a kind may hold, the part from which on a program or a tree makes much of it.
	heavyProgram = 16
	heavyTree    = 8
)

// counters counts by digests. Two that share a counter are taken for one.
type counters [1024]int32

// class is the store of one kind.
type class struct {
	kind     event.Kind
	quota    int  // events
	limit    int  // share of the bytes
	whole    bool // it stays in one lane: everything is looked at before any goes
	lanes    []*lane
	held     int // events there now
	bytes    int
	evicted  uint64
	looked   int64  // see [Store.Looked]
	unlooked uint64 // evicted before
	// How many events of each program and each tree are held, where there is more than one lane.
	programs, trees *counters
	handed          map[int64]struct{} // see [Store.Handed]
	unasked         uint64             // evicted though they were not handed out
}

// add stores an event and gives the bytes that it takes.
func (c *class) add(e *event.Event) int {
	switch {
	case c.kind == event.KindFinding && c.lanes == nil:
		c.lanes = makeLanes(len(event.Severities))
	case c.lanes == nil:
		c.lanes = makeLanes(1)
	case len(c.lanes) == 1 && c.held > c.quota/4 && !c.whole:
		c.spread()
	}
	bytes := rowBytes + e.Size()
	c.lanes[c.laneOf(e)].add(e, bytes)
	c.held++
	c.bytes += bytes
	return bytes
}

func makeLanes(n int) []*lane {
	lanes := make([]*lane, n)
	for i := range lanes {
		lanes[i] = new(lane)
	}
	return lanes
}

// spread sorts what the kind holds into lanes. Readers keep what they have.
func (c *class) spread() {
	one := c.lanes[0]
	c.lanes = makeLanes(1 + programLanes + treeLanes)
	c.programs, c.trees = new(counters), new(counters)
	for _, l := range c.lanes {
		l.evicted, l.goneNS = one.evicted, one.goneNS
	}
	for _, ch := range one.chunks {
		n := ch.n.Load()
		bytes := ch.bytes/int(n) + ch.bytes%int(n)
		for i := range n {
			c.lanes[c.laneOf(&ch.events[i])].add(&ch.events[i], bytes)
			bytes = ch.bytes / int(n)
		}
	}
}

// causes gives digests of the program and of the tree that made an event happen.
func causes(e *event.Event) (program, tree uint32) {
	p := e.Caller()
	if tree = e.Tree; tree == 0 {
		tree = hash(p.Key)
	}
	return mix(tree ^ mix(hash(p.Path)^uint32(p.UID))), mix(tree)
}

// laneOf gives the lane for an event that comes in: that of its severity for a finding, else as who made it happen has made much or not.
func (c *class) laneOf(e *event.Event) int {
	if d, ok := e.Detail.(*event.Finding); ok {
		return d.Rank()
	}
	if c.programs == nil {
		return laneRest
	}
	program, tree := causes(e)
	ofProgram, ofTree := &c.programs[program%uint32(len(c.programs))], &c.trees[tree%uint32(len(c.trees))]
	*ofProgram++
	*ofTree++
	switch {
	case int(*ofProgram) > c.quota/heavyProgram && c.kind != event.KindProcessStart && c.kind != event.KindProcessExit:
		return 1 + int(program>>16%programLanes)
	case int(*ofTree) > c.quota/heavyTree:
		return 1 + programLanes + int(tree>>16%treeLanes)
	}
	return laneRest
}

// forget takes an event that is evicted from the counts.
func (c *class) forget(e *event.Event) {
	if c.programs != nil {
		program, tree := causes(e)
		c.programs[program%uint32(len(c.programs))]--
		c.trees[tree%uint32(len(c.trees))]--
	}
}

// mix spreads the bits of a number (the finalizer of MurmurHash3).
func mix(h uint32) uint32 {
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

// undelivered is how many times its quota a kind may hold of events that nobody was handed yet.
const undelivered = 4

// victim gives the lane whose oldest events go next, nil if none has any to spare.
func (c *class) victim() *lane {
	if c.kind == event.KindFinding {
		return c.leastGrave()
	}
	var largest *lane
	for _, l := range c.lanes {
		if l.spare() && (largest == nil || l.held > largest.held) {
			largest = l
		}
	}
	return largest
}

// leastGrave gives the lane of the least severity whose oldest findings have been handed out. Where there is none, and too many wait for
// that, the least severity that has some to spare.
func (c *class) leastGrave() *lane {
	var least *lane
	for _, l := range c.lanes {
		if !l.spare() {
			continue
		}
		if least == nil {
			least = l
		}
		waiting := false
		for i := range l.chunks[0].n.Load() {
			if _, ok := c.handed[l.chunks[0].events[i].EID]; !ok {
				waiting = true
				break
			}
		}
		if !waiting {
			return l
		}
	}
	if c.held > undelivered*c.quota {
		return least
	}
	return nil
}

// recall forgets what was handed out and is not held any more: it was evicted meanwhile.
func (c *class) recall() {
	if len(c.handed) <= c.held {
		return
	}
	held := make(map[int64]struct{}, c.held)
	for _, l := range c.lanes {
		for _, ch := range l.chunks {
			for i := range ch.n.Load() {
				eid := ch.events[i].EID
				if _, ok := c.handed[eid]; ok {
					held[eid] = struct{}{}
				}
			}
		}
	}
	c.handed = held
}

// evict drops the oldest chunks that are not needed to hold so many events, and gives the bytes that went.
func (c *class) evict(events int) (bytes int) {
	for c.held > events {
		l := c.victim()
		if l == nil || c.held-int(l.chunks[0].n.Load()) < events {
			break
		}
		bytes += c.dropOf(l)
	}
	return bytes
}

// drop drops the oldest chunk of the lane whose turn it is, and gives the bytes that went.
func (c *class) drop() (bytes int) { return c.dropOf(c.victim()) }

func (c *class) dropOf(l *lane) (bytes int) {
	oldest := l.drop()
	n := oldest.n.Load()
	c.bytes -= oldest.bytes
	c.held -= int(n)
	c.evicted += uint64(n)
	for i := range n {
		c.forget(&oldest.events[i])
		if !c.whole && oldest.events[i].EID > c.looked {
			c.unlooked++
		}
		if c.kind == event.KindFinding {
			eid := oldest.events[i].EID
			if _, ok := c.handed[eid]; !ok {
				c.unasked++
			}
			delete(c.handed, eid)
		}
	}
	return oldest.bytes
}

// endangered gives the newest event that adding so many more may evict, 0 for none. Which lane they go to, and so which is the largest
// then, is not foreseen: any that has a chunk to spare, or will have, may be the one.
func (c *class) endangered(more int) (eid int64) {
	for _, l := range c.lanes {
		last := len(l.chunks) - 1
		if last < 0 || last == 0 && int(l.chunks[0].n.Load())+more <= chunkSize && l.chunks[0].bytes <= chunkBytes {
			continue
		}
		ch := l.chunks[min(last, more/chunkSize)]
		if n := ch.n.Load(); n > 0 {
			eid = max(eid, ch.events[n-1].EID)
		}
	}
	return eid
}
