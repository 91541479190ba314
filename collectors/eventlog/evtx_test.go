package eventlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// dump renders records for a golden file.
func dump(t *testing.T, r Reader) string {
	t.Helper()
	var b strings.Builder
	err := Each(r, func(r *Record) bool {
		fmt.Fprintf(&b, "%s %s %d v%d level=%d task=%d opcode=%d keywords=0x%x record=%d\n", r.Provider, r.ProviderGUID, r.EventID,
			r.Version, r.Level, r.Task, r.Opcode, r.Keywords, r.RecordID)
		fmt.Fprintf(&b, "  time=%d channel=%q computer=%q pid=%d tid=%d user=%q activity=%q", r.TimeNS, r.Channel, r.Computer, r.PID, r.TID,
			r.UserSID, r.ActivityID)
		if r.Binary != "" {
			fmt.Fprintf(&b, " binary=%q", r.Binary)
		}
		if r.Message != "" {
			fmt.Fprintf(&b, " message=%q", r.Message)
		}
		if r.Damaged {
			b.WriteString(" DAMAGED")
		}
		b.WriteByte('\n')
		for _, f := range r.Fields {
			fmt.Fprintf(&b, "  %q = %q\n", f.Name, f.Value)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	s := r.Stats()
	fmt.Fprintf(&b, "%d records, %d damaged, %d damaged chunks, %d skipped, %d bytes skipped\n", s.Records, s.Damaged, s.DamagedChunks,
		s.Skipped, s.SkippedBytes)
	for _, e := range s.Errors {
		fmt.Fprintf(&b, "%v\n", e)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew):\n%s", path, got)
	}
}

// typesFile holds every type of value and every construct of binary XML that we know.
func typesFile() []byte {
	data := func(name string, body ...any) el {
		return el{name: "Data", attrs: []attr{{"Name", []any{name}}}, body: body}
	}
	guid := []byte{0x5f, 0x38, 0x70, 0x57, 0x2a, 0xc2, 0xe0, 0x43, 0xbf, 0x4c, 0x06, 0xf5, 0x69, 0x8f, 0xfb, 0xd9}
	values := []struct {
		name string
		v    val
	}{
		{"null", null()},
		{"string", str("C:\\Ünïcode\\\U0001f600.exe")},
		{"string with NULs", str("tail\x00\x00")},
		{"string with a NUL within", str("a\x00b")},
		{"half a pair", raw(typeString, 'a', 0, 0x00, 0xd8, 'b', 0)},
		{"odd length", raw(typeString, 'a', 0, 'b')},
		{"ANSI", raw(typeANSI, 'c', 0x80, 0xe9, 0)},
		{"ANSI in UTF-8", raw(typeANSI, []byte("é")...)},
		{"int8", num(typeInt8, 0xff)},
		{"uint8", num(typeUint8, 0xff)},
		{"int16", num(typeInt16, 0x8000)},
		{"uint16", num(typeUint16, 0x8000)},
		{"int32", num(typeInt32, 0xfffffffe)},
		{"uint32", num(typeUint32, 0xfffffffe)},
		{"int64", num(typeInt64, 1<<63)},
		{"uint64", num(typeUint64, 1<<63)},
		{"real32", real32(1.5)},
		{"real64", real64(-0.1)},
		{"true", num(typeBool, 1)},
		{"false", num(typeBool, 0)},
		{"binary", raw(typeBinary, 0, 1, 0xab)},
		{"guid", raw(typeGUID, guid...)},
		{"size_t 32", raw(typeSizeT, 0x4c, 2, 0, 0)},
		{"size_t 64", num(typeSizeT, 0x24c)},
		{"filetime", num(typeFileTime, day0)},
		{"filetime 0", num(typeFileTime, 0)},
		{"filetime of a leap day", num(typeFileTime, 125963423990000000)},
		{"filetime far off", num(typeFileTime, 1<<63)},
		{"systemtime", raw(typeSystemTime, 0xe4, 7, 2, 0, 6, 0, 29, 0, 23, 0, 59, 0, 58, 0, 7, 0)},
		{"sid", raw(typeSID, sid(5, 21, 1, 2, 3, 500)...)},
		{"sid with a large authority", raw(typeSID, sid(1<<40, 1)...)},
		{"sid cut", raw(typeSID, sid(5, 21, 1)[:10]...)},
		{"hexint32", num(typeHexInt32, 0x1fffff)},
		{"hexint64", num(typeHexInt64, 0x3e7)},
		{"handle", num(typeHandle, 7)},
		{"xml", val{typ: typeXML, raw: wide("<a/>")}},
		{"unknown type", raw(0x55, 1, 2)},
		{"short int", raw(typeUint32, 7)},
		{"short guid", raw(typeGUID, 1, 2, 3)},
		{"strings", raw(typeString|typeArray, wide("one\x00two\x00\x00three\x00")...)},
		{"no strings", raw(typeString | typeArray)},
		{"ANSI strings", raw(typeANSI|typeArray, []byte("a\x00b\x00")...)},
		{"numbers", raw(typeUint16|typeArray, 1, 0, 2, 0, 3, 0)},
		{"hex numbers", raw(typeHexInt32|typeArray, 1, 0, 0, 0, 0xff, 0, 0, 0)},
		{"guids", raw(typeGUID|typeArray, append(bytes.Clone(guid), guid...)...)},
		{"sids", raw(typeSID|typeArray, append(sid(5, 18), sid(5, 19)...)...)},
	}
	all := &tmpl{el{name: "EventData", attrs: []attr{{"Name", []any{"NotAValue"}}}}}
	var vs []val
	for i, v := range values {
		all.root.body = append(all.root.body, data(v.name, opt{i, int(v.v.typ)}))
		vs = append(vs, v.v)
	}

	c := newChunk()
	id := uint64(0)
	add := func(d val) {
		id++
		c.record(id, day0+1, func(c *chunkWriter) { c.instance(systemOf(100+id, id, d)) })
	}
	add(nested(instance{all, vs}))

	// Text put together: literals, entities, CDATA, character references, several substitutions, an array among them.
	add(nested(instance{&tmpl{el{name: "EventData", body: []any{
		pi{"target", "is skipped"},
		data("mixed", "a", ent("lt"), ent("amp"), ent("gt"), ent("quot"), ent("apos"), ent("nbsp"), cdata("<b>"), chr('é'), sub{0, typeUint32}, "-", sub{1, typeString}),
		data("array in text", "[", sub{2, typeUint16 | typeArray}, "]"),
		data("empty"),
		el{name: "Data", body: []any{sub{1, typeString}}}, // no name
		el{name: "Data", attrs: []attr{{"Name", []any{"n", sub{0, typeUint32}}}}, body: []any{"substituted name"}},
		el{name: "Data", needs: 4, attrs: []attr{{"Name", []any{"left out"}}}, body: []any{"depends on a null"}},
		el{name: "Data", needs: 1, attrs: []attr{{"Name", []any{"kept"}}}, body: []any{"depends on a value"}},
		el{name: "Binary", body: []any{sub{4, typeBinary}}},
	}}}, []val{num(typeUint32, 5), str("x&y"), raw(typeUint16|typeArray, 1, 0, 2, 0), null(), raw(typeBinary, 0xca, 0xfe)}}))

	// UserData gives its leaves; attributes of its elements too.
	add(nested(instance{&tmpl{el{name: "UserData", body: []any{
		el{name: "Operation", attrs: []attr{{"xmlns", []any{"urn:x"}}, {"kind", []any{"k"}}}, body: []any{
			el{name: "Id", body: []any{"{00}"}},
			el{name: "Deep", body: []any{"ignored text", el{name: "User", body: []any{sub{0, typeString}}}, el{name: "Empty"}}},
			el{name: "ComplexData", attrs: []attr{{"Name", []any{"Blob"}}}, body: []any{sub{1, typeBinary}}},
		}},
	}}}, []val{str("EXAMPLE\\u"), raw(typeBinary, 1, 2)}}))

	// Binary XML nested in a value, and a template within a template.
	inner := &tmpl{el{name: "Inner", body: []any{sub{0, typeUint8}}}}
	add(nested(instance{&tmpl{el{name: "UserData", body: []any{
		el{name: "Outer", body: []any{sub{0, typeBinXML}}},
		el{name: "Holder", body: []any{inline{instance{inner, []val{num(typeUint8, 9)}}}}},
		el{name: "Nothing", body: []any{sub{1, typeBinXML}}},
	}}}, []val{nested(instance{inner, []val{num(typeUint8, 8)}}), null()}}))

	// No data at all; RenderingInfo is passed over.
	add(null())
	add(nested(instance{&tmpl{el{name: "RenderingInfo", body: []any{el{name: "Message", body: []any{"text"}}}}}, nil}))

	// An event outside any template, with and without the dependencies that such elements should not have; classic source.
	bare := el{name: "Event", body: []any{
		el{name: "System", body: []any{
			el{name: "Provider", attrs: []attr{{"EventSourceName", []any{"Classic"}}}},
			el{name: "EventID", attrs: []attr{{"Qualifiers", []any{"0"}}}, body: []any{"7036"}},
			el{name: "Keywords", body: []any{"0x80000000000000"}},
			el{name: "TimeCreated", attrs: []attr{{"SystemTime", []any{"2020-02-03T04:05:06.789000000Z"}}}},
			el{name: "Channel", body: []any{"System"}},
		}},
		el{name: "EventData", body: []any{el{name: "Data", body: []any{"one"}}, el{name: "Data", body: []any{"two"}}}},
	}}
	c.record(id+1, day0, func(c *chunkWriter) { c.element(bare, true) })
	c.record(id+2, day0, func(c *chunkWriter) { c.element(bare, false) })
	return evtxFile(c.seal())
}

func TestGoldenTypes(t *testing.T) {
	golden(t, "types", dump(t, NewEVTX(bytes.NewReader(typesFile()))))
}

func TestFields(t *testing.T) {
	r, err := NewEVTX(bytes.NewReader(evtxFile(accessChunk(1, 1)))).Next()
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Get("GrantedAccess"); got != "0x1fffff" {
		t.Errorf("GrantedAccess is %q", got)
	}
	if _, ok := r.Lookup("Nothing"); ok || r.Get("Nothing") != "" {
		t.Error("a value of no name was found")
	}
}

// ids reads a log's record ids.
func ids(t *testing.T, r Reader) (out []uint64) {
	t.Helper()
	if err := Each(r, func(r *Record) bool { out = append(out, r.RecordID); return true }); err != nil {
		t.Fatal(err)
	}
	return out
}

func sequence(ranges ...uint64) (out []uint64) {
	for i := 0; i < len(ranges); i += 2 {
		for id := ranges[i]; id <= ranges[i+1]; id++ {
			out = append(out, id)
		}
	}
	return out
}

// TestDamage breaks a log of three chunks of 20 records in one way each.
func TestDamage(t *testing.T) {
	recordAt := func(b []byte, chunk, n int) int {
		at := headerBlock + chunk*chunkSize + chunkHeader
		for range n {
			at += int(binary.LittleEndian.Uint32(b[at+4:]))
		}
		return at
	}
	second := headerBlock + chunkSize
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
			harm: func(b []byte) []byte { return b[headerBlock:] }, want: sequence(1, 60),
		},
		{
			name: "carved at no boundary",
			harm: func(b []byte) []byte { return append([]byte("rubbish"), b[headerBlock:]...) }, want: sequence(1, 60), skipped: true,
		},
		{
			name: "file header overwritten",
			harm: func(b []byte) []byte { copy(b, bytes.Repeat([]byte{0xff}, headerBlock)); return b }, want: sequence(1, 60), skipped: true,
		},
		{
			name: "an empty chunk between",
			harm: func(b []byte) []byte { clear(b[second : second+chunkSize]); return b }, want: sequence(1, 20, 41, 60),
			damaged: 20,
		},
		{
			name: "rubbish for a chunk",
			harm: func(b []byte) []byte {
				copy(b[second:], bytes.Repeat([]byte{0xaa}, chunkSize))
				return b
			},
			want: sequence(1, 20, 41, 60), damaged: 20, skipped: true,
		},
		{
			name: "room behind the last chunk",
			harm: func(b []byte) []byte { return append(b, make([]byte, 2*chunkSize)...) }, want: sequence(1, 60),
		},
		{
			name: "a chunk's magic is gone",
			harm: func(b []byte) []byte { clear(b[second : second+8]); return b }, want: sequence(1, 60), chunks: 1,
		},
		{
			name: "a chunk's header is gone",
			harm: func(b []byte) []byte { clear(b[second : second+chunkHeader]); return b }, want: sequence(1, 60), chunks: 1,
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
				binary.LittleEndian.PutUint32(b[recordAt(b, 1, 5)+recordHeader+10:], 1<<30)
				return b
			},
			want: sequence(1, 25, 27, 60), chunks: 1, damaged: 1,
		},
		{
			name: "a template lies within itself",
			harm: func(b []byte) []byte {
				at := recordAt(b, 1, 5)
				binary.LittleEndian.PutUint32(b[at+recordHeader+10:], uint32(at-second))
				return b
			},
			want: sequence(1, 25, 27, 60), chunks: 1, damaged: 1,
		},
		{
			name: "a record claims many values",
			harm: func(b []byte) []byte {
				binary.LittleEndian.PutUint32(b[recordAt(b, 1, 5)+recordHeader+14:], 1<<31-1)
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
			harm: func(b []byte) []byte { b[second+124] ^= 1; b[second+chunkSize+52] ^= 1; return b }, want: sequence(1, 60), chunks: 2,
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
				at := recordAt(b, 1, 0) + recordHeader + 14 // its definition stands in place
				binary.LittleEndian.PutUint32(b[at+20:], 1<<20)
				return b
			},
			want: sequence(1, 20, 41, 60), chunks: 1, damaged: 20,
		},
		{
			name: "a template's length is 0",
			harm: func(b []byte) []byte {
				at := recordAt(b, 1, 0) + recordHeader + 14
				binary.LittleEndian.PutUint32(b[at+20:], 0)
				return b
			},
			want: sequence(1, 20, 41, 60), chunks: 1, damaged: 20,
		},
		{
			name: "a value's length is a lie",
			harm: func(b []byte) []byte {
				at := recordAt(b, 1, 5) + recordHeader + 18 + 4*13 // the channel's
				binary.LittleEndian.PutUint16(b[at:], 0xffff)
				return b
			},
			want: sequence(1, 60), chunks: 1, damaged: 1,
		},
		{
			name: "a name ends outside the chunk: what stands before it comes out",
			harm: func(b []byte) []byte {
				at := bytes.Index(b[second:], wide("Computer")) + second
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
				out := bytes.Clone(b[:headerBlock])
				out = append(out, b[headerBlock+2*chunkSize:]...)
				return append(out, b[headerBlock:headerBlock+2*chunkSize]...)
			},
			want: sequence(1, 60),
		},
		{
			name: "older records behind the last",
			harm: func(b []byte) []byte {
				old := accessChunk(500, 40)
				at := recordAt(b, 1, 20)
				copy(b[at:], old[at-second:chunkSize])
				return b
			},
			want: sequence(1, 60),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := evtxFile(accessChunk(1, 20), accessChunk(21, 20), accessChunk(41, 20))
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
	b := evtxFile(accessChunk(1, 3))
	whole := ids(t, NewEVTX(bytes.NewReader(b)))
	if len(whole) != 3 {
		t.Fatal(whole)
	}
	at := headerBlock + chunkHeader
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

// TestExpansion: 64 KiB that name themselves again and again must not become gigabytes.
func TestExpansion(t *testing.T) {
	long := str(strings.Repeat("A", 4000))
	body := []any{}
	for range 1500 {
		body = append(body, el{name: "Data", body: []any{sub{0, typeString}}})
	}
	bomb := &tmpl{el{name: "EventData", body: body}}
	c := newChunk()
	for i := range uint64(4) {
		c.record(i+1, day0, func(c *chunkWriter) { c.instance(systemOf(1, i+1, nested(instance{bomb, []val{long}}))) })
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	e := NewEVTX(bytes.NewReader(evtxFile(c.seal(), accessChunk(100, 5))))
	var n, whole int
	if err := e.Each(func(r *Record) bool {
		n++
		if r.RecordID >= 100 && !r.Damaged {
			whole++
		}
		size := 0
		for _, f := range r.Fields {
			size += len(f.Value)
		}
		if size > maxText+64<<10 {
			t.Errorf("a record of %d bytes", size)
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 200<<20 {
		t.Errorf("%d MB allocated for 128 KiB", got>>20)
	}
	if s := e.Stats(); whole != 5 || s.Damaged == 0 {
		t.Errorf("%d records, %d whole of 5 behind the bomb: %+v", n, whole, s)
	}
}

// endless gives one chunk again and again.
type endless struct {
	chunk []byte
	left  int
	rest  []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.left == 0 {
			return 0, io.EOF
		}
		e.left--
		e.rest = e.chunk
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// TestConstantMemory reads 256 MB in a few.
func TestConstantMemory(t *testing.T) {
	chunk := accessChunk(1, 60)
	e := NewEVTX(&endless{chunk: chunk, left: 4096})
	var m runtime.MemStats
	peak, n := uint64(0), 0
	if err := e.Each(func(*Record) bool {
		if n++; n%20000 == 0 {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if n != 4096*60 || peak > 32<<20 {
		t.Errorf("%d records, heap of %d MB", n, peak>>20)
	}
}

func BenchmarkEVTX(b *testing.B) {
	c := newChunk()
	n := 0
	for len(c.b) < chunkSize-2000 {
		n++
		c.record(uint64(n), day0, accessEvent(uint64(n)))
	}
	file := evtxFile(c.seal())
	b.SetBytes(int64(len(c.b)))
	b.ReportAllocs()
	records := 0
	for b.Loop() {
		if err := NewEVTX(bytes.NewReader(file)).Each(func(*Record) bool { records++; return true }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
}
