package eventlog

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
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
		216: database("JetAttachDatabase"), 325: database("JetCreateDatabase"), 326: database("JetAttachDatabase"), 327: database("JetDetachDatabase"),
	}
)

// applicationCrash is for 1 program, 4 module, 7 exception, 9 process id in hexadecimal, 11 path of the program, 12 of the module.
func applicationCrash(m *Mapper, r *Record) bool {
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
func applicationHang(m *Mapper, r *Record) bool {
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
func applicationReport(m *Mapper, r *Record) bool {
	kept{}.event(m, r)
	m.draft.Actor.PID, m.draft.Event.Path = 0, m.names.keep(param(r, 6))
	m.actor.Facts.UserSID = ""
	return true
}

// installed is for a product: 1 is its name, or the text that says what happened to it; status, if not 0, is the place of the
// error code in the older events' list.
func installed(api string, status int) mapping {
	return func(m *Mapper, r *Record) bool {
		kept{api: api, outcome: event.Success}.event(m, r)
		m.draft.Event.Path = clip(param(r, 1))
		code, known := parseNumber(param(r, status))
		if r.EventID == 11708 || r.EventID == 11725 || status > 0 && known && code != 0 {
			m.draft.Event.Outcome = event.Failure
		}
		return true
	}
}

// installing is for 1 the package's file and 2 the process that asked for it.
func installing(m *Mapper, r *Record) bool {
	kept{api: "MsiInstallProduct"}.event(m, r)
	m.draft.Event.Path = clip(param(r, 1))
	if id := pid(param(r, 2)); id > 0 {
		m.draft.Actor.PID = id
	}
	return true
}

// database is for 1 the engine's instance, 2 its process and the file, which is the last parameter that is a path.
func database(api string) mapping {
	return func(m *Mapper, r *Record) bool {
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
