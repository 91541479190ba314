package store

import (
	"errors"
	"fmt"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/event/wire"
)

// formVersion is the first byte of a chunk that was written out.
const formVersion = 1

// errDamagedChunk says that bytes are no chunk that was written out.
var errDamagedChunk = errors.New("the chunk is damaged")

// appendTo writes a chunk of n events out, so that it can be read by itself: what kind they are, when and where in the block each lies, and
// the block.
func (c *chunk) appendTo(to []byte, k event.Kind, block []byte, n int) []byte {
	w := wire.NewWriter(append(to, formVersion, byte(k)))
	at, eid, timeNS := uint32(0), c.firstEID, int64(0)
	w.Int(&eid)
	w.Count(n, 3)
	for i := range n {
		step, id, passed := c.at[i]-at, uint64(c.eid[i]), c.times[i]-timeNS
		w.Uint32(&step)
		w.Uint(&id)
		w.Int(&passed)
		at, timeNS = c.at[i], c.times[i]
	}
	w.Count(len(block), 1)
	return append(w.Block(), block...)
}

// readChunk reads a chunk that was written out. Its events' texts are parts of the bytes given.
func readChunk(from []byte) (k event.Kind, c *chunk, err error) {
	if len(from) < 2 || from[0] != formVersion || int(from[1]) >= event.KindCount {
		return 0, nil, fmt.Errorf("reading a chunk: it is none of version %d, or of a kind that is not known: %w", formVersion, errDamagedChunk)
	}
	var r wire.Coder
	r.Read(from, 2)
	c = new(chunk)
	r.Int(&c.firstEID)
	n := r.Count(0, 3)
	if n > chunkSize {
		return 0, nil, fmt.Errorf("reading a chunk: it has %d events: %w", n, errDamagedChunk)
	}
	var at uint32
	var timeNS int64
	for i := range n {
		var step, id uint32
		var passed int64
		r.Uint32(&step)
		r.Uint32(&id)
		r.Int(&passed)
		at, timeNS = at+step, timeNS+passed
		c.at[i], c.eid[i], c.times[i] = at, id, timeNS
		if i == 0 {
			c.minNS, c.maxNS = timeNS, timeNS
		}
		c.minNS, c.maxNS = min(c.minNS, timeNS), max(c.maxNS, timeNS)
	}
	size := r.Count(0, 1)
	if r.Err() != nil || size != len(from)-r.At() {
		return 0, nil, fmt.Errorf("reading a chunk: its block is not whole: %w", errDamagedChunk)
	}
	c.data = from[r.At():]
	c.n.Store(int32(n))
	return event.Kind(from[1]), c, nil
}
