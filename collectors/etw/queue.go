package etw

import "sync"

// rawEvent is an event as the session delivered it; its data lies in the queue's memory.
type rawEvent struct {
	provider       GUID
	keyword        uint64
	timeNS         int64
	activity       GUID
	pid, tid       uint32
	id, task       uint16
	flags          uint16
	version, level uint8
	opcode         uint8
	data           [2]int // from, to
	stack          [2]int
	stackPointer   uint8 // bytes of an address in the stack
	sid            [2]int
}

// header32 says that the event is of a process of 32 bits (EVENT_HEADER_FLAG_32_BIT_HEADER).
const header32 = 0x20

// pointer is how many bytes a pointer in the event has.
func (e *rawEvent) pointer() int {
	if e.flags&header32 != 0 {
		return 4
	}
	return 8
}

// Types of extended data (EVENT_HEADER_EXT_TYPE of evntcons.h).
const (
	extSID     = 2
	extStack32 = 5
	extStack64 = 6
)

// Bounds of what may wait between two rounds, which on a very busy machine is a second's events, and of what room is kept when
// less comes.
const (
	queueEvents = 1 << 15
	queueBytes  = 8 << 20
	keptEvents  = 1 << 11
	keptBytes   = 1 << 18
)

// queue takes events from the thread that delivers them to the rounds. Both ends own one batch; they change hands.
type queue struct {
	mu       sync.Mutex
	filling  batch
	received uint64
	lost     uint64
}

type batch struct {
	events []rawEvent
	data   []byte
}

func (b *batch) bytes(r [2]int) []byte { return b.data[r[0]:r[1]] }

func (b *batch) keep(data []byte) [2]int {
	from := len(b.data)
	b.data = append(b.data, data...)
	return [2]int{from, len(b.data)}
}

// extended is one item of an event's extended data.
type extended struct {
	kind uint16
	data []byte
}

// put takes an event with copies of its data; it reports whether it is the first that waits.
func (q *queue) put(e rawEvent, data []byte, more func(yield func(extended) bool)) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.received++
	b := &q.filling
	if len(b.events) >= queueEvents || len(b.data)+len(data) > queueBytes {
		q.lost++
		return false
	}
	e.data = b.keep(data)
	for x := range more {
		switch {
		case x.kind == extSID:
			e.sid = b.keep(x.data)
		case (x.kind == extStack32 || x.kind == extStack64) && len(x.data) > 8 && len(x.data) <= 1<<12: // an id, then the addresses
			e.stack = b.keep(x.data[8:])
			e.stackPointer = 4
			if x.kind == extStack64 {
				e.stackPointer = 8
			}
		}
	}
	b.events = append(b.events, e)
	return len(b.events) == 1
}

// swap gives what waits, and takes an empty batch for it.
func (q *queue) swap(empty *batch) {
	if cap(empty.events) > keptEvents && len(empty.events) < keptEvents/2 {
		empty.events = nil
	}
	if cap(empty.data) > keptBytes && len(empty.data) < keptBytes/2 {
		empty.data = nil
	}
	empty.events, empty.data = empty.events[:0], empty.data[:0]
	q.mu.Lock()
	*empty, q.filling = q.filling, *empty
	q.mu.Unlock()
}

func (q *queue) counts() (received, lost uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.received, q.lost
}
