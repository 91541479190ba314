package meaning

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// securityGroups is for the groups of a new session's token, which one field lists as %{S-1-…}.
func securityGroups(action, field string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		l := m.logon(r, action, "LsaLogonUser")
		m.draft.Event.Outcome = event.Success
		l.Groups = m.names.keep(strings.NewReplacer("%{", "", "}", "").Replace(words(r.Get(field))))
		return true
	}
}

// securityStation is for a session whose user came, left, locked it or unlocked it.
func securityStation(action string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		l := m.logon(r, action, "WTSConnectSession")
		m.draft.Event.NArgs = 0
		if user := first(r, "AccountName"); user != "" {
			l.User, l.LogonID = m.account(r.Get("AccountDomain"), user), number(r.Get("LogonID"))
			l.Workstation, l.SourceAddress = m.name(r, "ClientName"), m.name(r, "ClientAddress")
		}
		if strings.EqualFold(l.SourceAddress, "LOCAL") {
			l.SourceAddress = ""
		}
		m.draft.Actor.User, m.actor.Facts.LogonID, m.actor.Facts.UserSID = l.User, l.LogonID, l.UserSID
		return true
	}
}

// securityCall is for a call that no table but api_calls shows as its own; one field tells what it acts on.
func securityCall(api, object string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		m.subject(r)
		ev := m.is(event.KindCall, api)
		ev.Path, ev.Detail = m.long(r, object), m.whole(r)
		if s := first(r, "ReturnCode", "FailureReason"); s != "" {
			ev.Outcome = event.Success
			if number(s) != 0 {
				ev.Outcome = event.Failure
			}
		}
		return true
	}
}

// securitySocket is for a port that a program took or listens at. It is no connection, so network_flows does not show it.
func securitySocket(api string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		m.subject(r)
		ev := m.is(event.KindCall, api)
		ev.Detail, ev.Outcome = m.whole(r), event.Success
		if r.EventID == 5155 || r.EventID == 5159 { // the platform blocked it
			ev.Outcome = event.Failure
		}
		return true
	}
}

// securityAuditing is for what is audited of an object: its system access control list was changed.
func securityAuditing(m *Mapper, r *form.Record) bool {
	m.subject(r)
	ev := m.is(event.KindCall, "NtSetSecurityObject")
	ev.Path, ev.Detail = m.name(r, "ObjectName"), m.whole(r)
	return true
}
