package store

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
)

func someStore(n int) *Store {
	s := NewStore(0, 1<<40)
	for i := range n {
		e := made(event.KindMemory, "mprotect", fmt.Sprint("p", i%7), fmt.Sprint("t", i%3), "/usr/bin/x", int64(1e18)+int64(i)*1e6)
		e.Detail = &event.Memory{Address: uint64(i) << 12, Size: 4096, Region: "[heap]"}
		s.Add(e)
	}
	return s
}

// TestChunksAreReadAlone writes chunks out and reads them back without the store that they are of.
func TestChunksAreReadAlone(t *testing.T) {
	s := someStore(3 * chunkSize / 2)
	want := s.Select(Query{Kinds: []event.Kind{event.KindMemory}})
	var got []*event.Event
	for _, c := range s.classes[event.KindMemory].chunks {
		written := c.appendTo(nil, event.KindMemory, c.data, int(c.n.Load()))
		k, back, err := readChunk(written)
		if err != nil {
			t.Fatal(err)
		}
		if back.minNS != c.minNS || back.maxNS != c.maxNS {
			t.Errorf("it spans %d to %d, want %d to %d", back.minNS, back.maxNS, c.minNS, c.maxNS)
		}
		var r reader
		for i := range int(back.n.Load()) {
			e := new(event.Event)
			if err := r.event(k, back, back.data, i, e); err != nil {
				t.Fatal(err)
			}
			e.Resolve()
			got = append(got, e)
		}
		for n := range written {
			if _, _, err := readChunk(written[:n]); err == nil {
				t.Fatalf("%d bytes of %d are a chunk", n, len(written))
			}
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d events came back, not the %d that were written", len(got), len(want))
	}
}

// FuzzChunk reads chunks that nobody wrote.
func FuzzChunk(f *testing.F) {
	c := someStore(10).classes[event.KindMemory].chunks[0]
	f.Add(c.appendTo(nil, event.KindMemory, c.data, int(c.n.Load())))
	f.Fuzz(func(_ *testing.T, from []byte) {
		k, c, err := readChunk(from)
		if err != nil {
			return
		}
		var r reader
		for i := range int(c.n.Load()) {
			var e event.Event
			if r.event(k, c, c.data, i, &e) == nil {
				e.Resolve()
			}
		}
	})
}
