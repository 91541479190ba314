package tables

import (
	"slices"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

func processAccesses(d *Data) *Table {
	callTrace := text("call_trace", "Windows: the caller's stack, modules and offsets; UNKNOWN where the code lies in no module.",
		ev.CallTrace)
	return eventView{
		Name: "process_accesses",
		Description: "One process reaching into another: ptrace attach and writes, process_vm_readv and process_vm_writev, " +
			"pidfd_getfd, and opens of another process's /proc/PID/mem; on Windows handles to other processes with the rights granted.",
		Component: "DC0035 Process Access",
		Kinds:     []event.Kind{event.KindPtrace, event.KindProcessAccess, event.KindFileAccess},
		Only: func(e ev) bool {
			return e.Target != nil && (e.Kind != event.KindFileAccess || accessOf(e) != "") &&
				(e.Kind != event.KindPtrace || linux.PtraceAction(e.Args[0]) != "other")
		},
		Examples: []string{
			"SELECT time, path, access, target_path FROM process_accesses WHERE access = 'write' AND is_child = 0",
			"SELECT time, path, granted_rights, call_trace FROM process_accesses WHERE target_name = 'lsass.exe' AND access <> 'open'",
		},
		Columns: slices.Concat([]column[ev]{
			text("access", "attach, read, write, duplicate_handle, suspend, resume or open, the strongest that the rights allow.", accessOf),
			integer("is_child", "1 if the caller created the target.", isChild),
			integer("is_self", "1 if the target is the caller.", func(e ev) int64 { return b2i(target(e).Key == e.Caller().Key) }),
			text("file", "The file under /proc that was opened, empty for calls.", func(e ev) string { return e.Path }),
			text("granted_access", "Windows: the rights granted, as a number in hexadecimal.", func(e ev) string {
				if mask, ok := granted(e); ok {
					return names.Hex(uint64(mask))
				}
				return ""
			}),
			text("granted_rights", "Windows: the rights granted by name, such as PROCESS_VM_READ|PROCESS_QUERY_INFORMATION; "+
				"THREAD_* where a thread was opened.", func(e ev) string {
				if mask, ok := granted(e); ok {
					return rightsText(e, mask)
				}
				return ""
			}),
			known("target_thread_id", "Windows: the thread acted on; NULL for the process itself.", func(e ev) (int64, bool) {
				id := threadOf(e)
				return id, id != 0
			}),
			integer("can_create_process", "Windows: 1 if the rights allow to create processes as the target's children.", func(e ev) int64 {
				mask, ok := granted(e)
				return b2i(ok && detailOf[event.ProcessAccess](e).ThreadID == 0 && mask&windows.ProcessCreateProcess != 0)
			}),
			callTrace, matching(callTrace),
			integer("is_direct_syscall", "Windows: 1 if call_trace begins in code that is none of the system's stubs, "+
				"so that the caller made the system call itself.", func(e ev) int64 {
				return b2i(event.DirectSyscall(e.CallTrace()))
			}),
			known("unbacked", "Windows: 1 if a frame of the stack lies in no module, 0 if all lie in one, NULL if there is no stack.",
				func(e ev) (int64, bool) {
					return b2i(event.Unbacked(e.CallTrace())), e.CallTrace() != ""
				}),
			text("caller_module", "Windows: the first module of the stack beyond ntdll and its like; empty where code in no module comes before.",
				func(e ev) string {
					return event.CallerModule(e.CallTrace())
				}),
		}, codeColumns, targetColumns),
	}.table(d)
}

func isChild(e ev) int64 {
	return b2i(target(e).ParentKey() != "" && target(e).ParentKey() == e.Caller().Key)
}

// accessOf says what a call does to its target, "" where it does nothing to the process itself.
func accessOf(e ev) string {
	switch e.Kind {
	case event.KindPtrace:
		switch linux.PtraceAction(e.Args[0]) {
		case "attach", "trace_me":
			return "attach"
		case "write_memory", "write_registers":
			return "write"
		}
		return ""
	case event.KindProcessAccess:
		if mask, ok := granted(e); ok {
			return rightsAccess(ofThread(e), mask)
		}
		switch e.API.Name {
		case "process_vm_writev", "WriteProcessMemory", "SetThreadContext", "QueueUserAPC":
			return "write"
		case "process_vm_readv", "ReadProcessMemory":
			return "read"
		case "SuspendThread", "SuspendProcess":
			return "suspend"
		case "ResumeThread", "ResumeProcess":
			return "resume"
		case "pidfd_getfd":
			return "duplicate_handle"
		}
		return "open"
	case event.KindFileAccess:
		if event.LastPart(e.Path) != "mem" || e.Target == nil {
			return ""
		}
		if f, ok := e.Detail.(*event.FileOpen); ok && f.Flags&linux.OpenAccessMode != 0 {
			return "write"
		}
		return "read"
	default:
		return ""
	}
}

// granted gives the Windows rights that a handle to a process has.
func granted(e ev) (uint32, bool) {
	switch d := e.Detail.(type) {
	case *event.ProcessAccess:
		return d.Granted, true
	case *event.ObjectAccess:
		return d.AccessMask, e.Kind == event.KindProcessAccess
	}
	return 0, false
}

// ofThread tells whether a handle is to a thread and not to a process.
func ofThread(e ev) bool { return detailOf[event.ProcessAccess](e).ThreadID != 0 }

// rightsText names the rights of a handle to a thread or to a process.
func rightsText(e ev, mask uint32) string {
	if ofThread(e) {
		return windows.ThreadRights(uint64(mask))
	}
	return windows.ProcessRights(uint64(mask))
}

func threadOf(e ev) int64 {
	switch d := e.Detail.(type) {
	case *event.ProcessAccess:
		return d.ThreadID
	case *event.Call:
		return d.ThreadID
	}
	return 0
}

func rightsAccess(thread bool, mask uint32) string {
	if thread {
		if mask&(windows.ThreadSetContext|windows.ThreadSuspendResume|windows.ThreadSetToken|windows.ThreadImpersonate) != 0 {
			return "write"
		}
		return "open"
	}
	switch {
	case mask&(windows.ProcessVMWrite|windows.ProcessCreateThread|windows.ProcessSuspendResume) != 0:
		return "write"
	case mask&windows.ProcessVMRead != 0:
		return "read"
	case mask&windows.ProcessDupHandle != 0:
		return "duplicate_handle"
	}
	return "open"
}
