package main

import (
	"encoding/binary"
	"runtime"
)

// Machine code is written down here, byte for byte, so that no prepared binary is needed.
var (
	// returnStub is a function that does nothing.
	returnStub = byArch([]byte{0xc3}, words(0xd65f03c0))
	// exitCode is exit_group(geteuid()): its status is 0 exactly if it runs with root's rights. Nothing else is in it,
	// so that a set-user-id copy is of no use to anybody.
	exitCode = byArch(
		[]byte{
			0xb8, 107, 0, 0, 0, 0x0f, 0x05, // mov eax, geteuid; syscall
			0x89, 0xc7, // mov edi, eax
			0xb8, 231, 0, 0, 0, 0x0f, 0x05, // mov eax, exit_group; syscall
		},
		words(0xd28015e8, 0xd4000001, 0xd2800bc8, 0xd4000001)) // mov x8, 175; svc 0; mov x8, 94; svc 0
	elfMachine = byArch(uint16(62), uint16(183))
)

func byArch[T any](amd64, arm64 T) T {
	if runtime.GOARCH == "arm64" {
		return arm64
	}
	return amd64
}

func words(w ...uint32) []byte {
	var b []byte
	for _, x := range w {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

// tinyELF is a whole static program of one segment that runs exitCode. Layout: elf(5), include/uapi/linux/elf.h.
func tinyELF() []byte {
	const base, headers = 0x400000, 64 + 56
	size := uint64(headers + len(exitCode))
	le := binary.LittleEndian
	b := []byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	b = le.AppendUint16(b, 2) // ET_EXEC
	b = le.AppendUint16(b, elfMachine)
	b = le.AppendUint32(b, 1)
	b = le.AppendUint64(b, base+headers) // entry
	b = le.AppendUint64(b, 64)           // program headers
	b = le.AppendUint64(b, 0)
	b = le.AppendUint32(b, 0)
	for _, v := range []uint16{64, 56, 1, 64, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	b = le.AppendUint32(b, 1) // PT_LOAD
	b = le.AppendUint32(b, 5) // readable, executable
	for _, v := range []uint64{0, base, base, size, size, 0x10000} {
		b = le.AppendUint64(b, v)
	}
	return append(b, exitCode...)
}
