package etw

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

// TestEvents takes events from a session to typed events, with stack, user, paths and filters.
func TestEvents(t *testing.T) {
	f := newFake()
	f.schemas[5] = openProcess
	f.schemas[1] = info("Microsoft-Windows-Kernel-Process", 3, described{name: "ProcessID", in: inUInt32, count: 1},
		described{name: "ParentProcessID", in: inUInt32, count: 1}, described{name: "ImageName", in: inUnicode, count: 1})
	s, woken := opened(t, f)
	calls, processes := guidOf("Microsoft-Windows-Kernel-Audit-API-Calls"), guidOf("Microsoft-Windows-Kernel-Process")
	const now = 1772442000 * int64(time.Second)
	f.put1(t, rawEvent{provider: processes, id: 1, pid: 4000, timeNS: now}, payload(uint32(4100), uint32(4),
		`\Device\HarddiskVolume3\a\tool.exe`))
	<-woken // only the first that waits wakes
	call := func(by, on, access uint32, more ...extended) {
		f.put1(t, rawEvent{provider: calls, id: 5, pid: by, timeNS: now + 1e6}, payload(on, access, uint32(0)), more...)
	}
	call(4100, 640, 0x1010, extended{extStack64, addresses(0xfffff80012345678, 0xfffff80012340000, 0x7ff800001234, 0x1f0a1b20000)},
		extended{extSID, []byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}}, extended{99, []byte("other")})
	call(4100, 640, 0x1000)                                  // a query
	call(4100, 4100, 0x1fff)                                 // itself
	call(999, 640, 0x1fff)                                   // we
	f.put1(t, rawEvent{provider: calls, id: 8, pid: 1}, nil) // Windows has no description of it
	f.put1(t, rawEvent{provider: calls, id: 8, pid: 1}, nil)
	f.put1(t, rawEvent{provider: calls, id: 77, pid: 1}, nil) // nobody asked for it
	f.put1(t, rawEvent{provider: GUID{1}, id: 5, pid: 1}, nil)
	f.put1(t, rawEvent{provider: calls, id: 5, pid: 4100, timeNS: now}, payload(uint32(640), uint16(1))) // cut
	out := &sink{lineage: lineage.New(new(recording.Facts))}
	if err := s.Read(); err != nil {
		t.Fatal(err)
	}
	s.Decode(out)
	if len(out.events) != 3 {
		t.Fatalf("%d events", len(out.events))
	}
	start, access := out.events[0], out.events[1]
	if start.Process.Path != `C:\a\tool.exe` || start.Process.PPID != 4000 || start.Target == nil || start.Target.PID != 4 {
		t.Errorf("%+v", start.Process)
	}
	x, _ := access.Detail.(*event.ProcessAccess)
	if access.Process.Key != start.Process.Key || x == nil || x.Granted != 0x1010 || access.Process.OnWindows().UserSID != "S-1-5-18" ||
		access.TimeNS != now+1e6 || access.On().Name != "host.example.test" {
		t.Errorf("%+v %+v", access, x)
	}
	// The process began before our eyes, so that its modules are only those it was seen to load.
	if want := `UNKNOWN(00007FF800001234)|UNKNOWN(000001F0A1B20000)`; x != nil && x.CallTrace != want {
		t.Errorf("stack %s", x.CallTrace)
	}
	h := health(s, "session")
	if h.Received != 10 || h.Decoded != 3 || !strings.Contains(h.Detail, "passed_over=5 damaged=1 undescribed=2") {
		t.Errorf("%+v", h)
	}
	if h := health(s, "provider:Microsoft-Windows-Kernel-Audit-API-Calls"); h.Received != 4 {
		t.Errorf("%+v", h)
	}
	if f.describes != 3 {
		t.Errorf("Windows was asked %d times for descriptions", f.describes)
	}
	// A second round begins empty.
	if err := s.Read(); err != nil {
		t.Fatal(err)
	}
	s.Decode(out)
	if len(out.events) != 3 {
		t.Error("events came twice")
	}
}

// TestCapture writes what a session brings so that it replays to the same events.
func TestCapture(t *testing.T) {
	f := newFake()
	f.schemas[5] = openProcess
	var written bytes.Buffer
	writes := 0
	s := newLive(Options{every: time.Hour, Capture: func(xml []byte) error {
		if writes++; writes > 2 {
			return errors.New("the disk is full")
		}
		written.Write(append(xml, '\n'))
		return nil
	}}, f)
	if err := s.Open(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	calls := guidOf("Microsoft-Windows-Kernel-Audit-API-Calls")
	for by := range uint32(4) {
		f.put1(t, rawEvent{provider: calls, id: 5, pid: 4100 + by, timeNS: 1772442000123456700}, payload(uint32(640), uint32(0x1010), uint32(0)),
			extended{extStack64, addresses(0x1f0a1b20000)})
	}
	live := &sink{lineage: lineage.New(new(recording.Facts))}
	if err := s.Read(); err != nil {
		t.Fatal(err)
	}
	s.Decode(live)
	if writes != 3 || len(live.events) != 4 {
		t.Fatalf("%d writes, %d events", writes, len(live.events))
	}
	replayed := &sink{lineage: lineage.New(new(recording.Facts))}
	var m meaning.Mapper
	if err := form.NewXML(&written).Each(func(r *form.Record) bool { m.Map(r, replayed); return true }); err != nil {
		t.Fatal(err)
	}
	if len(replayed.events) != 2 {
		t.Fatalf("%d events of the recording", len(replayed.events))
	}
	for i := range replayed.events {
		got, want := replayed.events[i], live.events[i]
		if got.TimeNS != want.TimeNS || got.Process.Key != want.Process.Key || got.Target.Key != want.Target.Key ||
			*got.LogSource != *want.LogSource ||
			!reflect.DeepEqual(got.Detail, want.Detail) {
			t.Errorf("%+v became %+v", want, got)
		}
	}
}

// openProcess describes event 5 of the audit of API calls.
var openProcess = info("Microsoft-Windows-Kernel-Audit-API-Calls", 3, described{name: "TargetProcessId", in: inUInt32, count: 1},
	described{name: "DesiredAccess", in: inUInt32, count: 1}, described{name: "ReturnCode", in: inUInt32, count: 1})

// BenchmarkDecode decodes and maps opens of processes with stacks.
func BenchmarkDecode(b *testing.B) {
	f := newFake()
	f.schemas[5] = openProcess
	s := newLive(Options{}, f)
	s.wake = func() {}
	stack := addresses(0xfffff80012345678, 0x7ff800001234, 0x7ff800002345, 0x1f0a1b20000)
	e := rawEvent{provider: guidOf("Microsoft-Windows-Kernel-Audit-API-Calls"), id: 5, pid: 4100, timeNS: 1}
	data := payload(uint32(640), uint32(0x1010), uint32(0))
	out := &counting{}
	b.ReportAllocs()
	for n := 0; n < b.N; n += 1000 {
		for range 1000 {
			s.put(e, data, func(yield func(extended) bool) { yield(extended{extStack64, stack}) })
		}
		_ = s.Read()
		s.Decode(out)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

type counting struct{ n int }

func (c *counting) Draft(*collectors.Draft)        { c.n++ }
func (c *counting) Lifecycle(collectors.Lifecycle) {}
