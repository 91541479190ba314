package audit

import (
	"bytes"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// syscallRecord is what a SYSCALL or URINGOP record says beside the caller.
type syscallRecord struct {
	arch      uint32
	number    int64
	items     int64
	exit      int64
	args      [4]uint64
	outcome   event.Outcome
	comm, exe []byte
	tty       []byte
	user      []byte
	complete  bool  // read up to where what can be trusted ends
	told      uint8 // how many of the arguments it tells
}

// Fields of a SYSCALL record, for telling which were seen.
const (
	seenArch = 1 << iota
	seenSyscall
	seenSuccess
	seenExit
	seenA0
	seenA1
	seenA2
	seenA3
	seenItems
	seenPPID
	seenPID
	seenAUID
	seenUID
	seenGID
	seenEUID
	seenSUID
	seenFSUID
	seenEGID
	seenSGID
	seenFSGID
	seenTTY
	seenSession
)

// What a record must say to be believed whole.
const (
	seenAll    = 1<<22 - 1
	seenCaller = seenArch | seenSyscall | seenPID | seenUID
	seenRing   = seenSyscall | seenPID | seenUID | seenFSGID
)

// split parts what the kernel wrote from the names that auditd put behind a 0x1d.
func split(body []byte) (kernel, added []byte) {
	kernel, added, _ = bytes.Cut(body, []byte{0x1d})
	return kernel, added
}

// readSyscall reads a SYSCALL record (audit_log_exit and audit_log_task_info in kernel/auditsc.c and kernel/audit.c) or a
// URINGOP record (audit_log_uring). Everything to be trusted stands before comm, the first string that a process chooses,
// and only the first field of a name counts.
func (d *Decoder) readSyscall(typ uint16, body []byte) {
	r, a := &d.sys, &d.draft.Actor
	*r = syscallRecord{number: -1, items: -1}
	body, added := split(body)
	s := scanner{body}
	seen := 0
	if typ == typeSyscall && !d.slow {
		if rest, ok := d.fastSyscall(body); ok {
			s.rest, seen, r.told = rest, seenAll, 4
		} else {
			*r, *a = syscallRecord{number: -1, items: -1}, collectors.Unknown()
		}
	}
	for {
		key, value, ok := s.next()
		if !ok {
			break
		}
		if string(key) == "comm" {
			r.comm = value
			r.complete = seen&seenCaller == seenCaller
			break
		}
		bit := 0
		switch string(key) {
		case "arch":
			bit = seenArch
		case "syscall", "uring_op":
			bit = seenSyscall
		case "success":
			bit = seenSuccess
		case "exit":
			bit = seenExit
		case "a0":
			bit = seenA0
		case "a1":
			bit = seenA1
		case "a2":
			bit = seenA2
		case "a3":
			bit = seenA3
		case "items":
			bit = seenItems
		case "ppid":
			bit = seenPPID
		case "pid":
			bit = seenPID
		case "auid":
			bit = seenAUID
		case "uid":
			bit = seenUID
		case "gid":
			bit = seenGID
		case "euid":
			bit = seenEUID
		case "suid":
			bit = seenSUID
		case "fsuid":
			bit = seenFSUID
		case "egid":
			bit = seenEGID
		case "sgid":
			bit = seenSGID
		case "fsgid":
			bit = seenFSGID
		case "tty":
			bit = seenTTY
		case "ses":
			bit = seenSession
		case "key":
			// The last field of a URINGOP record, which has no comm.
			r.complete = typ == typeUringop && seen&seenRing == seenRing
		}
		if bit == 0 || seen&bit != 0 {
			continue
		}
		seen |= bit
		valid := true
		switch bit {
		case seenArch:
			var v uint64
			v, valid = hexNumber(value)
			r.arch = uint32(v)
			valid = valid && v < 1<<32
		case seenSyscall:
			r.number, valid = decimal(value)
		case seenSuccess:
			switch string(bare(value)) {
			case "yes":
				r.outcome = event.Success
			case "no":
				r.outcome = event.Failure
			}
		case seenExit:
			r.exit, _ = decimal(value)
		case seenA0:
			r.args[0], _ = hexNumber(value)
		case seenA1:
			r.args[1], _ = hexNumber(value)
		case seenA2:
			r.args[2], _ = hexNumber(value)
		case seenA3:
			r.args[3], _ = hexNumber(value)
		case seenItems:
			r.items, _ = decimal(value)
		case seenPPID:
			a.PPID, _ = decimal(value)
		case seenPID:
			a.PID, valid = decimal(value)
		case seenAUID:
			a.AUID = id(value)
		case seenUID:
			a.UID = id(value)
		case seenGID:
			a.GID = id(value)
		case seenEUID:
			a.EUID = id(value)
		case seenSUID:
			a.SUID = id(value)
		case seenFSUID:
			a.FSUID = id(value)
		case seenEGID:
			a.EGID = id(value)
		case seenSGID:
			a.SGID = id(value)
		case seenFSGID:
			a.FSGID = id(value)
		case seenTTY:
			r.tty = bare(value)
		case seenSession:
			a.Session = id(value)
		}
		if !valid {
			return
		}
	}
	if r.told == 0 {
		for _, bit := range [4]int{seenA0, seenA1, seenA2, seenA3} {
			if seen&bit == 0 {
				break
			}
			r.told++
		}
	}
	if typ == typeSyscall {
		if key, value, ok := s.next(); ok && string(key) == "exe" && len(s.rest) > 0 {
			r.exe = value // followed by something, so not cut
		}
	}
	switch {
	case len(added) > 0:
		r.user = userName(added)
	case bytes.Contains(s.rest, []byte("ARCH=")): // what parted it from the kernel's fields was lost on the way
		r.user = userName(s.rest)
	}
}

// bare takes the quotes off a word of the kernel's own, which some programs that pass records on add.
func bare(value []byte) []byte {
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		return value[1 : n-1]
	}
	return value
}

// userName takes the name of uid from what auditd added, if it can be a user's name.
func userName(added []byte) []byte {
	s := scanner{added}
	for {
		key, value, ok := s.next()
		if !ok {
			return nil
		}
		if string(key) != "UID" {
			continue
		}
		if len(value) < 3 || len(value) > 258 || value[0] != '"' || value[len(value)-1] != '"' {
			return nil
		}
		name := value[1 : len(value)-1]
		for i, c := range name {
			letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '.'
			if !letter && (i == 0 || c != '-' && c != '$' && c != '@' && c != '\\' && c != '+') {
				return nil
			}
		}
		if string(name) == "unset" {
			return nil
		}
		return name
	}
}

// nameType is a PATH record's nametype.
type nameType uint8

const (
	nameUnknown nameType = iota
	nameNormal
	nameParent
	nameDelete
	nameCreate
)

// nameTypeOf reads a nametype, which what auditd adds may follow without a gap.
func nameTypeOf(value []byte) nameType {
	switch {
	case bytes.HasPrefix(value, []byte("NORMAL")):
		return nameNormal
	case bytes.HasPrefix(value, []byte("PARENT")):
		return nameParent
	case bytes.HasPrefix(value, []byte("DELETE")):
		return nameDelete
	case bytes.HasPrefix(value, []byte("CREATE")):
		return nameCreate
	}
	return nameUnknown
}

// pathRecord is a PATH record.
type pathRecord struct {
	item   int64
	name   []byte
	inode  uint64
	mode   uint32
	uid    int64
	typ    nameType
	device uint64 // as [collectors.FileID] has it
	// virtual says that the file lies on a file system that has no device, as procfs.
	virtual bool
}

// device reads the numbers of a device, "fe:00"; 0 if they are none.
func device(value []byte) uint64 {
	major, minor, _ := bytes.Cut(value, []byte{':'})
	a, good := hexNumber(major)
	b, whole := hexNumber(minor)
	if !good || !whole || a >= 1<<32 || b >= 1<<32 {
		return 0
	}
	return a<<32 | b
}

// readPath reads a PATH record (audit_log_name in kernel/auditsc.c).
func readPath(body []byte) pathRecord {
	p := pathRecord{item: -1, uid: -1}
	body, _ = split(body)
	s := scanner{body}
	seen := 0
	first := func(bit int) bool {
		fresh := seen&bit == 0
		seen |= bit
		return fresh
	}
	for {
		key, value, ok := s.next()
		if !ok {
			return p
		}
		switch string(key) {
		case "item":
			if first(1) {
				p.item, _ = decimal(value)
			}
		case "name":
			if first(2) {
				p.name = value
			}
		case "inode":
			if first(4) {
				n, _ := decimal(value)
				p.inode = uint64(n)
			}
		case "dev":
			if first(64) {
				p.virtual = bytes.HasPrefix(value, []byte("00:"))
				p.device = device(value)
			}
		case "mode":
			if first(8) {
				n, _ := octal(value)
				p.mode = uint32(n)
			}
		case "ouid":
			if first(16) {
				p.uid = id(value)
			}
		case "nametype", "objtype": // the latter of Red Hat's 3.10
			if first(32) {
				p.typ = nameTypeOf(bare(value))
			}
		}
	}
}
