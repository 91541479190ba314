package schedule

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/extension/osquerytables"
	"github.com/apiwatch/apiwatch/extension/results"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/extension/sqlhost/sqlhosttest"
	"github.com/apiwatch/apiwatch/tables"
)

func row(name string, n int64) sqlhosttest.DialRow { return sqlhosttest.DialRow{Name: name, N: n} }

// bench is a schedule over a dial, with its result log and status.
type bench struct {
	*sqlhosttest.Dial
	*Schedule
	log, status bytes.Buffer
}

const start = 1795298400 // Sat Nov 21 22:00:00 2026 UTC

func newBench(t *testing.T, c Config, packs ...string) *bench {
	t.Helper()
	b := &bench{Dial: new(sqlhosttest.Dial)}
	db, err := sqlhost.Open(nil, sqlhost.With(b.Dial))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	var read []*Pack
	for i, source := range packs {
		p, err := ParsePack("p"+strconv.Itoa(i), "file", []byte(source))
		if err != nil || len(p.Problems) > 0 {
			t.Fatal(err, p.Problems)
		}
		read = append(read, p)
	}
	c.Host, c.Platform = "h", "linux"
	if c.SplayPercent == 0 {
		c.SplayPercent = -1
	}
	if c.Log == nil {
		c.Log = results.LogTo(&b.log)
	}
	c.Logger = slog.New(slog.NewTextHandler(&b.status, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	if b.Schedule, err = New(db, read, c); err != nil {
		t.Fatal(err)
	}
	return b
}

// tick ticks at a second after the start and gives what was logged.
func (b *bench) tick(t *testing.T, at int64) string {
	t.Helper()
	if err := b.Tick(t.Context(), time.Unix(start+at, 0)); err != nil {
		t.Fatal(err)
	}
	defer b.log.Reset()
	return b.log.String()
}

// logLine is a line of osqueryd's result log.
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

// actions gives what the lines of a log say, without their heads: "+" for added, "-" for removed, and the counter.
func actions(t *testing.T, log string) string {
	t.Helper()
	var out []string
	for line := range strings.Lines(log) {
		l := decodeLine(t, line)
		sign := map[string]string{"added": "+", "removed": "-"}[l.Action]
		if l.Action == "snapshot" {
			var rows []string
			for _, r := range l.Snapshot {
				rows = append(rows, r["name"]+r["n"])
			}
			out = append(out, fmt.Sprintf("%s=[%s]", strings.TrimPrefix(l.Name, "pack_p0_"), strings.Join(rows, " ")))
			continue
		}
		out = append(out, fmt.Sprintf("%s%s%s%s@%d", strings.TrimPrefix(l.Name, "pack_p0_"), sign, l.Columns["name"], l.Columns["n"], l.Counter))
	}
	return strings.Join(out, " ")
}

func TestScheduleDifferential(t *testing.T) {
	b := newBench(t, Config{}, `{"queries": {
		"d": {"query": "SELECT name, n FROM dial", "interval": 10},
		"k": {"query": "SELECT name, n FROM dial", "interval": 10, "removed": false},
		"s": {"query": "SELECT name, n FROM dial", "interval": 10, "snapshot": true}}}`)
	a, c := row("a", 1), row("c", 3)
	for _, step := range []struct {
		at   int64
		rows []sqlhosttest.DialRow
		want string
	}{
		{0, []sqlhosttest.DialRow{a}, "d+a1@0 k+a1@0 s=[a1]"},
		{10, []sqlhosttest.DialRow{a}, "s=[a1]"},
		{20, []sqlhosttest.DialRow{c, a}, "d+c3@1 k+c3@1 s=[c3 a1]"},
		{30, []sqlhosttest.DialRow{a, c}, "s=[a1 c3]"},                                          // order means nothing
		{40, []sqlhosttest.DialRow{a, a, a}, "d-c3@2 d+a1@2 d+a1@2 k+a1@2 k+a1@2 s=[a1 a1 a1]"}, // a row counts as often as it occurs
		{50, []sqlhosttest.DialRow{a}, "d-a1@3 d-a1@3 s=[a1]"},
		{60, nil, "d-a1@4 s=[]"},
		{70, []sqlhosttest.DialRow{row("a\x1b\xff", 1), row("é\n", 2)}, `d+a\x1B\xFF1@5 d+é\x0A2@5 k+a\x1B\xFF1@5 k+é\x0A2@5 s=[a` +
			"\x1b\ufffd1 é\n2]"},
		{80, []sqlhosttest.DialRow{row(`a\x1B\xFF`, 1), row("é\n", 2)}, `s=[a\x1B\xFF1 é` + "\n2]"}, // as in osqueryd: escaped, they are the same
		{90, []sqlhosttest.DialRow{row("é\n", 2)}, `d-a\x1B\xFF1@6 s=[é` + "\n2]"},
	} {
		b.Set(step.rows...)
		if got := actions(t, b.tick(t, step.at)); got != step.want {
			t.Errorf("at %d:\n%s\nwant\n%s", step.at, got, step.want)
		}
	}
	if b.status.Len() > 0 {
		t.Errorf("status: %s", b.status.String())
	}
}

// An empty first run is a run: what comes later is a change with counter 1.
func TestScheduleEmptyFirstRun(t *testing.T) {
	b := newBench(t, Config{}, `{"queries": {"d": {"query": "SELECT name, n FROM dial", "interval": 1}}}`)
	if got := b.tick(t, 0); got != "" {
		t.Errorf("logged %s", got)
	}
	b.Set(row("a", 1))
	if got := actions(t, b.tick(t, 1)); got != "d+a1@1" {
		t.Errorf("got %s", got)
	}
}

func TestScheduleTimes(t *testing.T) {
	b := newBench(t, Config{}, `{"queries": {
		"ten": {"query": "SELECT 'x' AS name, 10 AS n", "interval": 10, "snapshot": true},
		"seven": {"query": "SELECT 'x' AS name, 7 AS n", "interval": 7, "snapshot": true}}}`)
	for _, step := range []struct {
		at   int64
		want string
	}{
		{-5, ""}, // first tick: nothing is due at this second
		{-1, ""},
		{0, "ten=[x10] seven=[x7]"}, // 7 divides the start as well
		{0, ""},
		{6, ""},
		{7, "seven=[x7]"},
		{9, ""},
		{1009, "ten=[x10] seven=[x7]"}, // a hundred were missed, one runs
		{1010, "ten=[x10]"},
		{500, "ten=[x10]"}, // the clock was set back
		{509, "seven=[x7]"},
		{510, "ten=[x10]"},
	} {
		if got := actions(t, b.tick(t, step.at)); got != step.want {
			t.Errorf("at %d: %q; want %q", step.at, got, step.want)
		}
	}
}

func TestScheduleErrors(t *testing.T) {
	b := newBench(t, Config{MaxRows: 3, MaxBytes: 100}, `{"queries": {
		"bad": {"query": "SELECT x FROM nowhere", "interval": 1},
		"good": {"query": "SELECT name, n FROM dial WHERE name <> 'x'", "interval": 1}}}`)
	b.Set(row("a", 1))
	if got := actions(t, b.tick(t, 0)); !strings.Contains(got, "good+a1@0") {
		t.Errorf("a failing query keeps others from running: %q", got)
	}
	b.tick(t, 1)
	b.Set(row("a", 1), row("b", 1), row("c", 1), row("d", 1))
	b.tick(t, 2)
	b.Set(row(strings.Repeat("a", 100), 1))
	b.tick(t, 3)
	b.Set(row("a", 1))
	if got := actions(t, b.tick(t, 4)); strings.Contains(got, "good") {
		t.Errorf("a failed run changed what is kept: %q", got)
	}
	status := b.status.String()
	for _, want := range []string{
		`query=pack_p0_bad error="preparing query: no such table: nowhere"`,
		`query=pack_p0_good error="its result is larger than 3 rows or 0 MiB`,
		`level=INFO msg="a scheduled query is right again" query=pack_p0_good`,
	} {
		if strings.Count(status, want) != 1 {
			t.Errorf("status has not once %s:\n%s", want, status)
		}
	}
	states := b.States()
	if s := states[0]; s.Name != "pack_p0_bad" || s.Runs != 5 || s.Failures != 5 || s.Err == nil || s.LastRun != start+4 || s.Interval != 1 {
		t.Errorf("state: %+v", s)
	}
	if s := states[1]; s.Runs != 5 || s.Failures != 2 || s.Err != nil || s.Rows != 1 {
		t.Errorf("state: %+v", s)
	}
}

func TestScheduleTimeout(t *testing.T) {
	b := newBench(t, Config{Timeout: time.Millisecond}, `{"queries": {"slow": {"query": "SELECT count(*) FROM dial", "interval": 1}}}`)
	b.Hang(true)
	b.tick(t, 0)
	want := `query=pack_p0_slow error="it took longer than 1ms: narrow it by an indexed column or a time"`
	if got := b.status.String(); !strings.Contains(got, want) {
		t.Errorf("status: %s", got)
	}
}

// What cannot be logged ends the schedule, and so does the end of its context.
func TestScheduleEnds(t *testing.T) {
	full := errors.New("disk full")
	b := newBench(t, Config{Log: func(*results.LogItem) error { return full }},
		`{"queries": {"d": {"query": "SELECT 1", "interval": 1}}}`)
	if err := b.Tick(t.Context(), time.Unix(start, 0)); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Tick(ctx, time.Unix(start+1, 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := b.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if b.States()[0].Failures > 0 || strings.Contains(b.status.String(), "failed") {
		t.Errorf("an end is told as a failure: %s", b.status.String())
	}
	if _, err := New(nil, nil, Config{}); err == nil {
		t.Error("a schedule without a log")
	}
}

func TestScheduleDiscovery(t *testing.T) {
	b := newBench(t, Config{PackRefresh: 100 * time.Second}, `{
		"discovery": ["SELECT 1", "SELECT 1 FROM dial WHERE n = 5"],
		"queries": {"d": {"query": "SELECT 'x' AS name, 1 AS n", "interval": 10, "snapshot": true}}}`)
	var ran []int64
	step := func(at int64) {
		if b.tick(t, at) != "" {
			ran = append(ran, at)
		}
	}
	step(0)
	b.Set(row("a", 5))
	for at := int64(10); at < 200; at += 10 {
		step(at) // active from 100
	}
	b.Set()
	for at := int64(200); at < 400; at += 10 {
		step(at) // not active any more from 200
	}
	if want := []int64{100, 110, 120, 130, 140, 150, 160, 170, 180, 190}; !slices.Equal(ran, want) {
		t.Errorf("ran at %v; want %v", ran, want)
	}
	if b.Asked() != 4 {
		t.Errorf("discovery was asked %d times; want 4", b.Asked())
	}

	b = newBench(t, Config{}, `{"discovery": ["SELECT oops"], "queries": {"d": {"query": "SELECT 1", "interval": 1}}}`)
	if got := b.tick(t, 0); got != "" || !strings.Contains(b.status.String(), `pack=p0 query="SELECT oops"`) {
		t.Errorf("failed discovery: %q %s", got, b.status.String())
	}
}

func TestScheduleSelects(t *testing.T) {
	b := newBench(t, Config{},
		`{"queries": {"here": {"query": "SELECT 1"}, "mac": {"query": "SELECT 1", "platform": "darwin"},
			"later": {"query": "SELECT 1", "version": "5.24.0"}, "other": {"query": "SELECT 1", "shard": 1}}}`,
		`{"platform": "windows", "queries": {"never": {"query": "SELECT 1"}}}`)
	twice, err := ParsePack("p0", "second", []byte(`{"queries": {"here": {"query": "SELECT 2"}, "more": {"query": "SELECT 2"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(b.db, []*Pack{b.packs[0].Pack, twice}, b.config)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, q := range s.States() {
		names = append(names, q.Name)
	}
	if want := []string{"pack_p0_here", "pack_p0_more"}; !slices.Equal(names, want) {
		t.Errorf("scheduled %v; want %v", names, want)
	}
	if !strings.Contains(b.status.String(), "query=pack_p0_here file=second") {
		t.Errorf("status: %s", b.status.String())
	}
	if len(b.States()) != 1 {
		t.Errorf("scheduled %v", b.States())
	}
}

// Every query that the project generates runs, also where nothing was collected, and then finds nothing.
func TestScheduleOwnPacks(t *testing.T) {
	db, err := sqlhost.Open(tables.All(&tables.Data{}), sqlhost.With(osquerytables.All()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	files, err := filepath.Glob(filepath.Join("..", "..", "packs", "*.conf"))
	if err != nil {
		t.Fatal(err)
	}
	var packs []*Pack
	for _, f := range files {
		p, err := ReadPack(f)
		if err != nil {
			t.Fatal(err)
		}
		packs = append(packs, p)
	}
	ran := 0
	for _, goos := range []string{"linux", "windows", "darwin"} {
		s, err := New(db, packs, Config{
			Host: "h", Platform: goos, Logger: slog.New(slog.DiscardHandler),
			Log: func(r *results.LogItem) error {
				t.Errorf("%s found something in nothing: %s", r.Name, r.AppendLines(nil))
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int64{start, start + 2*maxInterval} {
			if err := s.Tick(t.Context(), time.Unix(at, 0)); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range s.States() {
			if ran++; q.Err != nil || q.Runs == 0 {
				t.Errorf("%s: %d runs, %v", q.Name, q.Runs, q.Err)
			}
		}
	}
	if ran < 2 {
		t.Errorf("only %d queries ran", ran)
	}
}

func TestSplay(t *testing.T) {
	seen := make(map[int64]bool)
	for i := range 1000 {
		v := splay(100, 10, strconv.Itoa(i))
		if v < 90 || v > 110 || v != splay(100, 10, strconv.Itoa(i)) {
			t.Fatalf("splayed to %d", v)
		}
		seen[v] = true
	}
	if len(seen) != 21 {
		t.Errorf("%d of 21 values occur", len(seen))
	}
	for _, c := range [][3]int64{{100, -1, 100}, {100, 0, 100}, {9, 10, 9}, {100, 101, 100}} {
		if got := splay(c[0], int(c[1]), "x"); got != c[2] {
			t.Errorf("splay(%d, %d) = %d", c[0], c[1], got)
		}
	}
	for i := range 100 {
		if v := splay(1, 100, strconv.Itoa(i)); v < 1 || v > 2 {
			t.Errorf("splay(1, 100) = %d", v)
		}
	}
}
