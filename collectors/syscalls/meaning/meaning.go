package meaning

import (
	"bytes"
	"net/netip"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
	"github.com/apiwatch/apiwatch/collectors/syscalls"
)

// Facts is what a source tells of a call beside what stands in the draft already: the API, the arguments, the outcome and the caller.
type Facts struct {
	Arch uint32
	// Silent says that the source does not tell the arguments.
	Silent bool
	// File is what the call acts on: the file, the mount point, the module.
	File File
	// Other is the path of the other file: the new name, what is mounted.
	Other string
	// OpenFlags are those of an open whose arguments do not hold them.
	OpenFlags uint32
	// Exec is filled in by the source of a successful execution.
	Exec *event.Exec
	// Caps are the capability sets after the call.
	Caps Caps
	// Address is the struct sockaddr that the call named, in the machine's byte order; none if it is not known.
	Address []byte
	// Words makes strings of bytes.
	Words Words
}

// File is what a source tells of a file.
type File struct {
	Path  string // "" if unknown
	Inode uint64
	Mode  uint32
	UID   int64 // of its owner, -1 if unknown
}

// Caps are sets of capabilities.
type Caps struct {
	Permitted, Effective, Inheritable, Ambient uint64
	Known                                      bool
}

// Words makes strings of bytes, the same one of the same bytes where it can.
type Words interface {
	Word(raw []byte) string
	Address(a netip.Addr) string
}

const (
	modeBits        = 0o7777
	eInProgress     = 115
	eInProgressMIPS = 150
)

// Tell fills in a draft's event: its kind, its path, its detail, and whom it was done to, as far as an argument says so.
func Tell(dr *collectors.Draft, s *Shape, f *Facts) {
	e := &dr.Event
	switch s.As(f.Silent) {
	case AsCall, AsSocketcall:
		e.Path = f.File.Path
	case AsExec:
		if e.Outcome != event.Success {
			e.Path = f.File.Path
			return
		}
		e.Kind, e.Detail = event.KindProcessStart, f.Exec
	case AsPtrace:
		e.Kind = event.KindPtrace
		if e.Args[0] != linux.PtraceTraceme {
			argumentTarget(dr, e.Args[1])
		}
	case AsProcess:
		e.Kind = event.KindProcessAccess
		argumentTarget(dr, e.Args[0])
	case AsAccess:
		e.Kind = event.KindProcessAccess
	case AsSignal:
		argumentTarget(dr, e.Args[0])
	case AsMemory:
		e.Path = f.File.Path
		if e.Args[s.Arg]&linux.ProtExec != 0 {
			e.Kind = event.KindMemory
		}
	case AsShared:
		if e.Args[s.Arg]&linux.ShmExec != 0 {
			e.Kind = event.KindMemory
		}
	case AsMemfd:
		e.Kind, e.Path = event.KindMemory, f.File.Path
	case AsIdentity, AsCapset:
		token(dr, s, f)
	case AsTimes, AsMode, AsAttributes, AsCreate, AsWrite, AsDelete, AsRename, AsLink:
		fileChange(e, s, f)
	case AsOpen:
		fileOpen(e, uint32(e.Args[s.Arg]), f)
	case AsOpenat2:
		fileOpen(e, f.OpenFlags, f)
	case AsClone:
		if f.Arch == syscalls.S390 || f.Arch == syscalls.S390X {
			e.Args[0], e.Args[1] = e.Args[1], e.Args[0] // the stack comes first (CONFIG_CLONE_BACKWARDS2)
		}
		if e.Args[0]&linux.CloneNamespaces != 0 {
			e.Kind = event.KindMount
		}
	case AsNamespace:
		e.Kind, e.Path = event.KindMount, f.File.Path
	case AsMount:
		m := &event.Mount{Source: f.Other}
		if s.API.Name == "mount" {
			m.Flags = e.Args[3]
		}
		e.Kind, e.Path, e.Detail = event.KindMount, f.File.Path, m
	case AsModule:
		e.Kind, e.Path = event.KindModuleLoad, f.File.Path
	case AsConnect:
		connect(e, f)
	}
}

// argumentTarget takes the target from an argument if nothing else names it.
func argumentTarget(dr *collectors.Draft, v uint64) {
	if pid := int64(int32(v)); dr.Target.PID == 0 && pid > 0 {
		dr.Target.PID, dr.TargetInNamespace = pid, true
	}
}

// token fills in a change of credentials. The caller's are those after it; what was before is not told, but the pump knows it.
func token(dr *collectors.Draft, s *Shape, f *Facts) {
	a := &dr.Actor
	t := &event.TokenChange{
		Before: event.Credentials{UID: -1, EUID: -1, SUID: -1, FSUID: -1, GID: -1, EGID: -1, SGID: -1, FSGID: -1},
		After: event.Credentials{
			UID: a.UID, EUID: a.EUID, SUID: a.SUID, FSUID: a.FSUID, GID: a.GID, EGID: a.EGID, SGID: a.SGID, FSGID: a.FSGID,
		},
	}
	if s.How == AsCapset {
		c, after := &f.Caps, &t.After
		after.Permitted, after.Effective, after.Inheritable, after.Ambient = c.Permitted, c.Effective, c.Inheritable, c.Ambient
		after.CapsKnown = c.Known
	}
	dr.Event.Kind, dr.Event.Detail = event.KindTokenChange, t
}

func fileChange(e *event.Event, s *Shape, f *Facts) {
	p := &f.File
	x := &event.FileChange{UID: p.UID, Inode: p.Inode, OldMode: p.Mode}
	switch s.How { //nolint:exhaustive // the others are no changes of files
	case AsTimes:
		x.Action = "times"
	case AsMode:
		x.Action = "mode"
		x.Mode = uint32(e.Args[s.Arg]) & modeBits
	case AsAttributes:
		x.Action = "attributes"
	case AsCreate:
		x.Action = "create"
		x.Mode, x.OldMode = p.Mode&modeBits, 0
	case AsWrite:
		x.Action = "write"
	case AsDelete:
		x.Action = "delete"
	case AsRename:
		x.Action, x.NewPath = "rename", f.Other
	case AsLink:
		x.Action, x.NewPath = "create", f.Other
	}
	e.Kind, e.Path, e.Detail = event.KindFileChange, p.Path, x
}

func fileOpen(e *event.Event, flags uint32, f *Facts) {
	p := &f.File
	e.Kind, e.Path = event.KindFileAccess, p.Path
	e.Detail = &event.FileOpen{Flags: flags, Mode: p.Mode, UID: p.UID, Inode: p.Inode}
}

// connect fills in a connection from the address that the caller passed (struct sockaddr_in, _in6, _un).
func connect(e *event.Event, f *Facts) {
	inProgress := int64(eInProgress)
	if syscalls.IsMIPS(f.Arch) {
		inProgress = eInProgressMIPS
	}
	if e.Outcome == event.Failure && e.Exit == -inProgress {
		e.Outcome = event.Success
	}
	b := f.Address
	if len(b) < 2 {
		return
	}
	var flow event.Flow
	switch family := b[0] | b[1]; { // in the machine's byte order, and below 256
	case b[0] != 0 && b[1] != 0:
		return
	case family == 1:
		flow.Family, flow.RemoteAddress = "unix", unixName(f.Words, b[2:])
	case family == 2 && len(b) >= 8:
		flow.Family = "inet"
		remote(f.Words, &flow, b[2:4], netip.AddrFrom4([4]byte(b[4:8])))
	case family == 10 && len(b) >= 24:
		flow.Family = "inet6"
		remote(f.Words, &flow, b[2:4], netip.AddrFrom16([16]byte(b[8:24])).Unmap())
	default:
		return
	}
	e.Kind, e.Detail = event.KindNetworkFlow, &flow
}

func remote(words Words, f *event.Flow, port []byte, a netip.Addr) {
	f.RemotePort = uint16(port[0])<<8 | uint16(port[1])
	f.RemoteAddress = words.Address(a)
}

// unixName gives the name of a unix socket; an abstract one begins with a NUL, shown as "@".
func unixName(words Words, b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if b[0] != 0 {
		if i := bytes.IndexByte(b, 0); i >= 0 {
			b = b[:i]
		}
		return words.Word(b)
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
	return words.Word(b)
}
