package store

import (
	"cmp"
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

// view is a lane as it was when a query began.
type view struct {
	chunks []*chunk
	links  []*links
	counts []int32
	starts []uint64 // chain heads + 1, one a key
}

// Select returns the events that q asks for, by ascending EID. They stay valid as long as they are held.
func (s *Store) Select(q Query) []*event.Event {
	var few [8]view // as most questions find: they cost no memory then
	views := few[:0]
	s.mu.RLock()
	for _, k := range q.Kinds {
		for _, l := range s.classes[k].lanes {
			if len(l.chunks) > 0 {
				views = append(views, l.view(&q))
			}
		}
	}
	s.mu.RUnlock()

	var out []*event.Event
	for i := range views {
		switch {
		case q.EIDs != nil:
			out = views[i].byEID(q, out)
		case q.Index != NoIndex:
			out = views[i].chain(q, out)
		default:
			out = views[i].scan(q, out)
		}
	}
	if len(views) > 1 || q.Index != NoIndex || q.EIDs != nil {
		out = inOrder(out)
	}
	return out
}

// view gives what the lane holds now, with where the chains begin that are asked for.
func (l *lane) view(q *Query) view {
	v := view{chunks: l.chunks, links: l.links}
	v.counts = make([]int32, len(l.chunks))
	for i, ch := range l.chunks {
		v.counts[i] = ch.n.Load()
	}
	if q.Index == NoIndex {
		return v
	}
	heads := l.heads[q.Index-1]
	v.starts = make([]uint64, len(q.Keys))
	for i, key := range q.Keys {
		if h := heads[hash(key)&uint32(len(heads)-1)]; h != 0 {
			v.starts[i] = l.base + uint64(h)
		}
	}
	return v
}

// inOrder sorts events by EID, each once. They come as a few runs that are in order already: one a kind and key.
func inOrder(events []*event.Event) []*event.Event {
	var ends []int
	for i := 1; i < len(events); i++ {
		if events[i].EID <= events[i-1].EID {
			ends = append(ends, i)
		}
	}
	if len(ends) == 0 {
		return events
	}
	const many = 64
	if len(ends) > many {
		slices.SortFunc(events, func(a, b *event.Event) int { return cmp.Compare(a.EID, b.EID) })
		return slices.CompactFunc(events, func(a, b *event.Event) bool { return a.EID == b.EID })
	}
	runs := make([][]*event.Event, 0, len(ends)+1)
	from := 0
	for _, end := range append(ends, len(events)) {
		runs, from = append(runs, events[from:end]), end
	}
	for len(runs) > 1 {
		next := runs[:0]
		for i := 0; i < len(runs); i += 2 {
			if i+1 == len(runs) {
				next = append(next, runs[i])
				break
			}
			next = append(next, merged(runs[i], runs[i+1]))
		}
		runs = next
	}
	return runs[0]
}

// merged joins two runs in order, what is in both once.
func merged(a, b []*event.Event) []*event.Event {
	out := make([]*event.Event, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch x, y := a[0].EID, b[0].EID; {
		case x < y:
			out, a = append(out, a[0]), a[1:]
		case x > y:
			out, b = append(out, b[0]), b[1:]
		default:
			b = b[1:]
		}
	}
	return append(append(out, a...), b...)
}

func (q *Query) admits(e *event.Event) bool {
	return (q.MinNS == 0 || e.TimeNS >= q.MinNS) && (q.MaxNS == 0 || e.TimeNS <= q.MaxNS) &&
		(q.MinEID == 0 || e.EID >= q.MinEID) && (q.MaxEID == 0 || e.EID <= q.MaxEID)
}

// signsOf gives the signs to look at before a chunk's events, nil for none.
func (q *Query) signsOf(c *chunk) *[chunkSize]Sign {
	if q.Signs == nil {
		return nil
	}
	return c.signs()
}

func (v *view) scan(q Query, out []*event.Event) []*event.Event {
	for i, ch := range v.chunks {
		n := v.counts[i]
		if n == 0 {
			continue
		}
		full := n == chunkSize // only then are the chunk's bounds final
		if full && (q.MinNS != 0 && ch.maxNS < q.MinNS || q.MaxNS != 0 && ch.minNS > q.MaxNS) {
			continue
		}
		if q.MaxEID != 0 && ch.events[0].EID > q.MaxEID || q.MinEID != 0 && ch.events[n-1].EID < q.MinEID {
			continue
		}
		signs := q.signsOf(ch)
		for j := range n {
			if e := &ch.events[j]; (signs == nil || signs[j].holdsAny(q.Signs)) && q.admits(e) {
				out = append(out, e)
			}
		}
	}
	return out
}

// byEID searches: a kind's events lie by ascending EID.
func (v *view) byEID(q Query, out []*event.Event) []*event.Event {
	for _, eid := range q.EIDs {
		i := sort.Search(len(v.chunks), func(i int) bool { return v.counts[i] > 0 && v.chunks[i].events[0].EID > eid }) - 1
		if i < 0 {
			continue
		}
		ch, n := v.chunks[i], int(v.counts[i])
		j := sort.Search(n, func(j int) bool { return ch.events[j].EID >= eid })
		if j < n && ch.events[j].EID == eid && q.admits(&ch.events[j]) {
			out = append(out, &ch.events[j])
		}
	}
	return out
}

func (v *view) chain(q Query, out []*event.Event) []*event.Event {
	oldest := v.chunks[0].first
	for i, key := range q.Keys {
		from := len(out)
		for at := v.starts[i]; at > oldest; {
			pos := at - 1
			chunk := (pos - oldest) / chunkSize
			j := (pos - oldest) % chunkSize
			signs := q.signsOf(v.chunks[chunk])
			e := &v.chunks[chunk].events[j]
			if q.MinEID != 0 && e.EID < q.MinEID {
				break
			}
			if (signs == nil || signs[j].holdsAny(q.Signs)) && strings.EqualFold(keyOf(q.Index, e), key) && q.admits(e) {
				out = append(out, e)
			}
			back := uint64(v.links[chunk][j][q.Index-1])
			if back == 0 || back >= at {
				break
			}
			at -= back
		}
		slices.Reverse(out[from:]) // a chain runs from the newest to the oldest
	}
	return out
}
