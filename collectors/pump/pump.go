// Package pump joins sources, gives their events context and stores them, in rounds: what reads seldom and much costs little.
package pump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/recording"
	"github.com/apiwatch/apiwatch/collectors/store"
)

// How long records may collect before a round reads them. Wake-ups per record, not decoding, are what a collector costs. On a
// quiet machine a round comes soon, so that a process that lives for milliseconds is still there to be asked about; on a
// busy one rounds are few and large. The receive buffers hold many times what comes meanwhile.
const (
	gather     = 8 * time.Millisecond
	gatherBusy = 80 * time.Millisecond
	busy       = 1000 // drafts and messages a second
)

// Pump joins the sources, gives their events context and stores them.
type Pump struct {
	Store   *store.Store
	Lineage *lineage.Lineage
	Sources []collectors.Source
	// ExecFromConnector says whether executions must be made out from the process connector, because audit reports none.
	ExecFromConnector func() bool
	// Recorder writes down what the sources deliver; nil for none.
	Recorder *recording.Recorder
	// Opened runs when the sources are open, as far as they may be; nil for none.
	Opened func()
	// Full runs before events are stored for which others of these kinds would be evicted that nobody has looked at; nil for none.
	Full func([]event.Kind)
	// Learn takes all events before they are stored; nil for none. It keeps none of them.
	Learn func([]event.Event)
	// AfterRound runs after each round that brought something; nil for none.
	AfterRound func()
	// Ended runs when the last round is stored and the sources are still open, to look at what nobody looked at yet; nil for none.
	Ended  func()
	Logger *slog.Logger

	pending  []event.Event
	deferred []collectors.Lifecycle
	latest   int64 // time of the newest lifecycle message

	mu           sync.Mutex
	lineageStats lineage.Stats
	open         []collectors.Source
	failed       []collectors.Health
	drafts       atomic.Uint64
	nobodys      atomic.Uint64 // drafts of no process, subject or host, which are not stored
	messages     atomic.Uint64
	rounds       atomic.Uint64
}

// Draft takes an event from a source.
func (p *Pump) Draft(d *collectors.Draft) {
	p.drafts.Add(1)
	switch ev := &d.Event; {
	case d.Actor.PID > 0 || d.Actor.Logged != nil:
		p.Lineage.Resolve(d)
	case ev.Host == nil && ev.Subject == nil && ev.Kind != event.KindRecord && ev.Kind != event.KindAuditChange:
		p.nobodys.Add(1)
		return
	}
	p.pending = append(p.pending, d.Event)
}

// Lifecycle takes a message about a process.
func (p *Pump) Lifecycle(m collectors.Lifecycle) {
	p.messages.Add(1)
	if m.TimeNS > p.latest || m.TimeNS < p.latest-lineage.SteppedNS {
		p.latest = m.TimeNS
	}
	if p.Recorder != nil {
		p.Recorder.Lifecycle(m)
	}
	switch m.Kind {
	case collectors.Forked:
		p.Lineage.On(m.Host, m.TimeNS).Fork(&m)
		return
	case collectors.Executed:
		p.Lineage.On(m.Host, m.TimeNS).Announce(&m)
	case collectors.Exited:
		p.Lineage.On(m.Host, m.TimeNS).Leaving(&m)
	case collectors.SetID, collectors.SetSession, collectors.Traced, collectors.Renamed:
	}
	p.deferred = append(p.deferred, m)
}

// Round reads every source once and stores what came. It reports io.EOF when every source has ended.
func (p *Pump) Round() error {
	ended := 0
	var errs []error
	for _, s := range p.open {
		if err := s.Read(); errors.Is(err, io.EOF) {
			ended++
		} else if err != nil {
			errs = append(errs, fmt.Errorf("reading %s: %w", s.Name(), err))
		}
	}
	for _, s := range slices.Backward(p.open) {
		s.Decode(p)
	}
	synthesize := p.ExecFromConnector != nil && p.ExecFromConnector()
	for i := range p.deferred {
		m := &p.deferred[i]
		switch m.Kind {
		case collectors.Exited:
			p.Lineage.On(m.Host, m.TimeNS).Exit(m, func(e event.Event) {
				e.Host = m.Host
				p.pending = append(p.pending, e)
			})
		case collectors.SetID:
			p.Lineage.On(m.Host, m.TimeNS).SetID(m)
		case collectors.Executed:
			if synthesize && m.Host == nil {
				if e, ok := p.Lineage.Executed(m); ok {
					p.pending = append(p.pending, e)
				}
			}
		case collectors.Forked, collectors.SetSession, collectors.Traced, collectors.Renamed:
		}
	}
	p.deferred = p.deferred[:0]
	p.Lineage.Settle(p.latest)
	p.settle()
	p.rounds.Add(1)
	p.mu.Lock()
	p.lineageStats = p.Lineage.Stats()
	p.mu.Unlock()
	if p.Recorder != nil {
		if err := p.Recorder.EndRound(); err != nil {
			errs = append(errs, fmt.Errorf("writing the recording: %w", err))
			p.Recorder = nil
		}
	}
	if p.AfterRound != nil {
		p.AfterRound()
	}
	if len(p.open) > 0 && ended == len(p.open) {
		errs = append(errs, io.EOF)
	}
	return errors.Join(errs...)
}

// settle stores what came, and tells the sources that keep how far they were read.
func (p *Pump) settle() {
	if len(p.pending) > 0 {
		p.store()
		clear(p.pending)
		p.pending = p.pending[:0]
	}
	for _, s := range p.open {
		if k, ok := s.(collectors.Keeper); ok {
			k.Stored()
		}
	}
}

// Mark stands for all that is stored at one moment, source by source.
type Mark []uint64

// Mark gives one for now. It is taken before an evaluation begins and given to [Pump.Evaluated] when that has looked at everything; both
// are safe to call at any time.
func (p *Pump) Mark() Mark {
	var m Mark
	for _, s := range p.Sources {
		if k, ok := s.(collectors.Keeper); ok {
			m = append(m, k.Handed())
		}
	}
	return m
}

// Evaluated says that all that a mark stands for was looked at: a later run need not see it again.
func (p *Pump) Evaluated(m Mark) {
	for _, s := range p.Sources {
		if k, ok := s.(collectors.Keeper); ok && len(m) > 0 {
			k.Evaluated(m[0])
			m = m[1:]
		}
	}
}

// store adds the round's events, some at a time where somebody wants to look before others go.
func (p *Pump) store() {
	const some = 128
	rest := p.pending
	if p.Learn != nil {
		p.Learn(rest)
	}
	if p.Full == nil {
		p.Store.Add(rest...)
		return
	}
	for len(rest) > 0 {
		n := min(some, len(rest))
		if kinds := p.Store.Endangered(rest[:n]); kinds != nil {
			p.Full(kinds)
		}
		p.Store.Add(rest[:n]...)
		rest = rest[n:]
	}
}

// Open starts the sources. One that cannot start is left out and its reason kept for `collector_health`.
func (p *Pump) Open(ctx context.Context, wake func()) {
	for _, s := range p.Sources {
		if err := s.Open(ctx, wake); err != nil {
			p.Logger.Warn("source cannot start", "source", s.Name(), "error", err)
			p.mu.Lock()
			p.failed = append(p.failed, collectors.Health{Collector: s.Name(), Item: "source", State: "failed", Reason: err.Error()})
			p.mu.Unlock()
			continue
		}
		p.open = append(p.open, s)
	}
}

// Use adds a source that is open already, for rounds that the caller drives.
func (p *Pump) Use(s collectors.Source) { p.open = append(p.open, s) }

// Run opens the sources and pumps until ctx ends or every source has.
func (p *Pump) Run(ctx context.Context) error {
	woken := make(chan struct{}, 1)
	p.Open(ctx, func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})
	defer p.Close()
	if p.Opened != nil {
		p.Opened()
	}
	if p.Ended != nil {
		p.Mark() // from the first round on, only what was looked at is taken as read
	}
	// A round now and then lets sources close what waits for more, even when nothing new comes.
	idle := time.NewTicker(time.Second)
	defer idle.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	wait, last := gather, time.Now()
	for {
		if wait == gatherBusy {
			pause.Reset(wait)
			select {
			case <-ctx.Done():
				return p.finish(p.Round())
			case <-pause.C:
			}
		} else {
			p.await()
			select {
			case <-ctx.Done():
				return p.finish(p.Round())
			case <-idle.C:
			case <-woken:
				pause.Reset(wait)
				select {
				case <-ctx.Done():
				case <-pause.C:
				}
			}
		}
		before := p.drafts.Load() + p.messages.Load()
		if err := p.Round(); errors.Is(err, io.EOF) {
			return p.finish(err)
		} else if err != nil {
			p.Logger.Warn("round had errors", "error", err)
		}
		n, now := p.drafts.Load()+p.messages.Load()-before, time.Now()
		if wait = gather; float64(n) > busy*now.Sub(last).Seconds() {
			wait = gatherBusy
		}
		last = now
	}
}

// await asks the sources for a wake-up.
func (p *Pump) await() {
	for _, s := range p.open {
		if w, ok := s.(collectors.Waiter); ok {
			w.Await()
		}
	}
}

// finish stores what still waited in the sources, and lets it be looked at.
func (p *Pump) finish(err error) error {
	for _, s := range p.open {
		if k, ok := s.(collectors.Keeper); ok {
			k.Flush(p)
		}
	}
	p.settle()
	if p.Ended != nil {
		p.Ended()
	}
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// Close ends the sources, the last opened first.
func (p *Pump) Close() {
	for _, s := range slices.Backward(p.open) {
		if err := s.Close(); err != nil {
			p.Logger.Warn("closing source", "source", s.Name(), "error", err)
		}
	}
	p.open = nil
}

// Health gives the state of every source, of enrichment and of the store.
func (p *Pump) Health() []collectors.Health {
	var out []collectors.Health
	for _, s := range p.Sources {
		out = append(out, s.Health()...)
	}
	p.mu.Lock()
	out = append(out, p.failed...)
	ls := p.lineageStats
	p.mu.Unlock()
	h := collectors.Health{
		Collector: "enrichment", Item: "processes", State: "ok", Received: p.drafts.Load() + p.messages.Load(),
		Decoded: p.drafts.Load() - p.nobodys.Load(), Lost: p.nobodys.Load(),
		Detail: fmt.Sprintf("processes=%d hosts=%d questions=%d skipped=%d unasked=%d unknown=%d rounds=%d",
			ls.Processes, ls.Hosts, ls.HostQuestions, ls.Skipped, ls.Unasked, ls.Unknown, p.rounds.Load()),
	}
	var reasons []string
	if ls.Skipped > 0 {
		reasons = append(reasons, "too many processes started at once to ask the system about each: containers are inherited from the parent "+
			"instead")
	}
	if ls.Unasked > 0 {
		reasons = append(reasons, "too many calls at once that the system must be asked about: of some the target, the file or its times are "+
			"missing")
	}
	if h.Lost > 0 {
		reasons = append(reasons, "records that name no process, subject or host were left out: their source writes them so, or the decoder "+
			"does not know the field")
	}
	if len(reasons) > 0 {
		h.State, h.Reason = "degraded", strings.Join(reasons, "; ")
	}
	return append(out, h)
}
