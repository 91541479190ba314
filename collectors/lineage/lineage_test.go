package lineage

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

// fakeHost knows what the test gives it.
type fakeHost struct {
	collectors.NoHost
	procs      map[int64]collectors.ProcessFacts
	containers map[int64]collectors.Container
	global     map[[2]int64]int64
	open       map[[2]int64]string
	times      collectors.FileFacts
	asked      int
}

func (h *fakeHost) BootID() string { return "b" }

func (h *fakeHost) Walk() []collectors.ProcessFacts {
	var out []collectors.ProcessFacts
	for _, f := range h.procs {
		out = append(out, f)
	}
	return out
}

func (h *fakeHost) Process(pid int64) (collectors.ProcessFacts, bool) {
	h.asked++
	f, ok := h.procs[pid]
	return f, ok
}

func (h *fakeHost) Container(pid int64) collectors.Container { h.asked++; return h.containers[pid] }

func (h *fakeHost) File(int64, string) (collectors.FileFacts, bool) {
	h.asked++
	return h.times, h.times != collectors.FileFacts{}
}

func (h *fakeHost) Descriptor(pid, fd int64) string { h.asked++; return h.open[[2]int64{pid, fd}] }

func (h *fakeHost) GlobalPID(caller, pid int64) int64 {
	if g, ok := h.global[[2]int64{caller, pid}]; ok {
		return g
	}
	return pid
}

func facts(pid, ppid int64, path string) collectors.ProcessFacts {
	return collectors.ProcessFacts{
		PID: pid, PPID: ppid, StartTicks: pid * 10, StartNS: pid * 1e6, Path: path, Cmdline: path + " -x",
		ExeUID: 0,
	}
}

func actor(pid, ppid int64, path string) collectors.Actor {
	a := collectors.Unknown()
	a.PID, a.PPID, a.Path, a.UID, a.EUID, a.SUID, a.FSUID, a.GID, a.EGID = pid, ppid, path, 0, 0, 0, 0, 0, 0
	return a
}

func execed(timeNS, pid, ppid int64, path, cmdline string) *collectors.Draft {
	d := &collectors.Draft{Actor: actor(pid, ppid, path), Target: collectors.Unknown()}
	d.Actor.Cmdline = cmdline
	d.Event = event.Event{
		TimeNS: timeNS, Kind: event.KindProcessStart, API: event.APINamed("execve"),
		Detail: &event.Exec{OwnerUID: 0, Mode: 0o755},
	}
	return d
}

func called(timeNS, pid, ppid int64, path, api string, kind event.Kind) *collectors.Draft {
	d := &collectors.Draft{Actor: actor(pid, ppid, path), Target: collectors.Unknown()}
	d.Event = event.Event{TimeNS: timeNS, Kind: kind, API: event.APINamed(api)}
	return d
}

func fork(pid, ppid, timeNS int64) *collectors.Lifecycle {
	return &collectors.Lifecycle{Kind: collectors.Forked, PID: pid, PPID: ppid, TimeNS: timeNS, BootNS: timeNS}
}

func TestContextOfAnExecution(t *testing.T) {
	h := &fakeHost{procs: map[int64]collectors.ProcessFacts{
		1: facts(1, 0, "/sbin/init"), 50: facts(50, 1, "/usr/sbin/sshd"),
		60: facts(60, 50, "/bin/bash"),
	}}
	l := New(h)
	l.Fork(fork(100, 60, 1e9))
	d := execed(1e9, 100, 60, "/usr/bin/id", "id -u")
	l.Resolve(d)
	p := d.Event.Process
	if p.Path != "/usr/bin/id" || p.Cmdline != "id -u" || p.ParentPath() != "/bin/bash" || p.ParentCmdline() != "/bin/bash -x" ||
		p.ExeUID != 0 {
		t.Errorf("got %+v", p)
	}
	if want := []string{"/bin/bash", "/usr/sbin/sshd", "/sbin/init"}; !slices.Equal(p.Ancestors(), want) {
		t.Errorf("ancestors %v, want %v", p.Ancestors(), want)
	}
	if p.Key != "b.100.100" || p.ParentKey() != "b.60.600" {
		t.Errorf("keys %q of parent %q", p.Key, p.ParentKey())
	}
	if x := d.Event.Detail.(*event.Exec); x.Reparented || x.PreviousPath != "/bin/bash" {
		t.Errorf("got %+v", x)
	}
}

// TestSnapshotsDoNotChange: what an event says of its process stays, whatever the process does later.
func TestSnapshotsDoNotChange(t *testing.T) {
	l := New(&fakeHost{})
	l.Fork(fork(100, 1, 1))
	first := execed(2, 100, 1, "/a", "a")
	l.Resolve(first)
	second := execed(3, 100, 1, "/b", "b")
	l.Resolve(second)
	become := called(4, 100, 1, "/b", "setuid", event.KindTokenChange)
	become.Event.Detail = &event.TokenChange{}
	become.Actor.UID, become.Actor.EUID = 1000, 1000
	l.Resolve(become)
	if a, b, c := first.Event.Process, second.Event.Process, become.Event.Process; a.Path != "/a" || b.Path != "/b" || b.UID != 0 ||
		c.UID != 1000 ||
		c.Cmdline != "b" || a.Key != b.Key || b.Key != c.Key {
		t.Errorf("got %+v, %+v, %+v", a, b, c)
	}
	if before := become.Event.Detail.(*event.TokenChange).Before; before.UID != 0 || before.EUID != 0 {
		t.Errorf("before the change: %+v", before)
	}
}

// became is a call by which a process took an effective user id.
func became(timeNS, pid, ppid, euid int64) *collectors.Draft {
	d := called(timeNS, pid, ppid, "/bin/x", "seteuid", event.KindTokenChange)
	d.Event.Detail = &event.TokenChange{}
	d.Actor.EUID = euid
	return d
}

// capabilities is a capset that left a process these effective capabilities.
func capabilities(timeNS, pid, ppid int64, effective uint64) *collectors.Draft {
	d := called(timeNS, pid, ppid, "/bin/x", "capset", event.KindTokenChange)
	d.Event.Detail = &event.TokenChange{After: event.Credentials{Effective: effective, CapsKnown: true}}
	return d
}

func before(l *Lineage, d *collectors.Draft) event.Credentials {
	l.Resolve(d)
	return d.Event.Detail.(*event.TokenChange).Before
}

// TestCredentialsBefore: what a process had before its first change is its creator's at the fork, or what the host said.
func TestCredentialsBefore(t *testing.T) {
	daemon := facts(50, 1, "/usr/sbin/daemon")
	daemon.Credentials = &event.Credentials{EUID: 7, SUID: 8, FSUID: 7, Effective: 0xff, CapsKnown: true}
	l := New(&fakeHost{procs: map[int64]collectors.ProcessFacts{1: facts(1, 0, "/sbin/init"), 50: daemon, 51: facts(51, 1, "/bin/old")}})
	// All of a round's forks come before its records.
	l.Fork(fork(100, 50, 1e9))
	l.Fork(fork(101, 50, 3e9))
	l.Fork(fork(102, 100, 4e9)) // whose creator no record spoke of either
	l.Fork(fork(103, 50, 5e9))
	if b := before(l, became(2e9, 50, 1, 1000)); b.EUID != 7 || b.SUID != 8 || !b.CapsKnown || b.Effective != 0xff {
		t.Errorf("the daemon's own change, before: %+v", b)
	}
	if b := before(l, became(6e9, 102, 100, 3)); b.EUID != 7 || b.SUID != 8 || b.Effective != 0xff {
		t.Errorf("forked by one forked before the daemon's change: %+v", b)
	}
	l.Exit(&collectors.Lifecycle{Kind: collectors.Exited, PID: 50, TimeNS: 6e9}, func(event.Event) {})
	if b := before(l, became(7e9, 101, 1, 3)); b.UID != 0 || b.EUID != 1000 || b.CapsKnown {
		t.Errorf("forked after the daemon's change, the daemon gone: %+v", b)
	}
	l.Resolve(execed(8e9, 103, 1, "/bin/x", "x"))
	if b := before(l, became(9e9, 103, 1, 4)); b.EUID != 0 {
		t.Errorf("after an execution: %+v", b)
	}
	if b := before(l, became(9e9, 51, 1, 4)); b.EUID != 0 || b.SUID != -1 || b.CapsKnown {
		t.Errorf("of a recording that holds two of the ids: %+v", b)
	}
}

// TestCapabilitiesBefore: an execution and a change of user change capabilities, and no record says how.
func TestCapabilitiesBefore(t *testing.T) {
	l := New(&fakeHost{})
	l.Fork(fork(100, 1, 1))
	if b := before(l, capabilities(2, 100, 1, 0xf)); b.CapsKnown {
		t.Errorf("nothing was known before: %+v", b)
	}
	if b := before(l, capabilities(3, 100, 1, 0x1)); !b.CapsKnown || b.Effective != 0xf {
		t.Errorf("after a capset: %+v", b)
	}
	l.Resolve(execed(4, 100, 1, "/bin/x", "x"))
	if b := before(l, capabilities(5, 100, 1, 0x2)); b.CapsKnown {
		t.Errorf("after an execution: %+v", b)
	}
	before(l, became(6, 100, 1, 1000))
	if b := before(l, capabilities(7, 100, 1, 0x3)); b.CapsKnown {
		t.Errorf("after a change of user: %+v", b)
	}
}

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

func TestTargets(t *testing.T) {
	h := &fakeHost{
		procs: map[int64]collectors.ProcessFacts{
			200: facts(200, 1, "/usr/sbin/nginx"), 300: facts(300, 1, "/bin/sh"),
			7: facts(7, 1, "/usr/bin/other"),
		},
		containers: map[int64]collectors.Container{300: {ID: "c0ffee", Runtime: "docker"}},
		global:     map[[2]int64]int64{{300, 7}: 200},
	}
	l := New(h)
	attach := called(1, 100, 60, "/tmp/x", "ptrace", event.KindPtrace)
	attach.Event.Args, attach.Event.NArgs = [event.MaxArgs]uint64{16, 201}, 4 // a thread of 200
	attach.Target.PID = 200
	l.Resolve(attach)
	poke := called(2, 100, 60, "/tmp/x", "ptrace", event.KindPtrace)
	poke.Event.Args, poke.Event.NArgs = [event.MaxArgs]uint64{5, 201}, 4
	poke.Target.PID, poke.TargetInNamespace = 201, true
	l.Resolve(poke)
	if a, p := attach.Event.Target, poke.Event.Target; a == nil || p == nil || a.Key != p.Key || p.Path != "/usr/sbin/nginx" {
		t.Errorf("targets %+v and %+v", a, p)
	}
	if _, ok := poke.Event.Detail.(*event.Memory); !ok {
		t.Error("a write into another process has no region")
	}
	// From a container the argument is the namespace's pid.
	start := execed(3, 300, 1, "/bin/sh", "sh")
	l.Resolve(start)
	inside := called(4, 300, 1, "/bin/sh", "process_vm_writev", event.KindProcessAccess)
	inside.Event.Args, inside.Event.NArgs = [event.MaxArgs]uint64{7}, 4
	inside.Target.PID, inside.TargetInNamespace = 7, true
	l.Resolve(inside)
	if inside.Event.Process.ContainerID != "c0ffee" || inside.Event.Target.PID != 200 {
		t.Errorf("caller %+v, target %+v", inside.Event.Process, inside.Event.Target)
	}
}

// TestOpenedByAnotherName: a file under /proc that was opened below a directory or through a link is found by its descriptor.
func TestOpenedByAnotherName(t *testing.T) {
	l := New(&fakeHost{
		procs: map[int64]collectors.ProcessFacts{200: facts(200, 1, "/usr/sbin/nginx")},
		open:  map[[2]int64]string{{100, 9}: "/proc/200/mem", {100, 10}: "/tmp/file"},
	})
	for _, c := range []struct {
		fd, target int64
		path       string
	}{{9, 200, "/proc/200/mem"}, {10, 0, "/tmp/file"}, {11, 0, "mem"}} {
		d := called(1, 100, 60, "/tmp/x", "openat", event.KindFileAccess)
		d.Event.Path, d.Event.Exit, d.Unplaced = "mem", c.fd, true
		l.Resolve(d)
		got := int64(0)
		if d.Event.Target != nil {
			got = d.Event.Target.PID
		}
		if d.Event.Path != c.path || got != c.target {
			t.Errorf("descriptor %d: %q of process %d, want %q of %d", c.fd, d.Event.Path, got, c.path, c.target)
		}
	}
}

// TestTargetThatIsAThread: the number of a thread means its process.
func TestTargetThatIsAThread(t *testing.T) {
	server := facts(200, 1, "/usr/sbin/nginx")
	h := &fakeHost{procs: map[int64]collectors.ProcessFacts{200: server}}
	l := New(h)
	h.procs[201] = server // what the host says of its thread
	h.procs[301] = facts(300, 1, "/usr/bin/late")
	for _, c := range [][2]int64{{201, 200}, {301, 300}, {301, 300}} {
		d := called(1, 100, 60, "/tmp/x", "process_vm_writev", event.KindProcessAccess)
		d.Event.Args, d.Event.NArgs = [event.MaxArgs]uint64{uint64(c[0])}, 4
		d.Target.PID, d.TargetInNamespace = c[0], true
		l.Resolve(d)
		if got := d.Event.Target; got == nil || got.PID != c[1] || got.Key != fmt.Sprintf("b.%d.%d", c[1], c[1]*10) {
			t.Errorf("thread %d: %+v", c[0], got)
		}
	}
	if _, ok := l.procs[201]; ok {
		t.Error("a thread is kept as a process")
	}
}

// TestContainerIsInherited: children of a contained process need no question.
func TestContainerIsInherited(t *testing.T) {
	h := &fakeHost{containers: map[int64]collectors.Container{100: {ID: "c0ffee", Runtime: "docker"}}}
	l := New(h)
	l.Fork(fork(100, 1, 1))
	l.Resolve(execed(2, 100, 1, "/bin/sh", "sh"))
	l.Fork(fork(101, 100, 3))
	d := execed(4, 101, 100, "/bin/ls", "ls")
	l.Resolve(d)
	if p := d.Event.Process; p.ContainerID != "c0ffee" || p.ContainerRuntime != "docker" {
		t.Errorf("got %+v", p)
	}
}

// TestFloodAsksWithinBudget: ten thousand executions in a second ask a bounded number of questions, and lineage holds.
func TestFloodAsksWithinBudget(t *testing.T) {
	h := &fakeHost{}
	l := New(h)
	for i := range int64(10_000) {
		now := 1e9 + i*1e5
		l.Fork(fork(1000+i, 1, now))
		d := execed(now, 1000+i, 1, "/bin/true", "true")
		l.Resolve(d)
		if d.Event.Process.Path != "/bin/true" {
			t.Fatal("context lost")
		}
		l.Exit(&collectors.Lifecycle{PID: 1000 + i, TimeNS: now + 1}, func(event.Event) {})
	}
	if h.asked > questionsBurst+questionsASec+10 {
		t.Errorf("%d questions in a second", h.asked)
	}
	if s := l.Stats(); s.Skipped == 0 || s.Processes > maxDead+10 {
		t.Errorf("stats %+v", s)
	}
}

// TestQuestionsAreLeftForTheLiving: processes that have ended by the time audit tells of them use few of the questions.
func TestQuestionsAreLeftForTheLiving(t *testing.T) {
	h := &fakeHost{containers: map[int64]collectors.Container{7: {ID: "c0ffee", Runtime: "docker"}, 1000: {ID: "dead", Runtime: "docker"}}}
	l := New(h)
	container := func(pid int64, leaving bool) string {
		l.Fork(fork(pid, 1, 1e9))
		if leaving {
			l.Leaving(&collectors.Lifecycle{Kind: collectors.Exited, PID: pid})
		}
		d := execed(1e9, pid, 1, "/bin/true", "true")
		l.Resolve(d)
		return d.Event.Process.ContainerID
	}
	if got := container(1000, true); got != "dead" {
		t.Errorf("with all questions left an ended one is in %q", got)
	}
	for i := range int64(2 * questionsBurst) {
		container(1001+i, true)
	}
	if h.asked > questionsBurst/2/costUnlikely+1 {
		t.Errorf("%d questions about ended processes", h.asked)
	}
	if got := container(7, false); got != "c0ffee" {
		t.Errorf("a living process after them is in %q", got)
	}
}

// TestBusyMachineDoesNotBlind: however many processes start, what a call did is asked about, and what is not asked is counted.
func TestBusyMachineDoesNotBlind(t *testing.T) {
	h := &fakeHost{procs: map[int64]collectors.ProcessFacts{200: facts(200, 1, "/usr/sbin/nginx")}, times: collectors.FileFacts{MTimeNS: 7}}
	l := New(h)
	for i := range int64(3 * questionsBurst) {
		l.Fork(fork(1000+i, 1, 1e9))
		l.Resolve(execed(1e9, 1000+i, 1, "/bin/true", "true"))
	}
	h.procs[300] = facts(300, 1, "/usr/bin/late")
	stamp := func() int64 {
		d := called(1e9, 1000, 1, "/tmp/x", "utimensat", event.KindFileChange)
		d.Event.Path, d.Event.Detail = "/etc/passwd", &event.FileChange{Action: "times"}
		l.Resolve(d)
		return d.Event.Detail.(*event.FileChange).MTimeNS
	}
	if got := stamp(); got != 7 {
		t.Errorf("the time set is %d", got)
	}
	attach := called(1e9, 1000, 1, "/tmp/x", "ptrace", event.KindPtrace)
	attach.Event.Args, attach.Event.NArgs = [event.MaxArgs]uint64{16, 300}, 4
	attach.Target.PID = 300
	if l.Resolve(attach); attach.Event.Target.Path != "/usr/bin/late" {
		t.Errorf("the target is %+v", attach.Event.Target)
	}
	if s := l.Stats(); s.Skipped == 0 || s.Unasked != 0 {
		t.Errorf("stats %+v", s)
	}
	for range 2 * questionsBurst {
		stamp()
	}
	if s := l.Stats(); s.Unasked < questionsBurst || stamp() != 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestQuestionsAfterTheClockWasSetBack: they are as many as before.
func TestQuestionsAfterTheClockWasSetBack(t *testing.T) {
	b := budget{tokens: 1, aSecond: questionsASec, lastNS: 1e18}
	if !b.take(1e18) || b.take(1e18) {
		t.Fatal("one token is one question")
	}
	if b.take(1e18 - 3600e9) {
		t.Error("setting the clock gave a question")
	}
	if !b.take(1e18 - 3599e9) {
		t.Error("no question a second later")
	}
}

// TestEndlessForksStayBounded: a chain of processes that each fork and exit holds no more than the ancestry's length.
func TestEndlessForksStayBounded(t *testing.T) {
	l := New(&fakeHost{})
	for i := range int64(100_000) {
		l.Fork(fork(i+2, i+1, i*1e6))
		l.Exit(&collectors.Lifecycle{PID: i + 1, TimeNS: i*1e6 + 1}, func(event.Event) {})
	}
	d := execed(1e12, 100_001, 1, "/bin/x", "x")
	l.Resolve(d)
	if n := len(d.Event.Process.Ancestors()); n > event.MaxAncestors {
		t.Errorf("%d ancestors", n)
	}
	if n := len(l.procs); n > maxDead+16 {
		t.Errorf("%d processes are kept", n)
	}
}

// TestRecordingWithoutForks: an audit.log alone gives parents by ppid.
func TestRecordingWithoutForks(t *testing.T) {
	l := New(collectors.NoHost{})
	l.Resolve(execed(1e9, 10, 1, "/bin/bash", "bash"))
	d := execed(2e9, 11, 10, "/usr/bin/id", "id")
	l.Resolve(d)
	if p := d.Event.Process; p.ParentPath() != "/bin/bash" || p.User != "root" {
		t.Errorf("got %+v", p)
	}
	if x := d.Event.Detail.(*event.Exec); x.Reparented {
		t.Error("reparented, though the creator is not known")
	}
}

// TestStaleTitle: the title that comes with a call may be an earlier program's.
func TestStaleTitle(t *testing.T) {
	l := New(collectors.NoHost{})
	l.Resolve(execed(1e9, 10, 1, "/usr/bin/env", "env python3"))
	d := called(2e9, 10, 1, "/usr/bin/python3", "ptrace", event.KindPtrace)
	d.Actor.Cmdline, d.Actor.CmdlineCut = "env python3", true
	l.Resolve(d)
	if p := d.Event.Process; p.Path != "/usr/bin/python3" || p.Cmdline != "" {
		t.Errorf("got %q of %s", p.Cmdline, p.Path)
	}
	first := called(2e9, 11, 1, "/usr/bin/nc", "ptrace", event.KindPtrace)
	first.Actor.Cmdline, first.Actor.CmdlineCut = "nc -l", true
	l.Resolve(first)
	if p := first.Event.Process; p.Cmdline != "nc -l" {
		t.Errorf("got %q of a process never seen before", p.Cmdline)
	}
}

func TestExecFromConnector(t *testing.T) {
	h := &fakeHost{procs: map[int64]collectors.ProcessFacts{100: facts(100, 60, "/usr/bin/id"), 60: facts(60, 1, "/bin/bash")}}
	l := New(h)
	l.Fork(fork(100, 60, 1e9))
	e, ok := l.Executed(&collectors.Lifecycle{Kind: collectors.Executed, PID: 100, TimeNS: 1e9 + 1})
	if !ok || e.Process.Path != "/usr/bin/id" || e.Process.ParentPath() != "/bin/bash" || e.Process.Key != "b.100.100" {
		t.Errorf("%v: got %+v", ok, e.Process)
	}
	l.Resolve(execed(2e9, 100, 60, "/usr/bin/ls", "ls"))
	if _, ok := l.Executed(&collectors.Lifecycle{Kind: collectors.Executed, PID: 100, TimeNS: 2e9 + 1}); ok {
		t.Error("one execution gave two events")
	}
}

func BenchmarkResolveMprotect(b *testing.B) {
	l := New(collectors.NoHost{})
	l.Resolve(execed(1, 100, 1, "/usr/bin/node", "node"))
	d := called(2, 100, 1, "/usr/bin/node", "mprotect", event.KindMemory)
	b.ReportAllocs()
	for b.Loop() {
		l.Resolve(d)
	}
}

func BenchmarkForkExecExit(b *testing.B) {
	l := New(collectors.NoHost{})
	b.ReportAllocs()
	for i := range b.N {
		now := int64(i) * 1e6
		pid := int64(i%30000 + 2)
		l.Fork(fork(pid, 1, now))
		d := execed(now, pid, 1, "/bin/true", "true")
		l.Resolve(d)
		l.Exit(&collectors.Lifecycle{PID: pid, TimeNS: now + 1}, func(event.Event) {})
		if i%10 == 0 {
			l.Settle(now)
		}
	}
}

func ExampleRecorder() {
	r := recording.NewRecorder(printer{})
	r.Record("SYSCALL", []byte("audit(1.000:7): arch=c000003e syscall=59"))
	r.Lifecycle(collectors.Lifecycle{Kind: collectors.Forked, PID: 12, PPID: 1})
	_ = r.EndRound()
	// Output:
	// type=APIWATCH_LIFECYCLE msg=audit(0:0): {"Kind":1,"PID":12,"PPID":1,"BootNS":0,"TimeNS":0,"UID":0,"GID":0,"Code":0}
	// type=SYSCALL msg=audit(1.000:7): arch=c000003e syscall=59
	// type=APIWATCH_ROUND msg=audit(0:0): {}
}

type printer struct{}

func (printer) Write(p []byte) (int, error) { fmt.Print(string(p)); return len(p), nil }

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
