package store

import (
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

// links tell, for each event of a chunk and each index, how many positions back the previous event of the same bucket lies, 0 for none.
type links [chunkSize][indexes]uint32

// heads are the buckets of each index: the position after that of the newest event, as far as 32 bits hold it, 0 for none.
//
// When there are more buckets the events before stay linked as they are: what two buckets had in common is then found from both, and who
// walks along the links compares keys.
type heads [indexes][]uint32

// fewBuckets are those that a kind begins with.
const fewBuckets = 64

// grow gives buckets for so many events, with some to spare.
func (h *heads) grow(events int) {
	n := len(h[0])
	if events < n {
		return
	}
	more := max(fewBuckets, 4*n)
	for i := range h {
		was := h[i]
		h[i] = make([]uint32, more)
		for at := 0; n > 0 && at < more; at += n {
			copy(h[i][at:], was)
		}
	}
}

func (h *heads) bytes() int { return indexes * 4 * len(h[0]) }

// link makes an event the newest of its buckets.
func (h *heads) link(to *[indexes]uint32, e *event.Event, position uint64) {
	for i := range indexes {
		head := &h[i][hash(keyOf(Index(i+1), e))&uint32(len(h[i])-1)]
		if *head != 0 {
			to[i] = uint32(position) + 1 - *head
		}
		*head = uint32(position) + 1
	}
}

// newest gives the position after that of the newest event of a key's bucket, 0 for none; next is that of the event which comes next.
func (h *heads) newest(i Index, key string, next uint64) uint64 {
	buckets := h[i-1]
	head := buckets[hash(key)&uint32(len(buckets)-1)]
	if head == 0 {
		return 0
	}
	back := uint64(uint32(next) - head)
	if back >= next {
		return 0
	}
	return next - back
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
		return e.Caller().Key
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
