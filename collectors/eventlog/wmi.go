package eventlog

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// wmiEvents are those of Microsoft-Windows-WMI-Activity/Operational: a provider loaded, a call that failed, and subscriptions.
var wmiEvents = map[uint32]mapping{
	5857: wmiProvider, 5858: wmiFailed,
	5859: kept{api: "IWbemServices::ExecNotificationQuery", user: []string{"User"}, pid: []string{"ClientProcessId", "processid"}, object: []string{"NamespaceName", "Namespace"}}.event,
	5860: kept{api: "IWbemServices::ExecNotificationQuery", user: []string{"User"}, pid: []string{"ClientProcessId", "Processid", "processid"}, object: []string{"Query"}}.event,
	5861: kept{api: "IWbemServices::PutInstance", user: []string{"User"}, object: []string{"CONSUMER"}}.event,
}

// wmiProvider is for a library that was loaded into a provider host.
func wmiProvider(m *Mapper, r *Record) bool {
	k := kept{
		api: "IWbemProviderInit::Initialize", pid: []string{"ProcessID"}, path: []string{"HostProcess"}, object: []string{"ProviderPath"}, status: []string{"Code"},
	}
	if r.Get("ProviderPath") != "" {
		return k.event(m, r)
	}
	// The form has the English text only: "… provider started with result code 0x0. HostProcess = …; ProcessID = …; ProviderPath = …".
	library := between(r.Message+"\n", "ProviderPath = ", "\n")
	if library == "" {
		return false
	}
	kept{api: k.api}.event(m, r)
	m.draft.Actor.PID, m.draft.Actor.Path = pid(between(r.Message, "ProcessID = ", ";")), m.names.keep(between(r.Message, "HostProcess = ", ";"))
	m.draft.Event.Path = m.names.keep(library)
	m.draft.Event.Outcome = event.Success
	if code, known := parseNumber(between(r.Message, "result code ", ".")); !known || code != 0 {
		m.draft.Event.Outcome = event.Failure
	}
	return true
}

// wmiFailed is for an operation such as "Start IWbemServices::ExecMethod - ROOT\CIMV2 : Win32_Process::Create".
func wmiFailed(m *Mapper, r *Record) bool {
	api := "IWbemServices"
	operation := strings.TrimPrefix(r.Get("Operation"), "Start ")
	if name, _, ok := strings.Cut(operation, " - "); ok && strings.HasPrefix(name, "IWbemServices::") && len(name) < 64 {
		api = name
	}
	return kept{
		api: api, pid: []string{"ClientProcessId"}, user: []string{"User"}, object: []string{"Operation"}, outcome: event.Failure,
	}.event(m, r)
}
