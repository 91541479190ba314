package meaning

import (
	"net/url"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// bitsEvents are those of Microsoft-Windows-Bits-Client/Operational: a job made, ended and given up, and the transfers' begin
// and end. The service transfers; who made the job is told when it is made.
var bitsEvents = map[uint32]mapping{
	3: kept{
		api: "IBackgroundCopyManager::CreateJob", pid: []string{"processId", "string4"}, path: []string{"processPath", "string3"},
		user:   []string{"jobOwner", "string2"},
		object: []string{"jobTitle", "string"}, outcome: event.Success,
	}.event,
	4:  kept{api: "IBackgroundCopyJob::Complete", user: []string{"jobOwner"}, object: []string{"jobTitle"}, outcome: event.Success}.event,
	5:  kept{api: "IBackgroundCopyJob::Cancel", user: []string{"jobOwner"}, object: []string{"jobTitle"}, outcome: event.Success}.event,
	59: bitsTransfer,
	60: kept{user: []string{"jobOwner"}, object: []string{"url"}, status: []string{"hr"}}.event,
	61: kept{user: []string{"jobOwner"}, object: []string{"url"}, outcome: event.Failure}.event,
	16403: kept{
		api: "IBackgroundCopyJob::AddFile", pid: []string{"processId"}, path: []string{"processPath"}, user: []string{"jobOwner"},
		object: []string{"LocalName", "RemoteName"}, outcome: event.Success,
	}.event,
}

// bitsTransfer is for a transfer that begins: a connection to the host of its address.
func bitsTransfer(m *Mapper, r *form.Record) bool {
	address := first(r, "url")
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return false
	}
	m.draft.Actor.PID = int64(r.PID)
	m.actor.Facts.UserSID = m.names.keep(r.UserSID)
	ev := m.is(event.KindNetworkFlow, "IBackgroundCopyJob::Resume")
	f := &event.NamedFlow{RemoteHost: strings.Clone(u.Hostname()), URL: clip(address)}
	f.Protocol, f.RemotePort = strings.Clone(u.Scheme), uint16(number(u.Port()))
	ev.Detail = f
	return true
}

// dnsEvents are those of Microsoft-Windows-DNS-Client that tell of a query; the resolver's own steps between them (3009 to
// 3020, 1015 to 1022) would tell of the same query again.
var dnsEvents = map[uint32]mapping{1014: dnsQuery, 3006: dnsQuery, 3008: dnsQuery}

// dnsTimedOut is ERROR_TIMEOUT, which 3008 gives where 1014 says that no server answered.
const dnsTimedOut = "1460"

func dnsQuery(m *Mapper, r *form.Record) bool {
	f := &event.NamedFlow{RemoteHost: m.name(r, "QueryName"), Results: m.long(r, "QueryResults"), Status: m.name(r, "QueryStatus")}
	if r.EventID == 1014 {
		f.Status = dnsTimedOut
		if f.RemoteHost == "" {
			f.RemoteHost = m.names.keep(between(r.Message, "Name resolution for the name ", " timed out"))
		}
	}
	if f.RemoteHost == "" {
		return false
	}
	m.draft.Actor.PID = int64(r.PID) // the client library logs from within the process; the resolver's service asks for most
	m.actor.Facts.UserSID = m.names.keep(r.UserSID)
	ev := m.is(event.KindNetworkFlow, "DnsQuery")
	f.Protocol, ev.Detail = "dns", f
	switch {
	case r.EventID == 3006: // the query begins
	case f.Status == "" || f.Status == "0":
		ev.Outcome = event.Success
	default:
		ev.Outcome = event.Failure
	}
	return true
}

// winrmEvents are those of Microsoft-Windows-WinRM/Operational that tell of a session: 6 and 91 of the two sides, 169 of who
// asked for it.
var winrmEvents = map[uint32]mapping{
	6:   kept{api: "WSManCreateSession", object: []string{"connection"}}.event,
	91:  kept{api: "WSManCreateShell", object: []string{"resourceUri"}}.event,
	169: winrmAuthentication,
}

func winrmAuthentication(m *Mapper, r *form.Record) bool {
	user := first(r, "username")
	if user == "" {
		return false
	}
	ev := m.is(event.KindLogon, "WSManCreateSession")
	l := &event.Logon{Action: "remote_authentication", Type: 3, User: m.names.keep(user), Package: m.name(r, "authenticationMechanism")}
	m.draft.Actor.User, ev.Outcome, ev.Detail = l.User, event.Success, l
	return true
}
