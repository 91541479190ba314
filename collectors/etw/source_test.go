package etw

import (
	"bytes"
	"encoding/binary"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog"
)

// fakeWindows is a Windows with the sessions and providers that a test wants.
type fakeWindows struct {
	mu         sync.Mutex
	starts     int
	startErr   error
	running    bool
	refuses    map[string]error
	asked      map[string]int
	disabled   map[GUID]bool
	put        consumer
	id         uint16
	openErr    error
	claimErr   error
	claims     int
	oldFor     string // a provider that this Windows cannot filter
	stubborn   GUID   // a provider that stays disabled
	end        chan struct{}
	schemas    map[uint16][]byte
	describes  int
	protectErr error
	stopped    int
	unguarded  int
}

func newFake() *fakeWindows {
	return &fakeWindows{id: 3, refuses: map[string]error{}, asked: map[string]int{}, disabled: map[GUID]bool{}, schemas: map[uint16][]byte{}}
}

func (f *fakeWindows) start(string) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.startErr != nil {
		return 0, f.startErr
	}
	f.starts++
	f.running, f.end = true, make(chan struct{})
	return 7, nil
}

// kill ends the session as another program does.
func (f *fakeWindows) kill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running {
		f.running = false
		close(f.end)
	}
}

func (f *fakeWindows) stop(string) error {
	f.stopped++
	f.kill()
	return nil
}

func (f *fakeWindows) query(string) (sessionStats, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.running {
		return sessionStats{}, errNoInstance
	}
	return sessionStats{id: f.id, eventsLost: 2, realTimeBuffersLost: 1, buffers: 16}, nil
}

func (f *fakeWindows) enable(_ uint64, r *request) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked[r.name]++
	delete(f.disabled, r.guid)
	if f.oldFor == r.name && r.ids != nil {
		return errInvalid
	}
	return f.refuses[r.name]
}

func (f *fakeWindows) enabled(g GUID) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.disabled[g] || g == f.stubborn {
		return guidInfo(instance{session: 9, level: 5}), nil
	}
	return guidInfo(instance{session: 3, level: 5, any: 0}), nil
}

func (f *fakeWindows) open(_ string, put consumer) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put = put
	return f.openErr
}

func (f *fakeWindows) process() error {
	f.mu.Lock()
	end := f.end
	f.mu.Unlock()
	<-end
	return nil
}

func (f *fakeWindows) close() { f.kill() }

func (f *fakeWindows) describe(e *rawEvent) ([]byte, error) {
	f.describes++
	if b := f.schemas[e.id]; b != nil {
		return b, nil
	}
	return nil, errElementNotFound
}

func (f *fakeWindows) claim(string) error {
	if f.claimErr == nil {
		f.claims++
	}
	return f.claimErr
}
func (f *fakeWindows) release()       { f.claims-- }
func (f *fakeWindows) protect() error { return f.protectErr }
func (f *fakeWindows) unprotect()     { f.unguarded++ }
func (f *fakeWindows) modules(pid uint32) []Module {
	if pid == 4100 {
		return []Module{{0x7ff800000000, 0x10000, `C:\Windows\System32\ntdll.dll`}}
	}
	return nil
}
func (f *fakeWindows) devices() devices { return devices{{`\Device\HarddiskVolume3`, "C:"}} }
func (f *fakeWindows) computer() string { return "host.example.test" }
func (f *fakeWindows) pid() uint32      { return 999 }

// put1 delivers an event once the session is being read.
func (f *fakeWindows) put1(t *testing.T, e rawEvent, data []byte, more ...extended) {
	t.Helper()
	var put consumer
	eventually(t, "the session is read", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		put = f.put
		return put != nil && f.running
	})
	put(e, data, func(yield func(extended) bool) {
		for _, x := range more {
			if !yield(x) {
				return
			}
		}
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 5 s: %s", what)
		}
	}
}

type sink struct {
	lineage *collectors.Lineage
	events  []event.Event
}

func (s *sink) Draft(d *collectors.Draft) {
	s.lineage.Resolve(d)
	s.events = append(s.events, d.Event)
}
func (s *sink) Lifecycle(collectors.Lifecycle) {}

func opened(t *testing.T, f *fakeWindows) (*Source, chan struct{}) {
	t.Helper()
	woken := make(chan struct{}, 100)
	s := newSource(Options{every: time.Millisecond, Logger: slog.New(slog.DiscardHandler)}, f)
	if err := s.Open(t.Context(), func() { woken <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, woken
}

func health(s *Source, item string) collectors.Health {
	for _, h := range s.Health() {
		if h.Item == item {
			return h
		}
	}
	return collectors.Health{}
}

func guidOf(name string) GUID {
	for _, t := range eventlog.Traces() {
		if t.Name == name {
			return parseGUID(t.GUID)
		}
	}
	return GUID{}
}

func addresses(a ...uint64) []byte {
	b := make([]byte, 8) // an id
	for _, x := range a {
		b = binary.LittleEndian.AppendUint64(b, x)
	}
	return b
}

// TestEvents takes events from a session to typed events, with stack, user, paths and filters.
func TestEvents(t *testing.T) {
	f := newFake()
	f.schemas[5] = info("Microsoft-Windows-Kernel-Audit-API-Calls", 3, described{name: "TargetProcessId", in: inUInt32, count: 1},
		described{name: "DesiredAccess", in: inUInt32, count: 1}, described{name: "ReturnCode", in: inUInt32, count: 1})
	f.schemas[1] = info("Microsoft-Windows-Kernel-Process", 3, described{name: "ProcessID", in: inUInt32, count: 1},
		described{name: "ParentProcessID", in: inUInt32, count: 1}, described{name: "ImageName", in: inUnicode, count: 1})
	s, woken := opened(t, f)
	calls, processes := guidOf("Microsoft-Windows-Kernel-Audit-API-Calls"), guidOf("Microsoft-Windows-Kernel-Process")
	const now = 1772442000 * int64(time.Second)
	f.put1(t, rawEvent{provider: processes, id: 1, pid: 4000, timeNS: now}, payload(uint32(4100), uint32(4), `\Device\HarddiskVolume3\a\tool.exe`))
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
	out := &sink{lineage: collectors.NewLineage(new(collectors.Facts))}
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
		access.TimeNS != now+1e6 || access.Process.OnWindows().Host != "host.example.test" {
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

// TestRefusals says why a session or a provider cannot be had, and what to do.
func TestRefusals(t *testing.T) {
	f := newFake()
	f.startErr = errAccessDenied
	s, _ := opened(t, f)
	if h := health(s, "session"); h.State != "off" || !strings.Contains(h.Reason, "LocalSystem") || f.unguarded != 1 {
		t.Errorf("%+v", h)
	}
	if h := health(s, "provider:Microsoft-Windows-RPC"); h.State != "off" {
		t.Errorf("%+v", h)
	}
	if err := s.Close(); err != nil || f.stopped != 0 || f.claims != 0 {
		t.Errorf("%v, stopped %d sessions that never began, %d claims left", err, f.stopped, f.claims)
	}
	for _, err := range []error{errAlreadyExists, errAccessDenied} { // another process has the session: it stays
		f = newFake()
		f.claimErr = err
		s, _ = opened(t, f)
		if h := health(s, "session"); h.State != "off" || !strings.Contains(h.Reason, "another apiwatch") || f.starts != 0 {
			t.Errorf("%+v, %d starts", h, f.starts)
		}
	}

	// A session that is not there, or may not be read, is not left behind.
	for _, c := range []struct {
		id   uint16
		open error
		want string
	}{{0, nil, "Wine"}, {3, errAccessDenied, "LocalSystem"}} {
		f = newFake()
		f.id, f.openErr = c.id, c.open
		s, _ = opened(t, f)
		if h := health(s, "session"); h.State != "off" || !strings.Contains(h.Reason, c.want) || f.stopped != 1 || f.running {
			t.Errorf("%+v, stopped %d", h, f.stopped)
		}
	}

	f = newFake()
	f.refuses[protectedProvider] = errAccessDenied
	f.refuses["Microsoft-Windows-RPC"] = errNoResources
	f.oldFor = "Microsoft-Windows-Win32k"
	f.protectErr = errors.New("not ours")
	s, _ = opened(t, f)
	for item, want := range map[string]string{
		"provider:" + protectedProvider: "protected process", "provider:Microsoft-Windows-RPC": "eight sessions",
	} {
		if h := health(s, item); h.State != "off" || !strings.Contains(h.Reason, want) {
			t.Errorf("%+v", h)
		}
	}
	if h := health(s, "provider:Microsoft-Windows-Security-Auditing"); h.State != "ok" || !strings.Contains(h.Detail, "Security log") {
		t.Errorf("%+v", h)
	}
	if h := health(s, "provider:Microsoft-Windows-Kernel-Process"); h.State != "ok" {
		t.Errorf("%+v", h)
	}
	if h := health(s, "provider:Microsoft-Windows-Win32k"); h.State != "degraded" || !strings.Contains(h.Reason, "filter") {
		t.Errorf("%+v", h)
	}
	eventually(t, "the session's losses are known", func() bool { return health(s, "session").Lost == 2 })
	if h := health(s, "session"); h.State != "degraded" || !strings.Contains(h.Reason, "not ours") || !strings.Contains(h.Detail, "realtime_buffers_lost=1") {
		t.Errorf("%+v", h)
	}
	if err := s.Close(); err != nil || f.stopped != 1 || f.unguarded != 1 || f.claims != 0 {
		t.Errorf("%v stopped %d unguarded %d claims %d", err, f.stopped, f.unguarded, f.claims)
	}
	if err := s.Close(); err != nil || f.stopped != 1 {
		t.Error("closed twice")
	}
}

// TestStopped starts a session again that somebody stopped, and a provider that somebody disabled, and says so.
func TestStopped(t *testing.T) {
	f := newFake()
	s, woken := opened(t, f)
	f.put1(t, rawEvent{provider: guidOf("Microsoft-Windows-RPC"), id: 5}, nil)
	<-woken
	f.kill()
	eventually(t, "the session is there again", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.starts == 2 && f.running
	})
	eventually(t, "health says so", func() bool {
		h := health(s, "session")
		return h.State == "degraded" && strings.Contains(h.Reason, "stopped the session 1 times")
	})
	// What the first session lost is not forgotten: 2 of each.
	eventually(t, "losses add up", func() bool { l := health(s, "session").Lost; return l == 2 || l == 4 })

	registry := guidOf("Microsoft-Windows-Kernel-Registry")
	f.mu.Lock()
	before := f.asked["Microsoft-Windows-Kernel-Registry"]
	f.disabled[registry] = true
	f.mu.Unlock()
	eventually(t, "the provider is asked again", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.asked["Microsoft-Windows-Kernel-Registry"] > before && !f.disabled[registry]
	})
	eventually(t, "health says that too", func() bool { return strings.Contains(health(s, "session").Detail, "disabled=1") })

	f.mu.Lock()
	f.stubborn = registry
	f.mu.Unlock()
	eventually(t, "a provider that stays disabled is given up", func() bool {
		h := health(s, "provider:Microsoft-Windows-Kernel-Registry")
		return h.State == "degraded" && strings.Contains(h.Reason, "again and again")
	})

	// A session that cannot be started again is a failure until it can.
	f.mu.Lock()
	f.startErr = errNoResources
	f.mu.Unlock()
	f.kill()
	eventually(t, "the failure shows", func() bool {
		h := health(s, "session")
		return h.State == "failed" && strings.Contains(h.Reason, "as many sessions")
	})
	f.mu.Lock()
	f.startErr = nil
	f.mu.Unlock()
	eventually(t, "it comes back", func() bool { return health(s, "session").State == "degraded" })
}

// TestFlood bounds what waits and counts what it leaves.
func TestFlood(t *testing.T) {
	var q queue
	data := make([]byte, 1024)
	none := func(func(extended) bool) {}
	for range queueBytes/1024 + 10 {
		q.put(rawEvent{}, data, none)
	}
	if received, lost := q.counts(); received != queueBytes/1024+10 || lost != 10 {
		t.Errorf("%d received, %d lost", received, lost)
	}
	var b batch
	q.swap(&b)
	if len(b.events) != queueBytes/1024 {
		t.Errorf("%d events", len(b.events))
	}
	for range queueEvents + 5 {
		q.put(rawEvent{}, nil, none)
	}
	if _, lost := q.counts(); lost != 15 {
		t.Errorf("%d lost", lost)
	}
	// The memory of a flood is given back once it is over.
	for range 5 {
		q.swap(&b)
		q.put(rawEvent{}, data, none)
	}
	if cap(b.data)+cap(q.filling.data) > 2*keptBytes || cap(b.events)+cap(q.filling.events) > 2*keptEvents {
		t.Errorf("%d and %d bytes, %d and %d events are kept", cap(b.data), cap(q.filling.data), cap(b.events), cap(q.filling.events))
	}
}

// TestWanted tells interesting events from the rest by their first bytes.
func TestWanted(t *testing.T) {
	srvsvc, other := parseGUID("{4b324fc8-1670-01d3-1278-5a47bf6ee188}"), parseGUID("{4b324fc8-1670-01d3-1278-5a47bf6ee189}")
	lsarpc := parseGUID("{12345778-1234-abcd-ef00-0123456789ab}")
	for _, c := range []struct {
		provider string
		e        rawEvent
		data     []byte
		want     bool
	}{
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 5, pid: 1}, payload(uint32(2), uint32(0x10), uint32(0)), true},
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 5, pid: 1}, payload(uint32(2), uint32(0x1400), uint32(0)), false},
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 5, pid: 1}, payload(uint32(2), uint32(0x2000000), uint32(0)), true},
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 6, pid: 1}, payload(uint32(2), uint32(3), uint32(0x10), uint32(0)), true},
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 6, pid: 2}, payload(uint32(2), uint32(3), uint32(0x10), uint32(0)), false},
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 6, pid: 1}, payload(uint32(2), uint32(3), uint32(0x800), uint32(0)), false},
		{"Microsoft-Windows-Kernel-Audit-API-Calls", rawEvent{id: 4, pid: 1}, payload(uint32(0)), true},
		{"Microsoft-Windows-Kernel-Process", rawEvent{id: 3, pid: 1}, payload(uint32(1)), false},
		{"Microsoft-Windows-Kernel-Process", rawEvent{id: 3, pid: 1}, payload(uint32(2)), true},
		{"Microsoft-Windows-Kernel-Process", rawEvent{id: 1, pid: 1}, payload(uint32(1)), true},
		{"Microsoft-Windows-Kernel-Registry", rawEvent{id: 1, pid: 1}, payload(uint64(0), uint64(0), uint32(0), uint32(2)), false},
		{"Microsoft-Windows-Kernel-Registry", rawEvent{id: 1, pid: 1}, payload(uint64(0), uint64(0), uint32(0), uint32(1)), true},
		{"Microsoft-Windows-Kernel-Registry", rawEvent{id: 5, pid: own}, nil, false},
		{"Microsoft-Windows-Kernel-File", rawEvent{id: 30, pid: own}, nil, false},
		{"Microsoft-Windows-Kernel-File", rawEvent{id: 30, pid: 1}, nil, true},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(srvsvc[:], uint32(15), uint32(2)), true},
		{"Microsoft-Windows-RPC", rawEvent{id: 6, pid: 1}, payload(srvsvc[:], uint32(15), uint32(2)), true},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(srvsvc[:], uint32(15), uint32(local)), true},
		{"Microsoft-Windows-RPC", rawEvent{id: 6, pid: 1}, payload(srvsvc[:], uint32(15), uint32(local)), false},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(srvsvc[:], uint32(99), uint32(2)), false},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(other[:], uint32(15), uint32(2)), false},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(lsarpc[:], uint32(57), uint32(local)), false},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(lsarpc[:], uint32(57), uint32(1)), true},
		{"Microsoft-Windows-RPC", rawEvent{id: 5, pid: 1}, payload(lsarpc[:], uint32(37), uint32(local)), true},
	} {
		if got := filters[c.provider](&c.e, c.data, own); got != c.want {
			t.Errorf("%s %d by %d % x: %v", c.provider, c.e.id, c.e.pid, c.data, got)
		}
		for n := range c.data { // cut anywhere it must not fall over
			filters[c.provider](&c.e, c.data[:n], own)
		}
	}
}

const own = 999

// TestTrace writes stacks from the first frame of the process on.
func TestTrace(t *testing.T) {
	var asked []uint32
	m := modules{left: 1, ask: func(pid uint32) []Module {
		asked = append(asked, pid)
		return []Module{{0x10000, 0x1000, "b.dll"}, {0x5000, 0x1000, "a.dll"}, {0xffffffffffffff00, 0x1000, "wraps"}, {0x1, 0, "empty"}}
	}}
	stack := addresses(0xfffff80000001000, 0x5000, 0x5fff, 0x6000, 0x10010, 0, 0x4fff)[8:]
	want := "a.dll+0|a.dll+fff|UNKNOWN(0000000000006000)|b.dll+10|UNKNOWN(0000000000004FFF)"
	if got := m.trace(1, stack, 8); got != want {
		t.Errorf("got %s", got)
	}
	if got := m.trace(2, stack, 8); strings.Contains(got, "dll") || len(asked) != 1 {
		t.Errorf("more processes asked than one round may: %v", asked)
	}
	m.left = 5
	m.started(1)
	m.load(1, Module{0x5000, 0x100, "new.dll"})
	if got := m.trace(1, stack, 8); !strings.HasPrefix(got, "new.dll+0|UNKNOWN(0000000000005FFF)") || len(asked) != 1 {
		t.Errorf("another process of the number has %s", got)
	}
	if got := m.trace(3, []byte{0, 0x50, 0, 0, 0x10, 0, 1, 0, 7}, 4); got != "a.dll+0|b.dll+10" {
		t.Errorf("of 32 bits: %s", got)
	}
	if n := strings.Count(m.trace(1, bytes.Repeat([]byte{1}, 8*200), 8), "|"); n != maxFrames-1 {
		t.Errorf("%d frames", n+1)
	}
	m.ended(1)
	if m.of[1] != nil {
		t.Error("kept after its end")
	}
}

func TestDevices(t *testing.T) {
	d := devices{{`\Device\HarddiskVolume3`, "C:"}, {`\Device\HarddiskVolume33`, "D:"}}
	for in, want := range map[string]string{
		`\Device\HarddiskVolume3\a`: `C:\a`, `\device\HARDDISKVOLUME3\a`: `\device\HARDDISKVOLUME3\a`, `\Device\HARDDISKVOLUME33\a`: `D:\a`,
		`\Device\HarddiskVolume4\a`: `\Device\HarddiskVolume4\a`, `\Device\Mup\srv\share\x`: `\\srv\share\x`, `\Device\HarddiskVolume3`: `\Device\HarddiskVolume3`,
		`C:\a`: `C:\a`, "": "",
	} {
		if got := d.path(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// instance is one program that registered a provider, and a session that has it enabled.
type instance struct {
	session uint16
	level   uint8
	any     uint64
	off     bool
}

// guidInfo builds a TRACE_GUID_INFO.
func guidInfo(instances ...instance) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(instances)))
	b = binary.LittleEndian.AppendUint32(b, 0)
	for i, x := range instances {
		next := uint32(48)
		if i == len(instances)-1 {
			next = 0
		}
		on := uint32(1)
		if x.off {
			on = 0
		}
		b = append(b, payload(next, uint32(1), uint32(500), uint32(0), on, x.level, uint8(0), x.session, uint32(0), uint32(0), x.any, uint64(0))...)
	}
	return b
}

// TestEnabledFor reads who has a provider enabled.
func TestEnabledFor(t *testing.T) {
	for what, c := range map[string]struct {
		b    []byte
		want bool
	}{
		"nobody registered":  {guidInfo(), true},
		"another session":    {guidInfo(instance{4, 5, 0, false}), false},
		"ours, all":          {guidInfo(instance{4, 5, 0, false}, instance{3, 5, 0, false}), true},
		"ours, the keywords": {guidInfo(instance{3, 4, 0x70, false}), true},
		"ours, not all":      {guidInfo(instance{3, 4, 0x10, false}), false},
		"ours, too low":      {guidInfo(instance{3, 2, 0x70, false}), false},
		"ours, off":          {guidInfo(instance{3, 4, 0x70, true}), false},
	} {
		if got, err := enabledFor(c.b, 3, 4, 0x70); got != c.want || err != nil {
			t.Errorf("%s: %v %v", what, got, err)
		}
	}
	whole := guidInfo(instance{4, 5, 0, false}, instance{3, 5, 0, false})
	for n := range whole {
		if got, err := enabledFor(whole[:n], 3, 4, 0x70); got || err == nil {
			t.Errorf("cut at %d: %v %v", n, got, err)
		}
	}
}

// TestRequests holds what is asked of Windows to its bounds: each provider only what is mapped, with stacks for some of it.
func TestRequests(t *testing.T) {
	for _, tr := range eventlog.Traces() {
		r := requestOf(tr)
		if r.guid.String() != tr.GUID || r.guid == (GUID{}) {
			t.Errorf("%s has the GUID %s", tr.Name, tr.GUID)
		}
		n := int(binary.LittleEndian.Uint16(r.ids[2:]))
		if r.ids[0] != 1 || n == 0 || n > maxFilterIDs || len(r.ids) != 4+2*n || n != len(tr.Events()) {
			t.Errorf("%s asks for % x", tr.Name, r.ids)
		}
		for _, id := range tr.Stacks {
			if !tr.Has(id) {
				t.Errorf("%s wants stacks with %d, which it does not ask for", tr.Name, id)
			}
		}
	}
}

// TestInformed fills in who a process is that was there before the session, once, and the command line of one that starts.
func TestInformed(t *testing.T) {
	f := newFake()
	f.schemas[5] = info("Microsoft-Windows-Kernel-Audit-API-Calls", 3, described{name: "TargetProcessId", in: inUInt32, count: 1},
		described{name: "DesiredAccess", in: inUInt32, count: 1}, described{name: "ReturnCode", in: inUInt32, count: 1})
	f.schemas[1] = info("Microsoft-Windows-Kernel-Process", 3, described{name: "ProcessID", in: inUInt32, count: 1},
		described{name: "ParentProcessID", in: inUInt32, count: 1}, described{name: "ImageName", in: inUnicode, count: 1})
	asked := map[int64]int{}
	running := map[int64]*event.Process{
		640: {
			Key: "host.example.test.640.1772000000000", Path: `C:\Windows\System32\lsass.exe`, Cmdline: "lsass", User: `NT AUTHORITY\SYSTEM`, StartNS: 1772000000 * int64(time.Second),
			Windows: &event.WindowsProcess{UserSID: "S-1-5-18", Integrity: "System", LogonID: 0x3e7},
		},
		4100: {Key: "no", Path: `C:\a\tool.exe`, Cmdline: "tool -x", Windows: &event.WindowsProcess{Integrity: "High"}},
		4200: {Key: "no", Path: `C:\another.exe`, Cmdline: "of another process"},
	}
	s := newSource(Options{every: time.Hour, Process: func(pid int64) (*event.Process, bool) {
		asked[pid]++
		p, ok := running[pid]
		return p, ok
	}}, f)
	if err := s.Open(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const now = 1772442000 * int64(time.Second)
	calls, processes := guidOf("Microsoft-Windows-Kernel-Audit-API-Calls"), guidOf("Microsoft-Windows-Kernel-Process")
	f.put1(t, rawEvent{provider: processes, id: 1, pid: 3000, timeNS: now}, payload(uint32(4100), uint32(3000), `\Device\HarddiskVolume3\a\tool.exe`))
	f.put1(t, rawEvent{provider: processes, id: 1, pid: 3000, timeNS: now}, payload(uint32(4200), uint32(3000), `\Device\HarddiskVolume3\b\gone.exe`))
	for range 3 {
		f.put1(t, rawEvent{provider: calls, id: 5, pid: 4100, timeNS: now + 1e6}, payload(uint32(640), uint32(0x1010), uint32(0)))
	}
	out := &sink{lineage: collectors.NewLineage(new(collectors.Facts))}
	if err := s.Read(); err != nil {
		t.Fatal(err)
	}
	s.Decode(out)
	if len(out.events) != 5 {
		t.Fatalf("%d events", len(out.events))
	}
	if p := out.events[0].Process; p.Cmdline != "tool -x" || p.OnWindows().Integrity != "High" || p.Key == "no" {
		t.Errorf("a process that starts: %+v", p)
	}
	if p := out.events[1].Process; p.Cmdline != "" || p.Path != `C:\b\gone.exe` {
		t.Errorf("a process whose number is another's by now: %+v", p)
	}
	access := out.events[4]
	if p := access.Target; p.Key != running[640].Key || p.Path != running[640].Path || p.OnWindows().UserSID != "S-1-5-18" || p.StartNS != running[640].StartNS {
		t.Errorf("a process that was there: %+v", p)
	}
	if access.Process.Key != out.events[0].Process.Key || access.Process.Cmdline != "tool -x" {
		t.Errorf("the caller: %+v", access.Process)
	}
	for pid, n := range asked {
		if n != 1 {
			t.Errorf("process %d was asked about %d times", pid, n)
		}
	}
}

// BenchmarkDecode decodes and maps opens of processes with stacks.
func BenchmarkDecode(b *testing.B) {
	f := newFake()
	f.schemas[5] = info("Microsoft-Windows-Kernel-Audit-API-Calls", 3, described{name: "TargetProcessId", in: inUInt32, count: 1},
		described{name: "DesiredAccess", in: inUInt32, count: 1}, described{name: "ReturnCode", in: inUInt32, count: 1})
	s := newSource(Options{}, f)
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
