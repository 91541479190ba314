package store

import (
	"sync/atomic"
	"unsafe"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// chunkSize is how many events are evicted at once.
const chunkSize = 256

// chunk holds events that follow each other, as a block and where each lies in it. What it holds beyond n is the writer's.
type chunk struct {
	n            atomic.Int32
	first        uint64 // position of its first event
	firstEID     int64
	minNS, maxNS int64 // of the events; final once another chunk follows, as are the next
	full         bool  // the block is long enough
	data         []byte
	signed       atomic.Pointer[signed]
	at           [chunkSize]uint32
	eid          [chunkSize]uint32 // above firstEID
	times        [chunkSize]int64
}

// besideBlock is what a chunk takes beside its block.
const besideBlock = int(unsafe.Sizeof(chunk{}) + unsafe.Sizeof(links{}) + unsafe.Sizeof(signed{}))

// EID gives the id of an event.
func (c *chunk) EID(i int) int64 { return c.firstEID + int64(c.eid[i]) }

// reader reads events of chunks, of one most of the time.
type reader struct {
	of    *chunk
	block *event.Block
}

// event reads an event of a chunk, whose block is given.
func (r *reader) event(k event.Kind, c *chunk, data []byte, i int, into *event.Event) (err error) {
	if r.of != c {
		if r.block, err = event.NewBlock(data); err != nil {
			return err
		}
		r.of = c
	}
	into.Kind, into.EID, into.TimeNS = k, c.EID(i), c.times[i]
	return r.block.Event(int(c.at[i]), into)
}
