package lineage

import (
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// TestCreatorWhoseExecutionIsAnnouncedOnly: the context is the creator's as the connector announced it, before audit says what it ran.
func TestCreatorWhoseExecutionIsAnnouncedOnly(t *testing.T) {
	l := New(&fakeHost{procs: map[int64]collectors.ProcessFacts{60: facts(60, 1, "/bin/bash")}})
	// One round: bash forks 100, which executes the launcher and forks 101, and that one 102; audit tells afterwards.
	l.Fork(fork(100, 60, 1e9))
	l.Announce(&collectors.Lifecycle{Kind: collectors.Executed, PID: 100})
	l.Fork(fork(101, 100, 1e9+1))
	l.Announce(&collectors.Lifecycle{Kind: collectors.Executed, PID: 101})
	l.Fork(fork(102, 101, 1e9+2))
	l.Resolve(execed(1e9, 100, 60, "/opt/launcher", "launcher"))
	first := execed(1e9, 101, 100, "/opt/worker", "worker")
	l.Resolve(first)
	second := execed(1e9, 102, 101, "/bin/ls", "ls")
	l.Resolve(second)
	l.Settle(1e9 + 3)
	if p := first.Event.Process; p.ParentPath() != "/opt/launcher" {
		t.Errorf("parent of the worker is %s", p.ParentPath())
	}
	if p := second.Event.Process; p.ParentPath() != "/opt/worker" || !slices.Equal(p.Ancestors(),
		[]string{"/opt/worker", "/opt/launcher", "/bin/bash"}) {
		t.Errorf("ancestors of ls are %v", p.Ancestors())
	}
	// A child forked before its parent executes something else keeps the parent as it was.
	l.Fork(fork(103, 101, 2e9))
	l.Announce(&collectors.Lifecycle{Kind: collectors.Executed, PID: 101})
	l.Resolve(execed(2e9, 101, 100, "/opt/other", "other"))
	l.Settle(2e9)
	third := execed(2e9, 103, 101, "/bin/id", "id")
	l.Resolve(third)
	if p := third.Event.Process; p.ParentPath() != "/opt/worker" {
		t.Errorf("parent of id is %s", p.ParentPath())
	}
	if len(l.unsettled) != 0 {
		t.Errorf("%d creators are not settled", len(l.unsettled))
	}
	// An announced execution of which audit never tells does not hold anything for long.
	l.Announce(&collectors.Lifecycle{Kind: collectors.Executed, PID: 101})
	l.Fork(fork(104, 101, 3e9))
	l.Settle(3e9)
	l.Settle(14e9)
	if len(l.unsettled) != 0 {
		t.Errorf("%d creators are not settled", len(l.unsettled))
	}
}

// TestCreatorThatAuditNamesLate: on a busy machine audit tells of an execution when the process has forked and ended already.
func TestCreatorThatAuditNamesLate(t *testing.T) {
	l := New(&fakeHost{procs: map[int64]collectors.ProcessFacts{60: facts(60, 1, "/bin/bash")}})
	l.Fork(fork(100, 60, 1e9))
	l.Announce(&collectors.Lifecycle{Kind: collectors.Executed, PID: 100})
	l.Fork(fork(101, 100, 1e9+1))
	gone := &collectors.Lifecycle{Kind: collectors.Exited, PID: 100, PPID: 60, TimeNS: 1e9 + 2}
	l.Leaving(gone)
	l.Exit(gone, func(event.Event) {})
	l.Settle(1e9 + 3)
	l.Settle(5e9)
	l.Resolve(execed(1e9, 100, 60, "/bin/dash", "dash"))
	child := execed(1e9+1, 101, 100, "/bin/dd", "dd")
	l.Resolve(child)
	if got := child.Event.Process.ParentPath(); got != "/bin/dash" {
		t.Errorf("the creator of dd is %s", got)
	}
}

func TestParentThatHasExited(t *testing.T) {
	h := &fakeHost{procs: map[int64]collectors.ProcessFacts{60: facts(60, 1, "/bin/bash")}}
	l := New(h)
	l.Fork(fork(100, 60, 1e9))
	l.Fork(fork(101, 100, 1e9+1e6))
	var orphaned []event.Event
	l.Exit(&collectors.Lifecycle{Kind: collectors.Exited, PID: 100, PPID: 60, TimeNS: 1e9 + 2e6},
		func(e event.Event) { orphaned = append(orphaned, e) })
	if len(orphaned) != 1 || orphaned[0].Target.PID != 101 || orphaned[0].Process.PID != 100 {
		t.Fatalf("orphans: %+v", orphaned)
	}
	if x := orphaned[0].Detail.(*event.Exited); x.LivedNS != 2e6 {
		t.Errorf("lived %d ns", x.LivedNS)
	}
	d := execed(1e9+3e6, 101, 1, "/tmp/x", "x")
	l.Resolve(d)
	if x := d.Event.Detail.(*event.Exec); !x.Reparented {
		t.Error("an orphan's execution is not marked as reparented")
	}
	if p := d.Event.Process; p.PPID != 1 || p.ParentPath() != "/bin/bash" || len(p.Ancestors()) != 2 {
		t.Errorf("got %+v", p)
	}
}

func TestExitOfParentWithoutLivingChildren(t *testing.T) {
	l := New(&fakeHost{})
	l.Fork(fork(100, 60, 1))
	l.Fork(fork(101, 100, 2))
	none := func(event.Event) { t.Error("an event for no living child") }
	l.Exit(&collectors.Lifecycle{PID: 101, TimeNS: 3}, none)
	l.Exit(&collectors.Lifecycle{PID: 100, TimeNS: 4}, none)
	l.Exit(&collectors.Lifecycle{PID: 100, TimeNS: 5}, none)
	l.Exit(&collectors.Lifecycle{PID: 4711, TimeNS: 5}, none)
}

// TestPidReuse: a pid used again is another process with another key; late records of the old one still find it.
func TestPidReuse(t *testing.T) {
	l := New(&fakeHost{})
	l.Fork(fork(100, 60, 1e9))
	old := execed(1e9, 100, 60, "/a", "a")
	l.Resolve(old)
	l.Exit(&collectors.Lifecycle{PID: 100, TimeNS: 2e9}, func(event.Event) {})
	late := called(2e9+1e6, 100, 60, "/a", "ptrace", event.KindPtrace)
	l.Resolve(late)
	if late.Event.Process.Key != old.Event.Process.Key {
		t.Error("a late record is taken for another process")
	}
	l.Fork(fork(100, 61, 3e9))
	reused := execed(3e9, 100, 61, "/b", "b")
	l.Resolve(reused)
	if reused.Event.Process.Key == old.Event.Process.Key || reused.Event.Process.ParentPath() == "/a" {
		t.Errorf("got %+v", reused.Event.Process)
	}
	// The same without a fork message: a second after the end, the pid is somebody else.
	l.Exit(&collectors.Lifecycle{PID: 100, TimeNS: 4e9}, func(event.Event) {})
	lost := called(6e9, 100, 62, "/c", "ptrace", event.KindPtrace)
	l.Resolve(lost)
	if lost.Event.Process.Key == reused.Event.Process.Key || lost.Event.Process.Path != "/c" {
		t.Errorf("got %+v", lost.Event.Process)
	}
}

// TestThreadThatExecutes: where another thread than the first executes, the first one's end comes before the execution, and the
// process is the same afterwards, however late it acts, with its children.
func TestThreadThatExecutes(t *testing.T) {
	exit, exec := &collectors.Lifecycle{Kind: collectors.Exited, PID: 100, PPID: 60, TimeNS: 2e9},
		&collectors.Lifecycle{Kind: collectors.Executed, PID: 100, TimeNS: 2e9 + 1e6}
	for _, round := range []string{"one round", "two rounds", "its first thread ends"} {
		h := &fakeHost{procs: map[int64]collectors.ProcessFacts{60: facts(60, 1, "/bin/bash")}}
		l := New(h)
		l.Fork(fork(100, 60, 1e9))
		before := execed(1e9, 100, 60, "/runtime", "runtime")
		l.Resolve(before)
		l.Fork(fork(101, 100, 1e9+1e6))
		orphans := 0
		orphaned := func(event.Event) { orphans++ }
		l.Leaving(exit)
		switch round {
		case "one round":
			l.Announce(exec)
			l.Exit(exit, orphaned)
		case "two rounds":
			l.Exit(exit, orphaned)
			l.Announce(exec)
		default: // as by pthread_exit: the host still knows it
			l.Exit(exit, orphaned)
			f := facts(100, 60, "/runtime")
			f.StartTicks = 1e9 / 1e7
			h.procs[100] = f
		}
		if round == "one round" && orphans != 0 {
			t.Errorf("%s: %d orphans of a process that lives", round, orphans)
		}
		after := called(5e9, 100, 60, "/runtime", "setns", event.KindMount)
		l.Resolve(after)
		if after.Event.Process.Key != before.Event.Process.Key {
			t.Errorf("%s: %s became %s", round, before.Event.Process.Key, after.Event.Process.Key)
		}
		l.Leaving(exit)
		gone := *exit
		gone.TimeNS = 6e9
		l.Fork(fork(102, 100, 5e9))
		orphans = 0
		l.Exit(&gone, orphaned)
		if orphans == 0 {
			t.Errorf("%s: its end is not noticed any more", round)
		}
	}
}
