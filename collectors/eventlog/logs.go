package eventlog

import "github.com/apiwatch/apiwatch/collectors/event"

// eventlogEvents are those of the service that keeps the logs: a log was cleared. What it tells of itself (1100 shut down,
// 1101 events lost, 1108 an event it could not log) stays in eventlog_records.
var eventlogEvents = map[uint32]mapping{104: logCleared, 1102: logCleared}

func logCleared(m *Mapper, r *Record) bool {
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
