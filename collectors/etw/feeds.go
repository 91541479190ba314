package etw

import (
	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event/apimap"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
)

// more is what providers bring beside the events that api_event_map knows.
var more = map[string]collectors.More{
	"Microsoft-Windows-Kernel-Process":         {APIs: []string{"CreateThread", "NtLoadDriver"}},
	"Microsoft-Windows-Kernel-Audit-API-Calls": {APIs: []string{"PsSetLoadImageNotifyRoutine", "IoRegisterShutdownNotification"}},
	"Microsoft-Windows-Threat-Intelligence": {APIs: []string{
		"SuspendThread", "ResumeThread", "SuspendProcess", "ResumeProcess", "VirtualAlloc", "VirtualProtect", "MapViewOfFile",
	}},
	"Microsoft-Windows-Kernel-File":            {APIs: []string{"NtQueryEaFile", "MoveFileEx", "CreateHardLink"}},
	"Microsoft-Windows-Kernel-Registry":        {APIs: []string{"RegOpenKeyEx", "RegDeleteValue", "RegDeleteKey", "RegSetKeySecurity"}},
	"Microsoft-Windows-RPC":                    {APIs: meaning.RPCNames()},
	"Microsoft-Windows-Win32k":                 {APIs: []string{"SetWinEventHook", "GetClipboardData"}},
	"Microsoft-Antimalware-Scan-Interface":     {Tables: []string{"registry_requests"}},
	"Microsoft-Windows-Directory-Services-SAM": {APIs: []string{"samr.SamrConnect"}},
}

// Feeds declares what the trace session delivers: one feed a provider.
func Feeds() []collectors.Feed {
	var out []collectors.Feed
	for _, t := range meaning.Traces() {
		f := collectors.Feed{
			Platform: "windows", LogSources: []string{"etw:" + t.Name}, Name: "ETW provider " + t.Name,
			Needs: []collectors.Item{{Collector: "etw", Item: "provider:" + t.Name}},
		}
		f.Deliver(apimap.Events(), func(e *apimap.Event) bool { return e.Provider == t.Name })
		f.Add(more[t.Name])
		f.Add(collectors.More{Tables: []string{"eventlog_records"}})
		out = append(out, f)
	}
	return out
}
