package store

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Query says which events are wanted. The zero value of a bound means no bound.
type Query struct {
	Kinds []event.Kind
	// Index and Keys select events whose indexed value equals one of the keys, regardless of case.
	Index Index
	Keys  []string
	// Inclusive bounds.
	MinNS, MaxNS   int64
	MinEID, MaxEID int64
	// EIDs selects the events of these ids; nil means any. It takes the place of Index.
	EIDs []int64
	// Signs leaves out events whose arguments and command line cannot hold what one of the signs is of; nil means any. Some that do not hold
	// it come all the same.
	Signs []Sign
}

// view is a class as it was when a query began.
type view struct {
	kind   event.Kind
	chunks []*chunk
	links  []*links
	counts []int32
	last   []byte   // block of the last chunk
	starts []uint64 // chain heads + 1, one a key
	reader reader
	spare  *event.Event // one that nobody wants
}

// place is where an event lies: in which view's which chunk at which place.
type place struct {
	eid         int64
	chunk       int32
	view, index int16
}

// Select returns the events that q asks for, by ascending EID.
func (s *Store) Select(q Query) []*event.Event {
	out := slices.Collect(s.Each(q))
	for _, e := range out {
		e.Resolve()
	}
	return out
}

// Each gives the events that q asks for as they were when it was asked, by ascending EID. They are the caller's. Of each is read at first
// what most ask for: [event.Event.Caller] reads the process, which Event.Process does not hold before. Who has no use for one may Discard it.
func (s *Store) Each(q Query) iter.Seq[*event.Event] {
	views := s.views(&q)
	return func(yield func(*event.Event) bool) {
		switch {
		case q.EIDs != nil || q.Index != NoIndex:
			eachOf(views, &q, yield)
		default:
			scan(views, &q, yield)
		}
	}
}

func (s *Store) views(q *Query) []*view {
	views := make([]*view, 0, len(q.Kinds))
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, k := range q.Kinds {
		c := &s.classes[k]
		if len(c.chunks) == 0 {
			continue
		}
		v := &view{kind: k, chunks: c.chunks, links: c.links, last: c.last().data, counts: make([]int32, len(c.chunks))}
		for i, ch := range c.chunks {
			v.counts[i] = ch.n.Load()
		}
		if q.Index != NoIndex && q.EIDs == nil {
			v.starts = make([]uint64, len(q.Keys))
			for i, key := range q.Keys {
				v.starts[i] = c.heads.newest(q.Index, key, c.next)
			}
		}
		views = append(views, v)
	}
	return views
}

func (v *view) block(chunk int) []byte {
	if chunk == len(v.chunks)-1 {
		return v.last
	}
	return v.chunks[chunk].data
}

// event decodes an event.
func (v *view) event(p place) (*event.Event, bool) {
	e := v.spare
	if v.spare = nil; e == nil {
		e = new(event.Event)
	}
	err := v.reader.event(v.kind, v.chunks[p.chunk], v.block(int(p.chunk)), int(p.index), e)
	return e, err == nil
}

// recycle takes back an event that was given away, if it was discarded.
func (v *view) recycle(e *event.Event) {
	if e.Discarded() {
		v.spare = e
	}
}

// scan merges the views, each of which lies by ascending EID.
func scan(views []*view, q *Query, yield func(*event.Event) bool) {
	cursors := make([]cursor, 0, len(views))
	for _, v := range views {
		c := cursor{v: v, q: q, next: place{chunk: -1}}
		if c.step() {
			cursors = append(cursors, c)
		}
	}
	for len(cursors) > 0 {
		first := 0
		for i := range cursors {
			if cursors[i].next.eid < cursors[first].next.eid {
				first = i
			}
		}
		c := &cursors[first]
		if e, ok := c.v.event(c.next); ok {
			if !yield(e) {
				return
			}
			c.v.recycle(e)
		}
		if !c.step() {
			cursors = slices.Delete(cursors, first, first+1)
		}
	}
}

// cursor goes through those events of a view that a query admits, as far as can be told without decoding them.
type cursor struct {
	v     *view
	q     *Query
	signs *[chunkSize]Sign // of the chunk, nil for none
	next  place
}

func (c *cursor) step() bool {
	c.next.index++
	for {
		if i := c.next.chunk; i >= 0 {
			ch := c.v.chunks[i]
			for ; int32(c.next.index) < c.v.counts[i]; c.next.index++ {
				j := c.next.index
				if (c.signs == nil || c.signs[j].holdsAny(c.q.Signs)) && c.q.admits(ch, int(j)) {
					c.next.eid = ch.EID(int(j))
					return true
				}
			}
		}
		c.next.chunk++
		c.next.index = 0
		if int(c.next.chunk) == len(c.v.chunks) {
			return false
		}
		if c.beside() {
			c.next.index = chunkSize
			continue
		}
		c.signs = c.v.signsOf(c.q, int(c.next.chunk))
	}
}

// beside tells whether a whole chunk lies outside the bounds.
func (c *cursor) beside() bool {
	ch, q, n := c.v.chunks[c.next.chunk], c.q, int(c.v.counts[c.next.chunk])
	if n == 0 {
		return true
	}
	final := int(c.next.chunk) < len(c.v.chunks)-1
	if final && (q.MinNS != 0 && ch.maxNS < q.MinNS || q.MaxNS != 0 && ch.minNS > q.MaxNS) {
		return true
	}
	return q.MaxEID != 0 && ch.firstEID > q.MaxEID || q.MinEID != 0 && ch.EID(n-1) < q.MinEID
}

func (q *Query) admits(c *chunk, i int) bool {
	if t := c.times[i]; q.MinNS != 0 && t < q.MinNS || q.MaxNS != 0 && t > q.MaxNS {
		return false
	}
	eid := c.EID(i)
	return (q.MinEID == 0 || eid >= q.MinEID) && (q.MaxEID == 0 || eid <= q.MaxEID)
}

// eachOf gives the events of the ids or keys asked for.
func eachOf(views []*view, q *Query, yield func(*event.Event) bool) {
	var places []place
	for i, v := range views {
		if q.EIDs != nil {
			places = v.byEID(q, int16(i), places)
		} else {
			places = v.chain(q, int16(i), places)
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.eid, b.eid) })
	for _, p := range slices.Compact(places) {
		v := views[p.view]
		e, ok := v.event(p)
		if !ok || q.EIDs == nil && !q.hasKeyOf(e) {
			v.spare = e
			continue
		}
		if !yield(e) {
			return
		}
		v.recycle(e)
	}
}

func (q *Query) hasKeyOf(e *event.Event) bool {
	of := keyOf(q.Index, e)
	for _, key := range q.Keys {
		if strings.EqualFold(of, key) {
			return true
		}
	}
	return false
}

// byEID searches: a kind's events lie by ascending EID.
func (v *view) byEID(q *Query, view int16, out []place) []place {
	for _, eid := range q.EIDs {
		i := sort.Search(len(v.chunks), func(i int) bool { return v.counts[i] > 0 && v.chunks[i].firstEID > eid }) - 1
		if i < 0 {
			continue
		}
		ch, n := v.chunks[i], int(v.counts[i])
		j := sort.Search(n, func(j int) bool { return ch.EID(j) >= eid })
		if j < n && ch.EID(j) == eid && q.admits(ch, j) {
			out = append(out, place{eid, int32(i), view, int16(j)})
		}
	}
	return out
}

// chain follows the links of each key's bucket, from the newest event to the oldest. Events of other keys lie there, too.
func (v *view) chain(q *Query, view int16, out []place) []place {
	oldest := v.chunks[0].first
	for i := range q.Keys {
		chunk := len(v.chunks) - 1
		for at := v.starts[i]; at > oldest; {
			pos := at - 1
			if pos < v.chunks[chunk].first {
				chunk = sort.Search(chunk, func(i int) bool { return v.chunks[i].first > pos }) - 1
			}
			ch := v.chunks[chunk]
			j := int(pos - ch.first)
			if q.MinEID != 0 && ch.EID(j) < q.MinEID {
				break
			}
			if signs := v.signsOf(q, chunk); (signs == nil || signs[j].holdsAny(q.Signs)) && q.admits(ch, j) {
				out = append(out, place{ch.EID(j), int32(chunk), view, int16(j)})
			}
			back := uint64(v.links[chunk][j][q.Index-1])
			if back == 0 || back >= at {
				break
			}
			at -= back
		}
	}
	return out
}
