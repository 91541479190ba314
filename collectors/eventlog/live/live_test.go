package live

import (
	"cmp"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/eventlogtest"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

const (
	fakeSysmon = "Microsoft-Windows-Sysmon/Operational"
	fakeTasks  = "Microsoft-Windows-TaskScheduler/Operational"
)

// liveRun is one run of the program over a fake system.
type run struct {
	*Live
	t     *testing.T
	clock time.Time
	got   []int64 // times of the events, seconds after day
}

var liveDay = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func (r *run) Draft(d *collectors.Draft) {
	r.got = append(r.got, int64(time.Unix(0, d.Event.TimeNS).Sub(liveDay)/time.Second))
}

func (r *run) Lifecycle(collectors.Lifecycle) {}

func startLive(t *testing.T, f *fakeSystem, dir string, at int) *run {
	t.Helper()
	r := &run{t: t, clock: liveDay.Add(time.Duration(at) * time.Second)}
	r.Live = New(Options{Connect: f.connect, StateDir: dir, now: func() time.Time { return r.clock }})
	if err := r.Open(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	return r
}

// round runs one round at a time and gives what came.
func (r *run) round(at int) []int64 {
	r.t.Helper()
	r.clock, r.got = liveDay.Add(time.Duration(at)*time.Second), nil
	if err := r.Read(); err != nil {
		r.t.Fatal(err)
	}
	r.Decode(r)
	r.Stored()
	return r.got
}

func (r *run) expect(at int, want ...int64) {
	r.t.Helper()
	if got := r.round(at); !slices.Equal(got, want) {
		r.t.Errorf("at %d s: events %v, want %v", at, got, want)
	}
}

func (r *run) item(item string) collectors.Health {
	r.t.Helper()
	for _, h := range r.Health() {
		if h.Item == item {
			return h
		}
	}
	r.t.Fatalf("no health row %s", item)
	return collectors.Health{}
}

func (c *fakeChannel) add(ids ...uint64) {
	for _, id := range ids {
		c.records = append(c.records, fakeRecord{id: id, at: liveDay.Add(time.Duration(id) * time.Second)})
	}
}

func sysmonOnly(ids ...uint64) (*fakeSystem, *fakeChannel) {
	c := new(fakeChannel)
	c.add(ids...)
	return &fakeSystem{channels: map[string]*fakeChannel{fakeSysmon: c}}, c
}

func TestLiveResumes(t *testing.T) {
	dir := t.TempDir()
	f, c := sysmonOnly(1, 2, 3)
	r := startLive(t, f, dir, 4)
	r.expect(4) // the first run begins now
	c.add(5, 6)
	r.expect(7, 5, 6)
	if err := r.Close(); err != nil || f.open != 0 {
		t.Fatal(err, f.open)
	}
	c.add(7, 8)
	r = startLive(t, f, dir, 9)
	r.expect(9, 7, 8)
	if !slices.Equal(c.began, []From{FromNow, AfterPlace}) {
		t.Error(c.began)
	}
	if h := r.item(channelItem + fakeSysmon); h.State != "ok" || h.Received != 2 || h.Decoded != 2 || h.Lost != 0 {
		t.Errorf("%+v", h)
	}
	// Killed: what was kept last holds, which is at most some seconds old.
	c.add(10)
	r.expect(20, 10)
	r.expect(23)
	c.add(24)
	r.expect(24, 24)
	r = startLive(t, f, dir, 30)
	r.expect(30, 24)
}

func TestLiveWithoutAFolderBeginsNow(t *testing.T) {
	f, c := sysmonOnly(1)
	for range 2 {
		r := startLive(t, f, "", 2)
		r.expect(2)
		c.add(uint64(len(c.records) + 5))
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLiveClearedLog(t *testing.T) {
	for name, change := range map[string]func(*fakeChannel){
		"cleared":       func(c *fakeChannel) { c.records = nil; c.add(12, 13) },
		"overwritten":   func(c *fakeChannel) { c.records = c.records[2:]; c.add(12, 13) },
		"made anew":     func(c *fakeChannel) { c.records = nil; c.add(12, 13); c.records[0].id, c.records[1].id = 1, 2 },
		"numbers again": func(c *fakeChannel) { c.records = nil; c.add(12, 13); c.records[0].id, c.records[1].id = 2, 3 },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f, c := sysmonOnly()
			r := startLive(t, f, dir, 0)
			c.add(1, 2)
			r.expect(3, 1, 2)
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			change(c)
			r = startLive(t, f, dir, 14)
			r.expect(14, 12, 13)
			h := r.item(channelItem + fakeSysmon)
			if h.State != "degraded" || !strings.Contains(h.Reason, "record 2 of 2026-03-02T09:00:02Z") {
				t.Errorf("%+v", h)
			}
			c.add(15)
			r.expect(15, 15)
			// The next restart goes on from there.
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			c.add(16)
			startLive(t, f, dir, 17).expect(17, 16)
		})
	}
}

func TestLiveErrorsOfNext(t *testing.T) {
	coded := func(code uint32) error { return &CallError{"EvtNext", code, "x"} }
	for _, c := range []struct {
		name string
		errs []error
		// what is seen in the round of the error, in the next and after a pause
		now, next, later []int64
	}{
		{"nothing", nil, []int64{5, 6}, nil, nil},
		{"service restarts", []error{coded(codeServiceUnavailable)}, nil, nil, []int64{5, 6}},
		{"handle is bad", []error{coded(6)}, nil, nil, []int64{5, 6}},
		{"stale", []error{coded(codeResultStale)}, nil, []int64{5, 6}, nil},
		{"batch too large", []error{coded(codeInvalidBound), coded(codeInvalidBound)}, nil, nil, []int64{5, 6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, ch := sysmonOnly(1)
			r := startLive(t, f, "", 2)
			ch.subs[0].errs = c.errs
			ch.add(5, 6)
			r.expect(7, c.now...)
			r.expect(8, c.next...)
			r.expect(30, c.later...)
			r.expect(31)
			if h := r.item(channelItem + fakeSysmon); h.State != "ok" || h.Lost != 0 {
				t.Errorf("%+v", h)
			}
			if f.open != 1 {
				t.Errorf("%d subscriptions are open", f.open)
			}
		})
	}
}

func TestLiveChannelsComeAndGo(t *testing.T) {
	f, c := sysmonOnly(1)
	r := startLive(t, f, "", 2)
	if h := r.item(channelItem + fakeTasks); h.State != "off" || !strings.Contains(h.Reason, "Task Scheduler") {
		t.Errorf("%+v", h)
	}
	tasks := &fakeChannel{disabled: true}
	f.channels[fakeTasks] = tasks
	tasks.add(1, 3) // one from before the start, one from after it
	r.expect(10)
	r.expect(70, 3)
	if h := r.item(channelItem + fakeTasks); h.State != "off" || !strings.Contains(h.Reason, `wevtutil sl "`+fakeTasks+`" /e:true`) {
		t.Errorf("%+v", h)
	}
	tasks.disabled = false
	r.expect(140)
	if h := r.item(channelItem + fakeTasks); h.State != "ok" {
		t.Errorf("%+v", h)
	}
	c.disabled = true
	r.expect(210)
	if h := r.item(channelItem + fakeSysmon); h.State != "off" {
		t.Errorf("%+v", h)
	}
}

func TestLiveRefused(t *testing.T) {
	f, c := sysmonOnly()
	c.refuse = &CallError{"EvtSubscribe", codeAccessDenied, "Access is denied"}
	r := startLive(t, f, "", 0)
	if h := r.item("source"); h.State != "failed" || h.Reason != "no channel can be read: "+Channels()[0].Missing {
		t.Errorf("%+v", h)
	}
	f.channels["Security"] = &fakeChannel{refuse: c.refuse}
	c.refuse = nil
	r = startLive(t, f, "", 0)
	h := r.item(channelItem + "Security")
	if h.State != "failed" || !strings.Contains(h.Reason, "EvtSubscribe: Access is denied (error 5)") ||
		!strings.Contains(h.Reason, "Event Log Readers") {
		t.Errorf("%+v", h)
	}
	f.channels["Security"].refuse = nil
	r.expect(11)
	if h := r.item(channelItem + "Security"); h.State != "ok" {
		t.Errorf("%+v", h)
	}
}

func TestLiveSameRefusalIsSaidOnce(t *testing.T) {
	f := &fakeSystem{channels: make(map[string]*fakeChannel)}
	for _, c := range Channels() {
		f.channels[c.Path] = &fakeChannel{refuse: &CallError{"EvtSubscribe", codeServiceUnavailable, "the RPC server is unavailable"}}
	}
	r := startLive(t, f, "", 0)
	h := r.item("source")
	if h.State != "failed" || !strings.Contains(h.Reason, "is the Windows Event Log service running?") {
		t.Errorf("%+v", h)
	}
	for _, h := range r.Health() {
		if strings.HasPrefix(h.Item, channelItem) {
			t.Errorf("%+v", h)
		}
	}
	f.channels[fakeSysmon].refuse = nil
	r.expect(11)
	f.channels[fakeSysmon].add(12)
	r.expect(12, 12)
	if h := r.item("source"); h.State != "ok" {
		t.Errorf("%+v", h)
	}
}

func TestLiveNoSystem(t *testing.T) {
	l := New(Options{Connect: func() (System, error) { return nil, errors.New("no wevtapi.dll") }})
	if err := l.Open(t.Context(), func() {}); err == nil || len(l.Health()) != 0 {
		t.Error(err, l.Health())
	}
}

// What is captured is read back as the same events.
func TestLiveCapture(t *testing.T) {
	f, c := sysmonOnly()
	file := filepath.Join(t.TempDir(), "captured")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	l := New(Options{Connect: f.connect, now: func() time.Time { return liveDay }, Capture: func(xml []byte) error {
		_, err := out.Write(append(xml, '\n')) // which must not reach the record behind
		return err
	}})
	if err := l.Open(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	c.add(1, 2, 3)
	r := &run{Live: l, t: t}
	r.expect(3, 1, 2, 3)
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if _, events := eventlogtest.Decoded(t, file); len(events) != 3 || events[2].TimeNS != liveDay.Add(3*time.Second).UnixNano() {
		t.Errorf("%d events are read back", len(events))
	}
}

func TestLiveLossesAreCounted(t *testing.T) {
	f, c := sysmonOnly()
	r := startLive(t, f, "", 0)
	c.add(1, 2)
	c.records = append(c.records, fakeRecord{id: 3, broken: true}, fakeRecord{id: 4, text: "<Event><System></System></Event>"})
	r.expect(3, 1, 2)
	if h := r.item(channelItem + fakeSysmon); h.Lost != 2 || h.Received != 3 || h.Decoded != 2 || h.State != "degraded" {
		t.Errorf("%+v", h)
	}
	// 3 and 4 are lost already; 5 to 8 were overwritten before they could be read.
	c.add(9)
	r.expect(9, 9)
	if h := r.item(channelItem + fakeSysmon); h.Lost != 6 || !strings.Contains(h.Reason, "/ms:") {
		t.Errorf("%+v", h)
	}
}

func TestLiveOrdersChannelsByTime(t *testing.T) {
	f, c := sysmonOnly()
	tasks := new(fakeChannel)
	f.channels[fakeTasks] = tasks
	r := startLive(t, f, "", 0)
	c.add(1, 4, 5, 7)
	c.records[2].at = liveDay.Add(3 * time.Second) // a channel's own order stays
	tasks.add(2, 6)
	r.expect(8, 1, 2, 4, 3, 6, 7)
}

func TestLiveRoundsAreBounded(t *testing.T) {
	f, c := sysmonOnly()
	woken := 0
	l := New(Options{Connect: f.connect, now: func() time.Time { return liveDay }})
	if err := l.Open(t.Context(), func() { woken++ }); err != nil {
		t.Fatal(err)
	}
	for id := range uint64(recordsALiveRound + 100) {
		c.add(id + 1)
	}
	r := &run{Live: l, t: t}
	if n := len(r.round(0)); n < recordsALiveRound || n >= recordsALiveRound+liveBatch || woken != 2 {
		t.Errorf("%d records in a round, woken %d times", n, woken)
	}
	if n := len(r.round(0)); n == 0 || woken != 2 {
		t.Errorf("%d records in the next, woken %d times", n, woken)
	}
}

func TestLivePlaces(t *testing.T) {
	dir := t.TempDir()
	want := map[string]Place{"Security": {7, 8}, fakeSysmon: {1 << 40, -1}}
	if err := savePlaces(dir, want); err != nil {
		t.Fatal(err)
	}
	if got, err := loadPlaces(dir); err != nil || !maps.Equal(got, want) {
		t.Fatal(got, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d files in the folder, not one", len(files))
	}
	for _, bad := range []string{"", "{", `{"version":2}`, `[]`, `{"version":1,"channels":{"a":{"record":-1}}}`} {
		if err := os.WriteFile(filepath.Join(dir, placesFile), []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := loadPlaces(dir)
		if err == nil || len(got) != 0 || got == nil {
			t.Errorf("%q: %v %v", bad, got, err)
		}
	}
	// A file that cannot be read does not stop collection: it begins now, and the file is written anew.
	f, c := sysmonOnly(1)
	r := startLive(t, f, dir, 2)
	if h := r.item("source"); h.State != "degraded" || !strings.Contains(h.Reason, placesFile) {
		t.Errorf("%+v", h)
	}
	c.add(3)
	r.expect(3, 3)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if h := r.item("source"); strings.Contains(h.Reason, placesFile) {
		t.Errorf("%+v", h)
	}
	if got, err := loadPlaces(dir); err != nil || got[fakeSysmon].Record != 3 {
		t.Error(got, err)
	}
}

// A rendered record is the same event as the file's.
func TestRenderedIsTheFilesEvent(t *testing.T) {
	path := filepath.Join("..", "..", "..", "testdata", "decode", "eventlog", "windows.xml")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, want := eventlogtest.Decoded(t, path)
	f, c := sysmonOnly()
	r := startLive(t, f, "", 0)
	for text := range strings.SplitAfterSeq(string(data), "</Event>") {
		if at := strings.Index(text, "<Event "); at >= 0 {
			c.records = append(c.records, fakeRecord{id: uint64(len(c.records) + 1), text: text[at:]})
		}
	}
	sink := &eventlogtest.Collected{Lineage: lineage.New(new(recording.Facts))}
	for range 5 {
		if err := r.Read(); err != nil {
			t.Fatal(err)
		}
		r.Decode(sink)
	}
	r.mapper.Flush(sink) // a script block of which a part is missing
	byTime := func(a, b event.Event) int { return cmp.Compare(a.TimeNS, b.TimeNS) }
	slices.SortStableFunc(want, byTime)
	slices.SortStableFunc(sink.Events, byTime)
	if len(want) < 20 || len(sink.Events) != len(want) {
		t.Fatalf("%d events live, %d from the file", len(sink.Events), len(want))
	}
	for i := range want {
		if a, b := want[i], sink.Events[i]; a.Kind != b.Kind || a.Path != b.Path || a.LogSource.Name != b.LogSource.Name ||
			a.Arguments() != b.Arguments() {
			t.Errorf("live\n%s, from the file\n%s", eventlogtest.Mapped(&b), eventlogtest.Mapped(&a))
		}
	}
}
