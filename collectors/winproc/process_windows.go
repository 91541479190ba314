package winproc

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

type process struct {
	pid int64
	h   windows.Handle
	// reader may read memory. It is opened when first needed: that right over a process such as lsass is what detections
	// look for, so nobody is asked for it in vain.
	reader windows.Handle
}

// Close is io.Closer's.
func (p *process) Close() error {
	if p.reader != 0 {
		_ = windows.CloseHandle(p.reader)
	}
	return windows.CloseHandle(p.h)
}

// Cmdline asks the kernel, which has kept it readable without reading the process's memory since Windows 8.1.
func (p *process) Cmdline() (string, error) {
	var n uint32
	b := make([]uint64, 512)
	for {
		size := uint32(8 * len(b))
		err := windows.NtQueryInformationProcess(p.h, windows.ProcessCommandLineInformation, unsafe.Pointer(&b[0]), size, &n)
		if err == nil {
			break
		}
		if n <= size || n > 1<<20 {
			return "", translated(err)
		}
		b = make([]uint64, n/8+1)
	}
	s := (*windows.NTUnicodeString)(unsafe.Pointer(&b[0]))
	line := s.String()
	runtime.KeepAlive(b)
	return line, nil
}

// Wow64 tells whether the process is a 32-bit one on 64-bit Windows.
func (p *process) Wow64() bool {
	var is bool
	return windows.IsWow64Process(p.h, &is) == nil && is
}

// Token reads the process's token.
func (p *process) Token() (Token, error) {
	var t windows.Token
	err := windows.OpenProcessToken(p.h, windows.TOKEN_QUERY|windows.TOKEN_QUERY_SOURCE, &t)
	if err != nil {
		err = windows.OpenProcessToken(p.h, windows.TOKEN_QUERY, &t)
	}
	if err != nil {
		return Token{}, translated(err)
	}
	defer t.Close()
	return readToken(t)
}

// Region gives the region that holds an address.
func (p *process) Region(address uint64) (Region, error) {
	var m windows.MemoryBasicInformation
	err := windows.VirtualQueryEx(p.h, uintptr(address), &m, unsafe.Sizeof(m))
	if errors.Is(err, windows.ERROR_INVALID_PARAMETER) {
		return Region{}, io.EOF // behind the last address that a process can have
	}
	if err != nil {
		return Region{}, translated(err)
	}
	return Region{
		Base: uint64(m.BaseAddress), Size: uint64(m.RegionSize), AllocationBase: uint64(m.AllocationBase),
		Protect: m.Protect, InitialProtect: m.AllocationProtect, State: m.State, Type: m.Type,
	}, nil
}

// File names the file mapped at an address.
func (p *process) File(address uint64) (string, error) {
	for _, size := range []int{512, windows.MAX_LONG_PATH} {
		name := make([]uint16, size)
		n, err := call(procMappedFileName, uintptr(p.h), uintptr(address), uintptr(unsafe.Pointer(&name[0])), uintptr(size))
		if err == nil && int(n) < size-1 { // a name that fills the buffer may be cut
			return windows.UTF16ToString(name[:n]), nil
		}
		if err != nil && !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) {
			return "", err
		}
	}
	return "", fs.ErrPermission // a longer name than any: not to be had
}

// Pages gives the state of pages.
func (p *process) Pages(addresses []uint64, states []PageState) error {
	if len(addresses) == 0 {
		return nil
	}
	info := make([][2]uint64, len(addresses)) // PSAPI_WORKING_SET_EX_INFORMATION
	for i, a := range addresses {
		info[i][0] = a
	}
	if _, err := call(procWorkingSetEx, uintptr(p.h), uintptr(unsafe.Pointer(&info[0])),
		unsafe.Sizeof(info[0])*uintptr(len(info))); err != nil {
		return err
	}
	for i := range info {
		states[i] = PageState(info[i][1])
	}
	return nil
}

// Read copies memory.
func (p *process) Read(address uint64, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if p.reader == 0 {
		h, err := windows.OpenProcess(windows.PROCESS_VM_READ, false, uint32(p.pid))
		if err != nil {
			return ended(err)
		}
		p.reader = h
	}
	var n uintptr
	if err := windows.ReadProcessMemory(p.reader, uintptr(address), &b[0], uintptr(len(b)), &n); err != nil {
		return translated(err)
	}
	if n != uintptr(len(b)) {
		return io.ErrUnexpectedEOF
	}
	return nil
}

type thread struct {
	id int64
	h  windows.Handle
}

// Close is io.Closer's.
func (t thread) Close() error { return windows.CloseHandle(t.h) }

// What NtQueryInformationThread is asked.
const (
	threadBasicInformation          = 0
	threadQuerySetWin32StartAddress = 9
)

// query asks about the thread.
func (t thread) query(class int, p unsafe.Pointer, size uintptr) error {
	if err := procQueryThread.Find(); err != nil {
		return fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	status, _, _ := procQueryThread.Call(uintptr(t.h), uintptr(class), uintptr(p), size, 0)
	if status != 0 {
		return translated(windows.NTStatus(status))
	}
	return nil
}

// Start is where the thread began.
func (t thread) Start() (uint64, error) {
	var address uintptr
	err := t.query(threadQuerySetWin32StartAddress, unsafe.Pointer(&address), unsafe.Sizeof(address))
	return uint64(address), err
}

// Token reads the token that the thread impersonates by.
func (t thread) Token() (Token, bool, error) {
	var token windows.Token
	err := windows.OpenThreadToken(t.h, windows.TOKEN_QUERY, true, &token)
	if errors.Is(err, windows.ERROR_NO_TOKEN) {
		return Token{}, false, nil
	}
	if errors.Is(err, windows.ERROR_CANT_OPEN_ANONYMOUS) {
		// It impersonates nobody at all, and nobody may read that token.
		return Token{UserSID: "S-1-5-7", Type: impersonationToken}, true, nil
	}
	if err != nil {
		return Token{}, false, translated(err)
	}
	defer token.Close()
	out, err := readToken(token)
	return out, err == nil, err
}
