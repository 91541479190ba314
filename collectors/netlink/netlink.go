// Package netlink reads netlink sockets in batches: many datagrams a system call, and one wake-up for all that gather
// while the reader works. The audit source and the process connector share it, because wake-ups per record, not
// decoding, are what such a feed costs.
package netlink

// Batch holds the datagrams of one round in one reusable buffer.
type Batch struct {
	data []byte
	ends []int
}

// Len is how many datagrams the batch holds.
func (b *Batch) Len() int { return len(b.ends) }

// Bytes is how many bytes they take together.
func (b *Batch) Bytes() int { return len(b.data) }

// At gives a datagram. It is valid until the next Reset.
func (b *Batch) At(i int) []byte {
	start := 0
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.data[start:b.ends[i]:b.ends[i]]
}

// Add copies a datagram into the batch.
func (b *Batch) Add(datagram []byte) {
	b.data = append(b.data, datagram...)
	b.ends = append(b.ends, len(b.data))
}

// keepBytes is how large a buffer stays between rounds: one burst must not hold its memory for ever.
const keepBytes = 1 << 20

// Reset empties the batch and keeps its buffer, unless a burst made it large.
func (b *Batch) Reset() {
	if cap(b.data) > keepBytes {
		b.data = nil
	}
	b.data, b.ends = b.data[:0], b.ends[:0]
}

// Stats counts what a receiver saw.
type Stats struct {
	Datagrams uint64 // taken in
	Forged    uint64 // dropped, because another process and not the kernel sent them
	Overruns  uint64 // ENOBUFS: the kernel threw away an unknown number of datagrams
	Cut       uint64 // longer than a datagram may be: dropped
}
