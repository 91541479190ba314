package bpf

import (
	"bytes"
	"fmt"
	"sync/atomic"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/text"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
	"github.com/apiwatch/apiwatch/collectors/syscalls"
	"github.com/apiwatch/apiwatch/collectors/syscalls/meaning"
)

// logSource is where all events of this package come from.
var logSource = &event.LogSource{Name: "ebpf:syscalls", Provider: "ebpf"}

// maxCmdline is how many bytes of a command line are kept: as many as the programs read.
const maxCmdline = 32 << 10

// Stats counts what a decoder took and made.
type Stats struct {
	Records   uint64 // taken
	Events    uint64 // delivered
	Processes uint64 // forks and ends
	Malformed uint64 // records that do not hold what they say
	Unwanted  uint64 // opened files of a watched name that lie elsewhere
	Firsts    uint64 // let through beyond a process's limit, as the first of their like
	Cut       uint64 // records with a path or an argument that was cut
	Repaired  uint64 // texts that were no valid UTF-8
}

// String gives the counters that people look at when something is wrong.
func (s Stats) String() string {
	return fmt.Sprintf("processes=%d malformed=%d unwanted=%d firsts=%d cut=%d repaired=%d",
		s.Processes, s.Malformed, s.Unwanted, s.Firsts, s.Cut, s.Repaired)
}

// Decoder makes events of the programs' records, each by itself, and hands them to the sink. It is for one goroutine; only Stats may be
// called from others.
type Decoder struct {
	Sink collectors.Sink
	// Machine says what the records are of; it may change between calls.
	Machine Machine

	calls meaning.Calls
	texts *text.Texts
	draft collectors.Draft
	facts meaning.Facts
	path  []byte
	raw   []byte
	args  []byte
	ends  []int
	over  over

	records, events, processes, malformed, unwanted, firsts, cut, repaired atomic.Uint64
}

// Machine is what of a machine the records do not say.
type Machine struct {
	Arch   uint32 // of its calls: [syscalls.X8664]
	Narrow uint32 // of those of 32-bit callers
	// Offset is Unix time minus the time since boot, in nanoseconds.
	Offset int64
}

// NewDecoder makes a decoder that delivers to sink.
func NewDecoder(sink collectors.Sink) *Decoder {
	d := &Decoder{Sink: sink, calls: meaning.NewCalls()}
	d.texts = text.New(func() { d.repaired.Add(1) })
	return d
}

// Stats gives the counters now. It is safe to call at any time.
func (d *Decoder) Stats() Stats {
	return Stats{
		Records: d.records.Load(), Events: d.events.Load(), Processes: d.processes.Load(), Malformed: d.malformed.Load(),
		Unwanted: d.unwanted.Load(), Firsts: d.firsts.Load(), Cut: d.cut.Load(), Repaired: d.repaired.Load(),
	}
}

// Record takes a record, which is borrowed during the call only.
func (d *Decoder) Record(raw []byte) {
	d.records.Add(1)
	r := record(raw)
	if !r.whole() {
		d.malformed.Add(1)
		return
	}
	if r.flags()&flagCut != 0 {
		d.cut.Add(1)
	}
	switch r.kind() {
	case recordFork:
		d.processes.Add(1)
		if d.Sink != nil {
			d.Sink.Lifecycle(collectors.Lifecycle{
				Kind: collectors.Forked, PID: r.pid(), PPID: r.ppid(), BootNS: r.startNS(), TimeNS: r.startNS() + d.Machine.Offset,
				UID: -1, GID: -1,
			})
		}
	case recordExit:
		d.processes.Add(1)
		if d.Sink != nil {
			d.Sink.Lifecycle(collectors.Lifecycle{
				Kind: collectors.Exited, PID: r.pid(), PPID: r.ppid(), BootNS: r.bootNS(), TimeNS: r.bootNS() + d.Machine.Offset, UID: -1, GID: -1,
				Code: int64(r.u32(headSize)),
			})
		}
	case recordExec:
		d.begin(r)
		d.exec(r)
		d.deliver()
	case recordCall:
		d.begin(r)
		d.call(r)
	case recordOver:
		d.over.note(r, class(r.number()))
	case recordOwn:
		d.own(r)
	}
	d.tellOver(r.bootNS())
}

// begin fills in what every record says: who, and when.
func (d *Decoder) begin(r record) {
	dr := &d.draft
	*dr = collectors.Draft{Target: collectors.Unknown()}
	dr.Event.TimeNS, dr.Event.LogSource = r.bootNS()+d.Machine.Offset, logSource
	dr.Actor = collectors.Actor{
		PID: r.pid(), PPID: r.ppid(), UID: r.id(32), GID: r.id(36), SUID: r.id(40), SGID: r.id(44), EUID: r.id(48), EGID: r.id(52),
		FSUID: r.id(56), FSGID: r.id(60), AUID: r.id(64), Session: r.id(68), Comm: d.texts.Word(r.word(72, 16)),
	}
	d.facts = meaning.Facts{Arch: d.Machine.Arch, File: meaning.File{UID: -1}, Words: d.texts}
}

func (d *Decoder) deliver() {
	d.events.Add(1)
	if d.Sink != nil {
		d.Sink.Draft(&d.draft)
	}
}

var execve = event.APINamed("execve")

// exec fills in an execution.
func (d *Decoder) exec(r record) {
	dr, f := &d.draft, r.file(execFileAt)
	e, a := &dr.Event, &dr.Actor
	a.Path, a.CWD = d.walked(r.text(0), f.deleted()), d.walked(r.text(1), false)
	a.TTY = d.texts.Word(r.word(ttyAt, 16))
	x := &event.Exec{OwnerUID: int64(f.uid), Mode: f.mode}
	a.Cmdline, a.CmdlineCut = d.cmdline(r, x)
	if asked := d.texts.Clean(a.CWD, d.texts.Word(ended(r.text(2)))); len(r.text(3)) > 0 && asked != a.Path {
		x.ScriptPath = asked
	}
	// What a file's own capabilities gave is what the process has and did not inherit; root has all in any case.
	if a.EUID != 0 {
		x.FileCaps = r.u64(capsAt) &^ r.u64(capsAt+8) &^ r.u64(capsAt+16)
	}
	dr.File = collectors.FileID{Device: uint64(f.device>>20)<<32 | uint64(f.device&0xfffff), Inode: f.inode}
	e.Kind, e.API, e.Detail, e.Outcome = event.KindProcessStart, execve, x, event.Success
}

// cmdline joins the arguments of an execution by blanks, and tells where each ends.
func (d *Decoder) cmdline(r record, x *event.Exec) (line string, cut bool) {
	args, more := r.arguments()
	args = bytes.TrimSuffix(args, []byte{0})
	if n := len(args) - maxCmdline; n > 0 {
		args, more = args[:maxCmdline], more+int64(n)
	}
	d.args, d.ends = append(d.args[:0], args...), d.ends[:0]
	for i, c := range d.args {
		if c == 0 {
			d.args[i] = ' '
			d.ends = append(d.ends, i)
		}
	}
	d.ends = append(d.ends, len(d.args))
	line = d.texts.Line(d.args)
	if len(line) == len(d.args) {
		var room [64]byte
		x.Ends = string(event.AppendArgumentEnds(room[:0], d.ends, len(line)))
	}
	if more > 0 {
		x.LeftOut = more
	}
	return line, more > 0
}

// call fills in a system call.
func (d *Decoder) call(r record) {
	dr, f := &d.draft, &d.facts
	e := &dr.Event
	number := r.number()
	if r.flags()&flagCompat != 0 {
		f.Arch = d.Machine.Narrow
	}
	if r.flags()&flagX32 != 0 {
		number |= syscalls.X32Bit
	}
	s := d.calls.Find(f.Arch, number)
	e.API, e.Exit, e.Outcome, e.NArgs = s.API, int64(r.u64(resultAt)), event.Success, event.MaxArgs
	if e.Exit < 0 && e.Exit >= -4095 {
		e.Outcome = event.Failure
	}
	for i := range e.Args {
		e.Args[i] = r.u64(argsAt + 8*i)
	}
	d.files(r)
	d.target(r)
	if r.flags()&flagAddress != 0 {
		f.Address = r.text(4)
	}
	d.pointed(r, s)
	meaning.Tell(dr, s, f)
	if dr.TargetInNamespace && r.pidLevel() == 0 {
		dr.TargetInNamespace = false // it counts as everybody's does
	}
	d.finish(r)
	if r.flags()&flagFirst != 0 {
		d.firsts.Add(1)
	}
	if r.suppressed() > 0 {
		d.over.note(r, watched[e.API.Name].class)
	}
	if e.Kind == event.KindFileAccess && e.Outcome == event.Success && !told(e.Path) {
		d.unwanted.Add(1)
		return
	}
	d.deliver()
}

// files reads the files that a call was about: the kernel's own, or what the caller wrote and where that starts.
func (d *Decoder) files(r record) {
	f := &d.facts
	k := r.file(callFileAt)
	switch {
	case r.flags()&flagFile != 0:
		f.File = meaning.File{Inode: k.inode, Mode: k.mode, UID: int64(k.uid)}
		if k.magic == procMagic {
			f.File.Path = d.walkedIn("/proc", r.text(0), false)
		} else {
			f.File.Path = d.walked(r.text(0), k.deleted())
		}
	case r.flags()&flagUser != 0:
		f.File.Path = d.named(r.text(0), r.text(1))
	}
	if d.draft.Event.API == mount && d.draft.Event.Args[3]&(linux.MSBind|linux.MSMove) == 0 {
		f.Other = d.texts.Word(ended(r.text(2))) // a device, or any name
	} else {
		f.Other = d.named(r.text(2), r.text(3))
	}
}

var mount = event.APINamed("mount")

const procMagic = 0x9fa0

// target reads the process that the call's file or descriptor belongs to.
func (d *Decoder) target(r record) {
	if r.flags()&flagTarget == 0 {
		return
	}
	t := &d.draft.Target
	t.PID, t.UID, t.Comm = int64(r.u32(targetAt)), r.id(targetAt+8), d.texts.Word(r.word(targetAt+16, 16))
}

// walked gives the path of names that follow each other from the leaf up.
func (d *Decoder) walked(raw []byte, deleted bool) string { return d.walkedIn("", raw, deleted) }

// walkedIn gives such a path below a folder.
func (d *Decoder) walkedIn(folder string, raw []byte, deleted bool) string {
	if len(raw) == 0 {
		return ""
	}
	b := d.path[:0]
	b = append(b, folder...)
	rest := bytes.TrimSuffix(raw, []byte{0})
	for len(rest) > 0 {
		at := bytes.LastIndexByte(rest, 0)
		b = append(append(b, '/'), rest[at+1:]...)
		rest = rest[:max(at, 0)]
	}
	if len(b) == 0 {
		b = append(b, '/')
	}
	if deleted {
		b = append(b, " (deleted)"...)
	}
	d.path = b
	return d.texts.Word(b)
}

// named gives the path that a caller wrote, from where it starts.
func (d *Decoder) named(raw, base []byte) string {
	raw = ended(raw)
	if len(raw) == 0 {
		return ""
	}
	path := d.texts.Word(raw)
	if raw[0] == '/' {
		return d.texts.Clean("", path)
	}
	if len(base) == 0 {
		return path // the root, or a directory that is gone
	}
	return d.texts.Clean(d.walked(base, false), path)
}

// ended gives a text without its NUL.
func ended(raw []byte) []byte { return bytes.TrimSuffix(raw, []byte{0}) }
