package winproc

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Stack tells where the thread is, without stopping it: of a thread that waits, as all but a few do, it is right.
func (t thread) Stack() (Stack, error) {
	const (
		contextSize    = 1232 // CONTEXT of x86-64, winnt.h
		contextFlags   = 0x30
		contextRSP     = 0x98
		contextRIP     = 0xf8
		contextControl = 0x100001
	)
	var memory [contextSize + 16]byte
	context := memory[16-uintptr(unsafe.Pointer(&memory[0]))&15:]
	binary.LittleEndian.PutUint32(context[contextFlags:], contextControl)
	h, err := windows.OpenThread(windows.THREAD_GET_CONTEXT, false, uint32(t.id))
	if err != nil {
		return Stack{}, ended(err)
	}
	defer func() { _ = windows.CloseHandle(h) }()
	if _, err := call(procGetThreadContext, uintptr(h), uintptr(unsafe.Pointer(&context[0]))); err != nil {
		return Stack{}, err
	}
	return Stack{PC: binary.LittleEndian.Uint64(context[contextRIP:]), SP: binary.LittleEndian.Uint64(context[contextRSP:])}, nil
}
