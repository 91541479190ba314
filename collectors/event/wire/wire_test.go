package wire

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// fields are one of each sort.
type fields struct {
	Text, More string
	Int        int64
	Uint       uint64
	N32        uint32
	N16        uint16
	N8         uint8
	Whole      int
	Flag       bool
}

func (f *fields) code(c *Coder) {
	c.Text(&f.Text)
	c.Int(&f.Int)
	c.Uint(&f.Uint)
	c.Uint32(&f.N32)
	c.Uint16(&f.N16)
	c.Uint8(&f.N8)
	c.Whole(&f.Whole)
	c.Flag(&f.Flag)
	c.Text(&f.More)
}

// TestRoundTrip writes many records, with texts that come again, and reads them in any order.
func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	c := NewWriter(nil)
	var all []fields
	var at []int
	for i := range 3000 {
		f := fields{
			Text: fmt.Sprint("text ", rng.IntN(400)), Int: int64(rng.Uint64()), Uint: rng.Uint64() >> rng.IntN(64), N32: rng.Uint32(),
			N16: uint16(rng.Uint32()),
			N8:  uint8(rng.Uint32()), Whole: -i, Flag: i%2 == 0, More: []string{"", "x", "xy", "xyz", "text 7"}[rng.IntN(5)],
		}
		at, all = append(at, c.Len()), append(all, f)
		f.code(c)
	}
	var r Coder
	for _, i := range rng.Perm(len(all)) {
		var got fields
		r.Read(c.Block(), at[i])
		got.code(&r)
		if got != all[i] || r.Err() != nil {
			t.Fatalf("record %d: got %+v, want %+v (%v)", i, got, all[i], r.Err())
		}
	}
	if n := c.Len() / len(all); n > 45 {
		t.Errorf("a record takes %d bytes", n)
	}
	if got := math.MinInt64; true {
		w := NewWriter(nil)
		w.Whole(&got)
		r.Read(w.Block(), 0)
		var back int
		if r.Whole(&back); back != math.MinInt64 {
			t.Errorf("the least number comes back as %d", back)
		}
	}
}

// FuzzRead reads bytes that nobody wrote.
func FuzzRead(f *testing.F) {
	c := NewWriter(nil)
	for range 2 {
		(&fields{Text: "some text", Int: -5, Uint: 1 << 60, More: "some text"}).code(c)
	}
	f.Add(c.Block(), 0)
	f.Add([]byte{3, 0x81}, 1)
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, block []byte, at int) {
		var r Coder
		r.Read(block, at)
		for range 4 {
			var got fields
			got.code(&r)
			if n := r.Count(0, 1); n > len(block) {
				t.Fatalf("%d of one byte in %d bytes", n, len(block))
			}
			if r.Err() != nil && (got.Whole != 0 && r.At() != len(block)) {
				t.Fatal("a reader goes on after damage")
			}
		}
	})
}
