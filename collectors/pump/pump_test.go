package pump

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
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
	p := &Pump{
		Store: store.NewStore(0, 1), Lineage: lineage.New(collectors.NoHost{}), Sources: []collectors.Source{s},
		Logger: slog.New(slog.DiscardHandler),
	}
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

// TestNothingIsLeftOutUncounted hands over what no process did: it is stored by its host or subject, or counted.
func TestNothingIsLeftOutUncounted(t *testing.T) {
	p := &Pump{Store: store.NewStore(0, 1), Lineage: lineage.New(collectors.NoHost{}), Logger: slog.New(slog.DiscardHandler)}
	account := &event.Host{Name: "account-1", Kind: event.Account, Domain: "tenant-1"}
	for _, ev := range []event.Event{
		{Kind: event.KindCall, Host: account},
		{Kind: event.KindLogon, Host: account, Subject: &event.Subject{Principal: "ann", SourceAddress: "192.0.2.7"}},
		{Kind: event.KindCall, Subject: &event.Subject{Principal: "bob"}},
		{Kind: event.KindRecord},
		{Kind: event.KindCall},
	} {
		p.Draft(&collectors.Draft{Event: ev, Actor: collectors.Unknown()})
	}
	if err := p.Round(); err != nil {
		t.Fatal(err)
	}
	var actors []string
	for _, e := range p.Store.Select(store.Query{Kinds: event.Kinds()}) {
		if e.Process != nil {
			t.Errorf("event %d has the process %+v", e.EID, e.Process)
		}
		actors = append(actors, e.ActorKey())
	}
	if want := []string{"account-1", "ann@account-1", "bob@", ""}; !slices.Equal(actors, want) {
		t.Errorf("stored are the events of %q, want %q", actors, want)
	}
	h := p.Health()[0]
	if h.Received != 5 || h.Decoded != 4 || h.Lost != 1 || h.State != "degraded" || !strings.Contains(h.Reason,
		"no process, subject or host") {
		t.Errorf("the row of enrichment is %+v", h)
	}
}

// keeper is a source that keeps how far it was read.
type keeper struct {
	torrent
	log []string
}

func (k *keeper) Flush(sink collectors.Sink) {
	k.log = append(k.log, "flush")
	sink.Draft(&collectors.Draft{Event: event.Event{Kind: event.KindRecord, Detail: &event.Record{}}, Actor: collectors.Unknown()})
}
func (k *keeper) Stored()             { k.log = append(k.log, "stored") }
func (k *keeper) Handed() uint64      { k.log = append(k.log, "handed"); return 7 }
func (k *keeper) Evaluated(of uint64) { k.log = append(k.log, "evaluated "+strconv.FormatUint(of, 10)) }
func (k *keeper) Close() error        { k.log = append(k.log, "closed"); return nil }

// TestEndIsLookedAt: at the end of a run what waits in the sources is stored, looked at and taken as read before they close.
func TestEndIsLookedAt(t *testing.T) {
	k := &keeper{}
	held := store.NewStore(0, 1)
	p := &Pump{
		Store: held, Lineage: lineage.New(collectors.NoHost{}), Sources: []collectors.Source{&torrent{}, k},
		Logger: slog.New(slog.DiscardHandler),
	}
	p.Ended = func() {
		if held.NextEID() != 2 {
			t.Errorf("the next event at the end is %d, want 2", held.NextEID())
		}
		p.Evaluated(p.Mark())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(k.log, ", "); got != "handed, stored, flush, stored, handed, evaluated 7, closed" {
		t.Error(got)
	}
}
