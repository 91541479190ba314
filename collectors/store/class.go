package store

import (
	"github.com/apiwatch/apiwatch/collectors/event"
)

// minQuota is the least that a kind may hold, in events.
const minQuota = 256

// A kind is kept in lanes, so that a flood evicts its own past first. Which lane an event goes to depends on who made it happen: each
// group of lanes is for some of the process trees, each lane of it for some of their programs. When room is needed the largest group gives
// it, by its largest lane. A kind that has room has one lane only.
const (
	groups    = 4
	lanesEach = 4
)

// class is the store of one kind.
type class struct {
	kind    event.Kind
	quota   int // events
	limit   int // share of the bytes
	lanes   []*lane
	held    int // events there now
	bytes   int
	evicted uint64
	handed  map[int64]struct{} // see [Store.Handed]
	unasked uint64             // evicted though they were not handed out
}

// add stores an event and gives the bytes that it takes.
func (c *class) add(e *event.Event) int {
	switch {
	case c.kind == event.KindFinding && c.lanes == nil:
		c.lanes = makeLanes(len(event.Severities))
	case c.lanes == nil:
		c.lanes = makeLanes(1)
	case len(c.lanes) == 1 && c.held > c.quota/4:
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
	c.lanes = makeLanes(groups * lanesEach)
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

// laneOf gives the lane for an event: that of its severity for a finding, else that of who made it happen.
func (c *class) laneOf(e *event.Event) int {
	if d, ok := e.Detail.(*event.Finding); ok {
		return d.Rank()
	}
	if len(c.lanes) == 1 {
		return 0
	}
	p := e.Caller()
	tree := e.Tree
	if tree == 0 {
		tree = hash(p.Key)
	}
	program := hash(p.Path) ^ uint32(p.UID)*0x9e3779b1
	return int(mix(tree)%groups*lanesEach + mix(program)%lanesEach)
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
	var most *lane
	mostGroup := 0
	for from := 0; from < len(c.lanes); from += lanesEach {
		group := c.lanes[from:min(from+lanesEach, len(c.lanes))]
		held := 0
		var largest *lane
		for _, l := range group {
			held += l.held
			if l.spare() && (largest == nil || l.held > largest.held) {
				largest = l
			}
		}
		if largest != nil && held > mostGroup {
			most, mostGroup = largest, held
		}
	}
	return most
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
	if c.kind == event.KindFinding {
		for i := range n {
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
