package form

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/evtxtest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/layout"
)

// TestDamage breaks a log of three chunks of 20 records in one way each.
func TestDamage(t *testing.T) {
	recordAt := func(b []byte, chunk, n int) int {
		at := layout.HeaderBlock + chunk*layout.ChunkSize + layout.ChunkHeader
		for range n {
			at += int(binary.LittleEndian.Uint32(b[at+4:]))
		}
		return at
	}
	second := layout.HeaderBlock + layout.ChunkSize
	for _, c := range []struct {
		name    string
		harm    func(b []byte) []byte
		want    []uint64
		damaged uint64 // records
		chunks  uint64
		skipped bool
	}{
		{name: "none", harm: func(b []byte) []byte { return b }, want: sequence(1, 60)},
		{
			name: "no file header",
			harm: func(b []byte) []byte { return b[layout.HeaderBlock:] }, want: sequence(1, 60),
		},
		{
			name: "carved at no boundary",
			harm: func(b []byte) []byte { return append([]byte("rubbish"), b[layout.HeaderBlock:]...) }, want: sequence(1, 60), skipped: true,
		},
		{
			name: "file header overwritten",
			harm: func(b []byte) []byte { copy(b, bytes.Repeat([]byte{0xff}, layout.HeaderBlock)); return b }, want: sequence(1, 60), skipped: true,
		},
		{
			name: "an empty chunk between",
			harm: func(b []byte) []byte { clear(b[second : second+layout.ChunkSize]); return b }, want: sequence(1, 20, 41, 60),
			damaged: 20,
		},
		{
			name: "rubbish for a chunk",
			harm: func(b []byte) []byte {
				copy(b[second:], bytes.Repeat([]byte{0xaa}, layout.ChunkSize))
				return b
			},
			want: sequence(1, 20, 41, 60), damaged: 20, skipped: true,
		},
		{
			name: "room behind the last chunk",
			harm: func(b []byte) []byte { return append(b, make([]byte, 2*layout.ChunkSize)...) }, want: sequence(1, 60),
		},
		{
			name: "a chunk's magic is gone",
			harm: func(b []byte) []byte { clear(b[second : second+8]); return b }, want: sequence(1, 60), chunks: 1,
		},
		{
			name: "a chunk's header is gone",
			harm: func(b []byte) []byte { clear(b[second : second+layout.ChunkHeader]); return b }, want: sequence(1, 60), chunks: 1,
		},
		{
			name: "a chunk's header says nonsense",
			harm: func(b []byte) []byte { binary.LittleEndian.PutUint32(b[second+48:], 1<<31); return b }, want: sequence(1, 60), chunks: 1,
		},
		{
			name: "a checksum is wrong",
			harm: func(b []byte) []byte { b[second+52] ^= 1; return b }, want: sequence(1, 60), chunks: 1,
		},
		{
			name: "a record's first half is zeros",
			harm: func(b []byte) []byte { at := recordAt(b, 1, 5); clear(b[at : at+200]); return b },
			want: sequence(1, 25, 27, 60), chunks: 1, skipped: true,
		},
		{
			name: "a record's first half is rubbish",
			harm: func(b []byte) []byte {
				at := recordAt(b, 1, 5)
				copy(b[at:at+100], bytes.Repeat([]byte{0xaa}, 100))
				return b
			},
			want: sequence(1, 25, 27, 60), chunks: 1, skipped: true,
		},
		{
			name: "a record's length is a lie",
			harm: func(b []byte) []byte { binary.LittleEndian.PutUint32(b[recordAt(b, 1, 5)+4:], 40); return b },
			want: sequence(1, 60), chunks: 1, damaged: 1,
		},
		{
			name: "a record's length is enormous",
			harm: func(b []byte) []byte { binary.LittleEndian.PutUint32(b[recordAt(b, 1, 5)+4:], 1<<31); return b },
			want: sequence(1, 60), chunks: 1, damaged: 1,
		},
		{
			name: "a record's length is 0",
			harm: func(b []byte) []byte { binary.LittleEndian.PutUint32(b[recordAt(b, 1, 5)+4:], 0); return b },
			want: sequence(1, 60), chunks: 1, damaged: 1,
		},
		{
			name: "a template lies outside",
			harm: func(b []byte) []byte {
				binary.LittleEndian.PutUint32(b[recordAt(b, 1, 5)+layout.RecordHeader+10:], 1<<30)
				return b
			},
			want: sequence(1, 25, 27, 60), chunks: 1, damaged: 1,
		},
		{
			name: "a template lies within itself",
			harm: func(b []byte) []byte {
				at := recordAt(b, 1, 5)
				binary.LittleEndian.PutUint32(b[at+layout.RecordHeader+10:], uint32(at-second))
				return b
			},
			want: sequence(1, 25, 27, 60), chunks: 1, damaged: 1,
		},
		{
			name: "a record claims many values",
			harm: func(b []byte) []byte {
				binary.LittleEndian.PutUint32(b[recordAt(b, 1, 5)+layout.RecordHeader+14:], 1<<31-1)
				return b
			},
			want: sequence(1, 25, 27, 60), chunks: 1, damaged: 1,
		},
		{
			name: "a record's magic is wrong",
			harm: func(b []byte) []byte { b[recordAt(b, 1, 5)] ^= 0xff; return b },
			want: sequence(1, 25, 27, 60), chunks: 1, skipped: true,
		},
		{
			name: "a record's length at its end is a lie",
			harm: func(b []byte) []byte { b[recordAt(b, 1, 6)-4] ^= 8; return b }, want: sequence(1, 60), chunks: 1, damaged: 1,
		},
		{
			name: "the chunk header's checksum is wrong",
			harm: func(b []byte) []byte { b[second+124] ^= 1; return b }, want: sequence(1, 60), chunks: 1,
		},
		{
			name: "two checksums of two chunks are wrong",
			harm: func(b []byte) []byte { b[second+124] ^= 1; b[second+layout.ChunkSize+52] ^= 1; return b }, want: sequence(1, 60), chunks: 2,
		},
		{
			name: "a chunk's size is a lie: records end in the middle of one",
			harm: func(b []byte) []byte {
				binary.LittleEndian.PutUint32(b[second+48:], uint32(recordAt(b, 1, 5)+40-second))
				return b
			},
			want: sequence(1, 60), chunks: 1,
		},
		{
			name: "a template's length is a lie",
			harm: func(b []byte) []byte {
				at := recordAt(b, 1, 0) + layout.RecordHeader + 14 // its definition stands in place
				binary.LittleEndian.PutUint32(b[at+20:], 1<<20)
				return b
			},
			want: sequence(1, 20, 41, 60), chunks: 1, damaged: 20,
		},
		{
			name: "a template's length is 0",
			harm: func(b []byte) []byte {
				at := recordAt(b, 1, 0) + layout.RecordHeader + 14
				binary.LittleEndian.PutUint32(b[at+20:], 0)
				return b
			},
			want: sequence(1, 20, 41, 60), chunks: 1, damaged: 20,
		},
		{
			name: "a value's length is a lie",
			harm: func(b []byte) []byte {
				at := recordAt(b, 1, 5) + layout.RecordHeader + 18 + 4*13 // the channel's
				binary.LittleEndian.PutUint16(b[at:], 0xffff)
				return b
			},
			want: sequence(1, 60), chunks: 1, damaged: 1,
		},
		{
			name: "a name ends outside the chunk: what stands before it comes out",
			harm: func(b []byte) []byte {
				at := bytes.Index(b[second:], evtxtest.Wide("Computer")) + second
				binary.LittleEndian.PutUint16(b[at-2:], 0xffff)
				return b
			},
			want: sequence(1, 60), chunks: 1, damaged: 20,
		},
		{
			name: "cut within a record",
			harm: func(b []byte) []byte { return b[:recordAt(b, 1, 5)+100] }, want: sequence(1, 25), damaged: 1, chunks: 1,
		},
		{
			name: "cut within a record's data",
			harm: func(b []byte) []byte { return b[:recordAt(b, 1, 6)-40] }, want: sequence(1, 26), damaged: 1, chunks: 1,
		},
		{
			name: "cut between chunks",
			harm: func(b []byte) []byte { return b[:second] }, want: sequence(1, 20),
		},
		{
			name: "a piece is missing",
			harm: func(b []byte) []byte {
				at := recordAt(b, 1, 5)
				return append(bytes.Clone(b[:at]), b[at+3000:]...)
			},
			want: sequence(1, 25, 31, 60), chunks: 1, skipped: true,
		},
		{
			name: "a header that does not know its last records",
			harm: func(b []byte) []byte {
				binary.LittleEndian.PutUint32(b[second+48:], uint32(recordAt(b, 1, 5)-second))
				return b
			},
			want: sequence(1, 60), chunks: 1,
		},
		{
			name: "a log that has wrapped",
			harm: func(b []byte) []byte {
				out := bytes.Clone(b[:layout.HeaderBlock])
				out = append(out, b[layout.HeaderBlock+2*layout.ChunkSize:]...)
				return append(out, b[layout.HeaderBlock:layout.HeaderBlock+2*layout.ChunkSize]...)
			},
			want: sequence(1, 60),
		},
		{
			name: "older records behind the last",
			harm: func(b []byte) []byte {
				old := accessChunk(500, 40)
				at := recordAt(b, 1, 20)
				copy(b[at:], old[at-second:layout.ChunkSize])
				return b
			},
			want: sequence(1, 60),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := evtxtest.EvtxFile(accessChunk(1, 20), accessChunk(21, 20), accessChunk(41, 20))
			e := NewEVTX(bytes.NewReader(c.harm(b)))
			got := ids(t, e)
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("records %v, want %v", got, c.want)
			}
			s := e.Stats()
			if s.Damaged != c.damaged || s.DamagedChunks != c.chunks || (s.SkippedBytes > 0) != c.skipped {
				t.Errorf("%+v", s)
			}
			if (s.Damaged+s.DamagedChunks > 0 || s.SkippedBytes > 0) && len(s.Errors) == 0 {
				t.Error("damage was counted, but not told")
			}
			for _, err := range s.Errors {
				var d *DamageError
				if !errors.As(err, &d) || d.Offset < 0 || d.Offset > int64(len(b)) {
					t.Errorf("an error without a place: %v", err)
				}
			}
		})
	}
}

// TestCutRecordKeepsItsStart: of a record that ends early, the values that are whole come out.
func TestCutRecordKeepsItsStart(t *testing.T) {
	b := evtxtest.EvtxFile(accessChunk(1, 3))
	whole := ids(t, NewEVTX(bytes.NewReader(b)))
	if len(whole) != 3 {
		t.Fatal(whole)
	}
	at := layout.HeaderBlock + layout.ChunkHeader
	for range 3 {
		at += int(binary.LittleEndian.Uint32(b[at+4:]))
	}
	var last Record
	var fields []Field
	if err := NewEVTX(bytes.NewReader(b[:at-150])).Each(func(r *Record) bool {
		last, fields = *r, append([]Field(nil), r.Fields...)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if !last.Damaged || last.RecordID != 3 || last.EventID != 10 {
		t.Errorf("%+v", last)
	}
	got := fmt.Sprint(fields)
	if !strings.Contains(got, `lsass.exe`) || !strings.Contains(got, "0x1fffff") || strings.Contains(got, "EXAMPLE") {
		t.Errorf("fields %v", got)
	}
}

// TestWorkIsLinear: what is looked at grows with the input and no faster, in XML and in XML that JSON holds.
func TestWorkIsLinear(t *testing.T) {
	const n = 1 << 17
	attributes := "<Event" + strings.Repeat(" a=''", n)
	for name, in := range map[string]string{
		"attributes":           attributes + "/>",
		"attributes, no end":   attributes,
		"attributes, no quote": "<Event" + strings.Repeat(" a=\"", n),
		"of an element":        "<Event><System><Provider" + strings.Repeat(" b='x'", n) + "/></System></Event>",
		"of many":              strings.Repeat("<Event a='' b='' c='>", n/8),
		"of data":              "<Event><EventData>" + strings.Repeat("<Data Name='a' x='' y=''>v</Data>", n/8) + "</EventData></Event>",
	} {
		x := NewXML(strings.NewReader(in))
		drain(t, x, func(*Record) bool { return true })
		if most := 8 * len(in); x.s.Work > most {
			t.Errorf("%s: %d bytes looked at, of %d", name, x.s.Work, len(in))
		}
		for how, doc := range map[string]string{
			"quoted": `{"a":[` + text(in) + `]}`, "twice": `{"a":` + text(`{"b":`+text(in)+`}`) + `}`, "many": `[` + strings.Repeat(
				`{"a":`+text(in[:200])+`},`, 500) + `{}]`,
		} {
			j := NewJSON(strings.NewReader(doc))
			drain(t, j, func(*Record) bool { return true })
			if work, most := j.looked+j.x.Work, 16*len(doc); work > most {
				t.Errorf("%s, %s: %d bytes looked at, of %d", name, how, work, len(doc))
			}
		}
	}
}
