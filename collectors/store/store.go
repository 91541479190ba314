// Package store keeps the newest events of each kind in memory of a fixed bound, with the indexes that tables ask by.
package store

import (
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

// What a store keeps unless told otherwise.
const (
	DefaultCapacity = 100_000  // events
	DefaultBytes    = 40 << 20 // that they take
)

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
		s.classes[k].quota, s.classes[k].limit = max(minQuota, l.Events*share/100), l.Bytes/100*share
		s.classes[k].kind, s.classes[k].whole = event.Kind(k), l.HighWater > 0
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
		s.bytes -= c.evict(c.quota)
		s.shrink(s.limits.Bytes)
	}
}

// shrink evicts from the kinds that are furthest beyond their shares until no more than so many bytes are taken.
func (s *Store) shrink(bytes int) {
	for s.bytes > bytes {
		c := s.furthest()
		if c == nil {
			return
		}
		s.bytes -= c.drop()
	}
}

// furthest gives the kind that is furthest beyond its share of the bytes, of those that can give some back.
func (s *Store) furthest() *class {
	var most *class
	for k := range s.classes {
		if c := &s.classes[k]; (most == nil || c.bytes-c.limit > most.bytes-most.limit) && c.victim() != nil {
			most = c
		}
	}
	return most
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
	Unlooked  uint64 // of those evicted, how many nobody had looked at: see [Store.Looked]
	Unasked   uint64 // of those evicted, how many should have been handed out before and were not: see [Store.Handed]
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
			Events: c.held, CoveredNS: s.startNS, Unasked: c.unasked, Unlooked: c.unlooked,
		}
		for _, l := range c.lanes {
			covered := l.goneNS
			if len(l.chunks) > 0 {
				covered = l.chunks[0].minNS
				if st.OldestNS == 0 || covered < st.OldestNS {
					st.OldestNS = covered
				}
			}
			if l.evicted {
				st.CoveredNS = max(st.CoveredNS, covered)
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

// Looked says up to which event of a kind all that wants to look at events of it has done so. Live, [Store.Endangered] goes by it.
func (s *Store) Looked(k event.Kind, eid int64) {
	s.mu.Lock()
	s.classes[k].looked = max(s.classes[k].looked, eid)
	s.mu.Unlock()
}

// Endangered gives the kinds of which adding the events would evict some that nobody has looked at yet. With a high water it gives all
// kinds where there is no room.
func (s *Store) Endangered(events []event.Event) (kinds []event.Kind) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.limits.HighWater > 0 {
		if s.room() < len(events) {
			return event.Kinds()
		}
		return nil
	}
	var n [event.KindCount]int
	for i := range events {
		n[events[i].Kind]++
	}
	var furthest *class
	if s.bytes > s.limits.Bytes-s.limits.Bytes/16 {
		furthest = s.furthest()
	}
	for k := range s.classes {
		c := &s.classes[k]
		more := n[k]
		if c == furthest {
			more = len(events)
		} else if more == 0 || c.held+more < c.quota {
			continue
		}
		if c.endangered(more) > c.looked {
			kinds = append(kinds, event.Kind(k))
		}
	}
	return kinds
}

// room says how many more events fit before anything of any kind is evicted: a replay looks before. What large events take is foreseen up
// to an eighth of the bytes.
func (s *Store) room() int {
	held := 0
	for k := range s.classes {
		held += s.classes[k].held
	}
	if s.bytes > s.limits.Bytes/s.limits.Events*s.limits.HighWater/8*7 {
		return 0
	}
	return s.limits.HighWater - held
}

// Handed says that events of a kind have been given to whoever asks for them. Of those kinds that are kept for that, the ones handed out
// leave first.
func (s *Store) Handed(k event.Kind, eids []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.classes[k]
	if c.handed == nil {
		c.handed = make(map[int64]struct{})
	}
	for _, eid := range eids {
		c.handed[eid] = struct{}{}
	}
	c.recall()
}

// Restore stores events of an earlier run under the ids that they had, which must be below those of this run and ascend.
func (s *Store) Restore(events ...event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range events {
		s.add(&events[i])
	}
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
