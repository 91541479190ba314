package eventlog

import "github.com/apiwatch/apiwatch/collectors/event"

// winrmEvents are those of Microsoft-Windows-WinRM/Operational that tell of a session: 6 and 91 of the two sides, 169 of who
// asked for it.
var winrmEvents = map[uint32]mapping{
	6:   kept{api: "WSManCreateSession", object: []string{"connection"}}.event,
	91:  kept{api: "WSManCreateShell", object: []string{"resourceUri"}}.event,
	169: winrmAuthentication,
}

func winrmAuthentication(m *Mapper, r *Record) bool {
	user := first(r, "username")
	if user == "" {
		return false
	}
	ev := m.is(event.KindLogon, "WSManCreateSession")
	l := &event.Logon{Action: "remote_authentication", Type: 3, User: m.names.keep(user), Package: m.name(r, "authenticationMechanism")}
	m.draft.Actor.User, ev.Outcome, ev.Detail = l.User, event.Success, l
	return true
}
