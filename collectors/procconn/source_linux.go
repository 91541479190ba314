package procconn

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/netlink"
)

const (
	receiveBuffer = 8 << 20
	roundBytes    = 4 << 20
	// ackWithin is how long the kernel's answer may take; it comes while the request is being sent.
	ackWithin = 200 * time.Millisecond
	// clockEvery is how often the offset between the clocks is measured: they drift apart slowly, and a step of the wall
	// clock should not last.
	clockEvery = time.Second
)

// Options says how the source works. The zero value is the default.
type Options struct {
	Logger *slog.Logger

	buffer int // of the socket, for tests
}

// Live reads the process connector. No filter is set, though kernels from 6.6 have one: all but core dumps is wanted, and
// with a filter the gaps that it makes in the numbering could not be told from losses.
type Live struct {
	opt   Options
	batch netlink.Batch
	seq   sequences

	receiver *netlink.Receiver
	offset   int64 // Unix time minus time since boot
	offsetAt time.Time
	asleep   int64 // nanoseconds that the machine slept since boot

	received, decoded, lost, malformed, threads atomic.Uint64

	mu     sync.Mutex
	state  string
	reason string
	closed bool
}

// NewLive makes the source; it opens nothing.
func NewLive(opt Options) *Live {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.buffer == 0 {
		opt.buffer = receiveBuffer
	}
	return &Live{opt: opt, state: "off"}
}

// Name is the collector's name.
func (s *Live) Name() string { return "process_connector" }

// Open asks the kernel for its messages. Where it may not, the source is off and Health says why.
func (s *Live) Open(_ context.Context, wake func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	// From Linux 6.6 on the kernel tells anybody, but of others' processes no more than numbers could be found out.
	if !netlink.Capable(unix.CAP_NET_ADMIN) {
		return s.off("CAP_NET_ADMIN is missing: run as root, or add the capability")
	}
	r, err := netlink.Open(unix.NETLINK_CONNECTOR, 1<<(cnIdxProc-1), s.opt.buffer)
	switch {
	case errors.Is(err, unix.EPROTONOSUPPORT):
		return s.off("this kernel has no process connector (CONFIG_CONNECTOR, CONFIG_PROC_EVENTS)")
	case errors.Is(err, unix.EPERM):
		return s.off("CAP_NET_ADMIN is missing: run as root, or add the capability")
	case err != nil:
		return s.off(err.Error())
	}
	if reason := s.listen(r); reason != "" {
		_ = r.Close()
		return s.off(reason)
	}
	s.measure(time.Now())
	s.receiver, s.state, s.reason = r, "ok", ""
	r.Notify(wake)
	return nil
}

func (s *Live) off(reason string) error {
	s.state, s.reason = "off", reason
	s.opt.Logger.Info("process connector is off", "reason", reason)
	return nil
}

// control builds the message that switches the multicast on or off.
func control(op uint32) []byte {
	m := make([]byte, messageStart, messageStart+4)
	binary.NativeEndian.PutUint32(m, messageStart+4)
	binary.NativeEndian.PutUint16(m[4:], unix.NLMSG_DONE)
	binary.NativeEndian.PutUint32(m[nlHeader:], cnIdxProc)
	binary.NativeEndian.PutUint32(m[nlHeader+4:], cnValProc)
	binary.NativeEndian.PutUint16(m[nlHeader+16:], 4)
	return binary.NativeEndian.AppendUint32(m, op)
}

// listen switches the messages on and waits for the kernel's word, which does not come outside the first namespaces. It
// says what is wrong.
func (s *Live) listen(r *netlink.Receiver) string {
	if err := r.Send(control(mcastListen)); errors.Is(err, unix.ECONNREFUSED) {
		return "the kernel has no process connector in this network namespace: run outside the container"
	} else if err != nil {
		return "asking for process events: " + err.Error()
	}
	for deadline := time.Now().Add(ackWithin); ; time.Sleep(time.Millisecond) {
		was := s.batch.Len()
		if err := r.Drain(&s.batch, roundBytes); err != nil {
			return err.Error()
		}
		for i := was; i < s.batch.Len(); i++ {
			m, err := decode(s.batch.At(i))
			if err != nil || !m.ack {
				continue
			}
			if m.errno == uint32(unix.EPERM) {
				return "CAP_NET_ADMIN is missing: run as root, or add the capability"
			} else if m.errno != 0 {
				return "asking for process events: " + unix.Errno(m.errno).Error()
			}
			return ""
		}
		if time.Now().After(deadline) {
			if ns, err := os.Readlink("/proc/self/ns/pid"); err == nil {
				return "the kernel does not answer, as in a container's pid namespace (" + ns + "): run in the host's"
			}
			return "the kernel does not answer, as in a container's pid namespace: run in the host's"
		}
	}
}

// measure finds the offset between the wall clock and the clock that the messages bear.
func (s *Live) measure(now time.Time) {
	var mono unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono) == nil {
		s.offset, s.offsetAt = time.Now().UnixNano()-mono.Nano(), now
		var boot unix.Timespec
		if unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot) == nil {
			// To the nearest millisecond: what the two calls take apart must not move a process's start.
			const ms = int64(time.Millisecond)
			s.asleep = (boot.Nano() - mono.Nano() + ms/2) / ms * ms
		}
	}
}

// Read takes in what waits on the socket.
func (s *Live) Read() error {
	if s.receiver == nil {
		return nil
	}
	if now := time.Now(); now.Sub(s.offsetAt) > clockEvery {
		s.measure(now)
	}
	if err := s.receiver.Drain(&s.batch, roundBytes); err != nil {
		return fmt.Errorf("reading process events: %w", err)
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
	for i := range s.batch.Len() {
		s.received.Add(1)
		m, err := decode(s.batch.At(i))
		if err != nil {
			s.malformed.Add(1)
			continue
		}
		if m.ack {
			continue // another listener's
		}
		s.seq.take(m.cpu, m.seq)
		if m.life.Kind == 0 {
			s.threads.Add(1)
			continue
		}
		m.life.TimeNS = m.life.BootNS + s.offset
		m.life.BootNS += s.asleep // /proc counts the time asleep, the messages do not
		s.decoded.Add(1)
		sink.Lifecycle(m.life)
	}
	s.batch.Reset()
	s.lost.Store(s.seq.lost)
}

// Health reports the source's one socket.
func (s *Live) Health() []collectors.Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := collectors.Health{
		Collector: s.Name(), Item: "socket", State: s.state, Reason: s.reason, Received: s.received.Load(), Decoded: s.decoded.Load(),
		Lost: s.lost.Load(),
	}
	if s.receiver != nil {
		st := s.receiver.Stats()
		h.Detail = fmt.Sprintf("enobufs=%d forged=%d malformed=%d threads=%d", st.Overruns, st.Forged, s.malformed.Load(), s.threads.Load())
		if h.State == "ok" && (h.Lost > 0 || st.Overruns > 0) {
			h.State, h.Reason = "degraded", "the socket overflowed: forks and exits were lost, so that parents may be missing"
		}
	}
	return []collectors.Health{h}
}

// Close tells the kernel that nobody listens any more.
func (s *Live) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.receiver == nil || s.closed {
		return nil
	}
	s.closed, s.state, s.reason = true, "off", "closed"
	err := s.receiver.Send(control(mcastIgnore))
	return errors.Join(err, s.receiver.Close())
}
