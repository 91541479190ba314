// Package audit turns the Linux kernel's audit records into events, from the audit netlink socket or from audit.log files
// of any machine. The decoder is pure and needs no Linux; only source_linux.go talks to the kernel.
package audit

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"strconv"
	"sync/atomic"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// Record types by the kernel's numbers (include/uapi/linux/audit.h).
const (
	typeSyscall    = 1300
	typePath       = 1302
	typeSocketcall = 1304
	typeSockaddr   = 1306
	typeCwd        = 1307
	typeExecve     = 1309
	typeObjPid     = 1318
	typeEOE        = 1320
	typeBprmFcaps  = 1321
	typeCapset     = 1322
	typeMmap       = 1323
	typeProctitle  = 1327
	typeKernModule = 1330
	typeUringop    = 1336
	typeOpenat2    = 1337
)

// typeNames are auditd's names for the types that events are made of. All others are only counted, above all those of
// user-space programs (1100–1199, 2100–2999), whose text anyone may write who may log.
var typeNames = map[string]uint16{
	"SYSCALL": typeSyscall, "PATH": typePath, "SOCKETCALL": typeSocketcall, "SOCKADDR": typeSockaddr, "CWD": typeCwd,
	"EXECVE": typeExecve, "OBJ_PID": typeObjPid, "EOE": typeEOE, "BPRM_FCAPS": typeBprmFcaps, "CAPSET": typeCapset,
	"MMAP": typeMmap, "PROCTITLE": typeProctitle, "KERN_MODULE": typeKernModule, "URINGOP": typeUringop,
	"OPENAT2": typeOpenat2,
}

// used says whether events are made of a type.
func used(typ uint16) bool {
	switch typ {
	case typeSyscall, typePath, typeSocketcall, typeSockaddr, typeCwd, typeExecve, typeObjPid, typeEOE, typeBprmFcaps,
		typeCapset, typeMmap, typeProctitle, typeKernModule, typeUringop, typeOpenat2:
		return true
	}
	return false
}

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
}

// Lost is how many records or events brought nothing because something was wrong with them.
func (s Stats) Lost() uint64 { return s.Malformed + s.Oversized + s.Unpaired }

// String gives the counters that people look at when something is wrong.
func (s Stats) String() string {
	return fmt.Sprintf("other=%d malformed=%d oversized=%d duplicate=%d late=%d unpaired=%d incomplete=%d expired=%d repaired=%d",
		s.Other, s.Malformed, s.Oversized, s.Duplicate, s.Late, s.Unpaired, s.Incomplete, s.Expired, s.Repaired)
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

	groups grouper
	texts  texts
	calls  callCache
	n      counters
	nodes  maphash.Seed

	slow bool // leaves out fastSyscall, for tests

	// What is reused from event to event.
	draft collectors.Draft
	sys   syscallRecord
	paths []pathRecord
	args  []byte
}

// NewDecoder makes a decoder that delivers to sink.
func NewDecoder(sink collectors.Sink) *Decoder {
	d := &Decoder{Sink: sink, nodes: maphash.MakeSeed()}
	d.texts = texts{paths: newTable(), titles: newTable(), words: newTable(), repaired: func() { d.n.repaired.Add(1) }}
	d.calls = newCallCache()
	return d
}

// Stats gives the counters now. It is safe to call at any time.
func (d *Decoder) Stats() Stats {
	n := &d.n
	return Stats{
		Records: n.records.Load(), Events: n.events.Load(), Other: n.other.Load(), Malformed: n.malformed.Load(),
		Oversized: n.oversized.Load(), Duplicate: n.duplicate.Load(), Late: n.late.Load(), Unpaired: n.unpaired.Load(),
		Incomplete: n.incomplete.Load(), Expired: n.expired.Load(), Repaired: n.repaired.Load(), Foreign: n.foreign.Load(),
	}
}

// Record takes a record as the kernel sends it: its type and "audit(1700000000.123:456): …". The body is borrowed during
// the call only.
func (d *Decoder) Record(typ uint16, body []byte) {
	_ = d.take(typ, 0, body) // it is counted
}

var (
	errLine   = errors.New("reading an audit line: it does not begin with type=… msg=audit(seconds.milliseconds:number)")
	errTooBig = errors.New("reading an audit line: it is longer than 64 KiB")
)

// Line takes a line of an audit.log: "type=NAME msg=audit(…): …", also with "node=NAME" before it, with the type as a number
// or UNKNOWN[number], or with the names that auditd adds behind a 0x1d. Empty lines, those that
// begin with # and what ausearch puts between events are skipped. The error says what is wrong with a line that was
// dropped; it is counted too.
func (d *Decoder) Line(line []byte) error {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) == 0 || line[0] == '#' || string(line) == "----" || bytes.HasPrefix(line, []byte("time->")) {
		return nil
	}
	var node uint32
	rest := line
	if after, ok := bytes.CutPrefix(rest, []byte("node=")); ok {
		name, more, _ := bytes.Cut(after, []byte{' '})
		node = uint32(maphash.Bytes(d.nodes, name)) | 1
		rest = more
	}
	after, ok := bytes.CutPrefix(rest, []byte("type="))
	if !ok {
		return d.malformed()
	}
	name, rest, _ := bytes.Cut(after, []byte{' '})
	rest, _ = bytes.CutPrefix(rest, []byte("msg="))
	if bytes.HasPrefix(name, []byte("APIWATCH_")) {
		d.n.foreign.Add(1)
		if d.Foreign != nil {
			d.Foreign(string(name), rest)
		}
		return nil
	}
	typ, ok := typeNames[string(name)]
	if !ok {
		if typ, ok = typeNumber(name); !ok {
			return d.malformed()
		}
	}
	return d.take(typ, node, rest)
}

// typeNumber reads "1334" and "UNKNOWN[1334]". A name that we do not know is a type that we do not use.
func typeNumber(name []byte) (uint16, bool) {
	if len(name) == 0 {
		return 0, false
	}
	if in, ok := bytes.CutPrefix(name, []byte("UNKNOWN[")); ok {
		name = bytes.TrimSuffix(in, []byte{']'})
	}
	if n, digits := scanDigits(name, 5); digits == len(name) && digits > 0 && n <= 1<<16-1 {
		return uint16(n), true
	}
	for _, c := range name {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return 0, false
		}
	}
	return 0, true
}

func (d *Decoder) malformed() error {
	d.n.records.Add(1)
	d.n.malformed.Add(1)
	return errLine
}

// oversized counts a line too long to be read.
func (d *Decoder) oversized() {
	d.n.records.Add(1)
	d.n.oversized.Add(1)
}

func (d *Decoder) take(typ uint16, node uint32, body []byte) error {
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
	if !used(typ) {
		d.n.other.Add(1)
		return nil
	}
	key := groupKey{s, node}
	g := d.groups.find(key)
	switch {
	case g == nil && d.groups.isDone(key):
		d.n.late.Add(1)
		return nil
	case g == nil && typ == typeEOE:
		d.n.other.Add(1) // the end of an event whose records were all of other types
		return nil
	case g == nil:
		g = d.groups.add(key)
	case typ == typeEOE:
		d.close(g)
		return nil
	}
	for n := len(rest); n > 0 && (rest[n-1] == ' ' || rest[n-1] == 0 || rest[n-1] == '\n' || rest[n-1] == '\r'); n-- {
		rest = rest[:n-1]
	}
	fresh, fits := d.groups.store(g, typ, rest)
	if !fresh {
		d.n.duplicate.Add(1)
	}
	if !fits {
		d.n.oversized.Add(1)
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

// callCache finds the call of an architecture and number without asking for names again.
type callCache struct {
	known   map[uint32][]*shape
	strange map[strangeCall]*shape // of the x32 ABI and of unknown architectures and numbers
	madeUp  int
}

type strangeCall struct {
	arch   uint32
	number int64
}

// maxMadeUp bounds the names made up for unknown calls, because names live as long as the process.
const maxMadeUp = 256

var otherShape = newShape("syscall_other")

func newCallCache() callCache {
	return callCache{known: make(map[uint32][]*shape), strange: make(map[strangeCall]*shape)}
}

func (c *callCache) find(arch uint32, number int64) *shape {
	row := c.known[arch]
	if number >= 0 && number < int64(len(row)) {
		if x := row[number]; x != nil {
			return x
		}
	}
	name := callName(arch, number)
	if name == "" || number&x32Bit != 0 {
		key := strangeCall{arch, number}
		if x := c.strange[key]; x != nil {
			return x
		}
		if name == "" {
			if c.madeUp == maxMadeUp {
				return otherShape
			}
			c.madeUp++
			name = "syscall_" + strconv.FormatInt(number, 10)
		}
		c.strange[key] = newShape(name)
		return c.strange[key]
	}
	if row == nil {
		row = make([]*shape, len(tables[arch]()))
		c.known[arch] = row
	}
	row[number] = newShape(name)
	return row[number]
}

func newShape(name string) *shape {
	c := shapes[name]
	c.api = event.APINamed(name)
	return &c
}

// TypeName gives auditd's name of a record type, "UNKNOWN[1334]" for one that no event is made of.
func TypeName(typ uint16) string {
	for name, n := range typeNames {
		if n == typ {
			return name
		}
	}
	return "UNKNOWN[" + strconv.Itoa(int(typ)) + "]"
}
