// Package store keeps the newest events of each kind in memory of a fixed bound, with the indexes that tables ask by.
package store

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Index names one of the store's hash indexes.
type Index uint8

// The indexes. Text keys are matched without regard to case, because osquery does not pass a collation on.
const (
	NoIndex    Index = iota
	ByAPI            // the API's name
	ByProcess        // the caller's key
	ByTarget         // the target's key
	ByLastPart       // the last part of Event.Object
	indexes    = int(ByLastPart)
)

// chunkSize is how many events are evicted at once.
const chunkSize = 256

// DefaultCapacity is how many events a store keeps unless told otherwise.
const DefaultCapacity = 100_000

// bytesPerEvent bounds what a kind may hold beside the events themselves: long command lines evict, they do not grow
// the process.
const bytesPerEvent = 256

// chunk holds events that follow each other.
type chunk struct {
	n            atomic.Int32
	first        uint64 // position of events[0]
	minNS, maxNS int64  // of the events; written before n
	bytes        int
	signed       atomic.Pointer[signed]
	events       [chunkSize]event.Event
}

// links tell, for each event of a chunk and each index, how many positions back the previous event of the same bucket lies.
type links [chunkSize][indexes]uint32

// class is the store of one kind.
type class struct {
	quota   int // events
	chunks  []*chunk
	links   []*links          // of each chunk
	heads   [indexes][]uint64 // bucket → position+1 of the newest event
	next    uint64            // position of the next event
	bytes   int
	evicted uint64
	lastNS  int64
}

// Store keeps the newest events of each kind, in memory of a fixed bound. It is safe for concurrent use: readers work
// on snapshots and never hold up a writer.
type Store struct {
	mu      sync.RWMutex
	nextEID int64
	startNS int64
	lastNS  int64
	limits  Limits
	classes [event.KindCount]class
	added   [event.KindCount]atomic.Uint64
}

// NewStore makes a store for about capacity events (0 means DefaultCapacity) of Linux whose first event gets firstEID.
// A live collector passes a base that no earlier run used; a replay starts at 1.
func NewStore(capacity int, firstEID int64) *Store {
	s := &Store{nextEID: firstEID}
	s.Limit(Limits{Events: capacity})
	return s
}

// Limits bound what a store holds.
type Limits struct {
	Events int // of all kinds; 0 means DefaultCapacity
	// Family says which kinds get how much of that.
	Family event.Family
	// HighWater lets kinds outgrow their shares until the store holds so many events: the shares are then what [Store.Trim] leaves. It is
	// for a replay, which looks at everything before any of it goes, so that it need not look as soon as one kind has had its share. 0
	// bounds each kind by its share at all times.
	HighWater int
}

// Limit sets the bounds, before anything is added.
func (s *Store) Limit(l Limits) {
	if l.Events <= 0 {
		l.Events = DefaultCapacity
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
	for k := range s.classes {
		s.classes[k].quota = max(chunkSize, l.Events*event.Kind(k).Descriptor().Share[l.Family]/100)
	}
}

// Limits gives the bounds.
func (s *Store) Limits() Limits {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.limits
}

// Started says when collection began, which is since when a kind that evicted nothing is covered.
func (s *Store) Started(timeNS int64) {
	s.mu.Lock()
	s.startNS = timeNS
	s.mu.Unlock()
}

// Add stores copies of the events, gives them their EIDs in the order of the slice, and returns the last one's.
func (s *Store) Add(events ...event.Event) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range events {
		events[i].EID = s.nextEID
		s.nextEID++
		s.add(&events[i])
	}
	return s.nextEID - 1
}

func (s *Store) add(e *event.Event) {
	c := &s.classes[e.Kind]
	if c.heads[0] == nil || c.held() > 2*len(c.heads[0]) {
		c.index()
	}
	if s.startNS == 0 || s.startNS > e.TimeNS {
		s.startNS = e.TimeNS
	}
	s.lastNS = max(s.lastNS, e.TimeNS)
	c.lastNS = max(c.lastNS, e.TimeNS)
	var last *chunk
	if n := len(c.chunks); n > 0 {
		last = c.chunks[n-1]
	}
	if last == nil || last.n.Load() == chunkSize {
		last = &chunk{first: c.next, minNS: e.TimeNS, maxNS: e.TimeNS}
		c.chunks, c.links = append(c.chunks, last), append(c.links, new(links))
	}
	n := last.n.Load()
	last.events[n] = *e
	c.link(&c.links[len(c.links)-1][n], e, c.next)
	c.next++
	size := e.Size()
	last.bytes += size
	c.bytes += size
	last.minNS, last.maxNS = min(last.minNS, e.TimeNS), max(last.maxNS, e.TimeNS)
	last.n.Store(n + 1)
	s.added[e.Kind].Add(1)

	if s.limits.HighWater == 0 {
		c.evict(c.quota, c.quota*bytesPerEvent)
	}
}

// link makes an event the newest of its buckets.
func (c *class) link(to *[indexes]uint32, e *event.Event, position uint64) {
	for i := range indexes {
		h := &c.heads[i][hashOf(Index(i+1), e)&uint32(len(c.heads[i])-1)]
		if back := position + 1 - *h; *h != 0 && back < 1<<32 {
			to[i] = uint32(back)
		}
		*h = position + 1
	}
}

// index gives a class the buckets that it needs, with some to spare, and links what it holds anew: readers keep the old links.
func (c *class) index() {
	buckets := 64
	for buckets < 2*c.held() {
		buckets *= 2
	}
	for i := range c.heads {
		c.heads[i] = make([]uint64, buckets)
	}
	c.links = make([]*links, len(c.chunks), cap(c.chunks))
	for i, ch := range c.chunks {
		c.links[i] = new(links)
		for j := range ch.n.Load() {
			c.link(&c.links[i][j], &ch.events[j], ch.first+uint64(j))
		}
	}
}

// held is how many events are there now.
func (c *class) held() int {
	if len(c.chunks) == 0 {
		return 0
	}
	return int(c.next - c.chunks[0].first)
}

// evict drops the oldest chunks that are not needed to hold so many events, and those beyond so many bytes.
func (c *class) evict(events, bytes int) {
	for len(c.chunks) > 1 {
		oldest := c.chunks[0]
		if c.held()-chunkSize < events && c.bytes <= bytes {
			break
		}
		c.bytes -= oldest.bytes
		c.evicted += uint64(oldest.n.Load())
		c.chunks, c.links = slices.Clone(c.chunks[1:]), slices.Clone(c.links[1:]) // readers may hold the old slices
	}
}

func hashOf(i Index, e *event.Event) uint32 {
	switch i {
	case ByAPI:
		if e.API != nil {
			return hash(e.API.Name)
		}
	case ByProcess:
		if e.Process != nil {
			return hash(e.Process.Key)
		}
	case ByTarget:
		if e.Target != nil {
			return hash(e.Target.Key)
		}
	case ByLastPart:
		return hash(event.LastPart(e.Object()))
	case NoIndex:
	}
	return hash("")
}

// hash is FNV-1a over the ASCII lower case of s.
func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

func keyOf(i Index, e *event.Event) string {
	switch i {
	case ByAPI:
		if e.API != nil {
			return e.API.Name
		}
	case ByProcess:
		if e.Process != nil {
			return e.Process.Key
		}
	case ByTarget:
		if e.Target != nil {
			return e.Target.Key
		}
	case ByLastPart:
		return event.LastPart(e.Object())
	case NoIndex:
	}
	return ""
}

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
	chunks []*chunk
	links  []*links
	counts []int32
	starts []uint64 // chain heads + 1, one a key
}

// Select returns the events that q asks for, by ascending EID. They stay valid as long as they are held.
func (s *Store) Select(q Query) []*event.Event {
	views := make([]view, 0, len(q.Kinds))
	s.mu.RLock()
	for _, k := range q.Kinds {
		c := &s.classes[k]
		if len(c.chunks) == 0 {
			continue
		}
		v := view{chunks: c.chunks, links: c.links}
		v.counts = make([]int32, len(c.chunks))
		for i, ch := range c.chunks {
			v.counts[i] = ch.n.Load()
		}
		if q.Index != NoIndex {
			heads := c.heads[q.Index-1]
			v.starts = make([]uint64, len(q.Keys))
			for i, key := range q.Keys {
				v.starts[i] = heads[hash(key)&uint32(len(heads)-1)]
			}
		}
		views = append(views, v)
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

// Generation counts the events of the kinds ever added: it tells cheaply whether anything new has come.
func (s *Store) Generation(ks ...event.Kind) uint64 {
	var n uint64
	for _, k := range ks {
		n += s.added[k].Load()
	}
	return n
}

// Stats is the state of one kind in the store.
type Stats struct {
	Kind     event.Kind
	Events   int    // held now
	Capacity int    // held at most, give or take one chunk
	Added    uint64 // ever
	Evicted  uint64 // to make room
	OldestNS int64  // time of the oldest event held, 0 if none
	// CoveredNS is since when every event of the kind is still held: a window that reaches further back is blind there.
	CoveredNS int64
}

// Stats gives the state of every kind.
func (s *Store) Stats() []Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]Stats, event.KindCount)
	for k := range s.classes {
		c := &s.classes[k]
		st := Stats{
			Kind: event.Kind(k), Capacity: c.quota, Added: s.added[k].Load(), Evicted: c.evicted,
			Events: int(c.next - c.evicted), CoveredNS: s.startNS,
		}
		if len(c.chunks) > 0 {
			st.OldestNS = c.chunks[0].minNS
			if c.evicted > 0 {
				st.CoveredNS = st.OldestNS
			}
		}
		out[k] = st
	}
	return out
}

// NextEID is the id that the next event gets.
func (s *Store) NextEID() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.nextEID
}

// LastNS is the time of the newest event ever added, which is a replay's clock.
func (s *Store) LastNS() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.lastNS
}

// Room says how many more events fit before anything of any kind is evicted: a replay runs its due queries before. What
// large events take is foreseen up to an eighth of a kind's bytes.
func (s *Store) Room() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	room, held, bytes := 1<<30, 0, 0
	for k := range s.classes {
		c := &s.classes[k]
		held += c.held()
		bytes += c.bytes
		if s.limits.HighWater > 0 {
			continue
		}
		if len(c.chunks) > 0 {
			room = min(room, c.quota+chunkSize-c.held())
		}
		if c.bytes > c.quota*bytesPerEvent/8*7 {
			room = 0
		}
	}
	if s.limits.HighWater > 0 {
		if bytes > s.limits.HighWater*bytesPerEvent/8*7 {
			return 0
		}
		return s.limits.HighWater - held
	}
	return room
}

// Trim evicts the oldest events of every kind that has less than a quarter of its quota left, down to that: a replay, which
// looks at everything before it goes, then looks that much less often.
func (s *Store) Trim() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.classes {
		c := &s.classes[k]
		c.evict(c.quota/4*3, c.quota*bytesPerEvent/4*3)
	}
}
