package windows

import "github.com/apiwatch/apiwatch/collectors/names"

// Page protections of winnt.h.
const (
	pageExecute          = 0x10
	pageExecuteRead      = 0x20
	pageExecuteReadWrite = 0x40
	pageExecuteWriteCopy = 0x80
	pageReadWrite        = 0x04
	pageWriteCopy        = 0x08
)

var pageProtections = []named{
	{0x01, "PAGE_NOACCESS"},
	{0x02, "PAGE_READONLY"},
	{pageReadWrite, "PAGE_READWRITE"},
	{pageWriteCopy, "PAGE_WRITECOPY"},
	{pageExecute, "PAGE_EXECUTE"},
	{pageExecuteRead, "PAGE_EXECUTE_READ"},
	{pageExecuteReadWrite, "PAGE_EXECUTE_READWRITE"},
	{pageExecuteWriteCopy, "PAGE_EXECUTE_WRITECOPY"},
	{0x100, "PAGE_GUARD"},
	{0x200, "PAGE_NOCACHE"},
	{0x400, "PAGE_WRITECOMBINE"},
	{0x40000000, "PAGE_TARGETS_INVALID"},
}

var allocationTypes = []named{
	{0x1000, "MEM_COMMIT"},
	{0x2000, "MEM_RESERVE"},
	{0x80000, "MEM_RESET"},
	{0x100000, "MEM_TOP_DOWN"},
	{0x200000, "MEM_WRITE_WATCH"},
	{0x400000, "MEM_PHYSICAL"},
	{0x20000000, "MEM_LARGE_PAGES"},
}

// PageAccess tells whether a Windows page protection lets memory be written and be executed.
func PageAccess(protect uint64) (write, execute bool) {
	return protect&(pageReadWrite|pageWriteCopy|pageExecuteReadWrite|pageExecuteWriteCopy) != 0,
		protect&(pageExecute|pageExecuteRead|pageExecuteReadWrite|pageExecuteWriteCopy) != 0
}

// Thread access rights that change what a thread does (winnt.h).
const (
	ThreadSuspendResume = 0x0002
	ThreadSetContext    = 0x0010
	ThreadSetToken      = 0x0080
	ThreadImpersonate   = 0x0100
)

var threadRights = withStandard(
	named{0x1fffff, "THREAD_ALL_ACCESS"},
	named{0x0001, "THREAD_TERMINATE"},
	named{ThreadSuspendResume, "THREAD_SUSPEND_RESUME"},
	named{0x0008, "THREAD_GET_CONTEXT"},
	named{ThreadSetContext, "THREAD_SET_CONTEXT"},
	named{0x0020, "THREAD_SET_INFORMATION"},
	named{0x0040, "THREAD_QUERY_INFORMATION"},
	named{ThreadSetToken, "THREAD_SET_THREAD_TOKEN"},
	named{ThreadImpersonate, "THREAD_IMPERSONATE"},
	named{0x0200, "THREAD_DIRECT_IMPERSONATION"},
	named{0x0400, "THREAD_SET_LIMITED_INFORMATION"},
	named{0x0800, "THREAD_QUERY_LIMITED_INFORMATION"},
	named{0x1000, "THREAD_RESUME"},
)

// hookTypes are those of SetWindowsHookEx (winuser.h).
var hookTypes = []named{
	{0xffffffff, "WH_MSGFILTER"},
	{0, "WH_JOURNALRECORD"},
	{1, "WH_JOURNALPLAYBACK"},
	{2, "WH_KEYBOARD"},
	{3, "WH_GETMESSAGE"},
	{4, "WH_CALLWNDPROC"},
	{5, "WH_CBT"},
	{6, "WH_SYSMSGFILTER"},
	{7, "WH_MOUSE"},
	{9, "WH_DEBUG"},
	{10, "WH_SHELL"},
	{11, "WH_FOREGROUNDIDLE"},
	{12, "WH_CALLWNDPROCRET"},
	{13, "WH_KEYBOARD_LL"},
	{14, "WH_MOUSE_LL"},
}

// rawInputFlags are those of RegisterRawInputDevices (winuser.h).
var rawInputFlags = []named{
	{0x0001, "RIDEV_REMOVE"},
	{0x0010, "RIDEV_EXCLUDE"},
	{0x0020, "RIDEV_PAGEONLY"},
	{0x0100, "RIDEV_INPUTSINK"},
	{0x0200, "RIDEV_CAPTUREMOUSE"},
	{0x0400, "RIDEV_APPKEYS"},
	{0x1000, "RIDEV_EXINPUTSINK"},
	{0x2000, "RIDEV_DEVNOTIFY"},
}

// PageProtection names a page protection.
func PageProtection(v uint64) string { return names.Flags(v, pageProtections, "0") }

// AllocationType names how memory is allocated.
func AllocationType(v uint64) string { return names.Flags(v, allocationTypes, "0") }

// ThreadRights names the rights on a thread.
func ThreadRights(v uint64) string { return names.Flags(v, threadRights, "0") }

// HookType names what a hook of SetWindowsHookEx is for.
func HookType(v uint64) string { return names.Enum(v&0xffffffff, hookTypes) }

// RawInputFlags names the flags of RegisterRawInputDevices.
func RawInputFlags(v uint64) string { return names.Flags(v, rawInputFlags, "0") }
