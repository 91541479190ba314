package meaning

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// The Application log is everybody's. Known are crashes and hangs, installations, and the database engine that Active
// Directory is kept in. These providers number their parameters.
var (
	crashEvents     = map[uint32]mapping{1000: applicationCrash}
	hangEvents      = map[uint32]mapping{1002: applicationHang}
	reportEvents    = map[uint32]mapping{1001: applicationReport}
	installerEvents = map[uint32]mapping{
		1033: installed("MsiInstallProduct", 4), 1034: installed("MsiConfigureProduct", 4), 1040: installing, 1042: installing,
		11707: installed("MsiInstallProduct", 0), 11708: installed("MsiInstallProduct", 0), 11724: installed("MsiConfigureProduct", 0),
		11725: installed("MsiConfigureProduct", 0),
	}
	databaseEvents = map[uint32]mapping{
		216: database("JetAttachDatabase"), 325: database("JetCreateDatabase"), 326: database("JetAttachDatabase"),
		327: database("JetDetachDatabase"),
	}
)

// applicationCrash is for 1 program, 4 module, 7 exception, 9 process id in hexadecimal, 11 path of the program, 12 of the module.
func applicationCrash(m *Mapper, r *form.Record) bool {
	program := first(r, "AppPath")
	module := first(r, "ModulePath")
	id := first(r, "ProcessId")
	if program == "" {
		program, module, id = param(r, 11), param(r, 12), param(r, 9)
	}
	if program == "" {
		return false
	}
	kept{api: "UnhandledExceptionFilter"}.event(m, r)
	m.crashed(program, id)
	m.draft.Event.Path = m.names.keep(module)
	return true
}

// applicationHang is for 1 program, 3 process id in hexadecimal, 6 path of the program.
func applicationHang(m *Mapper, r *form.Record) bool {
	if param(r, 6) == "" {
		return false
	}
	kept{}.event(m, r)
	m.crashed(param(r, 6), param(r, 3))
	return true
}

// crashed makes the process that an event tells of the actor, in place of the one that reports it.
func (m *Mapper) crashed(program, id string) {
	m.actor.Facts.UserSID = ""
	if !strings.HasPrefix(id, "0x") {
		id = "0x" + id
	}
	m.draft.Actor.PID, m.draft.Actor.Path = pid(id), m.names.keep(program)
}

// applicationReport is for 3 the report's kind, such as APPCRASH, and 6 the program's name.
func applicationReport(m *Mapper, r *form.Record) bool {
	kept{}.event(m, r)
	m.draft.Actor.PID, m.draft.Event.Path = 0, m.names.keep(param(r, 6))
	m.actor.Facts.UserSID = ""
	return true
}

// installed is for a product: 1 is its name, or the text that says what happened to it; status, if not 0, is the place of the
// error code in the older events' list.
func installed(api string, status int) mapping {
	return func(m *Mapper, r *form.Record) bool {
		kept{api: api, outcome: event.Success}.event(m, r)
		m.draft.Event.Path = clip(param(r, 1))
		code, known := form.ParseNumber(param(r, status))
		if r.EventID == 11708 || r.EventID == 11725 || status > 0 && known && code != 0 {
			m.draft.Event.Outcome = event.Failure
		}
		return true
	}
}

// installing is for 1 the package's file and 2 the process that asked for it.
func installing(m *Mapper, r *form.Record) bool {
	kept{api: "MsiInstallProduct"}.event(m, r)
	m.draft.Event.Path = clip(param(r, 1))
	if id := pid(param(r, 2)); id > 0 {
		m.draft.Actor.PID = id
	}
	return true
}

// database is for 1 the engine's instance, 2 its process and the file, which is the last parameter that is a path.
func database(api string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		kept{api: api, outcome: event.Success}.event(m, r)
		if id, _, _ := strings.Cut(param(r, 2), ","); pid(id) > 0 {
			m.draft.Actor.PID = pid(id)
			m.actor.Facts.UserSID = ""
		}
		for i := range r.Fields {
			if v := r.Fields[i].Value; len(v) < maxNameText && strings.Contains(v, `\`) {
				m.draft.Event.Path = m.names.keep(v)
			}
		}
		return true
	}
}

// eventlogEvents are those of the service that keeps the logs: a log was cleared. What it tells of itself (1100 shut down,
// 1101 events lost, 1108 an event it could not log) stays in eventlog_records.
var eventlogEvents = map[uint32]mapping{104: logCleared, 1102: logCleared}

func logCleared(m *Mapper, r *form.Record) bool {
	kept{api: "EvtClearLog", sid: []string{"SubjectUserSid"}, object: []string{"Channel"}, outcome: event.Success}.event(m, r)
	if id := pid(r.Get("ClientProcessId")); id > 0 {
		m.draft.Actor.PID = id
	} else {
		m.draft.Actor.PID = 0 // the service logs it, which did not ask
	}
	if m.draft.Event.Path == "" {
		m.draft.Event.Path = m.names.keep(r.Channel) // the Security log says so of itself
	}
	m.draft.Actor.User = m.account(r.Get("SubjectDomainName"), r.Get("SubjectUserName"))
	m.actor.Facts.LogonID = number(r.Get("SubjectLogonId"))
	if r.EventID == 104 {
		m.actor.Facts.UserSID = m.names.keep(r.UserSID)
	}
	return true
}

// defenderEvents are those of Microsoft-Windows-Windows Defender/Operational: what it found, its rules' blocks, and changes
// of itself. A finding is no call: it stays in eventlog_records, with the process that Defender names.
var defenderEvents = map[uint32]mapping{
	1006: defenderFound, 1007: defenderFound, 1015: defenderFound, 1116: defenderFound, 1117: defenderFound, 1118: defenderFound,
	1119: defenderFound,
	1121: defenderRule, 1122: defenderRule, 1123: defenderRule, 1124: defenderRule, 1125: defenderRule, 1126: defenderRule,
	5000: defenderSelf, 5001: defenderSelf, 5004: defenderSelf, 5008: defenderSelf, 5010: defenderSelf, 5012: defenderSelf, 5013: defenderSelf,
	5007: defenderSetting,
}

var (
	defenderFound = kept{
		path: []string{"Process Name"}, user: []string{"Detection User"}, object: []string{"Path"},
		pid: []string{"Process ID"},
	}.event
	defenderRule = kept{path: []string{"Process Name"}, user: []string{"User"}, object: []string{"Path"}, pid: []string{"Process ID"}}.event
	defenderSelf = kept{user: []string{"User"}}.event
)

// defenderSetting is for a setting, "HKLM\SOFTWARE\Microsoft\Windows Defender\… = 0x1" before and after.
func defenderSetting(m *Mapper, r *form.Record) bool {
	before, after := first(r, "Old Value"), first(r, "New Value")
	key, data, _ := strings.Cut(after, " = ")
	oldKey, oldData, _ := strings.Cut(before, " = ")
	c := &event.RegistryChange{Action: "set_value", Data: clip(strings.TrimSpace(data)), OldData: clip(strings.TrimSpace(oldData))}
	api := "RegSetValueEx"
	if key == "" {
		key, c.Action, api = oldKey, "delete_value", "RegDeleteValue"
	}
	if key = strings.TrimSpace(key); key == "" {
		return false
	}
	m.draft.Actor.PID = int64(r.PID)
	m.actor.Facts.UserSID = m.names.keep(r.UserSID)
	ev := m.is(event.KindRegistryChange, api)
	ev.Outcome, ev.Path, ev.Detail = event.Success, m.names.keep(key), c
	c.ValueName = event.Base(ev.Path)
	return true
}
