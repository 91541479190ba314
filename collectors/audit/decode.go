package audit

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
	"github.com/apiwatch/apiwatch/collectors/syscalls/meaning"
)

// feed is where all events of this package come from.
var logSource = &event.LogSource{Name: "auditd:SYSCALL", Provider: "audit"}

// How many bytes of a command line are kept: of one that is written down already more than of one that anybody may be starting now.
const (
	liveCmdline     = 32 << 10
	recordedCmdline = 64 << 10
)

// maxPaths is how many PATH records of one event are read.
const maxPaths = 32

const atFDCWD = -100

// readPaths reads the event's PATH records by item number; of two with one number the first counts.
func (d *Decoder) readPaths(g *group) {
	d.paths = d.paths[:0]
	for _, r := range g.recs {
		if r.typ != typePath || len(d.paths) == maxPaths {
			continue
		}
		p := readPath(g.body(r))
		at := len(d.paths)
		for at > 0 && d.paths[at-1].item > p.item {
			at--
		}
		if at > 0 && d.paths[at-1].item == p.item {
			continue
		}
		d.paths = slices.Insert(d.paths, at, p)
	}
}

// pick gives the first path of one of the types, in their order.
func (d *Decoder) pick(types ...nameType) *pathRecord {
	for _, t := range types {
		for i := range d.paths {
			if d.paths[i].typ == t {
				return &d.paths[i]
			}
		}
	}
	return nil
}

// resolve gives a path's full name. One that is relative to an open directory stays relative: the record does not say
// which directory that is, and the working directory would make it another file's name.
func (d *Decoder) resolve(p *pathRecord, dir uint8) string {
	if p == nil {
		return ""
	}
	name := d.texts.Path(p.name)
	if dir > 0 && int32(d.sys.args[dir-1]) != atFDCWD && !strings.HasPrefix(name, "/") {
		return name
	}
	return d.texts.Clean(d.draft.Actor.CWD, name)
}

// companions are an event's records beside SYSCALL and PATH: the first of each type, as the kernel writes only one.
type companions struct {
	cwd, title, sockaddr, object, capset, fcaps, module, openat2, socketcall []byte
}

// deliver makes an event of a group and hands it over.
func (d *Decoder) deliver(g *group) {
	var o companions
	var main record
	paths, changes := int64(0), 0
	first := func(field *[]byte, r record) {
		if *field == nil {
			*field, _ = split(g.body(r))
		}
	}
	for _, r := range g.recs {
		switch r.typ {
		case typeSyscall, typeUringop:
			if main.typ == 0 {
				main = r
			}
		case typePath:
			paths++
		case typeCwd:
			first(&o.cwd, r)
		case typeProctitle:
			first(&o.title, r)
		case typeSockaddr:
			first(&o.sockaddr, r)
		case typeObjPid:
			first(&o.object, r)
		case typeCapset:
			first(&o.capset, r)
		case typeBprmFcaps:
			first(&o.fcaps, r)
		case typeKernModule:
			first(&o.module, r)
		case typeOpenat2:
			first(&o.openat2, r)
		case typeSocketcall:
			first(&o.socketcall, r)
		default:
			if isChange(r.typ) {
				changes++
			}
		}
	}
	dr := &d.draft
	dr.Event = event.Event{}
	dr.Actor, dr.Target, dr.TargetInNamespace, dr.Unplaced = collectors.Unknown(), collectors.Unknown(), false, false
	dr.File = collectors.FileID{}
	if main.typ == 0 {
		if changes == 0 {
			d.n.unpaired.Add(1)
			return
		}
		d.deliverChanges(g, false)
		return
	}
	d.readSyscall(main.typ, g.body(main))
	r := &d.sys
	if !r.complete {
		d.n.malformed.Add(1)
		if changes > 0 {
			dr.Actor = collectors.Unknown()
			d.deliverChanges(g, false)
		}
		return
	}
	if g.cut || r.items > paths {
		d.n.incomplete.Add(1)
	}

	a, e := &dr.Actor, &dr.Event
	a.Comm, a.Path, a.TTY, a.User = d.texts.Path(r.comm), d.texts.Path(r.exe), d.texts.Word(r.tty), d.texts.Word(r.user)
	a.CWD = d.texts.Path(field(o.cwd, "cwd"))
	// The kernel takes a title when it first audits a task, keeps it over later executions, and cuts it at 128 bytes
	// (audit_proctitle in kernel/auditsc.c): what is known of the process is always better.
	a.Cmdline = d.texts.Title(field(o.title, "proctitle"))
	a.CmdlineCut = a.Cmdline != ""
	if changes > 0 { // the call by which it was made, a message sent to the kernel, tells no more
		d.deliverChanges(g, true)
		return
	}
	e.TimeNS = g.key.ms * 1e6
	e.LogSource, e.Host = logSource, g.host
	e.Exit, e.Outcome = r.exit, r.outcome

	if main.typ == typeUringop {
		e.API, e.Args[0], e.NArgs = meaning.RingCall.API, uint64(r.number), 1
		d.finish(g, meaning.RingCall, &o)
		return
	}
	copy(e.Args[:], r.args[:])
	e.NArgs = r.told
	c := d.calls.Find(r.arch, r.number)
	switch c.How { //nolint:exhaustive // the others stand for themselves
	case meaning.AsSocketcall:
		if used := d.calls.Used(c, r.args[0]); used != c {
			c = used
			e.Args, e.NArgs = [event.MaxArgs]uint64{}, 0
			for i, name := range [event.MaxArgs]string{"a0", "a1", "a2", "a3"} {
				if v, ok := hexNumber(field(o.socketcall, name)); ok {
					e.Args[i], e.NArgs = v, uint8(i+1)
				}
			}
		}
	case meaning.AsCall:
		if c.API.Name == "ipc" {
			if used := d.calls.Used(c, r.args[0]); used != c {
				c = used
				e.Args, e.NArgs = [event.MaxArgs]uint64{r.args[1], r.args[2], r.args[3]}, 3
			}
		}
	}
	e.API = c.API
	d.finish(g, c, &o)
}

// field gives the first field of a name.
func field(body []byte, name string) []byte {
	s := scanner{body}
	for {
		key, value, ok := s.next()
		if !ok {
			return nil
		}
		if string(key) == name {
			return value
		}
	}
}

// finish fills in what is particular to the call.
func (d *Decoder) finish(g *group, c *meaning.Shape, o *companions) {
	d.paths = d.paths[:0]
	if d.sys.items > 0 {
		d.readPaths(g)
	}
	if o.object != nil {
		d.readObject(o.object)
	}
	d.gather(g, c, o)
	meaning.Tell(&d.draft, c, &d.facts)
	d.n.events.Add(1)
	if d.Sink != nil {
		d.Sink.Draft(&d.draft)
	}
}

// readObject reads an OBJ_PID record (audit_log_pid_context), whose pid is global.
func (d *Decoder) readObject(body []byte) {
	pid, ok := decimal(field(body, "opid"))
	if !ok || pid <= 0 {
		return
	}
	t := &d.draft.Target
	t.PID = pid
	t.AUID, t.UID, t.Session = id(field(body, "oauid")), id(field(body, "ouid")), id(field(body, "oses"))
	t.Comm = d.texts.Path(unadded(field(body, "ocomm"), "OAUID="))
}

// procTarget takes a path under /proc as naming a process.
func (d *Decoder) procTarget(path string) {
	switch pid, own := linux.ProcessOf(path); {
	case own:
		d.draft.Target.PID = d.draft.Actor.PID
	case pid > 0:
		d.draft.Target.PID, d.draft.TargetInNamespace = pid, true
	}
}
