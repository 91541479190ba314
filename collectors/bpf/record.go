package bpf

import (
	"bytes"
	"encoding/binary"
)

// Kinds of record: program/record.h.
const (
	recordCall = iota + 1
	recordExec
	recordFork
	recordExit
	recordOver // of ours: calls of a process that were left out, and of which nothing more came; its number is their class
	recordOwn  // of ours: what became of collecting, in JSON behind the head
)

// Bits of head.flags.
const (
	flagCompat = 1 << iota
	flagX32
	flagFile
	flagUser
	flagTarget
	flagAddress
	flagFirst
	flagCut
)

// Where the parts of a record lie.
const (
	headSize   = 112
	callSize   = 304 // texts follow, those of an execution too
	forkSize   = headSize + 8
	exitSize   = headSize + 8
	resultAt   = headSize
	argsAt     = resultAt + 8
	valueAt    = argsAt + 48
	callFileAt = valueAt + 32
	fileSize   = 56
	targetAt   = callFileAt + fileSize
	targetSize = 32
	textsAt    = targetAt + targetSize
	texts      = 5

	execFileAt  = headSize
	capsAt      = execFileAt + fileSize
	argsSizeAt  = capsAt + 24
	ttyAt       = argsSizeAt + 8
	execTextsAt = ttyAt + 16
	execTexts   = 4
)

// record is one of the programs' records. Its integers are little-endian, as both architectures have them.
type record []byte

func (r record) u16(at int) uint16 { return binary.LittleEndian.Uint16(r[at:]) }
func (r record) u32(at int) uint32 { return binary.LittleEndian.Uint32(r[at:]) }
func (r record) u64(at int) uint64 { return binary.LittleEndian.Uint64(r[at:]) }

// id gives a user, group or session, of which the largest number stands for none.
func (r record) id(at int) int64 {
	if v := r.u32(at); v != 1<<32-1 {
		return int64(v)
	}
	return -1
}

// word gives a text of a fixed field, up to its NUL.
func (r record) word(at, size int) []byte {
	b := r[at : at+size]
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return b
}

func (r record) kind() byte         { return r[0] }
func (r record) flags() byte        { return r[1] }
func (r record) number() int64      { return int64(r.u16(2)) }
func (r record) pid() int64         { return int64(r.u32(4)) }
func (r record) ppid() int64        { return int64(r.u32(12)) }
func (r record) bootNS() int64      { return int64(r.u64(16)) }
func (r record) startNS() int64     { return int64(r.u64(24)) }
func (r record) pidLevel() uint32   { return r.u32(100) }
func (r record) suppressed() uint64 { return uint64(r.u32(108)) }

// whole tells whether a record holds what its kind and its lengths say.
func (r record) whole() bool {
	if len(r) < headSize {
		return false
	}
	var need, lengths, n int
	switch r.kind() {
	case recordCall:
		need, lengths, n = callSize, textsAt, texts
	case recordExec:
		need, lengths, n = callSize, execTextsAt, execTexts
	case recordFork:
		return len(r) >= forkSize
	case recordExit:
		return len(r) >= exitSize
	case recordOver, recordOwn:
		return true
	default:
		return false
	}
	if len(r) < need {
		return false
	}
	for i := range n {
		need += int(r.u16(lengths + 2*i))
	}
	if r.kind() == recordExec {
		args := r.u32(argsSizeAt + 4)
		return args <= 1<<20 && len(r) >= need+int(args)
	}
	return len(r) >= need
}

// text gives a text of a call or an execution by its place among them.
func (r record) text(i int) []byte {
	lengths := textsAt
	if r.kind() == recordExec {
		lengths = execTextsAt
	}
	at := callSize
	for j := range i {
		at += int(r.u16(lengths + 2*j))
	}
	return r[at : at+int(r.u16(lengths+2*i))]
}

// arguments gives what an execution was passed, each argument with its NUL, and how many bytes more there were.
func (r record) arguments() (args []byte, more int64) {
	at := callSize
	for j := range execTexts {
		at += int(r.u16(execTextsAt + 2*j))
	}
	n := r.u32(argsSizeAt + 4)
	return r[at : at+int(n)], max(int64(r.u32(argsSizeAt))-int64(n), 0)
}

// fileFacts is struct file_facts.
type fileFacts struct {
	inode, magic           uint64
	device                 uint32
	mode, uid, links, rdev uint32
	flags                  uint32
	atime, mtime           int64
}

func (r record) file(at int) fileFacts {
	return fileFacts{
		inode: r.u64(at), device: r.u32(at + 8), mode: r.u32(at + 12), uid: r.u32(at + 16), links: r.u32(at + 20), rdev: r.u32(at + 24),
		flags: r.u32(at + 28), magic: r.u64(at + 32), atime: int64(r.u64(at + 40)), mtime: int64(r.u64(at + 48)),
	}
}

// deleted tells whether no name leads to the file any more, or ever did.
func (f *fileFacts) deleted() bool { return f.links == 0 && f.inode != 0 }
