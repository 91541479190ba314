package meaning

import (
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// comEvents are those of Microsoft-Windows-DistributedCOM in the System log: activations that failed. Their parameters are
// numbered in the order of the message.
var comEvents = map[uint32]mapping{
	10005: comActivation(4), 10006: comRemote, 10009: comRemote, 10010: comActivation(1), 10016: comRefused, 10028: comRemote,
	10036: comWeak, 10037: comTooWeak, 10038: comTooWeak,
}

func (m *Mapper) activation(r *form.Record, class string) {
	kept{api: "CoCreateInstanceEx", outcome: event.Failure}.event(m, r)
	m.draft.Event.Path = m.names.keep(class)
}

// comActivation is for a local server that did not start; one parameter is its class.
func comActivation(class int) mapping {
	return func(m *Mapper, r *form.Record) bool {
		m.activation(r, param(r, class))
		return true
	}
}

// comRefused is for permission that is not there: 4 is the class, 6 to 8 who asked, 10 in which package.
func comRefused(m *Mapper, r *form.Record) bool {
	m.activation(r, param(r, 4))
	m.draft.Actor.PID = 0
	m.draft.Actor.User, m.actor.Facts.UserSID = m.account(param(r, 6), param(r, 7)), m.names.keep(param(r, 8))
	return true
}

// comRemote is for another computer: "DCOM was unable to communicate with the computer %1 using any of the configured
// protocols; requested by PID %2 (%3)", and what came before that event.
func comRemote(m *Mapper, r *form.Record) bool {
	m.activation(r, param(r, 1))
	if r.EventID != 10028 {
		return true
	}
	if id, err := strconv.ParseUint(strings.TrimSpace(param(r, 2)), 16, 32); err == nil { // hexadecimal, padded with blanks
		m.draft.Actor.PID, m.draft.Actor.Path = int64(id), m.names.keep(strings.TrimSpace(param(r, 3)))
	}
	return true
}

// comWeak is for a client of this server whose authentication level is too low: 1 and 2 are its user, 3 its SID, 4 its address.
func comWeak(m *Mapper, r *form.Record) bool {
	m.activation(r, param(r, 4))
	m.draft.Actor.PID = 0
	m.draft.Actor.User, m.actor.Facts.UserSID = m.account(param(r, 1), param(r, 2)), m.names.keep(param(r, 3))
	return true
}

// comTooWeak is for a client here: 1 is its program, 2 its process, 3 the class, 4 the computer.
func comTooWeak(m *Mapper, r *form.Record) bool {
	m.activation(r, param(r, 3))
	m.actor.Facts.UserSID = ""
	m.draft.Actor.PID, m.draft.Actor.Path = pid(param(r, 2)), m.names.keep(param(r, 1))
	return true
}

// wmiEvents are those of Microsoft-Windows-WMI-Activity/Operational: a provider loaded, a call that failed, and subscriptions.
var wmiEvents = map[uint32]mapping{
	5857: wmiProvider, 5858: wmiFailed,
	5859: kept{
		api: "IWbemServices::ExecNotificationQuery", user: []string{"User"}, pid: []string{"ClientProcessId", "processid"},
		object: []string{"NamespaceName", "Namespace"},
	}.event,
	5860: kept{
		api: "IWbemServices::ExecNotificationQuery", user: []string{"User"}, pid: []string{"ClientProcessId", "Processid", "processid"},
		object: []string{"Query"},
	}.event,
	5861: kept{api: "IWbemServices::PutInstance", user: []string{"User"}, object: []string{"CONSUMER"}}.event,
}

// wmiProvider is for a library that was loaded into a provider host.
func wmiProvider(m *Mapper, r *form.Record) bool {
	k := kept{
		api: "IWbemProviderInit::Initialize", pid: []string{"ProcessID"}, path: []string{"HostProcess"}, object: []string{"ProviderPath"},
		status: []string{"Code"},
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
	m.draft.Actor.PID, m.draft.Actor.Path = pid(between(r.Message, "ProcessID = ", ";")),
		m.names.keep(between(r.Message, "HostProcess = ", ";"))
	m.draft.Event.Path = m.names.keep(library)
	m.draft.Event.Outcome = event.Success
	if code, known := form.ParseNumber(between(r.Message, "result code ", ".")); !known || code != 0 {
		m.draft.Event.Outcome = event.Failure
	}
	return true
}

// wmiFailed is for an operation such as "Start IWbemServices::ExecMethod - ROOT\CIMV2 : Win32_Process::Create".
func wmiFailed(m *Mapper, r *form.Record) bool {
	api := "IWbemServices"
	operation := strings.TrimPrefix(r.Get("Operation"), "Start ")
	if name, _, ok := strings.Cut(operation, " - "); ok && strings.HasPrefix(name, "IWbemServices::") && len(name) < 64 {
		api = name
	}
	return kept{
		api: api, pid: []string{"ClientProcessId"}, user: []string{"User"}, object: []string{"Operation"}, outcome: event.Failure,
	}.event(m, r)
}
