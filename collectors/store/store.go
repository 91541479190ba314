// Package store keeps the newest events of each kind in memory of a fixed bound, with the indexes that tables ask by.
package store

import (
	"slices"
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

// Events are evicted a chunk at once: so many, or those that take so many bytes.
const (
	chunkSize  = 256
	chunkBytes = 256 << 10
)

// What a store keeps unless told otherwise.
const (
	DefaultCapacity = 100_000  // events
	DefaultBytes    = 40 << 20 // that they take
)

// rowBytes is what an event takes beside what [event.Event.Size] counts: itself, its links and buckets, and its sign.
const rowBytes = 144 + 16 + 24 + 32

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
	limit   int // share of the bytes
	chunks  []*chunk
	links   []*links          // of each chunk
	heads   [indexes][]uint32 // bucket → position+1 of the newest event, less base
	base    uint64            // position of the oldest event when the buckets were made
	next    uint64            // position of the next event
	held    int               // events there now
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
	bytes   int // of all kinds
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
	Bytes  int // that they take, all that is kept for them counted; 0 means DefaultBytes
	// Family says which kinds get how much of that. A kind may take more bytes than its share while others leave theirs: it is the first to
	// give them back.
	Family event.Family
	// HighWater lets kinds outgrow their shares until the store holds so many events, or as many times more bytes: the shares are then what
	// [Store.Trim] leaves. It is for a replay, which looks at everything before any of it goes, so that it need not look as soon as one
	// kind has had its share. 0 bounds each kind by its share at all times.
	HighWater int
}

// Limit sets the bounds, before anything is added.
func (s *Store) Limit(l Limits) {
	if l.Events <= 0 {
		l.Events = DefaultCapacity
	}
	if l.Bytes <= 0 {
		l.Bytes = DefaultBytes
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
	for k := range s.classes {
		share := event.Kind(k).Descriptor().Share[l.Family]
		s.classes[k].quota, s.classes[k].limit = max(chunkSize, l.Events*share/100), l.Bytes/100*share
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
	if c.heads[0] == nil || c.held > 2*len(c.heads[0]) || c.next-c.base > maxBack {
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
	if last != nil && last.bytes > chunkBytes {
		c.next = last.first + chunkSize // the rest of its places stay empty
	}
	if last == nil || c.next == last.first+chunkSize {
		last = &chunk{first: c.next, minNS: e.TimeNS, maxNS: e.TimeNS}
		c.chunks, c.links = append(c.chunks, last), append(c.links, new(links))
	}
	n := last.n.Load()
	last.events[n] = *e
	c.link(&c.links[len(c.links)-1][n], e, c.next)
	c.next++
	c.held++
	size := rowBytes + e.Size()
	last.bytes += size
	c.bytes += size
	s.bytes += size
	last.minNS, last.maxNS = min(last.minNS, e.TimeNS), max(last.maxNS, e.TimeNS)
	last.n.Store(n + 1)
	s.added[e.Kind].Add(1)

	if s.limits.HighWater == 0 {
		s.bytes -= c.evict(c.quota)
		s.shrink(s.limits.Bytes)
	}
}

// shrink evicts from the kinds that are furthest beyond their shares until no more than so many bytes are taken.
func (s *Store) shrink(bytes int) {
	for s.bytes > bytes {
		var most *class
		for k := range s.classes {
			if c := &s.classes[k]; len(c.chunks) > 1 && (most == nil || c.bytes-c.limit > most.bytes-most.limit) {
				most = c
			}
		}
		if most == nil {
			return
		}
		s.bytes -= most.drop()
	}
}

// link makes an event the newest of its buckets.
func (c *class) link(to *[indexes]uint32, e *event.Event, position uint64) {
	for i := range indexes {
		h := &c.heads[i][hashOf(Index(i+1), e)&uint32(len(c.heads[i])-1)]
		now := uint32(position + 1 - c.base)
		if *h != 0 {
			to[i] = now - *h
		}
		*h = now
	}
}

// maxBack is how far positions may go from where the buckets begin to count, so that they and the links fit in 32 bits.
const maxBack = 1<<32 - 2

// index gives a class the buckets that it needs, with some to spare, and links what it holds anew: readers keep the old links.
func (c *class) index() {
	buckets := 64
	for buckets < c.held {
		buckets *= 2
	}
	for i := range c.heads {
		c.heads[i] = make([]uint32, buckets)
	}
	if c.base = c.next; len(c.chunks) > 0 {
		c.base = c.chunks[0].first
	}
	c.links = make([]*links, len(c.chunks), cap(c.chunks))
	for i, ch := range c.chunks {
		c.links[i] = new(links)
		for j := range ch.n.Load() {
			c.link(&c.links[i][j], &ch.events[j], ch.first+uint64(j))
		}
	}
}

// evict drops the oldest chunks that are not needed to hold so many events, and gives the bytes that went.
func (c *class) evict(events int) (bytes int) {
	for len(c.chunks) > 1 && c.held-int(c.chunks[0].n.Load()) >= events {
		bytes += c.drop()
	}
	return bytes
}

// drop drops the oldest chunk and gives the bytes that went.
func (c *class) drop() (bytes int) {
	oldest := c.chunks[0]
	c.bytes -= oldest.bytes
	c.held -= int(oldest.n.Load())
	c.evicted += uint64(oldest.n.Load())
	c.chunks, c.links = slices.Clone(c.chunks[1:]), slices.Clone(c.links[1:]) // readers may hold the old slices
	return oldest.bytes
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
	Bytes    int    // that they take
	Limit    int    // its share of the bytes
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
			Kind: event.Kind(k), Capacity: c.quota, Bytes: c.bytes, Limit: c.limit, Added: s.added[k].Load(), Evicted: c.evicted,
			Events: c.held, CoveredNS: s.startNS,
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
// large events take is foreseen up to an eighth of the bytes.
func (s *Store) Room() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	room, held, bytes := 1<<30, 0, s.limits.Bytes
	for k := range s.classes {
		c := &s.classes[k]
		held += c.held
		if len(c.chunks) > 0 {
			room = min(room, c.quota+int(c.chunks[0].n.Load())-c.held)
		}
	}
	if high := s.limits.HighWater; high > 0 {
		room = high - held
		bytes = bytes / s.limits.Events * high
	}
	if s.bytes > bytes/8*7 {
		return 0
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
		s.bytes -= c.evict(c.quota / 4 * 3)
	}
	s.shrink(s.limits.Bytes / 4 * 3)
}
