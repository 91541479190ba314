package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/flood"
	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/audit/runs"
	"github.com/apiwatch/apiwatch/collectors/event"
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
	pressed    bool   // its backlog is full
	unowned    uint64 // that the kernel could not print, while nobody did
	owner      uint32 // of the seat, if not ours
	challenger uint32 // who tried to take the seat from us
	yieldUntil time.Time
	saved      *runs.Saved
	announced  bool       // in the state folder
	killed     []runs.Run // earlier runs that did not end in order
	rules      []*ruleState
	dirty      bool // the rules may have changed
	listedAt   time.Time
	tasksBlind bool
	others     otherRules
	problems   own.Problems
	wake       func()
	told       own.Queue
	removed    int // of our rules, by somebody, which was not told yet
	removedAt  time.Time
	overruns   uint64 // of the receive buffer that were told of
	counts     struct{ reseated, yielded, reenabled, readded, leftovers uint64 }
	readds     flood.Limiter
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
		stop: make(chan struct{}), wake: func() {},
	}
}

// Name is the collector's name.
func (s *Live) Name() string { return "audit" }

// Open starts reading. What the machine does not allow is no error: the source is then off, and Health says why.
func (s *Live) Open(_ context.Context, wake func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wake = wake
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
	if err := runs.Announce(s.opt.StateDir); err != nil {
		s.problem("adding rules", err)
	}
	s.announced = true
	if s.last, err = s.control.status(); err != nil {
		return s.off(err.Error())
	}
	if s.receiver, err = netlink.Open(unix.NETLINK_AUDIT, 0, s.opt.buffer); err != nil {
		return s.off(err.Error())
	}
	s.tasksBlind = s.last.Enabled == 0 && !runs.AuditedFromBoot()
	if err := s.enter(); err != nil {
		_ = s.receiver.Close()
		s.receiver = nil
		return s.off(err.Error())
	}
	s.syncRules(time.Now())
	for _, o := range s.killed {
		s.tell(&event.AuditChange{Action: own.Killed, Setting: "run", Value: strconv.Itoa(o.PID)})
	}
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
	s.problems.Note(what + ": " + err.Error())
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
	s.told.HandOver(time.Now(), func(record []byte) {
		if s.opt.Capture != nil {
			s.opt.Capture(typeTrustedApp, record)
		}
		s.decoder.Record(typeTrustedApp, record)
	})
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
				s.rules[i].gauge.Add(body, uint64(stride))
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
	if d.Actor.PID != ownPID && !ownChange(d) {
		o.Sink.Draft(d)
	}
}

// ownChange says whether a draft is of a rule that we changed ourselves, where no call is recorded with it: older kernels record none, and
// none of a process that was started before auditing was first switched on.
func ownChange(d *collectors.Draft) bool {
	x, ok := d.Event.Detail.(*event.AuditChange)
	return ok && d.Actor.PID == 0 && x.Key == Key && x.AUID == runs.Login("loginuid") && x.Session == runs.Login("sessionid") &&
		d.Event.LogSource != own.Source
}

// tell makes an event of what no record of the kernel's tells.
func (s *Live) tell(x *event.AuditChange) {
	s.told.Tell(x)
	s.wake()
}

// Flooded tells that events of a kind drive each other out so fast that only those of so many seconds are kept.
func (s *Live) Flooded(kind string, seconds int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell(&event.AuditChange{Action: own.Flooded, Setting: kind, Value: strconv.FormatInt(seconds, 10)})
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
		errs = append(errs, runs.Withdraw(s.opt.StateDir, os.Getpid()))
	}
	if s.receiver != nil {
		errs = append(errs, s.receiver.Close()) // which closes once
	}
	s.mode, s.reason = modeOff, "closed"
	return errors.Join(errs...)
}
