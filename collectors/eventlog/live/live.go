// Package live subscribes to the event logs of this machine, says what of them is off, and goes on where it ended.
package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
)

// From says where in a channel a subscription begins.
type From uint8

// Where a subscription begins.
const (
	FromNow From = iota
	FromOldest
	// AfterPlace begins after a record and fails if the channel has it no longer.
	AfterPlace
)

// System is what [Live] asks of Windows. It decides nothing.
type System interface {
	// Enabled tells whether a channel is written to.
	Enabled(channel string) (bool, error)
	// TimeOf gives when a record was written, Unix nanoseconds; false if the channel has no such record.
	TimeOf(channel string, record uint64) (int64, bool, error)
	// Subscribe begins a subscription; bookmark says after what for [AfterPlace].
	Subscribe(channel, query string, from From, bookmark string) (Subscription, error)
	// Watch calls wake whenever something may wait in any subscription, until ctx ends.
	Watch(ctx context.Context, wake func()) error
	// Audited gives which outcomes of audit subcategories, by their GUIDs, are audited.
	Audited(subcategories []string) (map[string]Audit, error)
	// Setting gives a number of the registry below HKEY_LOCAL_MACHINE; false if there is none.
	Setting(key, value string) (uint32, bool)
	Close() error
}

// Subscription is one channel's, in the pull model.
type Subscription interface {
	// Next hands over at most n records that wait, each as its event XML in UTF-8, which lives until document returns. A
	// record that cannot be rendered is an error of document's. io.EOF says that nothing more waits.
	Next(n int, document func(xml []byte, err error)) error
	Close() error
}

// Options say what to subscribe to.
type Options struct {
	// Connect gives the machine's event log; it is called when the source opens.
	Connect  func() (System, error)
	Channels []Channel // nil: those of [Channels]
	// StateDir is where the places are kept, so that the next run goes on where this one ended. "" begins now and keeps none.
	StateDir string
	Logger   *slog.Logger
	// Capture takes every record that is handed over, as event XML on one line or more; nil for none.
	Capture func(xml []byte) error

	now func() time.Time
}

// Bounds of one round, and pauses.
const (
	recordsALiveRound = 512 // of one channel
	bytesALiveRound   = 8 << 20
	liveBatch         = 64
	lookAgain         = time.Minute      // for a channel that is missing or disabled
	tryAgain          = 10 * time.Second // after an error
	keepPlaces        = 2 * time.Second
)

// Live subscribes to the event logs of this machine. Each channel has a subscription of its own, so that one that is
// missing, forbidden or cleared disturbs no other; the records of a round go on in the order of their times.
type Live struct {
	options Options
	system  System // nil while closed
	wake    func()
	mapper  meaning.Mapper
	reader  form.Document

	docs    []byte
	waiting []document
	saved   time.Time
	looked  time.Time

	mu       sync.Mutex
	logs     []*log
	progress progress
	waits    time.Time // since when a script waits for its other parts
	placing  error     // why places cannot be kept
	reports  []collectors.Health
}

// document is a rendered record within Live.docs.
type document struct {
	log      int
	from, to int
	timeNS   int64
	err      error // it came and cannot be used
}

// log is a channel's state.
type log struct {
	Channel
	sub     Subscription // nil while there is none
	place   Place
	placed  bool  // place is known
	started bool  // there was an attempt to open it in this run
	sinceNS int64 // records from before are not this run's, where no place tells
	retry   time.Time
	batch   int

	unread                  uint64 // records lost since the last that was read
	disabled                bool
	state, reason, note     string
	received, decoded, lost uint64
}

// New makes the source.
func New(o Options) *Live {
	if o.Channels == nil {
		o.Channels = Channels()
	}
	if o.now == nil {
		o.now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	l := &Live{options: o, progress: begin(make(map[string]Place))}
	for _, c := range o.Channels {
		l.logs = append(l.logs, &log{Channel: c, batch: liveBatch, state: "off", reason: "it is not open yet"})
	}
	return l
}

// Name implements [collectors.Source], as do the other methods.
func (l *Live) Name() string { return "eventlog" }

// Open subscribes to the channels. One that cannot be had is tried again later: the service that keeps the logs may start
// after this program.
func (l *Live) Open(ctx context.Context, wake func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake = wake
	system, err := l.options.Connect()
	if err != nil {
		return err
	}
	if l.options.StateDir != "" {
		var places map[string]Place
		places, l.placing = loadPlaces(l.options.StateDir)
		l.progress = begin(places)
		if l.placing != nil {
			l.options.Logger.Warn("event logs begin now, not where the last run ended", "error", l.placing)
		}
	}
	now := l.options.now()
	l.saved = now
	if err := system.Watch(ctx, wake); err != nil {
		return errors.Join(fmt.Errorf("waiting for event logs: %w", err), system.Close())
	}
	l.system = system
	for _, g := range l.logs {
		if g.place, g.placed = l.progress.kept[g.Path]; !g.placed {
			g.sinceNS = now.UnixNano()
		}
		l.open(g, now)
	}
	l.look(now)
	wake()
	return nil
}

// open subscribes to one channel, where that is possible now.
func (l *Live) open(g *log, now time.Time) {
	first := !g.started
	g.started = true
	g.retry = now.Add(lookAgain)
	enabled, err := l.system.Enabled(g.Path)
	if codeOf(err) == codeChannelNotFound {
		g.state, g.reason = "off", g.Missing
		return
	}
	g.disabled = err == nil && !enabled
	from, bookmark := FromNow, ""
	switch {
	case g.placed:
		from, bookmark = l.resume(g)
	case !first:
		from = FromOldest // what came since the start is not lost, see take
	}
	sub, err := l.system.Subscribe(g.Path, g.Query(), from, bookmark)
	if from == AfterPlace && gone(codeOf(err)) {
		g.note = g.forgotten()
		sub, err = l.system.Subscribe(g.Path, g.Query(), FromOldest, "")
	}
	if err != nil {
		g.state, g.reason = "failed", g.refused(err)
		if codeOf(err) == codeChannelNotFound {
			g.state, g.reason = "off", g.Missing
		}
		g.retry = now.Add(tryAgain)
		return
	}
	g.sub, g.state, g.reason = sub, "ok", ""
}

// resume says where to go on: after the last record, if the log still has that very record.
func (l *Live) resume(g *log) (From, string) {
	at, ok, err := l.system.TimeOf(g.Path, g.place.Record)
	if err == nil && (!ok || g.place.TimeNS != 0 && at != 0 && at != g.place.TimeNS) {
		g.note = g.forgotten()
		return FromOldest, ""
	}
	return AfterPlace, g.place.bookmark(g.Path)
}

// forgotten says that the log was cleared, and forgets the place in it.
func (g *log) forgotten() string {
	note := fmt.Sprintf("the log was cleared, made anew or overwritten since its record %d of %s: what it held in between is lost, all that "+
		"it holds now was read",
		g.place.Record, time.Unix(0, g.place.TimeNS).UTC().Format(time.RFC3339))
	g.placed, g.sinceNS = false, 0
	return note
}

// refused says why a channel cannot be read and what to do.
func (g *log) refused(err error) string {
	switch codeOf(err) {
	case codeAccessDenied:
		return err.Error() + ": run as LocalSystem or an administrator, or add the account to the group Event Log Readers"
	case codeServiceUnavailable, codeRPCFailed, codeServiceDisabled, codeServiceNotActive:
		return err.Error() + ": is the Windows Event Log service running? It is tried again"
	}
	return err.Error()
}

// Read takes in what waits, and keeps the places of what was looked at.
func (l *Live) Read() error {
	now := l.options.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.saved) >= keepPlaces {
		l.keep(now)
	}
	if now.Sub(l.looked) >= lookAgain {
		l.look(now)
	}
	l.docs, l.waiting = l.docs[:0], l.waiting[:0]
	for i, g := range l.logs {
		if g.sub == nil && !now.Before(g.retry) {
			l.open(g, now)
		}
		if g.sub != nil {
			l.take(i, g, now)
		}
	}
	return nil
}

// take reads what waits in one channel.
func (l *Live) take(i int, g *log, now time.Time) {
	last := int64(math.MinInt64)
	for n := 0; n < recordsALiveRound && len(l.docs) < bytesALiveRound; {
		had := n
		err := g.sub.Next(g.batch, func(xml []byte, err error) {
			n++
			if err != nil {
				l.waiting = append(l.waiting, document{log: i, timeNS: last, err: fmt.Errorf("a record could not be rendered: %w", err)})
				return
			}
			at := form.RenderedTime(xml)
			if !g.placed && at != 0 && at < g.sinceNS {
				return
			}
			g.received++
			last = max(last, at) // the channel's own order stays
			from := len(l.docs)
			l.docs = append(l.docs, xml...)
			l.waiting = append(l.waiting, document{log: i, from: from, to: len(l.docs), timeNS: last})
		})
		if err != nil {
			l.failed(g, err, now)
			return
		}
		if n == had {
			return
		}
	}
	l.wake() // there may be more
}

// failed does what an error of Next asks for.
func (l *Live) failed(g *log, err error, now time.Time) {
	if errors.Is(err, io.EOF) {
		g.batch = min(2*g.batch, liveBatch)
		return
	}
	code := codeOf(err)
	if code == codeInvalidBound && g.batch > 1 { // the batch is too large for one answer of the service
		g.batch /= 2
		l.wake()
		return
	}
	if cerr := g.sub.Close(); cerr != nil {
		l.options.Logger.Debug("closing a subscription", "channel", g.Path, "error", cerr)
	}
	g.sub = nil
	g.state, g.reason, g.retry = "failed", g.refused(err), now.Add(tryAgain)
	if gone(code) { // the place that the service kept is no longer there
		g.retry = now
		l.wake()
	}
}

// Decode hands over the round's records, the oldest first.
func (l *Live) Decode(sink collectors.Sink) {
	if len(l.waiting) == 0 {
		return
	}
	slices.SortStableFunc(l.waiting, func(a, b document) int { return cmp.Compare(a.timeNS, b.timeNS) })
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.waiting {
		g := l.logs[d.log]
		var r *form.Record
		if d.err == nil {
			if r, d.err = l.reader.Record(l.docs[d.from:d.to]); r == nil {
				d.err = fmt.Errorf("a record could not be read: %w", d.err)
			}
		}
		if r == nil {
			g.lost++
			g.unread++
			g.note = d.err.Error()
			continue
		}
		g.decoded++
		l.passed(g, r)
		l.capture(l.docs[d.from:d.to:d.to])
		l.mapper.Map(r, sink)
	}
	l.waiting = l.waiting[:0]
}

func (l *Live) capture(xml []byte) {
	if l.options.Capture == nil {
		return
	}
	if err := l.options.Capture(xml); err != nil {
		l.options.Logger.Warn("the recording ends here", "error", err)
		l.options.Capture = nil
	}
}

// passed moves the channel's place to a record. Where every record is asked for, numbers that are left out are losses.
func (l *Live) passed(g *log, r *form.Record) {
	if g.placed && len(g.Providers) == 0 && r.RecordID > g.place.Record+1+g.unread {
		g.lost += r.RecordID - g.place.Record - 1 - g.unread
		g.note = fmt.Sprintf("records are missing from the log before its record %d: it is too small for what is written to it; enlarge it: "+
			"wevtutil sl %q /ms:104857600", r.RecordID, g.Path)
	}
	if r.RecordID == 0 {
		return
	}
	g.place, g.placed, g.unread = Place{Record: r.RecordID, TimeNS: r.TimeNS}, true, 0
	l.progress.passed[g.Path] = g.place
}

// keep writes the places down.
func (l *Live) keep(now time.Time) {
	l.saved = now
	if l.options.StateDir == "" || !l.progress.dirty {
		return
	}
	if l.placing = savePlaces(l.options.StateDir, l.progress.kept); l.placing == nil {
		l.progress.dirty = false
	}
}

// look asks for what rarely changes: which channels are enabled, and what is audited.
func (l *Live) look(now time.Time) {
	l.looked = now
	for _, g := range l.logs {
		if g.sub != nil {
			enabled, err := l.system.Enabled(g.Path)
			g.disabled = err == nil && !enabled
		}
	}
	l.reports = policies(l.system)
}

// Close ends the subscriptions and keeps the places.
func (l *Live) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(l.options.now())
	return errors.Join(l.placing, l.unsubscribe(), l.system.Close())
}

func (l *Live) unsubscribe() error {
	var errs []error
	for _, g := range l.logs {
		if g.sub != nil {
			errs = append(errs, g.sub.Close())
			g.sub = nil
		}
	}
	return errors.Join(errs...)
}
