// Package audit turns the Linux kernel's audit records into events, from the audit netlink socket or from audit.log files
// of any machine. The decoder is pure and needs no Linux; only source_linux.go talks to the kernel.
package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/hosts"
	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/audit/text"
	"github.com/apiwatch/apiwatch/collectors/syscalls/meaning"
)

// Stats counts what a decoder took and made.
type Stats struct {
	Records    uint64 // taken, of any type
	Events     uint64 // delivered
	Other      uint64 // records of types that no event is made of
	Malformed  uint64 // records without a readable type or stamp, and system calls cut off before their end
	Oversized  uint64 // records dropped because they, or their event, were too large
	Duplicate  uint64 // records that their event held already
	Late       uint64 // records that came after their event was delivered
	Unpaired   uint64 // events without a system call, so that there was nothing to deliver
	Incomplete uint64 // events delivered although records of them are missing
	Expired    uint64 // events closed by age or want of room and not by the kernel's end-of-event record
	Repaired   uint64 // strings that were no valid UTF-8 or hexadecimal
	Foreign    uint64 // lines of our own recordings
	// Strange counts calls of architectures whose calls have no names here, by their names.
	Strange map[string]uint64 `json:",omitempty"`
}

// Lost is how many records or events brought nothing because something was wrong with them.
func (s Stats) Lost() uint64 { return s.Malformed + s.Oversized + s.Unpaired }

// String gives the counters that people look at when something is wrong.
func (s Stats) String() string {
	var all strings.Builder
	fmt.Fprintf(&all, "other=%d malformed=%d oversized=%d duplicate=%d late=%d unpaired=%d incomplete=%d expired=%d repaired=%d",
		s.Other, s.Malformed, s.Oversized, s.Duplicate, s.Late, s.Unpaired, s.Incomplete, s.Expired, s.Repaired)
	for _, arch := range slices.Sorted(maps.Keys(s.Strange)) {
		fmt.Fprintf(&all, " arch_%s=%d", arch, s.Strange[arch])
	}
	return all.String()
}

// Unnamed says of which architectures the calls have no names; "" for none.
func (s Stats) Unnamed() string {
	var all []string
	for _, arch := range slices.Sorted(maps.Keys(s.Strange)) {
		all = append(all, fmt.Sprintf("%d of %s", s.Strange[arch], arch))
	}
	if all == nil {
		return ""
	}
	return "calls of architectures whose calls are not known here are shown by their numbers only, without what they did: " +
		strings.Join(all, ", ")
}

type counters struct {
	records, events, other, malformed, oversized, duplicate, late, unpaired, incomplete, expired, repaired,
	foreign atomic.Uint64
}

// Decoder groups records into events and hands each to the sink as soon as it is complete. It is for one goroutine; only
// Stats may be called from others.
type Decoder struct {
	// Sink takes the events. It may be changed between calls.
	Sink collectors.Sink
	// Foreign takes lines of our own recordings, whose type begins with APIWATCH_: what follows "type=" up to a space, and
	// what follows "msg=". Every event that was complete before the line has been delivered. Nil drops them.
	Foreign func(typ string, body []byte)
	// Around is a time soon after the records were written: the year of lines that have none. The zero time stands for that of the
	// records before.
	Around time.Time
	// MaxCmdline is how many bytes of a command line are kept.
	MaxCmdline int

	groups  grouper
	texts   *text.Texts
	calls   meaning.Calls
	n       counters
	hosts   hosts.Hosts
	stamp   []byte // of the line before
	joined  bool   // lines that hold several records were seen
	journal journal

	slow bool // leaves out fastSyscall, for tests

	// What is reused from event to event.
	draft   collectors.Draft
	facts   meaning.Facts
	sys     syscallRecord
	paths   []pathRecord
	execves []record
	args    []byte
	ends    []int
	kept    map[string]string // what repeats of where arguments end
}

// NewDecoder makes a decoder that delivers to sink.
func NewDecoder(sink collectors.Sink) *Decoder {
	d := &Decoder{Sink: sink, MaxCmdline: liveCmdline, hosts: hosts.New()}
	d.texts = text.New(func() { d.n.repaired.Add(1) })
	d.calls = meaning.NewCalls()
	return d
}

// Stats gives the counters now. It is safe to call at any time.
func (d *Decoder) Stats() Stats {
	n := &d.n
	return Stats{
		Records: n.records.Load(), Events: n.events.Load(), Other: n.other.Load(), Malformed: n.malformed.Load(),
		Oversized: n.oversized.Load(), Duplicate: n.duplicate.Load(), Late: n.late.Load(), Unpaired: n.unpaired.Load(),
		Incomplete: n.incomplete.Load(), Expired: n.expired.Load(), Repaired: n.repaired.Load(), Foreign: n.foreign.Load(),
		Strange: d.calls.Strange(),
	}
}

// Record takes a record as the kernel sends it: its type and "audit(1700000000.123:456): …". The body is borrowed during
// the call only.
func (d *Decoder) Record(typ uint16, body []byte) {
	_ = d.take(typ, place{}, body) // it is counted
}

func (d *Decoder) take(typ uint16, of place, body []byte) error {
	d.n.records.Add(1)
	if len(body) > maxRecord {
		d.n.oversized.Add(1)
		return errTooBig
	}
	s, rest, ok := scanHeader(body)
	if !ok {
		d.n.malformed.Add(1)
		return errLine
	}
	d.groups.tick(s.ms)
	for g := d.groups.overdue(d.groups.clock); g != nil; g = d.groups.overdue(d.groups.clock) {
		d.n.expired.Add(1)
		d.close(g)
	}
	if !used(typ) || typ == typeTrustedApp && !own.Is(rest) {
		d.n.other.Add(1)
		return nil
	}
	key := groupKey{s, of.id}
	g := d.groups.find(key)
	switch {
	case g == nil && d.groups.isDone(key):
		d.n.late.Add(1)
		return nil
	case g == nil && typ == typeEOE:
		d.n.other.Add(1) // the end of an event whose records were all of other types
		return nil
	case g == nil:
		g = d.groups.add(key, of.host)
	case typ == typeEOE:
		d.close(g)
		return nil
	}
	for n := len(rest); n > 0 && (rest[n-1] == ' ' || rest[n-1] == 0 || rest[n-1] == '\n' || rest[n-1] == '\r'); n-- {
		rest = rest[:n-1]
	}
	fresh, fits := d.groups.store(g, typ, rest, d.maxExecve())
	if !fresh {
		d.n.duplicate.Add(1)
	}
	if !fits {
		d.n.oversized.Add(1)
	}
	if typ < typeSyscall && isDaemon(typ) {
		d.close(g)
	}
	return nil
}

// Expire closes events that are older than 2 s at a time in Unix nanoseconds: what a live source calls when nothing comes.
func (d *Decoder) Expire(now int64) {
	now /= 1e6
	for g := d.groups.oldest; g != nil; g = d.groups.oldest {
		if g.opened > now+maxAgeMS {
			g.opened = now // the clock was set back
		}
		if g.opened >= now-maxAgeMS {
			return
		}
		d.n.expired.Add(1)
		d.close(g)
	}
}

// Flush closes all events: what the end of a recording calls.
func (d *Decoder) Flush() {
	for g := d.groups.oldest; g != nil; g = d.groups.oldest {
		d.n.expired.Add(1)
		d.close(g)
	}
}

func (d *Decoder) close(g *group) {
	d.groups.remove(g)
	d.deliver(g)
	d.groups.recycle(g)
}
