package store

import (
	"slices"
	"sync/atomic"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Events are evicted a chunk at once: so many, or those that take so many bytes.
const (
	chunkSize  = 128
	chunkBytes = 128 << 10
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

// lane holds events of one kind in the order in which they came.
type lane struct {
	chunks  []*chunk
	links   []*links          // of each chunk
	heads   [indexes][]uint32 // bucket → position+1 of the newest event, less base
	base    uint64            // position of the oldest event when the buckets were made
	next    uint64            // position of the next event
	held    int               // events there now
	evicted bool
	goneNS  int64 // time of the newest event evicted
}

// spare tells whether the lane can give its oldest chunk: the newest is being filled.
func (l *lane) spare() bool { return len(l.chunks) > 1 }

// add stores an event that takes so many bytes.
func (l *lane) add(e *event.Event, bytes int) {
	if l.heads[0] == nil || l.held > 2*len(l.heads[0]) || l.next-l.base > maxBack {
		l.index()
	}
	var last *chunk
	if n := len(l.chunks); n > 0 {
		last = l.chunks[n-1]
	}
	if last != nil && last.bytes > chunkBytes {
		l.next = last.first + chunkSize // the rest of its places stay empty
	}
	if last == nil || l.next == last.first+chunkSize {
		last = &chunk{first: l.next, minNS: e.TimeNS, maxNS: e.TimeNS}
		l.chunks, l.links = append(l.chunks, last), append(l.links, new(links))
	}
	n := last.n.Load()
	last.events[n] = *e
	l.link(&l.links[len(l.links)-1][n], e, l.next)
	l.next++
	l.held++
	last.bytes += bytes
	last.minNS, last.maxNS = min(last.minNS, e.TimeNS), max(last.maxNS, e.TimeNS)
	last.n.Store(n + 1)
}

// link makes an event the newest of its buckets.
func (l *lane) link(to *[indexes]uint32, e *event.Event, position uint64) {
	for i := range indexes {
		h := &l.heads[i][hashOf(Index(i+1), e)&uint32(len(l.heads[i])-1)]
		now := uint32(position + 1 - l.base)
		if *h != 0 {
			to[i] = now - *h
		}
		*h = now
	}
}

// maxBack is how far positions may go from where the buckets begin to count, so that they and the links fit in 32 bits.
const maxBack = 1<<32 - 2

// index gives a lane the buckets that it needs, with some to spare, and links what it holds anew: readers keep the old links.
func (l *lane) index() {
	buckets := 64
	for buckets < l.held {
		buckets *= 2
	}
	for i := range l.heads {
		l.heads[i] = make([]uint32, buckets)
	}
	if l.base = l.next; len(l.chunks) > 0 {
		l.base = l.chunks[0].first
	}
	l.links = make([]*links, len(l.chunks), cap(l.chunks))
	for i, ch := range l.chunks {
		l.links[i] = new(links)
		for j := range ch.n.Load() {
			l.link(&l.links[i][j], &ch.events[j], ch.first+uint64(j))
		}
	}
}

// drop drops the oldest chunk.
func (l *lane) drop() *chunk {
	oldest := l.chunks[0]
	l.held -= int(oldest.n.Load())
	l.evicted, l.goneNS = true, max(l.goneNS, oldest.maxNS)
	l.chunks, l.links = slices.Clone(l.chunks[1:]), slices.Clone(l.links[1:]) // readers may hold the old slices
	return oldest
}
