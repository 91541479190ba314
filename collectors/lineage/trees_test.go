package lineage

import (
	"fmt"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// told is a process as a log tells of it.
type told struct {
	pid     int64
	path    string
	sid     string
	session uint64
	parent  *told
}

func (p *told) actor() collectors.Actor {
	a := collectors.Unknown()
	a.PID, a.Path, a.Logged = p.pid, p.path, &collectors.Logged{Host: "host1", Key: fmt.Sprint("{", p.pid, "}")}
	a.Logged.Facts = event.WindowsProcess{UserSID: p.sid, LogonID: p.session}
	if p.parent != nil {
		parent := p.parent.actor()
		parent.Logged.Parent = nil
		a.Logged.Parent = &parent
	}
	return a
}

// treeIn gives the tree of what a process does in a lineage.
func (p *told) treeIn(l *Lineage) uint32 {
	d := collectors.Draft{Event: event.Event{Kind: event.KindProcessStart, TimeNS: 1e9 + p.pid}, Actor: p.actor()}
	l.Resolve(&d)
	return d.Event.Tree
}

// TestTreesOfLoggedProcesses holds which processes of a log are of one tree.
func TestTreesOfLoggedProcesses(t *testing.T) {
	const ann, bob, system = 0x1234, 0x5678, 0x3e7
	services := &told{1, `C:\Windows\System32\services.exe`, "S-1-5-18", system, nil}
	winlogon := &told{2, `C:\Windows\System32\winlogon.exe`, "S-1-5-18", system, nil}
	scheduler := &told{3, `C:\Windows\System32\svchost.exe`, "S-1-5-18", system, services}
	explorer := &told{4, `C:\Windows\explorer.exe`, "S-1-5-21-1", ann, winlogon}
	shell := &told{5, `C:\Windows\System32\cmd.exe`, "S-1-5-21-1", ann, explorer}
	feigned := &told{6, `C:\Users\ann\Windows\System32\services.exe`, "", 0, shell}
	posing := &told{7, `D:\Windows\System32\services.exe`, "S-1-5-21-1", ann, shell}
	alone := &told{8, `C:\alone.exe`, "", 0, nil}
	for name, test := range map[string]struct {
		a, b *told
		one  bool
	}{
		"children of one process":              {&told{20, `C:\a.exe`, "", 0, alone}, &told{21, `C:\b.exe`, "", 0, alone}, true},
		"a child and its parent":               {&told{22, `C:\a.exe`, "", 0, alone}, alone, true},
		"a grandchild":                         {&told{23, `C:\a.exe`, "", 0, feigned}, shell, true},
		"a child of one that poses as another": {&told{24, `C:\a.exe`, "S-1-5-21-1", ann, posing}, shell, true},
		"children of services.exe": {
			&told{25, `C:\s.exe`, "", system, services}, &told{26, `C:\r.exe`, "", system, services},
			false,
		},
		"what a service starts, and another's": {
			&told{27, `C:\t.exe`, "", system, scheduler}, &told{28, `C:\r.exe`, "", system, services},
			false,
		},
		"a task of a user, and its session":         {&told{29, `C:\t.exe`, "S-1-5-21-1", ann, scheduler}, shell, true},
		"a task of a user, and the scheduler":       {&told{30, `C:\t.exe`, "S-1-5-21-1", ann, scheduler}, scheduler, false},
		"one session and another":                   {&told{31, `C:\a.exe`, "", bob, winlogon}, shell, false},
		"processes of a session without parents":    {&told{32, `C:\a.exe`, "", bob, nil}, &told{33, `C:\b.exe`, "", bob, nil}, true},
		"processes of SYSTEM without parents":       {&told{34, `C:\a.exe`, "", system, nil}, &told{35, `C:\b.exe`, "", system, nil}, false},
		"processes of which nothing more is told":   {&told{36, `C:\a.exe`, "", 0, nil}, &told{37, `C:\b.exe`, "", 0, nil}, false},
		"a session that is told beside its parents": {&told{38, `C:\a.exe`, "", ann, nil}, explorer, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := New(collectors.NoHost{})
			for _, p := range []*told{services, winlogon, scheduler, explorer, shell, feigned, posing, alone} {
				p.treeIn(l)
			}
			if a, b := test.a.treeIn(l), test.b.treeIn(l); a == 0 || b == 0 || (a == b) != test.one {
				t.Errorf("the trees are %d and %d", a, b)
			}
		})
	}
}

// TestTreesOutliveForgetting: what is forgotten of a flood of processes leaves its later children one tree, and others' past known.
func TestTreesOutliveForgetting(t *testing.T) {
	l := New(collectors.NoHost{})
	victim := &told{2, `C:\victim.exe`, "S-1-5-21-2", 0, nil}
	victim.treeIn(l)
	parent := &told{4, `C:\flood.exe`, "", 0, nil}
	tree := parent.treeIn(l)
	for i := range int64(2 * maxLogged) {
		if got := (&told{100 + i, `C:\child.exe`, "", 0, parent}).treeIn(l); got != tree {
			t.Fatalf("child %d is of tree %d, its parent of %d", i, got, tree)
		}
	}
	if n := len(l.logged.order); n > maxLogged || len(l.logged.trees) > n || len(l.logged.procs) != n {
		t.Errorf("%d processes are kept in order, %d trees, %d by key", n, len(l.logged.trees), len(l.logged.procs))
	}
	if l.logged.procs[hostKey{"host1", "{2}"}] == nil {
		t.Error("a flood of another's pushed out what was known of a process")
	}
}
