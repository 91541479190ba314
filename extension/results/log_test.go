package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/apiwatch/apiwatch/extension/internal/golden"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

type logLine struct {
	Name           string `json:"name"`
	HostIdentifier string `json:"hostIdentifier"`
	CalendarTime   string `json:"calendarTime"`
	UnixTime       int64  `json:"unixTime"`
	Epoch, Counter int64
	Numerics       *bool               `json:"numerics"`
	Columns        map[string]string   `json:"columns"`
	Snapshot       []map[string]string `json:"snapshot"`
	Action         string              `json:"action"`
}

func decodeLine(t *testing.T, line string) logLine {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	var l logLine
	if err := d.Decode(&l); err != nil || !strings.HasSuffix(line, "}\n") {
		t.Fatalf("%q: %v", line, err)
	}
	return l
}

// The golden file follows serializeQueryLogItem and serializeEvent in osquery's core/query.cpp, key by key.
func TestLogItem(t *testing.T) {
	at := time.Date(2026, 11, 21, 23, 0, 0, 0, time.FixedZone("CET", 3600))
	columns := []string{"a", "b"}
	var b bytes.Buffer
	log := LogTo(&b)
	for _, r := range []*LogItem{
		{
			Name: "pack_p_q", Host: "h", Time: at, Counter: 3, Columns: columns,
			Added: [][]string{{"1", "<&>"}, {"", `"\` + "/"}}, Removed: [][]string{{"0", "é"}},
		},
		{Name: "pack_p_q", Host: "h", Time: at, Columns: columns},
		{
			Name: "pack_p_s", Host: "h", Time: at.AddDate(0, 0, -20), Columns: columns, IsSnapshot: true,
			Snapshot: [][]string{{"1", "x\ny"}, {"2", ""}},
		},
		{Name: "pack_p_s", Host: "h", Time: at, Columns: columns, IsSnapshot: true},
		{
			Name: "evil\x1b]0;\"", Host: "\x9b31m", Time: at, Columns: []string{"c\u2028"},
			Added: [][]string{{"\x00\x07\x1b[31m\x7f\u009b\u202e\ufeff\U000e0041\xff\xc3\U0001f600"}},
		},
	} {
		if err := log(r); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(b.String()) {
		if l := decodeLine(t, line); l.Numerics == nil || *l.Numerics || l.UnixTime == 0 || l.Epoch != 0 {
			t.Errorf("%s", line)
		}
	}
	golden.Check(t, "results.log", b.String())
	if err := LogTo(broken{})(&LogItem{Name: "q", IsSnapshot: true}); err == nil || !strings.Contains(err.Error(), "writing results of q: ") {
		t.Errorf("got %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// Whatever the text: valid JSON, the same text, and nothing that a terminal obeys.
func FuzzAppendJSON(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\\x00\x1b\x7f", "\u0085\u202e\ufffd\U000e0041", "\xff\xed\xa0\x80", "é😀"} {
		f.Add(s)
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, s string) {
		b := appendJSON(nil, s)
		var back string
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		if want := string([]rune(s)); back != want { // each byte that is no UTF-8 is one replacement character
			t.Fatalf("%q became %q", s, back)
		}
		if i := strings.IndexFunc(string(b), func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Fatalf("%q at %d is not printable", b, i)
		}
	})
}
