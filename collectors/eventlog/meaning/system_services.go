package meaning

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

// serviceEvents are the Service Control Manager's; its older events have numbered parameters only, in the order of their message.
var serviceEvents = map[uint32]mapping{
	7000: serviceTold("start_failed", 1, 2), 7001: serviceTold("start_failed", 1, 3), 7009: serviceTold("start_timeout", 2, 1),
	7011: serviceTold("control_timeout", 2, 1), 7022: serviceTold("hung", 1, 0), 7023: serviceTold("ended_with_error", 1, 2),
	7024: serviceTold("ended_with_error", 1, 2), 7026: serviceTold("start_failed", 1, 0), 7030: serviceTold("interactive", 1, 0),
	7031: serviceTold("crashed", 1, 5), 7034: serviceTold("crashed", 1, 2), 7035: serviceTold("control", 1, 2), 7036: serviceState,
	7037: serviceTold("changed", 1, 2), 7038: serviceTold("logon_failed", 1, 3), 7039: serviceTold("process_mismatch", 1, 3),
	7040: serviceStartChange,
	7041: serviceTold("logon_failed", 1, 2), 7042: serviceTold("control", 1, 2), 7043: serviceTold("stop_timeout", 1, 0),
	7045: serviceInstalled,
}

// serviceSelf makes the service manager the actor: the record names no other.
func (m *Mapper) serviceSelf(r *form.Record) {
	m.draft.Actor.PID = int64(r.PID)
	m.actor.Facts.UserSID = m.names.keep(r.UserSID)
	m.draft.Event.Outcome = event.Success
}

func serviceInstalled(m *Mapper, r *form.Record) bool {
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

func serviceState(m *Mapper, r *form.Record) bool {
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

// serviceTold is for an event whose parameters are the service, at one place, and what happened to it, at another; 0 for none.
func serviceTold(action string, service, detail int) mapping {
	return func(m *Mapper, r *form.Record) bool {
		name := m.names.keep(words(param(r, service)))
		if name == "" { // the form has the English text only
			name = m.names.keep(between(r.Message, "The ", " service"))
		}
		if name == "" {
			return false
		}
		m.serviceSelf(r)
		s := &event.Service{Action: action, Name: name}
		if detail > 0 {
			s.Detail = m.names.keep(errorText(param(r, detail)))
		}
		ev := m.is(event.KindService, "ControlService")
		switch action {
		case "control", "changed", "interactive":
		default:
			ev.Outcome = event.Failure
		}
		ev.Detail = s
		return true
	}
}

// errorText puts the name behind an error's number, %%1058.
func errorText(s string) string {
	if strings.HasPrefix(s, "%%") {
		return windows.CodeText(s)
	}
	return s
}

func serviceStartChange(m *Mapper, r *form.Record) bool {
	name := m.name(r, "param4", "param1")
	if name == "" {
		return false
	}
	m.serviceSelf(r)
	m.is(event.KindService, "ChangeServiceConfig").Detail = &event.Service{
		Action: "start_type", Name: name, Start: serviceStart(r.Get("param3")), Detail: m.names.keep(first(r, "param2") + " > " +
			first(r, "param3")),
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
