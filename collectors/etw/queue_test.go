package etw

import (
	"testing"
)

// TestFlood bounds what waits and counts what it leaves.
func TestFlood(t *testing.T) {
	var q queue
	data := make([]byte, 1024)
	none := func(func(extended) bool) {}
	for range queueBytes/1024 + 10 {
		q.put(rawEvent{}, data, none)
	}
	if received, lost := q.counts(); received != queueBytes/1024+10 || lost != 10 {
		t.Errorf("%d received, %d lost", received, lost)
	}
	var b batch
	q.swap(&b)
	if len(b.events) != queueBytes/1024 {
		t.Errorf("%d events", len(b.events))
	}
	for range queueEvents + 5 {
		q.put(rawEvent{}, nil, none)
	}
	if _, lost := q.counts(); lost != 15 {
		t.Errorf("%d lost", lost)
	}
	// The memory of a flood is given back once it is over.
	for range 5 {
		q.swap(&b)
		q.put(rawEvent{}, data, none)
	}
	if cap(b.data)+cap(q.filling.data) > 2*keptBytes || cap(b.events)+cap(q.filling.events) > 2*keptEvents {
		t.Errorf("%d and %d bytes, %d and %d events are kept", cap(b.data), cap(q.filling.data), cap(b.events), cap(q.filling.events))
	}
}
