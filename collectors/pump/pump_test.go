package pump

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/store"
)

// torrent is a Waiter that brings messages at every round as long as it flows.
type torrent struct {
	wake           atomic.Pointer[func()]
	flows, waiting atomic.Bool
	rounds, awaits atomic.Int64
}

func (s *torrent) Name() string { return "torrent" }
func (s *torrent) Open(_ context.Context, wake func()) error {
	s.wake.Store(&wake)
	return nil
}
func (s *torrent) Read() error                 { return nil }
func (s *torrent) Health() []collectors.Health { return nil }
func (s *torrent) Close() error                { return nil }
func (s *torrent) Decode(sink collectors.Sink) {
	s.rounds.Add(1)
	if s.flows.Load() {
		for range 1000 {
			sink.Lifecycle(collectors.Lifecycle{Kind: collectors.Renamed, PID: 1})
		}
	}
}

func (s *torrent) Await() {
	s.awaits.Add(1)
	s.waiting.Store(true)
	if s.flows.Load() && s.waiting.CompareAndSwap(true, false) {
		(*s.wake.Load())()
	}
}

func (s *torrent) arrive() {
	if s.waiting.CompareAndSwap(true, false) {
		(*s.wake.Load())()
	}
}

// TestBusyPumpIsNotWoken: while much comes the pump comes by itself, and a source is asked to wake it again as soon as little does.
func TestBusyPumpIsNotWoken(t *testing.T) {
	s := &torrent{}
	p := &Pump{Store: store.NewStore(0, 1), Lineage: lineage.New(collectors.NoHost{}), Sources: []collectors.Source{s}, Logger: slog.New(slog.DiscardHandler)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.Run(ctx) }()
	until := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	until("a quiet pump does not wait for a wake-up", s.waiting.Load)
	s.flows.Store(true)
	s.arrive()
	until("no round for what has arrived", func() bool { return s.rounds.Load() > 1 })
	rounds, awaits := s.rounds.Load(), s.awaits.Load()
	until("a busy pump does not come by itself", func() bool { return s.rounds.Load() >= rounds+5 })
	if n := s.awaits.Load() - awaits; n > 1 {
		t.Errorf("a busy pump asked %d times to be woken", n)
	}
	s.flows.Store(false)
	until("the pump does not ask to be woken when little comes", s.waiting.Load)
	rounds = s.rounds.Load()
	s.arrive()
	until("no round for what has arrived later", func() bool { return s.rounds.Load() > rounds })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
