// Package etw reads the events of Windows' kernel and runtime as they happen, from a real-time session of Event Tracing for
// Windows. What an event means is told by the mapping of the event log's package: with names for its properties an event is a
// record like any other.
//
// All but the calls into Windows themselves is in pure Go and tested anywhere: the description of events (TRACE_EVENT_INFO),
// their data, stacks, filters, and how the session is kept alive.
package etw

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/render"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
)

// DefaultSession is the name of the session, as `logman query -ets` shows it.
const DefaultSession = "apiwatch"

const (
	watchEvery    = 5 * time.Second  // look after the session
	verifyEvery   = 30 * time.Second // look after the providers
	refreshEvery  = time.Minute      // ask anew which volumes have which letters
	firstBackoff  = time.Second
	longBackoff   = 5 * time.Minute
	maxSchemas    = 4096
	maxAsked      = 3
	stopQuietFor  = 10 * time.Minute // how long a stopped session stays a reason in health
	sessionHealth = "session"
)

// Options says how the source works. The zero value is the default.
type Options struct {
	Session string // DefaultSession if empty
	// Leave names providers that are not asked for because another source reads what they tell, with what `collector_health` says of
	// them: that they are fed. DefaultLeave if nil.
	Leave map[string]string
	// Process tells of a running process what its events do not: path, command line, user, when it began. It is asked once for each; nil for
	// no answers.
	Process func(pid int64) (*event.Process, bool)
	Logger  *slog.Logger
	// Capture takes every event that is handed over, as event XML on one line; nil for none.
	Capture func(xml []byte) error

	every time.Duration // between looks after the session, for tests
}

// DefaultLeave are the providers whose events are the records of event-log channels.
func DefaultLeave() map[string]string {
	return map[string]string{
		"Microsoft-Windows-Security-Auditing": "Windows gives its events to the Security log alone: they are read from there",
		"Microsoft-Windows-PowerShell": "its events are the records of Microsoft-Windows-PowerShell/Operational: they are read " +
			"from there",
		"Microsoft-Windows-Directory-Services-SAM": "its events are records of the System log: they are read from there",
	}
}

// Live is a real-time session.
type Live struct {
	opt       Options
	sys       system
	requests  []request
	providers map[GUID]*provider
	queue     queue
	wake      func()
	stopping  chan struct{}
	stopOnce  sync.Once
	running   sync.WaitGroup

	// Used by the rounds only.
	taken    batch
	mapper   meaning.Mapper
	informed informed
	record   form.Record
	line     []byte
	values   values
	schemas  map[schemaKey]*schema
	modules  modules
	devices  devices
	deviceAt time.Time
	computer string
	own      uint32

	passed, undecoded, undescribed atomic.Uint64
	drafts                         atomic.Uint64

	mu        sync.Mutex
	handle    uint64
	state     string
	reason    string
	last      sessionStats
	lost      sessionStats // of sessions that ended
	stops     uint64       // sessions ended by others
	stoppedAt time.Time
	disabled  uint64 // providers disabled by others
	protected string // why the session is not protected
}

// provider is what the source knows of one provider.
type provider struct {
	trace    *meaning.Trace
	filter   filter
	received atomic.Uint64
	// Guarded by Live.mu.
	refused string // why it is off
	doubt   string // what is not as it should be, though events come
	asked   int    // times in a row that it had to be asked again
}

type schemaKey struct {
	provider GUID
	id       uint16
	version  uint8
}

func newLive(opt Options, sys system) *Live {
	if opt.Session == "" {
		opt.Session = DefaultSession
	}
	if opt.Leave == nil {
		opt.Leave = DefaultLeave()
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.every == 0 {
		opt.every = watchEvery
	}
	s := &Live{
		opt: opt, sys: sys, state: "off", providers: make(map[GUID]*provider),
		schemas: make(map[schemaKey]*schema), stopping: make(chan struct{}),
	}
	for _, t := range meaning.Traces() {
		if _, leave := opt.Leave[t.Name]; leave {
			continue
		}
		r := requestOf(t)
		s.requests = append(s.requests, r)
		s.providers[r.guid] = &provider{trace: t, filter: filters[t.Name]}
	}
	s.modules.ask, s.informed.ask = sys.modules, opt.Process
	return s
}

// Name is the collector's name.
func (s *Live) Name() string { return "etw" }

// Open starts the session. Where it may not, the source is off and Health says why.
func (s *Live) Open(_ context.Context, wake func()) error {
	s.wake = wake
	s.computer, s.own = s.sys.computer(), s.sys.pid()
	if err := s.sys.claim(s.opt.Session); errors.Is(err, errAlreadyExists) || errors.Is(err, errAccessDenied) {
		s.set("off", "another apiwatch reads the session "+s.opt.Session+": end it, or leave event tracing to it")
		return nil
	}
	if err := s.sys.protect(); err != nil { // before the session starts, which takes it over
		s.protected = "the session can be stopped by any administrator: " + err.Error()
	}
	if err := s.begin(); err != nil {
		s.sys.unprotect()
		s.sys.release()
		why := "starting an ETW session: " + err.Error() + ": " + advice(err)
		s.set("off", why)
		s.opt.Logger.Warn("event tracing is off", "reason", why)
		return nil
	}
	s.running.Go(s.keep)
	return nil
}

func (s *Live) set(state, reason string) {
	s.mu.Lock()
	s.state, s.reason = state, reason
	s.mu.Unlock()
}

func (s *Live) closing() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

func (s *Live) put(e rawEvent, data []byte, more func(yield func(extended) bool)) {
	if s.queue.put(e, data, more) {
		s.wake()
	}
}

// Read takes in what the session delivered.
func (s *Live) Read() error {
	s.queue.swap(&s.taken)
	return nil
}

// Decode hands over the events of what Read took in.
func (s *Live) Decode(sink collectors.Sink) {
	s.modules.left, s.informed.left, s.informed.sink = moduleQuestions, processQuestions, sink
	if len(s.taken.events) > 0 && time.Since(s.deviceAt) > refreshEvery {
		s.devices, s.deviceAt = s.sys.devices(), time.Now()
	}
	before := s.mapper.Drafts
	for i := range s.taken.events {
		s.event(&s.taken.events[i])
	}
	s.drafts.Add(s.mapper.Drafts - before)
}

func (s *Live) event(e *rawEvent) {
	data := s.taken.bytes(e.data)
	f := s.providers[e.provider] // Windows' own events of the session have none
	if f == nil || !f.trace.Has(uint32(e.id)) || f.filter != nil && !f.filter(e, data, s.own) {
		s.passed.Add(1)
		return
	}
	f.received.Add(1)
	sc := s.schema(e)
	if sc == nil {
		s.undescribed.Add(1)
		return
	}
	r := &s.record
	*r = form.Record{
		Provider: sc.provider, ProviderGUID: e.provider.String(), EventID: uint32(e.id), Version: e.version, Level: e.level, Task: e.task,
		Opcode: uint16(e.opcode), Keywords: e.keyword, TimeNS: e.timeNS, Computer: s.computer, PID: e.pid, TID: e.tid, Fields: r.Fields[:0],
	}
	if e.activity != (GUID{}) {
		r.ActivityID = e.activity.String()
	}
	if sid, n := sidText(s.taken.bytes(e.sid)); n > 0 {
		r.UserSID = sid
	}
	var err error
	if r.Fields, err = s.values.decode(sc, data, e.pointer(), r.Fields); err != nil {
		r.Damaged = true
		s.undecoded.Add(1)
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		f.Value = s.devices.path(f.Value)
	}
	s.context(e, r)
	s.capture(r)
	s.mapper.Map(r, &s.informed)
}

func (s *Live) capture(r *form.Record) {
	if s.opt.Capture == nil {
		return
	}
	s.line = render.Append(s.line[:0], r)
	if err := s.opt.Capture(s.line); err != nil {
		s.opt.Logger.Warn("the recording ends here", "error", err)
		s.opt.Capture = nil
	}
}

// kernelProcess is the provider that tells where modules lie.
var kernelProcess = func() GUID {
	for _, t := range meaning.Traces() {
		if t.Name == "Microsoft-Windows-Kernel-Process" {
			return parseGUID(t.GUID)
		}
	}
	return GUID{}
}()

// context learns which modules processes have, and adds what the modules tell of an event: its stack, and where a new thread starts.
func (s *Live) context(e *rawEvent, r *form.Record) {
	if e.provider == kernelProcess {
		switch pid := uint32(number(r.Get("ProcessID"))); e.id {
		case 1:
			s.modules.started(pid)
		case 2:
			s.modules.ended(pid)
		case 3:
			if mod, ok := s.modules.at(pid, number(r.Get("Win32StartAddr"))); ok {
				r.Fields = append(r.Fields, form.Field{Name: "StartModule", Value: mod.Path})
			}
		case 5:
			s.modules.load(pid, Module{number(r.Get("ImageBase")), number(r.Get("ImageSize")), strings.Clone(r.Get("ImageName"))})
		}
	}
	if e.stack[1] > e.stack[0] {
		if trace := s.modules.trace(e.pid, s.taken.bytes(e.stack), int(e.stackPointer)); trace != "" {
			r.Fields = append(r.Fields, form.Field{Name: "CallTrace", Value: trace})
		}
	}
}

// schema gives an event's description, asked for once for each event and version; nil if there is none.
func (s *Live) schema(e *rawEvent) *schema {
	k := schemaKey{e.provider, e.id, e.version}
	if sc, ok := s.schemas[k]; ok {
		return sc
	}
	if len(s.schemas) >= maxSchemas {
		clear(s.schemas)
	}
	raw, err := s.sys.describe(e)
	var sc *schema
	if err == nil {
		sc, err = parseSchema(raw)
	}
	if err != nil {
		s.opt.Logger.Warn("ETW event has no description", "provider", e.provider.String(), "event", e.id, "version", e.version, "error", err)
	}
	s.schemas[k] = sc
	return sc
}

// Close ends the session.
func (s *Live) Close() error {
	var err error
	s.stopOnce.Do(func() {
		close(s.stopping)
		s.running.Wait()
		s.mu.Lock()
		open := s.handle != 0
		s.handle = 0
		s.state, s.reason = "off", "closed"
		s.mu.Unlock()
		if !open {
			return
		}
		s.sys.unprotect()
		defer s.sys.release()
		if err = s.sys.stop(s.opt.Session); errors.Is(err, errNoInstance) {
			err = nil
		} else if err != nil {
			err = fmt.Errorf("stopping the ETW session %s: %w: stop it with logman stop %s -ets", s.opt.Session, err, s.opt.Session)
		}
	})
	return err
}
