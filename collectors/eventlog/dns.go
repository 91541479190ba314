package eventlog

import "github.com/apiwatch/apiwatch/collectors/event"

// dnsEvents are those of Microsoft-Windows-DNS-Client that tell of a query; the resolver's own steps between them (3009 to
// 3020, 1015 to 1022) would tell of the same query again.
var dnsEvents = map[uint32]mapping{1014: dnsQuery, 3006: dnsQuery, 3008: dnsQuery}

// dnsTimedOut is ERROR_TIMEOUT, which 3008 gives where 1014 says that no server answered.
const dnsTimedOut = "1460"

func dnsQuery(m *Mapper, r *Record) bool {
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
