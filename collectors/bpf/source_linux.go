package bpf

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
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/netlink"
	"github.com/apiwatch/apiwatch/collectors/syscalls"
)

// Bounds and defaults.
const (
	DefaultBuffer = 8 << 20 // of records that wait, in bytes
	roundBytes    = 8 << 20
	// clockEvery is how often the offset between the clocks is measured.
	clockEvery = time.Second
	// overEvery is how often processes are looked for that go on beyond their limits and have nothing told any more.
	overEvery = 3 * time.Second
	// leastSleep is how many seconds a sleep must last to be told.
	leastSleep = 1
)

// Options says how the source works. The zero value is the default.
type Options struct {
	Logger *slog.Logger
	Buffer int // bytes, a power of two
	// Capture sees every record as it came, for recordings, and Clock what it needs to be read: see [Machine].
	Capture func(record []byte)
	Clock   func(m Machine)

	// Opened runs when reading begins, and gives the earlier runs that were killed; Closed runs at the end. Nil for none.
	Opened func() (killed []int)
	Closed func() error

	pid int // of whom nothing is told, for tests; ours if 0
}

// Live reads the programs' records. All that it puts into the kernel goes with its descriptors, however the process ends.
type Live struct {
	opt     Options
	decoder *Decoder
	objects programObjects
	links   []link.Link
	reader  *ringbuf.Reader
	batch   []byte // records that were read, each behind its length
	record  ringbuf.Record
	waker   *netlink.Waker
	wake    func()

	offsetAt time.Time
	overAt   time.Time
	over     uint64 // suppressed when last looked
	dropped  uint64 // that were told of

	mu      sync.Mutex
	waiting []*event.AuditChange // to be handed over
	state   string
	reason  string
	hooks   string
	tallies tallies
}

// tallies are the programs' own counts, by class.
type tallies struct{ told, suppressed, dropped [classes]uint64 }

// NewLive makes the source; it loads nothing.
func NewLive(opt Options) *Live {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.Buffer == 0 {
		opt.Buffer = DefaultBuffer
	}
	if opt.pid == 0 {
		opt.pid = os.Getpid()
	}
	return &Live{
		opt: opt, decoder: NewDecoder(nil), state: "off", wake: func() {},
	}
}

// Name is the collector's name.
func (s *Live) Name() string { return "ebpf" }

// Load loads and attaches the programs. An error says what this machine does not have or allow.
func (s *Live) Load() (err error) {
	machine, ok := machines[runtime.GOARCH]
	if !ok {
		return fmt.Errorf("there are no programs for %s", runtime.GOARCH)
	}
	if err := possible(); err != nil {
		return err
	}
	spec, err := loadProgram()
	if err != nil {
		return fmt.Errorf("reading the programs: %w", err)
	}
	if err := s.settle(spec, machine); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = s.unload()
		}
	}()
	if err := spec.LoadAndAssign(&s.objects, nil); err != nil {
		return fmt.Errorf("loading the programs: %w", explained(err))
	}
	if err := s.fill(); err != nil {
		return err
	}
	if s.reader, err = ringbuf.NewReader(s.objects.Records); err != nil {
		return fmt.Errorf("opening the ring buffer: %w", err)
	}
	if s.waker, err = netlink.NewWaker(s.objects.Records.FD()); err != nil {
		return err
	}
	o := &s.objects
	for _, p := range []*ebpf.Program{o.Executed, o.Ended, o.CallEnded} {
		l, err := link.AttachTracing(link.TracingOptions{Program: p})
		if err != nil {
			return fmt.Errorf("attaching a program: %w", explained(err))
		}
		s.links = append(s.links, l)
	}
	l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: "sched_process_fork", Program: o.Forked})
	if err != nil {
		return fmt.Errorf("attaching a program: %w", explained(err))
	}
	s.links = append(s.links, l)
	s.decoder.Machine = machine
	s.measure(time.Now())
	return nil
}

// machines gives how calls are numbered where the programs run.
var machines = map[string]Machine{
	"amd64": {Arch: syscalls.X8664, Narrow: syscalls.I386},
	"arm64": {Arch: syscalls.AArch64, Narrow: syscalls.ARM},
}

// settle puts the settings into the programs' constants.
func (s *Live) settle(spec *ebpf.CollectionSpec, m Machine) error {
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return fmt.Errorf("counting the processors: %w", err)
	}
	spec.Maps[programMapScratches].MaxEntries = uint32(cpus)
	spec.Maps[programMapRecords].MaxEntries = uint32(s.opt.Buffer)
	table := watches(m.Arch, m.Narrow)
	if unsafe.Sizeof(table[0]) != unsafe.Sizeof(programWatch{}) {
		return errors.New("the programs' table of calls is of another form: run go generate ./collectors/bpf")
	}
	raw := unsafe.Slice((*programWatch)(unsafe.Pointer(&table[0])), len(table))
	for name, value := range map[string]any{
		programVarOwnTgid: uint32(s.opt.pid), programVarWatches: [2 * numbers]programWatch(raw), programVarSleepLeast: uint64(leastSleep),
		programVarPtraceLow: without(0, quietRequests), programVarPtraceHigh: without(0x4200, quietRequests),
		programVarBpfCommands: without(0, quietCommands),
	} {
		if err := spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("setting %s of the programs: %w", name, err)
		}
	}
	return nil
}

// fill puts the watched names and devices into their maps.
func (s *Live) fill() error {
	bits := make(map[string]uint32)
	for name, b := range procNames {
		bits[name] |= b
	}
	for name := range fileNames {
		bits[name] |= anyFile
	}
	for _, name := range socketNames {
		bits[name] |= socketFile
	}
	for name, b := range bits {
		var key [nameSize]byte
		copy(key[:nameSize-1], name)
		if err := s.objects.Names.Put(key, b); err != nil {
			return fmt.Errorf("watching the name %s: %w", name, err)
		}
	}
	for _, d := range devices {
		key := uint32(d[0]) | uint32(d[1])<<12
		if err := s.objects.Devices.Put(key, uint32(1)); err != nil {
			return fmt.Errorf("watching the device %d:%d: %w", d[0], d[1], err)
		}
	}
	return nil
}

// Open starts reading. Where the machine does not allow it the source is off, and Health says why.
func (s *Live) Open(_ context.Context, wake func()) error {
	if s.reader == nil {
		if err := s.Load(); err != nil {
			s.mu.Lock()
			s.state, s.reason = "failed", err.Error()
			s.mu.Unlock()
			s.opt.Logger.Info("eBPF is off", "reason", err)
			return nil
		}
	}
	s.mu.Lock()
	s.state, s.hooks = "ok", "tp_btf/sys_exit tp_btf/sched_process_exec raw_tp/sched_process_fork tp_btf/sched_process_exit"
	s.mu.Unlock()
	s.wake = wake
	if s.opt.Opened != nil {
		for _, pid := range s.opt.Opened() {
			s.tell(&event.AuditChange{Action: own.Killed, Setting: "run", Value: strconv.Itoa(pid)})
		}
	}
	s.waker.Notify(wake)
	return nil
}

// Await asks for a wake-up: the kernel gives one with the first record that comes into an empty buffer.
func (s *Live) Await() {
	if s.waker != nil {
		s.waker.Await()
	}
}

// measure finds the offset between the wall clock and the time since boot.
func (s *Live) measure(now time.Time) {
	var boot unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot) != nil {
		return
	}
	offset := time.Now().UnixNano() - boot.Nano()
	s.offsetAt = now
	if d := offset - s.decoder.Machine.Offset; d < -clockStep || d > clockStep {
		s.decoder.Machine.Offset = offset
		if s.opt.Clock != nil {
			s.opt.Clock(s.decoder.Machine)
		}
	}
}

// clockStep is from where on the clocks are taken to have moved apart, in nanoseconds: what two calls take must not move events.
const clockStep = int64(2 * time.Millisecond)

// Read takes in what waits in the ring buffer.
func (s *Live) Read() error {
	if s.reader == nil {
		return nil
	}
	now := time.Now()
	if now.Sub(s.offsetAt) > clockEvery {
		s.measure(now)
	}
	s.reader.SetDeadline(now) // whatever waits, and no more
	for len(s.batch) < roundBytes {
		err := s.reader.ReadInto(&s.record)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		} else if err != nil {
			return fmt.Errorf("reading records of eBPF: %w", err)
		}
		s.put(s.record.RawSample)
	}
	if now.Sub(s.overAt) > overEvery {
		s.overAt = now
		s.lookOver(now.UnixNano() - s.decoder.Machine.Offset)
	}
	return nil
}

// Decode hands over the events of what Read took in.
func (s *Live) Decode(sink collectors.Sink) {
	s.decoder.Sink = sink
	for rest := s.batch; len(rest) >= 4; {
		n := binary.NativeEndian.Uint32(rest)
		raw := rest[4 : 4+n]
		rest = rest[4+n:]
		if s.opt.Capture != nil {
			s.opt.Capture(raw)
		}
		s.decoder.Record(raw)
	}
	s.batch = s.batch[:0]
}

// Flooded tells that events of a kind drive each other out so fast that only those of so many seconds are kept.
func (s *Live) Flooded(kind string, seconds int64) {
	s.tell(&event.AuditChange{Action: own.Flooded, Setting: kind, Value: strconv.FormatInt(seconds, 10)})
}

// maxWaiting bounds what waits to be handed over.
const maxWaiting = 64

func (s *Live) tell(x *event.AuditChange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) < maxWaiting {
		s.waiting = append(s.waiting, x)
	}
}

// put adds a record to what Decode hands over.
func (s *Live) put(raw []byte) {
	s.batch = binary.NativeEndian.AppendUint32(s.batch, uint32(len(raw)))
	s.batch = append(s.batch, raw...)
}

// Close takes the programs out of the kernel.
func (s *Live) Close() error {
	s.mu.Lock()
	open := s.state == "ok"
	s.state, s.reason = "off", "closed"
	s.mu.Unlock()
	var err error
	if open {
		s.waker.Close()
		if s.opt.Closed != nil {
			err = s.opt.Closed()
		}
	}
	return errors.Join(err, s.unload())
}

func (s *Live) unload() error {
	var errs []error
	for _, l := range s.links {
		errs = append(errs, l.Close())
	}
	s.links = nil
	if s.waker != nil {
		s.waker.Close()
		s.waker = nil
	}
	if s.reader != nil {
		errs = append(errs, s.reader.Close())
		s.reader = nil
	}
	errs = append(errs, s.objects.Close())
	s.objects = programObjects{}
	return errors.Join(errs...)
}
