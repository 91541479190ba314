// Package store keeps the newest events of each kind in memory of a fixed bound, with the indexes that tables ask by.
//
// Events lie encoded in blocks of some hundreds, each readable by itself, and are decoded when a query asks for them.
package store

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// What a store keeps unless told otherwise.
const (
	DefaultCapacity = 100_000  // events
	DefaultBytes    = 40 << 20 // that they take
)

// class is the store of one kind.
type class struct {
	kind     event.Kind
	events   int // share of the capacity
	limit    int // share of the bytes
	chunks   []*chunk
	links    []*links // of each chunk
	heads    heads
	encoder  event.Encoder // of the last chunk's block
	next     uint64        // position of the next event
	bytes    int
	evicted  uint64
	previous int // size of the block before
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
	for k := range s.classes {
		s.classes[k].kind = event.Kind(k)
	}
	s.Limit(Limits{Events: capacity})
	return s
}

// Limits bound what a store holds.
type Limits struct {
	Events int // of all kinds; 0 means DefaultCapacity
	Bytes  int // that they take, whatever is kept with them; 0 means DefaultBytes
	// Family says which kinds get how much of that. A kind may take more bytes than its share while others leave theirs: it is the first to
	// give them back.
	Family event.Family
	// HighWater lets kinds outgrow their shares until the store holds so many events, or so many more bytes: the shares are then what
	// [Store.Trim] leaves. It is for a replay, which looks at everything before any of it goes, so that it need not look as soon as one
	// kind has had its share. 0 bounds each kind by its share at all times.
	HighWater int
}

// blockBytes is how long a block may get before another is begun, whose events can go without these.
const blockBytes = 32 << 10

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
		s.classes[k].events = max(chunkSize, l.Events*share/100)
		s.classes[k].limit = l.Bytes / 100 * share
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
	if s.startNS == 0 || s.startNS > e.TimeNS {
		s.startNS = e.TimeNS
	}
	s.lastNS = max(s.lastNS, e.TimeNS)
	s.bytes += c.add(e)
	s.added[e.Kind].Add(1)
	if s.limits.HighWater == 0 {
		s.bytes -= c.evict(c.events)
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

// add gives the bytes that an event takes.
func (c *class) add(e *event.Event) int {
	held := c.bytes
	c.heads.grow(c.held())
	last := c.last()
	if last == nil || last.n.Load() == chunkSize || last.full || e.EID-last.firstEID > math.MaxUint32 {
		last = c.begin(e)
	}
	n := last.n.Load()
	before := len(last.data)
	last.at[n] = uint32(c.encoder.Event(e))
	last.data = c.encoder.Data()
	last.eid[n], last.times[n] = uint32(e.EID-last.firstEID), e.TimeNS
	c.heads.link(&c.links[len(c.links)-1][n], e, c.next)
	c.next++
	c.bytes += len(last.data) - before
	last.minNS, last.maxNS = min(last.minNS, e.TimeNS), max(last.maxNS, e.TimeNS)
	last.full = len(last.data) > blockBytes
	last.n.Store(n + 1)
	return c.bytes - held
}

func (c *class) last() *chunk {
	if len(c.chunks) == 0 {
		return nil
	}
	return c.chunks[len(c.chunks)-1]
}

// begin closes the last chunk and gives a new one.
func (c *class) begin(e *event.Event) *chunk {
	if last := c.last(); last != nil {
		c.previous = len(last.data)
		last.data = trimmed(last.data)
	}
	next := &chunk{first: c.next, firstEID: e.EID, minNS: e.TimeNS, maxNS: e.TimeNS}
	c.encoder.Begin(make([]byte, 0, max(1024, c.previous+c.previous/16)))
	next.data = c.encoder.Data()
	c.chunks, c.links = append(c.chunks, next), append(c.links, new(links))
	c.bytes += besideBlock + len(next.data)
	return next
}

// trimmed gives a block that is complete without the room that it has at its end, if that is much.
func trimmed(block []byte) []byte {
	if cap(block)-len(block) > len(block)/8 {
		return append(make([]byte, 0, len(block)), block...)
	}
	return block
}

// held is how many events are there now.
func (c *class) held() int {
	if len(c.chunks) == 0 {
		return 0
	}
	return int(c.next - c.chunks[0].first)
}

// evict drops the oldest chunks that are not needed to hold so many events, and gives the bytes that went.
func (c *class) evict(events int) (bytes int) {
	for len(c.chunks) > 1 && c.held()-int(c.chunks[0].n.Load()) >= events {
		bytes += c.drop()
	}
	return bytes
}

// drop drops the oldest chunk and gives the bytes that went.
func (c *class) drop() (bytes int) {
	oldest := c.chunks[0]
	bytes = besideBlock + len(oldest.data)
	c.bytes -= bytes
	c.evicted += uint64(oldest.n.Load())
	c.chunks, c.links = slices.Clone(c.chunks[1:]), slices.Clone(c.links[1:]) // readers may hold the old slices
	return bytes
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
	Limit    int    // that they may take, give or take one chunk
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
			Kind: event.Kind(k), Capacity: c.events, Bytes: c.bytes + c.heads.bytes(), Limit: c.limit, Added: s.added[k].Load(), Evicted: c.evicted,
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
// large events take is foreseen up to an eighth of the bytes.
func (s *Store) Room() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	room, held, bytes := 1<<30, 0, s.limits.Bytes
	for k := range s.classes {
		c := &s.classes[k]
		held += c.held()
		if len(c.chunks) > 0 {
			room = min(room, c.events+int(c.chunks[0].n.Load())-c.held())
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

// Trim evicts the oldest events of every kind that has less than a quarter of its share left, down to that: a replay, which
// looks at everything before it goes, then looks that much less often.
func (s *Store) Trim() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.classes {
		c := &s.classes[k]
		s.bytes -= c.evict(c.events / 4 * 3)
	}
	s.shrink(s.limits.Bytes / 4 * 3)
}
