package audit

import (
	"bytes"
	"net/netip"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/audit/syscalls"
	"github.com/apiwatch/apiwatch/collectors/audit/text"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
)

// token fills in a change of credentials. What was before is not in the record; the pump knows it.
func (d *Decoder) token(c *shape, o *companions) {
	e, a := &d.draft.Event, &d.draft.Actor
	e.Kind = event.KindTokenChange
	t := &event.TokenChange{
		Before: event.Credentials{UID: -1, EUID: -1, SUID: -1, FSUID: -1, GID: -1, EGID: -1, SGID: -1, FSGID: -1},
		After: event.Credentials{
			UID: a.UID, EUID: a.EUID, SUID: a.SUID, FSUID: a.FSUID, GID: a.GID, EGID: a.EGID, SGID: a.SGID, FSGID: a.FSGID,
		},
	}
	if c.how == asCapset && o.capset != nil {
		var p, q bool
		t.After.Permitted, p = hexNumber(field(o.capset, "cap_pp"))
		t.After.Effective, q = hexNumber(field(o.capset, "cap_pe"))
		t.After.Inheritable, _ = hexNumber(field(o.capset, "cap_pi"))
		t.After.Ambient, _ = hexNumber(field(o.capset, "cap_pa"))
		t.After.CapsKnown = p && q
	}
	e.Detail = t
}

func (d *Decoder) fileChange(c *shape) {
	e, r := &d.draft.Event, &d.sys
	e.Kind = event.KindFileChange
	x := &event.FileChange{UID: -1}
	var p *pathRecord
	switch c.how { //nolint:exhaustive // the others are no changes of files
	case asTimes:
		x.Action, p = "times", d.pick(nameNormal, nameUnknown)
	case asMode:
		x.Action, p = "mode", d.pick(nameNormal, nameUnknown)
		x.Mode = uint32(r.args[c.arg]) & modeBits
	case asAttributes:
		x.Action, p = "attributes", d.pick(nameNormal, nameUnknown)
	case asCreate:
		x.Action, p = "create", d.pick(nameCreate, nameNormal, nameUnknown)
		if p != nil {
			x.Mode = p.mode & modeBits
		}
	case asWrite:
		x.Action, p = "write", d.pick(nameNormal, nameUnknown)
	case asDelete:
		x.Action, p = "delete", d.pick(nameDelete, nameNormal, nameUnknown)
	case asRename: // both parents, the old name, the new name if it was taken, the new name
		x.Action, p = "rename", d.pick(nameDelete, nameNormal, nameUnknown)
		if n := d.pick(nameCreate); n != nil {
			x.NewPath = d.resolve(n, c.dir2)
		}
	case asLink: // the new name's parent, the file, the new name
		x.Action, p = "create", d.pick(nameNormal, nameUnknown)
		if n := d.pick(nameCreate); n != nil {
			x.NewPath = d.resolve(n, c.dir2)
		}
	}
	if p != nil {
		e.Path = d.resolve(p, c.dir)
		x.UID, x.Inode = p.uid, p.inode
		if c.how != asCreate {
			x.OldMode = p.mode
		}
		d.procTarget(e.Path)
	}
	e.Detail = x
}

func (d *Decoder) fileOpen(c *shape, o *companions) {
	e, r := &d.draft.Event, &d.sys
	e.Kind = event.KindFileAccess
	x := &event.FileOpen{UID: -1}
	if c.how == asOpen {
		x.Flags = uint32(r.args[c.arg])
	} else if v, ok := octal(field(o.openat2, "oflag")); ok {
		x.Flags = uint32(v)
	}
	if p := d.pick(nameCreate, nameNormal, nameUnknown); p != nil {
		e.Path = d.resolve(p, c.dir)
		x.Mode, x.UID, x.Inode = p.mode, p.uid, p.inode
		placed := strings.HasPrefix(e.Path, "/proc/") && !climbs(d.texts.Path(p.name)) && !reopened(e.Path, p)
		if placed {
			if e.Path, placed = linux.ProcPath(e.Path, d.draft.Actor.CWD); placed {
				e.Path = d.texts.Clean("", e.Path)
				d.procTarget(e.Path)
			}
		}
		// A link to a file under /proc, which is on a file system without a device, bears any name.
		d.draft.Unplaced = !placed && e.Outcome == event.Success && x.Flags&linux.OpenAccessMode != 0 &&
			(p.virtual || !strings.HasPrefix(e.Path, "/"))
	}
	e.Detail = x
}

// climbs tells whether a path goes up from where a process's root or working directory leads, which its letters do not tell.
func climbs(path string) bool {
	up := strings.LastIndex(path, "/..")
	return up >= 0 && (strings.Contains(path[:up], "/root") || strings.Contains(path[:up], "/cwd"))
}

// reopened tells whether a path leads to a file of a file system without a device by a descriptor that a process holds, as /proc/self/fd/3.
func reopened(path string, p *pathRecord) bool {
	const kind, regular = 0o170000, 0o100000
	folder := strings.LastIndexByte(path, '/')
	return p.virtual && p.mode&kind == regular && strings.HasSuffix(path[:max(folder, 0)], "/fd")
}

// mount fills in a change of the mount table. The kernel looks up mount's target before its source (do_mount in
// fs/namespace.c), and since Linux 6.15 move_mount's too; before that a move_mount with two names has them the other way
// round, which the record does not tell.
func (d *Decoder) mount(c *shape) {
	e, r := &d.draft.Event, &d.sys
	e.Kind = event.KindMount
	var named [2]*pathRecord
	n := 0
	for i := range d.paths {
		if p := &d.paths[i]; p.typ != nameParent && n < len(named) {
			named[n] = p
			n++
		}
	}
	if c.how == asNamespace {
		e.Path = d.resolve(named[0], c.dir)
		return
	}
	e.Path = d.resolve(named[0], c.dir)
	m := &event.Mount{Source: d.resolve(named[1], c.dir2)}
	if c.api.Name == "mount" {
		m.Flags = r.args[3]
	}
	e.Detail = m
}

// connect fills in a connection from the address that the caller passed (struct sockaddr_in, _in6, _un).
func (d *Decoder) connect(o *companions) {
	e := &d.draft.Event
	inProgress := int64(eInProgress)
	if syscalls.IsMIPS(d.sys.arch) {
		inProgress = eInProgressMIPS
	}
	if e.Outcome == event.Failure && e.Exit == -inProgress {
		e.Outcome = event.Success
	}
	raw := field(o.sockaddr, "saddr")
	if len(raw) == 0 {
		return
	}
	b, ok := text.AppendHex(d.args[:0], unadded(raw, "SADDR="))
	d.args = b
	if !ok || len(b) < 2 {
		d.n.repaired.Add(1)
		return
	}
	var f event.Flow
	switch family := b[0] | b[1]; { // in the machine's byte order, and below 256
	case b[0] != 0 && b[1] != 0:
		return
	case family == 1:
		f.Family, f.RemoteAddress = "unix", d.unixName(b[2:])
	case family == 2 && len(b) >= 8:
		f.Family = "inet"
		d.remote(&f, b[2:4], netip.AddrFrom4([4]byte(b[4:8])))
	case family == 10 && len(b) >= 24:
		f.Family = "inet6"
		d.remote(&f, b[2:4], netip.AddrFrom16([16]byte(b[8:24])).Unmap())
	default:
		return
	}
	e.Kind, e.Detail = event.KindNetworkFlow, &f
}

func (d *Decoder) remote(f *event.Flow, port []byte, a netip.Addr) {
	f.RemotePort = uint16(port[0])<<8 | uint16(port[1])
	f.RemoteAddress = d.texts.Address(a)
}

// unixName gives the name of a unix socket; an abstract one begins with a NUL, shown as "@".
func (d *Decoder) unixName(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if b[0] != 0 {
		if i := bytes.IndexByte(b, 0); i >= 0 {
			b = b[:i]
		}
		return d.texts.Word(b)
	}
	b = bytes.TrimRight(b, "\x00")
	if len(b) == 0 {
		return ""
	}
	for i, c := range b {
		if c == 0 {
			b[i] = '@'
		}
	}
	return d.texts.Word(b)
}
