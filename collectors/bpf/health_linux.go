package bpf

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/rlimit"
	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/netlink"
)

// possible says what keeps this machine from running the programs, as far as can be told before trying.
func possible() error {
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); err != nil {
		return errors.New("this kernel does not describe its types (CONFIG_DEBUG_INFO_BTF, /sys/kernel/btf/vmlinux)")
	}
	if !netlink.Capable(unix.CAP_SYS_ADMIN) && (!netlink.Capable(unix.CAP_BPF) || !netlink.Capable(unix.CAP_PERFMON)) {
		return errors.New("CAP_BPF and CAP_PERFMON (before Linux 5.8 CAP_SYS_ADMIN) are missing: run as root, or add the capabilities")
	}
	if raw, err := os.ReadFile("/sys/kernel/security/lockdown"); err == nil && strings.Contains(string(raw), "[confidentiality]") {
		return errors.New("the kernel is locked down for confidentiality, so that programs may not read its memory: boot with lockdown=integrity")
	}
	if err := rlimit.RemoveMemlock(); err != nil {
		return fmt.Errorf("lifting the limit of locked memory, which kernels before 5.11 count maps by: %w", err)
	}
	return nil
}

// explained adds to an error of loading or attaching what it mostly means.
func explained(err error) error {
	var refused *ebpf.VerifierError
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("this kernel refuses them: %w", refused)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%w: bpf is not allowed here, as in a container or under a filter of system calls", err)
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.EINVAL):
		return fmt.Errorf("%w: Linux 5.8 or later is needed", err)
	}
	return err
}

// count reads the programs' counts.
func (s *Live) count() (t tallies) {
	for i, to := range [][]uint64{t.told[:], t.suppressed[:], t.dropped[:]} {
		for c := range to {
			var all []uint64
			if s.objects.Counts.Lookup(uint32(i*mapClasses+c), &all) == nil {
				for _, n := range all {
					to[c] += n
				}
			}
		}
	}
	return t
}

// mapClasses is CLASSES of program/watch.h.
const mapClasses = 16

func sum(all [classes]uint64) (n uint64) {
	for _, m := range all {
		n += m
	}
	return n
}

// lookOver counts, tells what was lost, and finds processes that go on beyond their limits and have nothing told any more.
func (s *Live) lookOver(bootNS int64) {
	t := s.count()
	if lost := sum(t.dropped); lost > s.dropped {
		s.tell(&event.AuditChange{Action: own.Lost, Setting: "ring_buffer", Value: strconv.FormatUint(lost-s.dropped, 10)})
		s.dropped = lost
	}
	s.mu.Lock()
	s.tallies = t
	waiting := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	for _, x := range waiting {
		s.put(ownRecord(bootNS, x))
	}
	n := sum(t.suppressed)
	if n == s.over {
		return
	}
	s.over = n
	var key programLimitKey
	var limit programLimit
	for it := s.objects.Limits.Iterate(); it.Next(&key, &limit); {
		if limit.Suppressed == 0 {
			continue
		}
		told := limit.Suppressed
		limit.Suppressed = 0
		if s.objects.Limits.Update(&key, &limit, ebpf.UpdateExist) == nil {
			s.put(overRecord(key.Tgid, class(key.Class), uint64(bootNS), limit.StartNs, told))
		}
	}
}

// Health reports the programs, what is lost, and what processes do beyond their limits.
func (s *Live) Health() []collectors.Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	row := func(item string) collectors.Health {
		return collectors.Health{Collector: s.Name(), Item: item, State: "ok"}
	}
	about := row(programs)
	about.State, about.Reason = s.state, s.reason
	if s.state != "ok" {
		return []collectors.Health{about}
	}
	d := s.decoder.Stats()
	about.Detail = "hooks: " + s.hooks
	decoder := row("decoder")
	decoder.Received, decoder.Decoded, decoder.Lost, decoder.Detail = d.Records, d.Events, d.Malformed, d.String()
	if d.Malformed > 0 {
		decoder.State, decoder.Reason = "degraded", "records of the programs did not hold what they say"
	}
	buffer, limits := row("ring_buffer"), row("limits")
	buffer.Received, buffer.Lost, buffer.Detail = sum(s.tallies.told), sum(s.tallies.dropped), perClass("dropped", s.tallies.dropped)
	if buffer.Lost > 0 {
		buffer.State, buffer.Reason = "degraded", "the ring buffer was full: records were lost"
	}
	limits.Received, limits.Detail = sum(s.tallies.suppressed), perClass("suppressed", s.tallies.suppressed)
	if limits.Received > 0 {
		limits.Reason = "single processes made more calls of a class than are told of one (500 a second after the first 2,000): " +
			"the others were counted, see audit_changes"
	}
	return []collectors.Health{about, decoder, buffer, limits}
}

// perClass gives counts by class as name=value pairs, the zeros left out.
func perClass(what string, counts [classes]uint64) string {
	var b strings.Builder
	for c, n := range counts {
		if n == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s_%s=%d", what, classNames[c], n)
	}
	return b.String()
}
