package audit

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/netlink"
)

// Share says which rules are added while another process owns the audit seat: it gets our records too, and its log is
// not ours to fill.
type Share string

// The ways to share.
const (
	ShareLow  Share = "low"  // rules that fire seldom
	ShareFull Share = "full" // all rules
	ShareNone Share = "none" // no rule: what others' rules bring is read
)

// Bounds and defaults.
const (
	DefaultStateDir = "/run/apiwatch"
	DefaultBacklog  = 16384 // records that the kernel may hold for us: some ten megabytes
	// DefaultRateCap is how many records a second one rule may add to another owner's log: at some 600 bytes each, 100 take
	// more than ten minutes to turn over the 40 MB that auditd keeps as shipped.
	DefaultRateCap     = 100
	DefaultFullRateCap = 1000

	sampleFrom    = 256 // records in one batch, from which rules are told of a part of them only
	receiveBuffer = 32 << 20
	roundBytes    = 8 << 20
	checkEvery    = 3 * time.Second
	settle        = 500 * time.Millisecond // between a change seen and looking after it
)

// Options says how the source works. The zero value is the default.
type Options struct {
	Share    Share  // ShareLow if empty
	StateDir string // where the machine's settings are kept while ours are in force
	// RateCap is how many records a second a rule may bring while another process owns the seat.
	RateCap    int
	Backlog    int // the kernel's backlog limit, at least
	WatchPaths []string
	Logger     *slog.Logger
	// Capture sees every record as it came, for recordings.
	Capture func(typ uint16, body []byte)

	buffer int           // of the socket, for tests
	every  time.Duration // between checks, for tests
	rules  []Rule        // in place of Rules, for tests
}

type mode string

const (
	modeOff       mode = "off"
	modeUnicast   mode = "unicast"
	modeMulticast mode = "multicast"
)

// Live reads the kernel's audit records. It takes the one unicast seat where that is free, and reads the multicast
// group beside another owner. Whatever it changes on the machine it puts back, at Close or at the next start.
type Live struct {
	opt     Options
	decoder *Decoder
	finder  *attribution
	batch   netlink.Batch
	nudge   chan struct{} // something changed: look soon
	urgent  chan struct{} // somebody waits: look at once
	stop    chan struct{}
	stopped sync.Once
	keeping sync.WaitGroup

	// The rest is guarded by mu, except that receiver does not change between Open and Close.
	mu         sync.Mutex
	receiver   *netlink.Receiver
	control    *control
	mode       mode
	reason     string // why the mode is not unicast, or what is wrong
	failed     bool
	last       status
	lost       uint64 // by the kernel, while somebody owned the seat
	unowned    uint64 // that the kernel could not print, while nobody did
	owner      uint32 // of the seat, if not ours
	challenger uint32 // who tried to take the seat from us
	yieldUntil time.Time
	saved      *savedState
	announced  bool    // in the state folder
	killed     []owner // earlier runs that did not end in order
	rules      []*ruleState
	dirty      bool // the rules may have changed
	listedAt   time.Time
	tasksBlind bool
	others     otherRules
	problems   map[string]time.Time // what went wrong, and when last
	counts     struct{ reseated, yielded, reenabled, readded, leftovers uint64 }
	readds     []time.Time
}

// NewLive makes the source. Nothing happens to the machine before Open.
func NewLive(opt Options) *Live {
	if opt.Share == "" {
		opt.Share = ShareLow
	}
	if opt.StateDir == "" {
		opt.StateDir = DefaultStateDir
	}
	if opt.RateCap == 0 {
		opt.RateCap = DefaultRateCap
		if opt.Share == ShareFull {
			opt.RateCap = DefaultFullRateCap
		}
	}
	if opt.Backlog == 0 {
		opt.Backlog = DefaultBacklog
	}
	if opt.WatchPaths == nil {
		opt.WatchPaths = DefaultWatchPaths()
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.buffer == 0 {
		opt.buffer = receiveBuffer
	}
	if opt.every == 0 {
		opt.every = checkEvery
	}
	return &Live{
		opt: opt, mode: modeOff, decoder: NewDecoder(nil), nudge: make(chan struct{}, 1), urgent: make(chan struct{}, 1),
		stop: make(chan struct{}),
	}
}

// Name is the collector's name.
func (s *Live) Name() string { return "audit" }

// Open starts reading. What the machine does not allow is no error: the source is then off, and Health says why.
func (s *Live) Open(_ context.Context, wake func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	machine := abis(runtime.GOARCH)
	rules := s.opt.rules
	if rules == nil {
		rules = Rules(s.opt.WatchPaths)
	}
	s.finder = newAttribution(rules, machine)
	for i := range rules {
		s.rules = append(s.rules, newRuleState(rules[i], machine))
	}
	var err error
	if s.control, err = openControl(); err == nil {
		s.last, err = s.control.status()
	}
	switch {
	case errors.Is(err, unix.EPROTONOSUPPORT), errors.Is(err, unix.EAFNOSUPPORT):
		return s.off("this kernel has no audit (CONFIG_AUDIT)")
	case errors.Is(err, unix.ECONNREFUSED):
		return s.off("audit answers only in the first user namespace: run outside the container")
	case errors.Is(err, unix.EPERM):
		return s.openReadOnly(wake)
	case err != nil:
		return s.off(err.Error())
	}
	if err := s.cleanUp(); err != nil {
		s.problem("cleaning up after an earlier run", err)
	}
	if err := announce(s.opt.StateDir); err != nil {
		s.problem("adding rules", err)
	}
	s.announced = true
	if s.last, err = s.control.status(); err != nil {
		return s.off(err.Error())
	}
	if s.receiver, err = netlink.Open(unix.NETLINK_AUDIT, 0, s.opt.buffer); err != nil {
		return s.off(err.Error())
	}
	s.tasksBlind = s.last.Enabled == 0 && !auditedFromBoot()
	if err := s.enter(); err != nil {
		_ = s.receiver.Close()
		s.receiver = nil
		return s.off(err.Error())
	}
	s.syncRules(time.Now())
	s.receiver.Notify(wake)
	s.keeping.Go(s.keep)
	return nil
}

// openReadOnly reads what others' rules bring, which CAP_AUDIT_READ alone allows.
func (s *Live) openReadOnly(wake func()) error {
	r, err := netlink.Open(unix.NETLINK_AUDIT, 0, s.opt.buffer)
	if err == nil {
		if err = r.Join(unix.AUDIT_NLGRP_READLOG); err != nil {
			_ = r.Close()
		}
	}
	if err != nil {
		return s.off("CAP_AUDIT_CONTROL and CAP_AUDIT_READ are missing: run as root, or in a container add both capabilities")
	}
	_ = s.control.close()
	s.control = nil
	s.receiver, s.mode = r, modeMulticast
	s.reason = "CAP_AUDIT_CONTROL is missing"
	if netlink.Capable(unix.CAP_AUDIT_CONTROL) {
		s.reason = "audit takes orders only from the first pid namespace: run outside the container"
	}
	s.reason += "; no rule can be added, only what others' rules bring is read"
	r.Notify(wake)
	return nil
}

// off leaves the source closed for a reason.
func (s *Live) off(reason string) error {
	s.mode, s.reason, s.failed = modeOff, reason, true
	if s.control != nil {
		_ = s.control.close()
		s.control = nil
	}
	s.opt.Logger.Info("audit is off", "reason", reason)
	return nil
}

func (s *Live) problem(what string, err error) {
	s.opt.Logger.Warn("audit has a problem", "what", what, "error", err)
	if s.problems == nil {
		s.problems = make(map[string]time.Time)
	}
	if len(s.problems) < maxProblems {
		s.problems[what+": "+err.Error()] = time.Now()
	}
}

// Problems are shown for a while: most pass.
const (
	showProblem = 10 * time.Minute
	maxProblems = 16
)

// recent gives the reason and the problems of late.
func (s *Live) recent() []string {
	var out []string
	for text, at := range s.problems {
		if time.Since(at) > showProblem {
			delete(s.problems, text)
			continue
		}
		out = append(out, text)
	}
	slices.Sort(out)
	if s.reason != "" {
		out = append([]string{s.reason}, out...)
	}
	return out
}

// auditedFromBoot says whether every process can be audited: one that was started before auditing was first switched
// on has nowhere to keep what its calls did (audit_alloc in kernel/auditsc.c).
func auditedFromBoot() bool {
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return false
	}
	for word := range strings.FieldsSeq(string(line)) {
		if word == "audit=1" || word == "audit=on" {
			return true
		}
	}
	return false
}

// Read takes in what waits on the socket.
func (s *Live) Read() error {
	if s.receiver == nil {
		return nil
	}
	if err := s.receiver.Drain(&s.batch, roundBytes); err != nil {
		return fmt.Errorf("reading audit records: %w", err)
	}
	return nil
}

// Await asks for a wake-up.
func (s *Live) Await() {
	if s.receiver != nil {
		s.receiver.Await()
	}
}

// Decode hands over what Read took in.
func (s *Live) Decode(sink collectors.Sink) {
	s.decoder.Sink = notOurs{sink}
	// Which rule a record is of takes a look at its fields of its own: of a large batch a sample tells.
	stride, calls := 1+s.batch.Len()/sampleFrom, 0
	for i := range s.batch.Len() {
		datagram := s.batch.At(i)
		if len(datagram) < nlHeader {
			continue
		}
		// The length in the header leaves out the header for the seat's owner and counts it in the group: it is of no use.
		typ, body := binary.NativeEndian.Uint16(datagram[4:]), datagram[nlHeader:]
		switch {
		case typ == unix.AUDIT_REPLACE:
			if len(body) >= 4 {
				s.challenged(binary.NativeEndian.Uint32(body))
			}
			continue
		case typ < unix.AUDIT_FIRST_USER_MSG:
			continue // answers to what was sent on this socket
		case typ == unix.AUDIT_CONFIG_CHANGE:
			s.changed()
		case typ == unix.AUDIT_SYSCALL:
			if calls++; calls%stride != 0 {
				break
			}
			if i := s.finder.rule(body); i >= 0 {
				s.rules[i].received.Add(uint64(stride))
			}
		}
		if s.opt.Capture != nil {
			s.opt.Capture(typ, body)
		}
		s.decoder.Record(typ, body)
	}
	s.batch.Reset()
	s.decoder.Expire(time.Now().UnixNano())
}

// notOurs lets through the events of all processes but ours: the kernel records whoever changes audit's settings, with the
// call it was done by, whatever the rules say.
type notOurs struct{ collectors.Sink }

var ownPID = int64(os.Getpid())

// Draft takes an event.
func (o notOurs) Draft(d *collectors.Draft) {
	if d.Actor.PID != ownPID {
		o.Sink.Draft(d)
	}
}

// challenged notes that a process wants our seat. It was refused, and an auditd ends then; the service manager starts it
// anew, and it finds the seat free.
func (s *Live) challenged(pid uint32) {
	s.mu.Lock()
	if int(pid) != os.Getpid() {
		s.challenger = pid
	}
	s.mu.Unlock()
	signal(s.urgent)
}

// changed notes that somebody changed rules or settings; it may have been ourselves.
func (s *Live) changed() {
	s.mu.Lock()
	s.dirty = true
	s.mu.Unlock()
	signal(s.nudge)
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Close removes our rules, puts back the machine's settings and gives up the seat.
func (s *Live) Close() error {
	s.stopped.Do(func() { close(s.stop) })
	s.keeping.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	if s.control != nil {
		errs = append(errs, s.removeOurRules(), s.leave(), s.control.close())
		s.control = nil
	}
	if s.announced {
		errs = append(errs, withdraw(s.opt.StateDir, os.Getpid()))
	}
	if s.receiver != nil {
		errs = append(errs, s.receiver.Close()) // which closes once
	}
	s.mode, s.reason = modeOff, "closed"
	return errors.Join(errs...)
}

// Health reports the socket, the kernel, each rule, and what of the machine's state keeps us from seeing.
func (s *Live) Health() []collectors.Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	var received netlink.Stats
	if s.receiver != nil {
		received = s.receiver.Stats()
	}
	row := func(item, state, reason string) collectors.Health {
		return collectors.Health{Collector: s.Name(), Item: item, State: state, Reason: reason}
	}

	socket := row("socket", "ok", s.reason)
	if s.mode == modeOff {
		socket.State = "off"
		if s.failed {
			socket.State = "failed"
		}
	} else if what := s.recent(); len(what) > 0 {
		socket.State, socket.Reason = "degraded", strings.Join(what, "; ")
	}
	socket.Received, socket.Lost = received.Datagrams, received.Forged+received.Cut
	socket.Detail = fmt.Sprintf("mode=%s owner=%d share=%s forged=%d cut=%d reseated=%d yielded=%d reenabled=%d rules_readded=%d leftovers=%d",
		s.mode, s.owner, s.opt.Share, received.Forged, received.Cut, s.counts.reseated, s.counts.yielded, s.counts.reenabled,
		s.counts.readded, s.counts.leftovers)
	out := []collectors.Health{socket}
	if s.mode == modeOff {
		return out
	}

	decoded := s.decoder.Stats()
	decoder := row("decoder", "ok", "")
	decoder.Received, decoder.Decoded, decoder.Lost, decoder.Detail = decoded.Records, decoded.Events, decoded.Lost(), decoded.String()
	if decoder.Reason = decoded.Unnamed(); decoder.Reason != "" {
		decoder.State = "degraded"
	}
	out = append(out, decoder)

	overruns := row("receive_buffer", "ok", "")
	overruns.Lost = received.Overruns
	overruns.Detail = fmt.Sprintf("enobufs=%d", received.Overruns)
	if received.Overruns > 0 {
		overruns.State, overruns.Reason = "degraded", "the socket overflowed: each time an unknown number of records was lost"
	}
	out = append(out, overruns)
	if s.control == nil {
		for _, r := range s.rules {
			out = append(out, row("rule:"+r.rule.Name, "off", cmp.Or(socket.Reason, "rules cannot be added here")))
		}
		return out
	}

	kernel := row("kernel", "ok", "")
	kernel.Lost = s.lost
	kernel.Detail = fmt.Sprintf("unowned=%d enabled=%d failure=%d backlog=%d backlog_limit=%d backlog_wait_time=%d rate_limit=%d",
		s.unowned, s.last.Enabled, s.last.Failure, s.last.Backlog, s.last.BacklogLimit, s.last.WaitTime, s.last.RateLimit)
	if kernel.Lost > 0 {
		kernel.State, kernel.Reason = "degraded", "the kernel threw records away because its backlog was full: raise the backlog limit"
	}
	out = append(out, kernel)

	tasks := row("processes", "ok", "")
	switch {
	case s.others.silenceTasks > 0:
		tasks.State, tasks.Reason = "degraded", "a rule `-a task,never` keeps processes from being audited at all: remove it from "+
			"/etc/audit/rules.d, load the rules, and restart what runs"
	case s.tasksBlind:
		tasks.Reason = "auditing was off when we came: processes that were started before it was first switched on stay unseen until " +
			"they are restarted; boot with audit=1"
	}
	out = append(out, tasks)
	others := row("rules_of_others", "ok", "")
	others.Detail = fmt.Sprintf("rules=%d never=%d exclude=%d", s.others.rules, s.others.never, s.others.exclude)
	if s.others.never+s.others.exclude > 0 {
		others.State, others.Reason = "degraded", "other rules of this machine hide calls or kinds of record (auditctl -l: never, exclude): "+
			"what they hide is not seen"
	}
	out = append(out, others)
	for _, r := range s.rules {
		h := row("rule:"+r.rule.Name, r.state, r.reason)
		h.Received = r.received.Load()
		h.Detail = r.rule.commandLine()
		h.Moot = r.state == "off" && (r.reason == NoFolder || r.reason == NoCalls)
		out = append(out, h)
	}
	return out
}
