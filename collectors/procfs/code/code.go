// Package code compares the code of running processes with the files that it was loaded from: what was written into it since, where, and
// over what.
//
// Only pages that the kernel no longer takes for the file's are read, through /proc/PID/mem, which does not stop the process. The file is
// the one that is mapped (/proc/PID/map_files), whatever lies under its path now.
package code

import (
	"bytes"
	"debug/elf"
	"errors"
	"io"
)

// The kinds of row.
const (
	KindPatch       = "patch"         // bytes that are not the file's
	KindBreakpoint  = "breakpoint"    // one instruction replaced by that which stops a program, as debuggers and uprobes do
	KindRelocation  = "relocation"    // places in code that the file asks its loader to fill in, all of a mapping in one row
	KindUnverified  = "unverified"    // pages that were written to, of a file that cannot be read
	KindDeleted     = "deleted_file"  // the file is gone, and nothing is known to lie under its path
	KindReplaced    = "replaced_file" // another file lies under its path
	maxGap          = 4               // equal bytes between two differences that are one patch
	maxPatches      = 64              // of one mapping
	maxBytesProcess = 8 << 20         // compared of one process
)

// Patch is one row.
type Patch struct {
	PID           int64
	Kind          string
	Path          string // as maps has it
	Device        string
	Inode         uint64
	Address       uint64
	Offset        uint64 // in the file
	Size          int64
	Symbol        string // "name+0x12", "" where none is known
	Live, File    []byte // the first bytes, in memory and in the file
	FileIsPresent bool   // it still lies under its path
}

// difference is a run of bytes that are not the file's.
type difference struct {
	at         int // in the pages compared
	live, file []byte
}

// differences gives the runs in which live is not file, which are of one length; masked tells of bytes that do not count. relocated is how
// many of those differ.
func differences(live, file []byte, masked func(i int) bool) (out []difference, first, relocated int) {
	first = -1
	start, last := -1, -1
	end := func() {
		if start >= 0 {
			out = append(out, difference{start, live[start : last+1], file[start : last+1]})
		}
		start = -1
	}
	for i := 0; i < len(live); {
		if n := equalPrefix(live[i:], file[i:]); n > 0 {
			i += n
			continue
		}
		if masked(i) {
			if relocated++; first < 0 {
				first = i
			}
			i++
			continue
		}
		if start >= 0 && i-last > maxGap {
			end()
		}
		if start < 0 {
			start = i
		}
		last = i
		i++
	}
	end()
	return out, first, relocated
}

// equalPrefix tells how many bytes two slices of one length begin with in common; for long runs it is as fast as bytes.Equal.
func equalPrefix(a, b []byte) int {
	const step = 256
	n := 0
	for len(a)-n >= step && bytes.Equal(a[n:n+step], b[n:n+step]) {
		n += step
	}
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}

// breakpoint tells whether a difference is an instruction that stops a program.
func breakpoint(machine elf.Machine, d *difference) bool {
	switch machine {
	case elf.EM_X86_64, elf.EM_386:
		return len(d.live) == 1 && d.live[0] == 0xcc
	case elf.EM_AARCH64: // brk #imm16
		return len(d.live) == 4 && d.live[3] == 0xd4 && d.live[2]&0xe0 == 0x20 && d.live[0]&0x1f == 0
	default:
		return false
	}
}

// zeroFilled reads a file at an offset, zeros beyond its end, as a mapping shows it.
func zeroFilled(f io.ReaderAt, b []byte, offset uint64) error {
	n, err := f.ReadAt(b, int64(offset))
	if errors.Is(err, io.EOF) {
		clear(b[n:])
		return nil
	}
	return err
}
