package form

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/evtxtest"
)

// ours are the test's own recordings in testdata, by form.
var ours = []struct{ file, form string }{{"events.xml", "xml"}, {"shapes.ndjson", "json"}, {"splunk.log", "text"}}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestGoldenForms(t *testing.T) {
	for _, o := range ours {
		t.Run(o.form, func(t *testing.T) {
			f, err := Open(filepath.Join("testdata", o.file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if got := f.Stats().Form; got != o.form {
				t.Errorf("taken for %s", got)
			}
			golden(t, o.file, dump(t, f))
		})
	}
}

func zip(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// wideText encodes as UTF-16 with a mark, or without one.
func wideText(b []byte, big, mark bool) []byte {
	text := string(b)
	if mark {
		text = "\ufeff" + text
	}
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

// withoutPlaces drops the lines of errors, whose places differ between encodings.
func withoutPlaces(s string) string {
	var keep []string
	for l := range strings.Lines(s) {
		if !strings.HasPrefix(l, "at byte ") {
			keep = append(keep, l)
		}
	}
	return strings.Join(keep, "")
}

// TestEncodings: a recording reads the same in every encoding and however it trickles in.
func TestEncodings(t *testing.T) {
	files := map[string][]byte{"types.evtx": typesFile()}
	for _, o := range ours {
		files[o.file] = read(t, o.file)
	}
	for name, plain := range files {
		want := func() string {
			r, err := NewReader(bytes.NewReader(plain))
			if err != nil {
				t.Fatal(err)
			}
			return withoutPlaces(dump(t, r))
		}()
		forms := map[string]io.Reader{
			"gzip":      bytes.NewReader(zip(t, plain)),
			"one byte":  iotest.OneByteReader(bytes.NewReader(plain)),
			"data, EOF": iotest.DataErrReader(bytes.NewReader(plain)),
		}
		if name != "types.evtx" {
			forms["UTF-8 with a mark"] = bytes.NewReader(append([]byte("\xef\xbb\xbf"), plain...))
			for _, mark := range []bool{true, false} {
				forms["UTF-16LE "+map[bool]string{true: "marked"}[mark]] = bytes.NewReader(wideText(plain, false, mark))
				forms["UTF-16BE "+map[bool]string{true: "marked"}[mark]] = iotest.HalfReader(bytes.NewReader(wideText(plain, true, mark)))
			}
			forms["UTF-16LE gzip"] = bytes.NewReader(zip(t, wideText(plain, false, true)))
		}
		if name == "events.xml" {
			var q bytes.Buffer
			enc := json.NewEncoder(&q)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(string(plain)); err != nil {
				t.Fatal(err)
			}
			forms["a JSON string"] = &q
		}
		for form, in := range forms {
			t.Run(name+" as "+form, func(t *testing.T) {
				r, err := NewReader(in)
				if err != nil {
					t.Fatal(err)
				}
				if got := withoutPlaces(dump(t, r)); got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
}

func TestNoEventLog(t *testing.T) {
	for name, in := range map[string]string{
		"empty":        "",
		"blank":        " \n\n",
		"audit log":    "type=SYSCALL msg=audit(1577836800.123:1): arch=c000003e syscall=59\n",
		"cloud trail":  `{"Records":[{"eventVersion":"1.08","eventID":"x","eventName":"y"}]}`,
		"eslogger":     `{"schema_version":1,"event":{"exec":{}},"process":{}}`,
		"other XML":    "<Events><Eventful a='1'/></Events>",
		"gzip of text": string(zip(t, []byte("hello"))),
		"broken gzip":  "\x1f\x8b\x08rubbish",
		"an image":     "\x89PNG\r\n\x1a\n\x00\x00\x00",
	} {
		r, err := NewReader(strings.NewReader(in))
		if err == nil {
			t.Errorf("%s is taken for %s", name, r.Stats().Form)
		} else if name != "broken gzip" && !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if recognised(filepath.Join(t.TempDir(), "none")) {
		t.Error("a file that is not there is an event log")
	}
	if !recognised("testdata/events.xml") {
		t.Error("event XML is not recognised")
	}
}

// TestInputFails: an error of the input comes out, after what precedes it.
func TestInputFails(t *testing.T) {
	failed := errors.New("the disk is on fire")
	for _, o := range ours {
		b := read(t, o.file)
		r, err := NewReader(io.MultiReader(bytes.NewReader(b), iotest.ErrReader(failed)))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		if err := Each(r, func(*Record) bool { n++; return true }); !errors.Is(err, failed) || n < 3 {
			t.Errorf("%s: %d records, %v", o.form, n, err)
		}
	}
	e := NewEVTX(io.MultiReader(bytes.NewReader(evtxtest.EvtxFile(accessChunk(1, 3))), iotest.ErrReader(failed)))
	n := 0
	if err := e.Each(func(*Record) bool { n++; return true }); !errors.Is(err, failed) || n != 3 {
		t.Errorf("evtx: %d records, %v", n, err)
	}
}

// TestHostileText: what could be read again and again is read once, and what grows without end is cut.
func TestHostileText(t *testing.T) {
	event := `<Event><System><Provider Name='ours'/><EventID>9</EventID></System></Event>`
	doc := "\n" + `{"EventID":9,"SourceName":"ours","EventTime":"2020-01-01T00:00:00Z"}` + "\n"
	mb := 1 << 20
	for name, c := range map[string]struct{ in, end string }{
		"comments without end":   {strings.Repeat("<Event><!--", mb/4), event},
		"CDATA without end":      {strings.Repeat("<Event><![CDATA[", mb/4), event},
		"quotes without end":     {strings.Repeat("<Event a='", mb/4), event},
		"other quotes":           {strings.Repeat(`<Event a="`, mb/4), event},
		"tags without end":       {strings.Repeat("<Event ", mb/2), event},
		"end tags without end":   {strings.Repeat("<Event></Event ", mb/4), event},
		"instructions":           {strings.Repeat("<Event><?", mb/4), event},
		"nested events":          {strings.Repeat("<Event>", mb/2), event},
		"deep elements":          {"<Event><System><EventID>1</EventID></System><UserData>" + strings.Repeat("<a>", mb), event},
		"a huge value":           {"<Event><EventData><Data>" + strings.Repeat("x", 10*mb), event},
		"many values":            {"<Event><EventData>" + strings.Repeat("<Data/>", mb), event},
		"colons":                 {strings.Repeat("<a:", mb), event},
		"arrays without end":     {strings.Repeat("[", 4*mb), doc},
		"nested arrays":          {`{"EventID":1,"a":` + strings.Repeat("[", mb), doc},
		"objects without end":    {strings.Repeat(`{"a":`, mb), doc},
		"objects on lines":       {strings.Repeat("{\"a\":\n", mb/16), doc},
		"a string without end":   {`{"a":"` + strings.Repeat("x", 10*mb), doc},
		"backslashes":            {`{"a":"` + strings.Repeat(`\`, 4*mb+1), doc},
		"many members":           {`{"EventID":1,"SourceName":"x"` + strings.Repeat(`,"a":1`, mb) + "}", doc},
		"strings within strings": {`{"EventID":1,"SourceName":"x","EventData":"{\"EventData\":\"{}\"}"}`, doc},
	} {
		t.Run(name, func(t *testing.T) {
			var r Reader = NewXML(strings.NewReader(c.in + c.end))
			if c.end == doc {
				r = NewJSON(strings.NewReader(c.in + c.end))
			}
			ours := 0
			if err := Each(r, func(r *Record) bool {
				if r.Provider == "ours" && r.EventID == 9 {
					ours++
				}
				if len(r.Fields) > maxFields {
					t.Errorf("%d fields", len(r.Fields))
				}
				return true
			}); err != nil {
				t.Fatal(err)
			}
			if ours != 1 {
				t.Errorf("the event behind was found %d times: %+v", ours, r.Stats())
			}
			if n := len(r.Stats().Errors); n > maxErrors {
				t.Errorf("%d errors kept", n)
			}
		})
	}
}

func BenchmarkXML(b *testing.B) {
	_, one, _ := bytes.Cut(read(b, "events.xml"), []byte("<Events>"))
	one, _, _ = bytes.Cut(one, []byte("</Event>"))
	in := bytes.Repeat(append(one, "</Event>\n"...), 2000)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if err := NewXML(bytes.NewReader(in)).Each(func(*Record) bool { n++; return true }); err != nil || n != 2000 {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(2000*b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkJSON(b *testing.B) {
	lines := bytes.SplitAfter(read(b, "shapes.ndjson"), []byte("\n"))
	for name, line := range map[string][]byte{"winlogbeat": lines[0], "nxlog": lines[4], "evtx_dump": lines[9]} {
		b.Run(name, func(b *testing.B) {
			in := bytes.Repeat(line, 2000)
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				if err := NewJSON(bytes.NewReader(in)).Each(func(*Record) bool { n++; return true }); err != nil || n != 2000 {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(float64(2000*b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// recognised tells whether a file is an event log.
func recognised(path string) bool {
	f, err := Open(path)
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}
