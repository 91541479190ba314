package eventlog

import (
	"net/url"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// bitsEvents are those of Microsoft-Windows-Bits-Client/Operational: a job made, ended and given up, and the transfers' begin
// and end. The service transfers; who made the job is told when it is made.
var bitsEvents = map[uint32]mapping{
	3: kept{
		api: "IBackgroundCopyManager::CreateJob", pid: []string{"processId", "string4"}, path: []string{"processPath", "string3"}, user: []string{"jobOwner", "string2"},
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
func bitsTransfer(m *Mapper, r *Record) bool {
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
