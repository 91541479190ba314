package meaning

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// sessionEvents are those of Microsoft-Windows-TerminalServices-LocalSessionManager/Operational; console sessions are among
// them, with the address LOCAL. connectionEvents hold the one of RemoteConnectionManager that tells who connected.
var (
	sessionEvents = map[uint32]mapping{
		21: session("session_logon"), 22: session("shell_start"), 23: session("session_logoff"), 24: session("disconnect"),
		25: session("reconnect"),
	}
	connectionEvents = map[uint32]mapping{1149: remoteAuthentication}
)

// remoteInteractive is the logon type of a Remote Desktop session.
const remoteInteractive = 10

func session(action string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		user, address := first(r, "User"), first(r, "Address")
		if user == "" { // the form has the English text only
			user, address = line(r, "User"), line(r, "Source Network Address")
		}
		if user == "" {
			return false
		}
		l := m.terminalSession(action, user, address)
		if l.SourceAddress != "" {
			l.Type = remoteInteractive
		}
		return true
	}
}

// remoteAuthentication is for a user, a domain and an address, in this order. It comes before the logon, and without
// Network Level Authentication also for a logon that fails.
func remoteAuthentication(m *Mapper, r *form.Record) bool {
	user, domain, address := param(r, 1), param(r, 2), param(r, 3)
	if user == "" && address == "" {
		user, domain, address = line(r, "User"), line(r, "Domain"), line(r, "Source Network Address")
	}
	if user == "" && address == "" {
		return false
	}
	m.terminalSession("remote_authentication", m.account(domain, user), address).Type = remoteInteractive
	return true
}

// terminalSession makes the draft tell of a user's session: the user is who did it.
func (m *Mapper) terminalSession(action, user, address string) *event.Logon {
	ev := m.is(event.KindLogon, "WTSConnectSession")
	ev.Outcome = event.Success
	l := &event.Logon{Action: action, User: m.names.keep(user)}
	if !strings.EqualFold(address, "LOCAL") {
		l.SourceAddress = m.names.keep(address)
	}
	m.draft.Actor.User, ev.Detail = l.User, l
	return l
}

// line gives what a record's English text says behind a name on a line of its own.
func line(r *form.Record, name string) string {
	for text := range strings.Lines(r.Message) {
		if n, value, ok := strings.Cut(text, ":"); ok && strings.TrimSpace(n) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
