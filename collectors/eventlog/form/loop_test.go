package form

import (
	"bytes"
	"encoding/binary"
	"runtime/debug"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/evtxtest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/layout"
)

// loopChunk holds a record whose template holds itself n times over, between two good ones.
func loopChunk(n int) []byte {
	inner := &evtxtest.Tmpl{Root: evtxtest.El{Name: "Inner", Body: []any{"x"}}}
	var body []any
	for range n {
		body = append(body, evtxtest.Inline{In: evtxtest.Instance{Of: inner, Values: nil}})
	}
	outer := &evtxtest.Tmpl{Root: evtxtest.El{Name: "EventData", Body: body}}
	c := evtxtest.NewChunk()
	c.Record(1, day0, accessEvent(1))
	c.Record(2, day0, func(c *evtxtest.ChunkWriter) {
		c.Instance(systemOf(10, 2, evtxtest.Nested(evtxtest.Instance{Of: outer, Values: nil})))
	})
	from, to := c.Templates[outer], len(c.B)
	c.Record(3, day0, accessEvent(3))
	// An instance names its definition by offset: 0c 01, a number, the offset.
	for at := from; at+10 <= to; at++ {
		if c.B[at] != layout.TokenTemplate || c.B[at+1] != 1 || binary.LittleEndian.Uint32(c.B[at+2:]) != 0x1234 {
			continue
		}
		if int(binary.LittleEndian.Uint32(c.B[at+6:])) == c.Templates[inner] {
			binary.LittleEndian.PutUint32(c.B[at+6:], uint32(from))
		}
	}
	return c.Seal()
}

// TestTemplateLoops: a template that holds itself ends as too deep, in little stack, and what stands around it is read.
func TestTemplateLoops(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(4 << 20))
	for _, n := range []int{1, 2, 20} {
		e := NewEVTX(bytes.NewReader(evtxtest.EvtxFile(loopChunk(n), accessChunk(4, 1))))
		got := ids(t, e)
		whole := 0
		for _, id := range got {
			if id != 2 {
				whole++
			}
		}
		if s := e.Stats(); whole != 3 || s.Damaged != 1 || s.DamagedChunks != 0 || len(s.Errors) == 0 {
			t.Errorf("%d times itself: records %v, %+v", n, got, s)
		} else {
			t.Log(s.Errors)
		}
	}
}
