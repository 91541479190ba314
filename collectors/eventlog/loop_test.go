package eventlog

import (
	"bytes"
	"encoding/binary"
	"runtime/debug"
	"testing"
)

// loopChunk holds a record whose template holds itself n times over, between two good ones.
func loopChunk(n int) []byte {
	inner := &tmpl{el{name: "Inner", body: []any{"x"}}}
	var body []any
	for range n {
		body = append(body, inline{instance{inner, nil}})
	}
	outer := &tmpl{el{name: "EventData", body: body}}
	c := newChunk()
	c.record(1, day0, accessEvent(1))
	c.record(2, day0, func(c *chunkWriter) { c.instance(systemOf(10, 2, nested(instance{outer, nil}))) })
	from, to := c.templates[outer], len(c.b)
	c.record(3, day0, accessEvent(3))
	// An instance names its definition by offset: 0c 01, a number, the offset.
	for at := from; at+10 <= to; at++ {
		if c.b[at] != tokenTemplate || c.b[at+1] != 1 || binary.LittleEndian.Uint32(c.b[at+2:]) != 0x1234 {
			continue
		}
		if int(binary.LittleEndian.Uint32(c.b[at+6:])) == c.templates[inner] {
			binary.LittleEndian.PutUint32(c.b[at+6:], uint32(from))
		}
	}
	return c.seal()
}

// TestTemplateLoops: a template that holds itself ends as too deep, in little stack, and what stands around it is read.
func TestTemplateLoops(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(4 << 20))
	for _, n := range []int{1, 2, 20} {
		e := NewEVTX(bytes.NewReader(evtxFile(loopChunk(n), accessChunk(4, 1))))
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
