package render

import (
	"bytes"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// TestAppend writes every record of the golden recordings and reads the same back.
func TestAppend(t *testing.T) {
	for _, feed := range []string{"eventlog", "etw"} {
		f, err := form.Open(filepath.Join("..", "..", "..", "..", "testdata", "decode", feed, "windows.xml"))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		err = form.Each(f, func(r *form.Record) bool {
			n++
			roundTrip(t, r)
			return true
		})
		f.Close()
		if err != nil || n < 50 {
			t.Errorf("%s: %d records, %v", feed, n, err)
		}
	}
	roundTrip(t, &form.Record{
		Provider: `a"b<c>`, EventID: 1, Keywords: 1 << 63, TimeNS: 1772442000123456700, Fields: []form.Field{
			{Value: "no name"},
			{Name: "Lines", Value: "a\r\nb\tc"},
			{Name: "Markup", Value: `</Data><Event a='b'>&amp;]]>`},
			{Name: "Empty"},
			{Name: "Emoji", Value: "😀\ufffd"},
		},
	})
	roundTrip(t, &form.Record{EventID: 2})
}

func roundTrip(t *testing.T, r *form.Record) {
	t.Helper()
	line := Append([]byte("\n"), r)
	if bytes.Count(line, []byte("\n")) != 1 {
		t.Errorf("more than a line: %s", line)
	}
	got, err := form.NewXML(bytes.NewReader(append(line, '\n'))).Next()
	if err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	want := *r
	want.Offset, want.Message, want.Binary = got.Offset, "", ""
	if len(want.Fields) == 0 {
		want.Fields = got.Fields
	}
	if !reflect.DeepEqual(*got, want) || len(got.Fields) != len(r.Fields) {
		t.Errorf("got  %+v\nwant %+v\n%s", *got, want, line)
	}
}

func FuzzAppend(f *testing.F) {
	f.Add("p", "{guid}", "name", "value", uint32(7))
	f.Add(`"`, "<", "]]>", "\x00\x01\xff&#0;", uint32(0))
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, provider, guid, name, value string, pid uint32) {
		r := &form.Record{Provider: provider, ProviderGUID: guid, EventID: 1, PID: pid, Fields: []form.Field{
			{Name: name, Value: value},
			{Name: "Last", Value: "whole"},
		}}
		got, err := form.NewXML(bytes.NewReader(Append(nil, r))).Next()
		if err != nil || got.Damaged || got.PID != pid || len(got.Fields) != 2 || got.Fields[1] != (form.Field{Name: "Last", Value: "whole"}) {
			t.Errorf("%v: %+v", err, got)
		}
	})
}
