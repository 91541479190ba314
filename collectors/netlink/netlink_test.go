package netlink

import (
	"bytes"
	"testing"
)

func TestBatch(t *testing.T) {
	var b Batch
	for range 2 {
		want := [][]byte{[]byte("one"), {}, []byte("three"), bytes.Repeat([]byte{0, 0xff}, 5000)}
		for _, d := range want {
			b.Add(d)
		}
		if b.Len() != len(want) || b.Bytes() != 3+5+10000 {
			t.Fatalf("%d datagrams of %d bytes", b.Len(), b.Bytes())
		}
		for i, d := range want {
			got := b.At(i)
			if !bytes.Equal(got, d) || cap(got) != len(got) {
				t.Errorf("datagram %d is %q", i, got)
			}
		}
		b.Reset()
		if b.Len() != 0 || b.Bytes() != 0 {
			t.Error("Reset left something")
		}
	}
	b.Add(make([]byte, 2*keepBytes))
	b.Reset()
	if cap(b.data) > keepBytes {
		t.Errorf("%d bytes are kept after a burst", cap(b.data))
	}
	n := testing.AllocsPerRun(100, func() {
		for range 3 {
			b.Add([]byte("datagram"))
		}
		b.Reset()
	})
	if n > 0 {
		t.Errorf("%v allocations for a round", n)
	}
}
