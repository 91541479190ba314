package lineage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// What runs already when logs begin to be read is known to the records that tell of it, by number or by a key of their own.
func TestKnownBeforeTheLogs(t *testing.T) {
	const day = int64(1_772_442_000_000_000_000)
	l := New(collectors.NoHost{})
	shell := &event.Process{
		Key: "host1.10.1", PID: 10, Path: `C:\shell.exe`, Cmdline: "shell /k", User: `H\ann`, StartNS: day,
		Windows: &event.WindowsProcess{Integrity: "High"},
	}
	l.Know("host1", []*event.Process{shell})
	ask := func(a collectors.Actor) *event.Process {
		d := collectors.Draft{Event: event.Event{TimeNS: day + 5e9}, Actor: a}
		l.Resolve(&d)
		return d.Event.Process
	}
	actor := func(host, key, path string, start int64) collectors.Actor {
		a := collectors.Unknown()
		a.PID, a.Path, a.Logged = 10, path, &collectors.Logged{Host: host, Key: key, StartNS: start}
		return a
	}
	for name, c := range map[string]struct {
		actor collectors.Actor
		known bool
	}{
		"by number":            {actor("host1", "", "", 0), true},
		"by number and path":   {actor("host1", "", `C:\SHELL.EXE`, 0), true},
		"by a key of the log":  {actor("host1", "{1}", `C:\shell.exe`, day+1e9), true},
		"another program":      {actor("host1", "", `C:\other.exe`, 0), false},
		"another machine":      {actor("host2", "", "", 0), false},
		"a later one by a key": {actor("host1", "{2}", `C:\shell.exe`, day+60e9), false},
	} {
		t.Run(name, func(t *testing.T) {
			if p := ask(c.actor); (p.Key == shell.Key) != c.known || (p.Cmdline == "shell /k" && p.OnWindows().Integrity == "High") != c.known {
				t.Errorf("%+v", p)
			}
			l.Know("host1", []*event.Process{shell}) // the number is its again
		})
	}
}

// TestHostsShareNoProcesses gives the same numbers, and the same keys of logs, to two hosts of one source.
func TestHostsShareNoProcesses(t *testing.T) {
	l := New(collectors.NoHost{})
	resolve := func(d collectors.Draft) *event.Event {
		l.Resolve(&d)
		return &d.Event
	}
	one, two := &event.Host{Name: "one", Kind: event.Computer}, &event.Host{Name: "two", Kind: event.Computer}
	start := func(h *event.Host, pid, ppid int64, path string) *event.Event {
		d := execed(1e9, pid, ppid, path, path)
		d.Event.Host = h
		return resolve(*d)
	}
	start(one, 10, 1, "/bin/one")
	start(two, 10, 1, "/bin/two")
	start(nil, 10, 1, "/bin/here")
	for h, want := range map[*event.Host]string{one: "/bin/one", two: "/bin/two", nil: "/bin/here"} {
		child := start(h, 11, 10, "/bin/child").Process
		if child.ParentPath() != want {
			t.Errorf("the child on %v was created by %q, want %q", h, child.ParentPath(), want)
		}
		if h != nil && !strings.HasPrefix(child.Key, h.Name+".") {
			t.Errorf("its key is %q", child.Key)
		}
	}
	if s := l.Stats(); s.Hosts != 2 || s.Processes < 6 {
		t.Errorf("counted are %+v", s)
	}

	logged := func(host, path string) *event.Event {
		a := collectors.Unknown()
		a.PID, a.Path, a.Logged = 10, path, &collectors.Logged{Host: host, Key: "{1}"}
		return resolve(collectors.Draft{Event: event.Event{TimeNS: 2e9}, Actor: a})
	}
	logged("one.example.test", `C:\one.exe`)
	logged("two.example.test", `C:\two.exe`)
	for host, want := range map[string]string{"one.example.test": `C:\one.exe`, "two.example.test": `C:\two.exe`} {
		e := logged(host, "")
		if e.Process.Path != want || *e.Host != (event.Host{Name: host, Kind: event.Computer, Domain: "example.test"}) {
			t.Errorf("{1} of %s is %q on %+v", host, e.Process.Path, e.Host)
		}
	}
}

// TestHostsAreBounded tells of more hosts than are kept.
func TestHostsAreBounded(t *testing.T) {
	l := New(collectors.NoHost{})
	for i := range maxHosts + 50 {
		d := execed(int64(i)*1e9, 10, 1, "/bin/x", "x")
		d.Event.Host = &event.Host{Name: fmt.Sprint("host", i)}
		l.Resolve(d)
	}
	if l.Stats().Hosts != maxHosts || l.others["host0"] != nil || l.others[fmt.Sprint("host", maxHosts+49)] == nil {
		t.Errorf("%d hosts are kept, among them the oldest or without the newest", l.Stats().Hosts)
	}
}

// TestParentThatARecordNames holds that a parent known only by a record is one, and that it is the same for its next child.
func TestParentThatARecordNames(t *testing.T) {
	l := New(&fakeHost{})
	parent := collectors.Unknown()
	parent.PID, parent.Path, parent.Cmdline, parent.User, parent.UID = 900, "/bin/bash", "-bash", "alice", 1000
	var keys []string
	for pid := int64(901); pid <= 902; pid++ {
		d := collectors.Draft{Actor: actor(pid, 900, "/usr/bin/id"), Target: collectors.Unknown()}
		d.Event.Kind, d.Event.TimeNS, d.Actor.Parent = event.KindProcessStart, pid*1e9, &parent
		l.Resolve(&d)
		p := d.Event.Process
		if p.PPID != 900 || p.ParentPath() != "/bin/bash" || p.ParentCmdline() != "-bash" || p.ParentUser() != "alice" {
			t.Fatalf("the parent of %d is %d, %+v", pid, p.PPID, p.Creator)
		}
		keys = append(keys, p.ParentKey())
	}
	if keys[0] == "" || keys[0] != keys[1] {
		t.Errorf("the parent's keys are %q", keys)
	}
}
