package audit

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/text"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
	"github.com/apiwatch/apiwatch/collectors/syscalls/meaning"
)

// gather reads what an event's records tell of the call beside SYSCALL.
func (d *Decoder) gather(g *group, c *meaning.Shape, o *companions) {
	r, f := &d.sys, &d.facts
	*f = meaning.Facts{Arch: r.arch, Silent: d.draft.Event.NArgs == 0 && r.told == 0, File: meaning.File{UID: -1}, Words: d.texts}
	switch c.As(f.Silent) {
	case meaning.AsCall, meaning.AsSocketcall:
		d.anyFile(c)
	case meaning.AsExec:
		if d.draft.Event.Outcome == event.Success {
			f.Exec = d.exec(g, c, o)
		} else {
			d.anyFile(c)
		}
	case meaning.AsCapset:
		if o.capset != nil {
			var p, q bool
			f.Caps.Permitted, p = hexNumber(field(o.capset, "cap_pp"))
			f.Caps.Effective, q = hexNumber(field(o.capset, "cap_pe"))
			f.Caps.Inheritable, _ = hexNumber(field(o.capset, "cap_pi"))
			f.Caps.Ambient, _ = hexNumber(field(o.capset, "cap_pa"))
			f.Caps.Known = p && q
		}
	case meaning.AsTimes, meaning.AsMode, meaning.AsAttributes, meaning.AsWrite:
		d.changed(c, d.pick(nameNormal, nameUnknown))
	case meaning.AsCreate:
		d.changed(c, d.pick(nameCreate, nameNormal, nameUnknown))
	case meaning.AsDelete:
		d.changed(c, d.pick(nameDelete, nameNormal, nameUnknown))
	case meaning.AsRename: // both parents, the old name, the new name if it was taken, the new name
		f.Other = d.resolve(d.pick(nameCreate), c.Dir2)
		d.changed(c, d.pick(nameDelete, nameNormal, nameUnknown))
	case meaning.AsLink: // the new name's parent, the file, the new name
		f.Other = d.resolve(d.pick(nameCreate), c.Dir2)
		d.changed(c, d.pick(nameNormal, nameUnknown))
	case meaning.AsOpen:
		d.opened(c, uint32(r.args[c.Arg]))
	case meaning.AsOpenat2:
		if v, ok := octal(field(o.openat2, "oflag")); ok {
			f.OpenFlags = uint32(v)
		}
		d.opened(c, f.OpenFlags)
	case meaning.AsNamespace, meaning.AsMount:
		d.mounted(c)
	case meaning.AsModule:
		if f.File.Path = d.texts.Path(field(o.module, "name")); f.File.Path == "" {
			d.anyFile(c)
		}
	case meaning.AsConnect:
		f.Address = d.address(o)
	case meaning.AsPtrace, meaning.AsProcess, meaning.AsSignal, meaning.AsMemory, meaning.AsShared, meaning.AsAccess, meaning.AsMemfd,
		meaning.AsIdentity,
		meaning.AsClone: // arguments tell all
	}
}

// anyFile takes the file that any PATH record names.
func (d *Decoder) anyFile(c *meaning.Shape) {
	d.facts.File.Path = d.resolve(d.pick(nameCreate, nameNormal, nameDelete, nameUnknown), c.Dir)
}

// changed takes a file that was changed.
func (d *Decoder) changed(c *meaning.Shape, p *pathRecord) {
	if p == nil {
		return
	}
	path := d.resolve(p, c.Dir)
	d.facts.File = meaning.File{Path: path, Inode: p.inode, Mode: p.mode, UID: p.uid}
	d.procTarget(path)
}

// opened takes a file that was opened.
func (d *Decoder) opened(c *meaning.Shape, flags uint32) {
	p := d.pick(nameCreate, nameNormal, nameUnknown)
	if p == nil {
		return
	}
	path := d.resolve(p, c.Dir)
	placed := strings.HasPrefix(path, "/proc/") && !climbs(d.texts.Path(p.name)) && !reopened(path, p)
	if placed {
		if path, placed = linux.ProcPath(path, d.draft.Actor.CWD); placed {
			path = d.texts.Clean("", path)
			d.procTarget(path)
		}
	}
	d.facts.File = meaning.File{Path: path, Inode: p.inode, Mode: p.mode, UID: p.uid}
	// A link to a file under /proc, which is on a file system without a device, bears any name.
	d.draft.Unplaced = !placed && d.draft.Event.Outcome == event.Success && flags&linux.OpenAccessMode != 0 &&
		(p.virtual || !strings.HasPrefix(path, "/"))
	if d.draft.Unplaced {
		d.draft.File = collectors.FileID{Device: p.device, Inode: p.inode}
	}
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

// mounted takes the places of a change of the mount table. The kernel looks up mount's target before its source (do_mount in
// fs/namespace.c), and since Linux 6.15 move_mount's too; before that a move_mount with two names has them the other way
// round, which the record does not tell.
func (d *Decoder) mounted(c *meaning.Shape) {
	var named [2]*pathRecord
	n := 0
	for i := range d.paths {
		if p := &d.paths[i]; p.typ != nameParent && n < len(named) {
			named[n] = p
			n++
		}
	}
	d.facts.File.Path, d.facts.Other = d.resolve(named[0], c.Dir), d.resolve(named[1], c.Dir2)
}

// address reads the address that the caller passed.
func (d *Decoder) address(o *companions) []byte {
	raw := field(o.sockaddr, "saddr")
	if len(raw) == 0 {
		return nil
	}
	b, ok := text.AppendHex(d.args[:0], unadded(raw, "SADDR="))
	d.args = b
	if !ok || len(b) < 2 {
		d.n.repaired.Add(1)
		return nil
	}
	return b
}
