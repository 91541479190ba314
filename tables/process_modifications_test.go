package tables

import (
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

func TestCodeOf(t *testing.T) {
	const (
		ntdll  = `C:\Windows\SYSTEM32\ntdll.dll+9d4c4`
		base   = `C:\Windows\System32\KERNELBASE.dll+2c13e`
		kernel = `C:\Windows\System32\KERNEL32.DLL+17034`
		tool   = `C:\Users\ann\tool.exe`
	)
	caller := &event.Process{Path: `C:\Windows\System32\svchost.exe`}
	access := func(trace string) *event.Event {
		return &event.Event{
			Kind: event.KindProcessAccess, API: event.APINamed("OpenProcess"), Process: caller, Detail: &event.ProcessAccess{CallTrace: trace},
		}
	}
	thread := func(provider string, d event.RemoteThread) *event.Event {
		return &event.Event{
			Kind: event.KindRemoteThread, API: event.APINamed("CreateRemoteThread"), Process: caller,
			LogSource: &event.LogSource{Provider: provider},
			Detail:    &d,
		}
	}
	for name, c := range map[string]struct {
		event  *event.Event
		path   string
		frames int64
		system int64
	}{
		"opened":             {access(ntdll + "|" + base + "|" + tool + "+1f2|" + kernel), tool, 1, 0},
		"native call":        {access(ntdll + "|" + tool + "+1f2|" + kernel), tool, 0, 0},
		"direct system call": {access(tool + "+1f2|" + tool + "+2f2"), tool, 0, 0},
		"32-bit process": {access(ntdll + `|C:\Windows\System32\wow64.dll+10705|C:\Windows\System32\wow64cpu.dll+1783|` + ntdll + `(wow64)|` +
			base + `(wow64)|` +
			tool + "+1f2(wow64)"), tool, 1, 0},
		"created":   {access(ntdll + "|" + base + "|" + base + "|" + kernel + "|UNKNOWN(000001A063DE13D4)"), "UNKNOWN", 3, 0},
		"no module": {access(ntdll + "|" + base + "|UNKNOWN(000001A063DE13D4)|" + tool + "+1"), "UNKNOWN", 1, 0},
		"managed": {
			access(ntdll + "|" + base +
				`|C:\Windows\Microsoft.NET\Framework64\v4.0.30319\clr.dll+1d59|C:\Windows\assembly\System.ni.dll+1`),
			`C:\Windows\assembly\System.ni.dll`, 1, 1,
		},
		"API alone": {access(ntdll + "|" + base), "", 1, 1},
		"no trace":  {access(""), "", 0, 1},
		"thread in a module": {thread(sysmonProvider, event.RemoteThread{
			StartModule:   `C:\Windows\System32\KERNELBASE.dll`,
			StartFunction: "CtrlRoutine",
		}), `C:\Windows\System32\KERNELBASE.dll`, 0, 1},
		"thread in loader": {thread(sysmonProvider, event.RemoteThread{
			StartModule:   `C:\Windows\System32\KERNEL32.DLL`,
			StartFunction: "LoadLibraryW",
		}), `C:\Windows\System32\KERNEL32.DLL`, 0, 0},
		"thread in no module": {thread(sysmonProvider, event.RemoteThread{StartAddress: 0x2060000}), "UNKNOWN", 0, 0},
		"traced thread":       {thread("Microsoft-Windows-Kernel-Process", event.RemoteThread{StartAddress: 0x7ff81c0626d0}), "", 0, 1},
		"traced in 32 bits":   {thread("Microsoft-Windows-Kernel-Process", event.RemoteThread{StartAddress: 0x76aa0000}), "", 0, 1},
		"traced in own":       {thread("Microsoft-Windows-Kernel-Process", event.RemoteThread{StartAddress: 0x1f0a1b20000}), "UNKNOWN", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			path, frames := codeOf(c.event)
			if system := codeInSystemFolder(c.event); path != c.path || frames != c.frames || system != c.system {
				t.Errorf("got %q, %d frames, system %d; want %q, %d, %d", path, frames, system, c.path, c.frames, c.system)
			}
		})
	}
}

func TestModifies(t *testing.T) {
	target := &event.Process{Key: "b"}
	opened := func(mask uint32, trace string) *event.Event {
		return &event.Event{
			Kind: event.KindProcessAccess, API: event.APINamed("OpenProcess"), Process: &event.Process{Key: "a"}, Target: target,
			Detail: &event.ProcessAccess{Granted: mask, CallTrace: trace},
		}
	}
	failed := opened(windows.ProcessVMWrite, "")
	failed.Outcome = event.Failure
	for name, c := range map[string]struct {
		event *event.Event
		want  bool
	}{
		"write":               {opened(windows.ProcessVMWrite, ""), true},
		"allocate":            {opened(windows.ProcessVMOperation, ""), true},
		"read":                {opened(windows.ProcessVMRead, ""), false},
		"read by hidden code": {opened(windows.ProcessVMRead, "UNKNOWN(000001A063DE13D4)"), true},
		"refused":             {failed, false},
		"image replaced":      {&event.Event{Kind: event.KindCall, API: event.APINamed("ProcessTampering"), Process: target}, true},
		"handle duplicated": {
			&event.Event{Kind: event.KindCall, API: event.APINamed("DuplicateHandle"), Process: target, Target: target},
			false,
		},
		"memory read": {&event.Event{
			Kind: event.KindProcessAccess, API: event.APINamed("ReadProcessMemory"), Process: target,
			Target: target, Detail: &event.Call{},
		}, false},
		"memory written": {&event.Event{
			Kind: event.KindProcessAccess, API: event.APINamed("WriteProcessMemory"), Process: target,
			Target: target, Detail: &event.Call{},
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := modifies(c.event); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// TestSystemPath: a path in a system's folder is the system's only if root owns the file and it is the one that lies there.
func TestSystemPath(t *testing.T) {
	for _, c := range []struct {
		process event.Process
		want    bool
	}{
		{event.Process{Path: "/usr/bin/tac", ExeUID: 0}, true},
		{event.Process{Path: "/usr/bin/tac", ExeUID: -1}, true},
		{event.Process{Path: "/usr/bin/tac", ExeUID: 1000}, false},
		{event.Process{Path: "/usr/bin/tac", ExeUID: 0, Elsewhere: true}, false},
		{event.Process{Path: "/tmp/tac", ExeUID: 0}, false},
		{event.Process{Path: `C:\Windows\System32\cmd.exe`, ExeUID: -1}, true},
	} {
		if got := ofSystem(&c.process); got != c.want {
			t.Errorf("%+v: %v", c.process, got)
		}
	}
}
