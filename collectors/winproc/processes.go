package winproc

import (
	"encoding/binary"
	"errors"
	"unicode/utf16"
)

// What NtQuerySystemInformation(SystemProcessInformation) writes on 64-bit Windows: for each process a
// SYSTEM_PROCESS_INFORMATION and behind it a SYSTEM_THREAD_INFORMATION for each thread (the latter in MS-TSTS 2.2.2.17.3.1).
const (
	processSize     = 0x100
	processThreads  = 0x04
	processCreated  = 0x20
	processNameSize = 0x38
	processName     = 0x40 // its address
	processID       = 0x50
	processParent   = 0x58
	processSession  = 0x64

	threadSize    = 0x50
	threadCreated = 0x10
	threadID      = 0x30
)

// Bounds of a list that is believed.
const (
	maxProcesses        = 65_536
	maxThreadsOfProcess = 65_536
)

var errList = errors.New("the list of processes ends early or points outside itself")

// parseProcesses reads the list, which was written to memory that begins at base. On an error what was read before it is good.
func parseProcesses(b []byte, base uint64) ([]Entry, error) {
	var out []Entry
	for len(out) < maxProcesses {
		if len(b) < processSize {
			return out, errList
		}
		u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
		u64 := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
		e := Entry{
			PID: int64(u64(processID)), PPID: int64(u64(processParent)), Session: int64(u32(processSession)),
			Created: int64(u64(processCreated)),
		}
		e.Name = textAt(b, base, u64(processName), int(binary.LittleEndian.Uint16(b[processNameSize:])))
		next := int(u32(0))
		whole := b
		if next != 0 && next <= len(b) {
			whole = b[:next]
		}
		n := int(u32(processThreads))
		if n > maxThreadsOfProcess || processSize+n*threadSize > len(whole) {
			return append(out, e), errList
		}
		e.Threads = make([]ThreadEntry, n)
		for i := range e.Threads {
			t := whole[processSize+i*threadSize:]
			e.Threads[i] = ThreadEntry{
				ID: int64(binary.LittleEndian.Uint64(t[threadID:])), Created: int64(binary.LittleEndian.Uint64(t[threadCreated:])),
			}
		}
		out = append(out, e)
		if next == 0 {
			return out, nil
		}
		if next < processSize || next > len(b) {
			return out, errList
		}
		b, base = b[next:], base+uint64(next)
	}
	return out, errList
}

// textAt reads size bytes of UTF-16 at an address that should lie within b.
func textAt(b []byte, base, address uint64, size int) string {
	if address < base || address-base > uint64(len(b)) || uint64(size) > uint64(len(b))-(address-base) {
		return ""
	}
	return utf16Text(b[address-base:][:size])
}

func utf16Text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
