package tables

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

func processModifications(d *Data) *Table {
	return eventView{
		Name: "process_modifications",
		Description: "What one process did to another's memory and threads, or got the right to do: handles that allow it, memory " +
			"allocated, mapped, written and protected, threads started, suspended and redirected, images found replaced. Also what " +
			"tells of code in memory: handles that code in no module got, and a process's own memory that it made executable.",
		Component: "DC0020 Process Modification",
		Kinds:     []event.Kind{event.KindProcessAccess, event.KindRemoteThread, event.KindMemory, event.KindCall},
		Only:      modifies,
		LastPart:  "target_name",
		Examples: []string{
			"SELECT time, path, api, target_path, code_path FROM process_modifications WHERE code_system_path = 0 AND is_child = 0",
			"SELECT time, api, path, rights, target_path FROM process_modifications WHERE code_path = 'UNKNOWN'",
		},
		Columns: slices.Concat([]column[ev]{
			costly(text("arguments", "Arguments by name and meaning; for ProcessTampering what was found.", modification)),
			text("rights", "Windows: the rights that a handle to a process or a thread has, by name; empty for other calls.", func(e ev) string {
				if mask, ok := granted(e); ok {
					return rightsText(e, mask)
				}
				return ""
			}),
			text("call_trace", "Windows: the caller's stack, as in process_accesses.", ev.CallTrace),
			text("code_function", "Windows: the function that a thread begins in, where it is exported.", func(e ev) string {
				return detailOf[event.RemoteThread](e).StartFunction
			}),
			integer("code_system_path", "1 if the code concerned lies in a folder where packages install programs, such as C:\\Windows; "+
				"0 also for a "+
				"thread that begins in the system's loader, since it runs a library that is not told, and for an image that was replaced.",
				codeInSystemFolder),
			integer("is_child", "1 if the caller created the target.", isChild),
			integer("is_self", "1 if the target is the caller.", func(e ev) int64 { return b2i(ownMemory(e) || target(e).Key == e.Caller().Key) }),
		}, codeColumns, targetColumns),
	}.table(d)
}

// codeColumns tell which code reached into another process.
var codeColumns = []column[ev]{
	costly(text("code_path", "Windows: the module of the code concerned: where a thread begins, or who asked for a handle, "+
		"behind the API's own "+
		"modules. UNKNOWN where it lies in none; empty where the source does not say.", func(e ev) string { path, _ := codeOf(e); return path })),
	costly(integer("api_frames", "Windows: how many frames of kernelbase.dll, kernel32.dll and the like lie between code_path and the "+
		"system call: 0 for "+
		"a native call, 1 for OpenProcess, more where a greater function such as CreateProcess asked.",
		func(e ev) int64 { _, n := codeOf(e); return n })),
}

// tampering is Sysmon's word that the image in a process's memory is not its file's.
const tampering = "ProcessTampering"

func modification(e ev) string {
	if e.API == nil || e.API.Name != tampering {
		return e.Arguments()
	}
	for _, f := range detailOf[event.Record](e).Fields {
		if f.Name == "Type" {
			return "type=" + f.Value
		}
	}
	return ""
}

// modifyingRights are those with which a process can change another's memory or threads.
const modifyingRights = windows.ProcessVMWrite | windows.ProcessVMOperation | windows.ProcessCreateThread | windows.ProcessSuspendResume

func modifies(e ev) bool {
	if e.API == nil || e.Outcome == event.Failure {
		return false
	}
	if mask, ok := granted(e); ok {
		changing := uint32(modifyingRights)
		if threadOf(e) != 0 {
			changing = windows.ThreadSetContext | windows.ThreadSuspendResume
		}
		path, _ := codeOf(e)
		return e.Target != nil && (mask&changing != 0 || path == unknownCode)
	}
	if ownMemory(e) {
		_, execute := accessOfMemory(e)
		return execute
	}
	if e.Kind == event.KindCall {
		return e.API.Name == tampering
	}
	if strings.HasSuffix(e.API.Name, "readv") || e.API.Name == "ReadProcessMemory" {
		return false
	}
	return e.Target != nil
}

// ownMemory tells whether a Windows process changed memory of its own.
func ownMemory(e ev) bool {
	return e.Kind == event.KindMemory && e.Target == nil && e.Caller().Windows != nil
}

// codeOf gives the module of the code that made a call or that a thread begins in, and how many frames of the API's own
// modules lie between it and the system call.
func codeOf(e ev) (path string, frames int64) {
	d, ok := e.Detail.(*event.RemoteThread)
	switch {
	case !ok:
		return callerIn(e.CallTrace())
	case d.StartModule != "":
		return d.StartModule, 0
	case e.LogSource.Provider != sysmonProvider && !private(d.StartAddress):
		return "", 0
	}
	return unknownCode, 0
}

// sysmonProvider tells the module that every thread begins in, if there is one; a trace of the kernel need not.
const sysmonProvider = "Microsoft-Windows-Sysmon"

// private tells whether an address lies where a 64-bit process has its own memory and no modules: Windows maps those at the
// top of the address space, and those of 32-bit processes below 4 GiB.
func private(address uint64) bool { return 1<<32 <= address && address < 0x7ff0_0000_0000 }

// unknownCode stands in a call trace for code that lies in no module.
const unknownCode = "UNKNOWN"

// callerIn finds in a call trace, innermost frame first, the module that called the API.
func callerIn(trace string) (path string, frames int64) {
	for frame := range strings.SplitSeq(trace, "|") {
		if strings.HasPrefix(frame, unknownCode) {
			return unknownCode, frames
		}
		module, _, _ := strings.Cut(frame, "+")
		switch strings.ToLower(event.Base(module)) {
		case "ntdll.dll", "wow64.dll", "wow64cpu.dll", "wow64win.dll": // the system call and its 32-bit form
		case "clr.dll", "coreclr.dll", "mscorwks.dll": // managed code calls through its runtime
		case "kernelbase.dll", "kernel32.dll", "advapi32.dll", "sechost.dll":
			frames++
		case "":
		default:
			return module, frames
		}
	}
	return "", frames
}

// loaders are the functions that load the library which their argument names.
var loaders = []string{"LoadLibraryA", "LoadLibraryW", "LoadLibraryExA", "LoadLibraryExW", "LdrLoadDll"}

func codeInSystemFolder(e ev) int64 {
	path, _ := codeOf(e)
	if e.API.Name == tampering || slices.Contains(loaders, detailOf[event.RemoteThread](e).StartFunction) {
		return 0
	}
	own := e.Caller().Path == "" || ofSystem(e.Caller())
	return b2i(own && (path == "" || inSystemFolder(path)))
}
