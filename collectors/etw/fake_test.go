package etw

import (
	"encoding/binary"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
	"github.com/apiwatch/apiwatch/collectors/lineage"
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
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

type sink struct {
	lineage *lineage.Lineage
	events  []event.Event
}

func (s *sink) Draft(d *collectors.Draft) {
	s.lineage.Resolve(d)
	s.events = append(s.events, d.Event)
}
func (s *sink) Lifecycle(collectors.Lifecycle) {}

func opened(t *testing.T, f *fakeWindows) (*Live, chan struct{}) {
	t.Helper()
	woken := make(chan struct{}, 100)
	s := newLive(Options{every: time.Millisecond, Logger: slog.New(slog.DiscardHandler)}, f)
	if err := s.Open(t.Context(), func() { woken <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, woken
}

func health(s *Live, item string) collectors.Health {
	for _, h := range s.Health() {
		if h.Item == item {
			return h
		}
	}
	return collectors.Health{}
}

func guidOf(name string) GUID {
	for _, t := range meaning.Traces() {
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
