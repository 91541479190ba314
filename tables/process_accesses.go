package tables

import (
	"slices"

	"github.com/apiwatch/apiwatch/collectors/event"
)

func processAccesses(d *Data) *Table {
	return eventView{
		Name: "process_accesses",
		Description: "One process reaching into another: ptrace attach and writes, process_vm_readv and process_vm_writev, " +
			"pidfd_getfd, and opens of another process's /proc/PID/mem; on Windows handles to other processes with the rights granted.",
		Component: "DC0035 Process Access",
		Platforms: []string{"linux", "windows"},
		Kinds:     []event.Kind{event.KindPtrace, event.KindProcessAccess, event.KindFileAccess},
		Only: func(e ev) bool {
			return e.Target != nil && (e.Kind != event.KindFileAccess || accessOf(e) != "") &&
				(e.Kind != event.KindPtrace || event.PtraceAction(e.Args[0]) != "other")
		},
		Examples: []string{
			"SELECT time, path, access, target_path FROM process_accesses WHERE access = 'write' AND is_child = 0",
			"SELECT time, path, granted_rights, call_trace FROM process_accesses WHERE target_name = 'lsass.exe' AND access <> 'open'",
		},
		Columns: slices.Concat([]column[ev]{
			text("access", "attach, read, write, duplicate_handle or open, the strongest that the rights allow.", accessOf),
			integer("is_child", "1 if the caller created the target.", isChild),
			integer("is_self", "1 if the target is the caller.", func(e ev) int64 { return b2i(target(e).Key == e.Process.Key) }),
			text("file", "The file under /proc that was opened, empty for calls.", func(e ev) string { return e.Path }),
			text("granted_access", "Windows: the rights granted, as a number in hexadecimal.", func(e ev) string {
				if mask, ok := granted(e); ok {
					return event.Hex.Text(uint64(mask))
				}
				return ""
			}),
			text("granted_rights", "Windows: the rights granted by name, such as PROCESS_VM_READ|PROCESS_QUERY_INFORMATION.", func(e ev) string {
				if mask, ok := granted(e); ok {
					return event.ProcessRights.Text(uint64(mask))
				}
				return ""
			}),
			text("call_trace", "Windows: the caller's stack, modules and offsets; UNKNOWN where the code lies in no module.", func(e ev) string {
				return detailOf[event.ProcessAccess](e).CallTrace
			}),
		}, codeColumns, targetColumns),
	}.table(d)
}

func isChild(e ev) int64 {
	return b2i(target(e).ParentKey() != "" && target(e).ParentKey() == e.Process.Key)
}

// accessOf says what a call does to its target, "" where it does nothing to the process itself.
func accessOf(e ev) string {
	switch e.Kind {
	case event.KindPtrace:
		switch event.PtraceAction(e.Args[0]) {
		case "attach", "trace_me":
			return "attach"
		case "write_memory", "write_registers":
			return "write"
		}
		return ""
	case event.KindProcessAccess:
		if mask, ok := granted(e); ok {
			return rightsAccess(mask)
		}
		switch e.API.Name {
		case "process_vm_writev":
			return "write"
		case "process_vm_readv":
			return "read"
		case "pidfd_getfd":
			return "duplicate_handle"
		}
		return "open"
	case event.KindFileAccess:
		if event.LastPart(e.Path) != "mem" || e.Target == nil {
			return ""
		}
		if f, ok := e.Detail.(*event.FileOpen); ok && f.Flags&event.OpenAccessMode != 0 {
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

func rightsAccess(mask uint32) string {
	switch {
	case mask&(event.ProcessVMWrite|event.ProcessCreateThread|event.ProcessSuspendResume) != 0:
		return "write"
	case mask&event.ProcessVMRead != 0:
		return "read"
	case mask&event.ProcessDupHandle != 0:
		return "duplicate_handle"
	}
	return "open"
}
