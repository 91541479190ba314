package lineage

import (
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// TestHostsShareNoProcess: one number on three hosts whose names begin alike means three processes, with parents of their own, and one's
// end is not another's.
func TestHostsShareNoProcess(t *testing.T) {
	l := New(collectors.NoHost{})
	hosts := []*event.Host{nil, {Name: "web-server-01"}, {Name: "web-server-02"}}
	start := func(host *event.Host, path string, at int64) *event.Process {
		d := &collectors.Draft{Actor: collectors.Unknown()}
		d.Event = event.Event{Kind: event.KindProcessStart, TimeNS: at, Outcome: event.Success, Host: host}
		d.Actor.PID, d.Actor.PPID, d.Actor.Path = 50, 40, path
		parent := collectors.Unknown()
		parent.PID, parent.Path = 40, path+"-parent"
		d.Actor.Parent = &parent
		l.Resolve(d)
		return d.Event.Process
	}
	keys := make(map[string]bool)
	for i, host := range hosts {
		path := string(rune('a' + i))
		p := start(host, path, 1e9)
		if p.ParentPath() != path+"-parent" {
			t.Errorf("on %v the parent is %s", host, p.ParentPath())
		}
		keys[p.Key], keys[p.ParentKey()] = true, true
	}
	if len(keys) != 2*len(hosts) {
		t.Errorf("%d processes have %d keys: %v", 2*len(hosts), len(keys), keys)
	}
	end := collectors.Lifecycle{Kind: collectors.Exited, PID: 50, TimeNS: 2e9, Host: hosts[1]}
	l.On(end.Host, end.TimeNS).Exit(&end, func(event.Event) {})
	for i, host := range hosts {
		if dead := l.On(host, 3e9).procs[50].dead; dead != (i == 1) {
			t.Errorf("after an end on %v the process on %v is dead: %v", hosts[1], host, dead)
		}
	}
}
