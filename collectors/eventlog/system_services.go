package eventlog

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// serviceEvents are the Service Control Manager's; its older events have numbered parameters only, in the order of their message.
var serviceEvents = map[uint32]mapping{7036: serviceState, 7040: serviceStartChange, 7045: serviceInstalled}

// serviceSelf makes the service manager the actor: the record names no other.
func (m *Mapper) serviceSelf(r *Record) {
	m.draft.Actor.PID = int64(r.PID)
	m.actor.Facts.UserSID = m.names.keep(r.UserSID)
	m.draft.Event.Outcome = event.Success
}

func serviceInstalled(m *Mapper, r *Record) bool {
	if first(r, "ServiceName", "ImagePath") == "" {
		return false
	}
	m.serviceSelf(r)
	ev := m.is(event.KindService, "CreateService")
	ev.Path = m.long(r, "ImagePath")
	ev.Detail = &event.Service{
		Action: "create", Name: m.long(r, "ServiceName"), Type: serviceType(r.Get("ServiceType")), Start: serviceStart(r.Get("StartType")),
		Account: m.name(r, "AccountName"),
	}
	return true
}

func serviceState(m *Mapper, r *Record) bool {
	name, state := m.name(r, "param1"), m.name(r, "param2")
	if name == "" { // the form has the English text only
		rest, ok := strings.CutPrefix(strings.TrimSpace(r.Message), "The ")
		before, after, ok2 := strings.Cut(rest, " service entered the ")
		if !ok || !ok2 {
			return false
		}
		name, state = m.names.keep(before), m.names.keep(strings.TrimSuffix(after, " state."))
	}
	m.serviceSelf(r)
	m.is(event.KindService, "ControlService").Detail = &event.Service{Action: "state", Name: name, Detail: state}
	return true
}

func serviceStartChange(m *Mapper, r *Record) bool {
	name := m.name(r, "param4", "param1")
	if name == "" {
		return false
	}
	m.serviceSelf(r)
	m.is(event.KindService, "ChangeServiceConfig").Detail = &event.Service{
		Action: "start_type", Name: name, Start: serviceStart(r.Get("param3")), Detail: m.names.keep(first(r, "param2") + " > " + first(r, "param3")),
	}
	return true
}

// serviceType names a service's type (winsvc.h); a text stays.
func serviceType(s string) string {
	switch t := number(s); {
	case t == 0:
		return strings.Clone(s)
	case t&0x1 != 0:
		return "kernel mode driver"
	case t&0x2 != 0:
		return "file system driver"
	case t&0x30 != 0:
		return "user mode service"
	}
	return strings.Clone(s)
}

// serviceStart names how a service starts (winsvc.h); a text stays.
func serviceStart(s string) string {
	switch s {
	case "0":
		return "boot start"
	case "1":
		return "system start"
	case "2":
		return "auto start"
	case "3":
		return "demand start"
	case "4":
		return "disabled"
	}
	return strings.Clone(s)
}
