package form

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/evtxtest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/layout"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
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
	data := func(name string, body ...any) evtxtest.El {
		return evtxtest.El{Name: "Data", Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{name}}}, Body: body}
	}
	guid := []byte{0x5f, 0x38, 0x70, 0x57, 0x2a, 0xc2, 0xe0, 0x43, 0xbf, 0x4c, 0x06, 0xf5, 0x69, 0x8f, 0xfb, 0xd9}
	values := []struct {
		name string
		v    evtxtest.Val
	}{
		{"null", evtxtest.Null()},
		{"string", evtxtest.Str("C:\\Ünïcode\\\U0001f600.exe")},
		{"string with NULs", evtxtest.Str("tail\x00\x00")},
		{"string with a NUL within", evtxtest.Str("a\x00b")},
		{"half a pair", evtxtest.Raw(typed.TypeString, 'a', 0, 0x00, 0xd8, 'b', 0)},
		{"odd length", evtxtest.Raw(typed.TypeString, 'a', 0, 'b')},
		{"ANSI", evtxtest.Raw(typed.TypeANSI, 'c', 0x80, 0xe9, 0)},
		{"ANSI in UTF-8", evtxtest.Raw(typed.TypeANSI, []byte("é")...)},
		{"int8", evtxtest.Num(typed.TypeInt8, 0xff)},
		{"uint8", evtxtest.Num(typed.TypeUint8, 0xff)},
		{"int16", evtxtest.Num(typed.TypeInt16, 0x8000)},
		{"uint16", evtxtest.Num(typed.TypeUint16, 0x8000)},
		{"int32", evtxtest.Num(typed.TypeInt32, 0xfffffffe)},
		{"uint32", evtxtest.Num(typed.TypeUint32, 0xfffffffe)},
		{"int64", evtxtest.Num(typed.TypeInt64, 1<<63)},
		{"uint64", evtxtest.Num(typed.TypeUint64, 1<<63)},
		{"real32", real32(1.5)},
		{"real64", real64(-0.1)},
		{"true", evtxtest.Num(typed.TypeBool, 1)},
		{"false", evtxtest.Num(typed.TypeBool, 0)},
		{"binary", evtxtest.Raw(typed.TypeBinary, 0, 1, 0xab)},
		{"guid", evtxtest.Raw(typed.TypeGUID, guid...)},
		{"size_t 32", evtxtest.Raw(typed.TypeSizeT, 0x4c, 2, 0, 0)},
		{"size_t 64", evtxtest.Num(typed.TypeSizeT, 0x24c)},
		{"filetime", evtxtest.Num(typed.TypeFileTime, day0)},
		{"filetime 0", evtxtest.Num(typed.TypeFileTime, 0)},
		{"filetime of a leap day", evtxtest.Num(typed.TypeFileTime, 125963423990000000)},
		{"filetime far off", evtxtest.Num(typed.TypeFileTime, 1<<63)},
		{"systemtime", evtxtest.Raw(typed.TypeSystemTime, 0xe4, 7, 2, 0, 6, 0, 29, 0, 23, 0, 59, 0, 58, 0, 7, 0)},
		{"sid", evtxtest.Raw(typed.TypeSID, evtxtest.Sid(5, 21, 1, 2, 3, 500)...)},
		{"sid with a large authority", evtxtest.Raw(typed.TypeSID, evtxtest.Sid(1<<40, 1)...)},
		{"sid cut", evtxtest.Raw(typed.TypeSID, evtxtest.Sid(5, 21, 1)[:10]...)},
		{"hexint32", evtxtest.Num(typed.TypeHexInt32, 0x1fffff)},
		{"hexint64", evtxtest.Num(typed.TypeHexInt64, 0x3e7)},
		{"handle", evtxtest.Num(typed.TypeHandle, 7)},
		{"xml", evtxtest.Val{Typ: typed.TypeXML, Raw: evtxtest.Wide("<a/>")}},
		{"unknown type", evtxtest.Raw(0x55, 1, 2)},
		{"short int", evtxtest.Raw(typed.TypeUint32, 7)},
		{"short guid", evtxtest.Raw(typed.TypeGUID, 1, 2, 3)},
		{"strings", evtxtest.Raw(typed.TypeString|typed.TypeArray, evtxtest.Wide("one\x00two\x00\x00three\x00")...)},
		{"no strings", evtxtest.Raw(typed.TypeString | typed.TypeArray)},
		{"ANSI strings", evtxtest.Raw(typed.TypeANSI|typed.TypeArray, []byte("a\x00b\x00")...)},
		{"numbers", evtxtest.Raw(typed.TypeUint16|typed.TypeArray, 1, 0, 2, 0, 3, 0)},
		{"hex numbers", evtxtest.Raw(typed.TypeHexInt32|typed.TypeArray, 1, 0, 0, 0, 0xff, 0, 0, 0)},
		{"guids", evtxtest.Raw(typed.TypeGUID|typed.TypeArray, append(bytes.Clone(guid), guid...)...)},
		{"sids", evtxtest.Raw(typed.TypeSID|typed.TypeArray, append(evtxtest.Sid(5, 18), evtxtest.Sid(5, 19)...)...)},
	}
	all := &evtxtest.Tmpl{Root: evtxtest.El{Name: "EventData", Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{"NotAValue"}}}}}
	var vs []evtxtest.Val
	for i, v := range values {
		all.Root.Body = append(all.Root.Body, data(v.name, evtxtest.Opt{N: i, Typ: int(v.v.Typ)}))
		vs = append(vs, v.v)
	}

	c := evtxtest.NewChunk()
	id := uint64(0)
	add := func(d evtxtest.Val) {
		id++
		c.Record(id, day0+1, func(c *evtxtest.ChunkWriter) { c.Instance(systemOf(100+id, id, d)) })
	}
	add(evtxtest.Nested(evtxtest.Instance{Of: all, Values: vs}))

	// Text put together: literals, entities, CDATA, character references, several substitutions, an array among them.
	add(evtxtest.Nested(evtxtest.Instance{Of: &evtxtest.Tmpl{Root: evtxtest.El{Name: "EventData", Body: []any{
		evtxtest.Pi{Target: "target", Data: "is skipped"},
		data(
			"mixed",
			"a",
			evtxtest.Ent("lt"),
			evtxtest.Ent("amp"),
			evtxtest.Ent("gt"),
			evtxtest.Ent("quot"),
			evtxtest.Ent("apos"),
			evtxtest.Ent("nbsp"),
			evtxtest.Cdata("<b>"),
			evtxtest.Chr('é'),
			evtxtest.Sub{N: 0, Typ: typed.TypeUint32},
			"-",
			evtxtest.Sub{N: 1, Typ: typed.TypeString},
		),
		data("array in text", "[", evtxtest.Sub{N: 2, Typ: typed.TypeUint16 | typed.TypeArray}, "]"),
		data("empty"),
		evtxtest.El{Name: "Data", Body: []any{evtxtest.Sub{N: 1, Typ: typed.TypeString}}}, // no name
		evtxtest.El{
			Name:  "Data",
			Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{"n", evtxtest.Sub{N: 0, Typ: typed.TypeUint32}}}},
			Body:  []any{"substituted name"},
		},
		evtxtest.El{Name: "Data", Needs: 4, Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{"left out"}}}, Body: []any{"depends on a null"}},
		evtxtest.El{Name: "Data", Needs: 1, Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{"kept"}}}, Body: []any{"depends on a value"}},
		evtxtest.El{Name: "Binary", Body: []any{evtxtest.Sub{N: 4, Typ: typed.TypeBinary}}},
	}}}, Values: []evtxtest.Val{evtxtest.Num(typed.TypeUint32, 5), evtxtest.Str("x&y"), evtxtest.Raw(typed.TypeUint16|typed.TypeArray, 1, 0, 2,
		0), evtxtest.Null(), evtxtest.Raw(typed.TypeBinary, 0xca, 0xfe)}}))

	// UserData gives its leaves; attributes of its elements too.
	add(evtxtest.Nested(evtxtest.Instance{Of: &evtxtest.Tmpl{Root: evtxtest.El{Name: "UserData", Body: []any{
		evtxtest.El{
			Name:  "Operation",
			Attrs: []evtxtest.Attr{{Name: "xmlns", Body: []any{"urn:x"}}, {Name: "kind", Body: []any{"k"}}},
			Body: []any{
				evtxtest.El{Name: "Id", Body: []any{"{00}"}},
				evtxtest.El{
					Name: "Deep",
					Body: []any{
						"ignored text",
						evtxtest.El{Name: "User", Body: []any{evtxtest.Sub{N: 0, Typ: typed.TypeString}}},
						evtxtest.El{Name: "Empty"},
					},
				},
				evtxtest.El{
					Name:  "ComplexData",
					Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{"Blob"}}},
					Body:  []any{evtxtest.Sub{N: 1, Typ: typed.TypeBinary}},
				},
			},
		},
	}}}, Values: []evtxtest.Val{evtxtest.Str("EXAMPLE\\u"), evtxtest.Raw(typed.TypeBinary, 1, 2)}}))

	// Binary XML nested in a value, and a template within a template.
	inner := &evtxtest.Tmpl{Root: evtxtest.El{Name: "Inner", Body: []any{evtxtest.Sub{N: 0, Typ: typed.TypeUint8}}}}
	add(evtxtest.Nested(evtxtest.Instance{Of: &evtxtest.Tmpl{Root: evtxtest.El{Name: "UserData", Body: []any{
		evtxtest.El{Name: "Outer", Body: []any{evtxtest.Sub{N: 0, Typ: typed.TypeBinXML}}},
		evtxtest.El{
			Name: "Holder",
			Body: []any{evtxtest.Inline{In: evtxtest.Instance{Of: inner, Values: []evtxtest.Val{evtxtest.Num(typed.TypeUint8, 9)}}}},
		},
		evtxtest.El{Name: "Nothing", Body: []any{evtxtest.Sub{N: 1, Typ: typed.TypeBinXML}}},
	}}}, Values: []evtxtest.Val{
		evtxtest.Nested(evtxtest.Instance{Of: inner, Values: []evtxtest.Val{evtxtest.Num(typed.TypeUint8, 8)}}),
		evtxtest.Null(),
	}}))

	// No data at all; RenderingInfo is passed over.
	add(evtxtest.Null())
	add(
		evtxtest.Nested(
			evtxtest.Instance{
				Of:     &evtxtest.Tmpl{Root: evtxtest.El{Name: "RenderingInfo", Body: []any{evtxtest.El{Name: "Message", Body: []any{"text"}}}}},
				Values: nil,
			},
		),
	)

	// An event outside any template, with and without the dependencies that such elements should not have; classic source.
	bare := evtxtest.El{Name: "Event", Body: []any{
		evtxtest.El{Name: "System", Body: []any{
			evtxtest.El{Name: "Provider", Attrs: []evtxtest.Attr{{Name: "EventSourceName", Body: []any{"Classic"}}}},
			evtxtest.El{Name: "EventID", Attrs: []evtxtest.Attr{{Name: "Qualifiers", Body: []any{"0"}}}, Body: []any{"7036"}},
			evtxtest.El{Name: "Keywords", Body: []any{"0x80000000000000"}},
			evtxtest.El{Name: "TimeCreated", Attrs: []evtxtest.Attr{{Name: "SystemTime", Body: []any{"2020-02-03T04:05:06.789000000Z"}}}},
			evtxtest.El{Name: "Channel", Body: []any{"System"}},
		}},
		evtxtest.El{Name: "EventData", Body: []any{evtxtest.El{Name: "Data", Body: []any{"one"}}, evtxtest.El{Name: "Data", Body: []any{"two"}}}},
	}}
	c.Record(id+1, day0, func(c *evtxtest.ChunkWriter) { c.Element(bare, true) })
	c.Record(id+2, day0, func(c *evtxtest.ChunkWriter) { c.Element(bare, false) })
	return evtxtest.EvtxFile(c.Seal())
}

func TestGoldenTypes(t *testing.T) {
	golden(t, "types", dump(t, NewEVTX(bytes.NewReader(typesFile()))))
}

func TestFields(t *testing.T) {
	r, err := NewEVTX(bytes.NewReader(evtxtest.EvtxFile(accessChunk(1, 1)))).Next()
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

// TestExpansion: 64 KiB that name themselves again and again must not become gigabytes.
func TestExpansion(t *testing.T) {
	long := evtxtest.Str(strings.Repeat("A", 4000))
	body := []any{}
	for range 1500 {
		body = append(body, evtxtest.El{Name: "Data", Body: []any{evtxtest.Sub{N: 0, Typ: typed.TypeString}}})
	}
	bomb := &evtxtest.Tmpl{Root: evtxtest.El{Name: "EventData", Body: body}}
	c := evtxtest.NewChunk()
	for i := range uint64(4) {
		c.Record(i+1, day0, func(c *evtxtest.ChunkWriter) {
			c.Instance(systemOf(1, i+1, evtxtest.Nested(evtxtest.Instance{Of: bomb, Values: []evtxtest.Val{long}})))
		})
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	e := NewEVTX(bytes.NewReader(evtxtest.EvtxFile(c.Seal(), accessChunk(100, 5))))
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
	c := evtxtest.NewChunk()
	n := 0
	for len(c.B) < layout.ChunkSize-2000 {
		n++
		c.Record(uint64(n), day0, accessEvent(uint64(n)))
	}
	file := evtxtest.EvtxFile(c.Seal())
	b.SetBytes(int64(len(c.B)))
	b.ReportAllocs()
	records := 0
	for b.Loop() {
		if err := NewEVTX(bytes.NewReader(file)).Each(func(*Record) bool { records++; return true }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
}
