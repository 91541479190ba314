package winproc

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	kernel32 = windows.NewLazySystemDLL("kernel32.dll")
	ntdll    = windows.NewLazySystemDLL("ntdll.dll")

	procMappedFileName   = kernel32.NewProc("K32GetMappedFileNameW")
	procWorkingSetEx     = kernel32.NewProc("K32QueryWorkingSetEx")
	procGetThreadContext = kernel32.NewProc("GetThreadContext")
	procQueryThread      = ntdll.NewProc("NtQueryInformationThread")
)

// machine is this machine.
type machine struct{ debug bool }

// Open gives this machine. It enables SeDebugPrivilege where the token of this process holds it: without, an administrator
// may read his own processes only.
func Open() System { return &machine{debug: enableDebug() == nil} }

func enableDebug() error {
	var t windows.Token
	if err := windows.OpenProcessToken(windows.CurrentProcess(), windows.TOKEN_ADJUST_PRIVILEGES|windows.TOKEN_QUERY, &t); err != nil {
		return fmt.Errorf("opening the own token: %w", err)
	}
	defer t.Close()
	const seDebug = 20
	one := windows.Tokenprivileges{
		PrivilegeCount: 1,
		Privileges:     [1]windows.LUIDAndAttributes{{Luid: windows.LUID{LowPart: seDebug}, Attributes: windows.SE_PRIVILEGE_ENABLED}},
	}
	if err := windows.AdjustTokenPrivileges(t, false, &one, 0, nil, nil); err != nil {
		return fmt.Errorf("enabling SeDebugPrivilege: %w", err)
	}
	// The call succeeds, too, where the token does not hold the privilege.
	held, err := readToken(t)
	if err != nil {
		return err
	}
	if !strings.Contains(held.EnabledPrivileges(), PrivilegeText(seDebug)) {
		return fs.ErrPermission
	}
	return nil
}

// DebugPrivilege tells whether SeDebugPrivilege is in force.
func (m *machine) DebugPrivilege() bool { return m.debug }

// Processes lists what runs.
func (m *machine) Processes() ([]Entry, error) {
	for size := uint32(1 << 20); size <= 64<<20; size *= 2 {
		b := make([]byte, size)
		var n uint32
		err := windows.NtQuerySystemInformation(windows.SystemProcessInformation, unsafe.Pointer(&b[0]), size, &n)
		if errors.Is(err, windows.STATUS_INFO_LENGTH_MISMATCH) {
			continue
		}
		if err != nil {
			return nil, translated(err)
		}
		return parseProcesses(b[:min(n, size)], uint64(uintptr(unsafe.Pointer(&b[0]))))
	}
	return nil, errors.New("the list of processes is longer than 64 MiB")
}

// Image gives a process's executable in device form.
func (m *machine) Image(pid int64) string {
	type query struct { // SYSTEM_PROCESS_ID_INFORMATION
		pid  uintptr
		name windows.NTUnicodeString
	}
	name := make([]uint16, 1024)
	q := query{uintptr(pid), windows.NTUnicodeString{MaximumLength: uint16(2 * len(name)), Buffer: &name[0]}}
	err := windows.NtQuerySystemInformation(windows.SystemProcessIdInformation, unsafe.Pointer(&q), uint32(unsafe.Sizeof(q)), nil)
	if err == nil && q.name.Buffer != nil {
		return windows.UTF16ToString(name[:min(int(q.name.Length/2), len(name))])
	}
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return ""
	}
	defer func() { _ = windows.CloseHandle(h) }()
	name = make([]uint16, windows.MAX_LONG_PATH)
	n := uint32(len(name))
	const native = 1 // PROCESS_NAME_NATIVE
	if windows.QueryFullProcessImageName(h, native, &name[0], &n) != nil {
		return ""
	}
	return windows.UTF16ToString(name[:n])
}

// Process opens a process.
func (m *machine) Process(pid int64, memory bool) (Process, error) {
	access := uint32(windows.PROCESS_QUERY_LIMITED_INFORMATION)
	if memory {
		access = windows.PROCESS_QUERY_INFORMATION
	}
	h, err := windows.OpenProcess(access, false, uint32(pid))
	if err != nil {
		return nil, ended(err)
	}
	return &process{pid: pid, h: h}, nil
}

// Thread opens a thread.
func (m *machine) Thread(id int64) (Thread, error) {
	h, err := windows.OpenThread(windows.THREAD_QUERY_INFORMATION, false, uint32(id))
	if errors.Is(err, fs.ErrPermission) {
		h, err = windows.OpenThread(windows.THREAD_QUERY_LIMITED_INFORMATION, false, uint32(id))
	}
	if err != nil {
		return nil, ended(err)
	}
	return thread{id: id, h: h}, nil
}

// Account names a security identifier.
func (m *machine) Account(text string) (string, error) {
	sid, err := windows.StringToSid(text)
	if err != nil {
		return "", fmt.Errorf("reading a security identifier: %w", err)
	}
	account, domain, _, err := sid.LookupAccount("")
	if err != nil {
		return "", fmt.Errorf("naming a security identifier: %w", err)
	}
	if domain == "" {
		return account, nil
	}
	return domain + `\` + account, nil
}

// Drives maps device names to drive letters.
func (m *machine) Drives() map[string]string {
	out := make(map[string]string)
	mask, err := windows.GetLogicalDrives()
	if err != nil {
		return out
	}
	target := make([]uint16, windows.MAX_LONG_PATH)
	for i := range 26 {
		if mask&(1<<i) == 0 {
			continue
		}
		drive := string(rune('A'+i)) + ":"
		name, err := windows.UTF16PtrFromString(drive)
		if err != nil {
			continue
		}
		if _, err := windows.QueryDosDevice(name, &target[0], uint32(len(target))); err == nil {
			out[windows.UTF16ToString(target)] = drive
		}
	}
	return out
}

// Missing tells whether there surely is no such file.
func (m *machine) Missing(path string) bool {
	name, err := windows.UTF16PtrFromString(`\\?\GLOBALROOT` + path)
	if err != nil {
		return false
	}
	_, err = windows.GetFileAttributes(name)
	return errors.Is(err, windows.ERROR_FILE_NOT_FOUND) || errors.Is(err, windows.ERROR_PATH_NOT_FOUND)
}

// translated makes an error answer to errors.Is as [System] says.
func translated(err error) error {
	if status, ok := errors.AsType[windows.NTStatus](err); ok {
		err = fmt.Errorf("%w (status %#x)", status.Errno(), uint32(status))
	}
	if errors.Is(err, windows.ERROR_CALL_NOT_IMPLEMENTED) || errors.Is(err, windows.ERROR_INVALID_FUNCTION) ||
		errors.Is(err, windows.ERROR_NOT_SUPPORTED) {
		return fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	return err
}

// ended is translated for opening by number: one that nothing has is "invalid parameter".
func ended(err error) error {
	if errors.Is(err, windows.ERROR_INVALID_PARAMETER) {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return translated(err)
}

// call calls a function that gives 0 on failure.
//
//go:uintptrescapes
func call(p *windows.LazyProc, args ...uintptr) (uintptr, error) {
	if err := p.Find(); err != nil {
		return 0, fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	r, _, err := p.Call(args...)
	if r == 0 {
		return 0, translated(err)
	}
	return r, nil
}
