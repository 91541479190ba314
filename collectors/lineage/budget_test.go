package lineage

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// questionNS is how long a question to a slow host takes.
const questionNS = 20_000

// slow makes a lineage whose every question takes a while.
func slow(h *fakeHost) *Lineage {
	l := New(h)
	l.Clock = func() time.Time { return time.Unix(0, int64(h.asked)*questionNS) }
	return l
}

// TestFloodAsksWithinBudget: ten thousand executions in a second ask a bounded number of questions, and lineage holds.
func TestFloodAsksWithinBudget(t *testing.T) {
	h := &fakeHost{}
	l := slow(h)
	l.Fork(fork(500, 1, 1e9))
	for i := range int64(10_000) {
		now := 1e9 + i*1e5
		l.Fork(fork(1000+i, 500, now))
		d := execed(now, 1000+i, 500, "/bin/true", "true")
		l.Resolve(d)
		if d.Event.Process.Path != "/bin/true" {
			t.Fatal("context lost")
		}
		l.Exit(&collectors.Lifecycle{PID: 1000 + i, TimeNS: now + 1}, func(event.Event) {})
	}
	if spent := int64(h.asked) * questionNS; spent > (burst+1)*processesNS*11/10 {
		t.Errorf("%d questions in a second, of %d ms", h.asked, spent/1e6)
	}
	if s := l.Stats(); s.Skipped == 0 || s.Processes > maxDead+10 {
		t.Errorf("stats %+v", s)
	}
}

// TestQuestionsAreLeftForTheLiving: processes that have ended by the time audit tells of them use few of the questions.
func TestQuestionsAreLeftForTheLiving(t *testing.T) {
	h := &fakeHost{containers: map[int64]collectors.Container{7: {ID: "c0ffee", Runtime: "docker"}, 1000: {ID: "dead", Runtime: "docker"}}}
	l := slow(h)
	l.Fork(fork(500, 1, 1e9)) // whose children they all are
	container := func(pid int64, leaving bool) string {
		l.Fork(fork(pid, 500, 1e9))
		if leaving {
			l.Leaving(&collectors.Lifecycle{Kind: collectors.Exited, PID: pid})
		}
		d := execed(1e9, pid, 500, "/bin/true", "true")
		l.Resolve(d)
		return d.Event.Process.ContainerID
	}
	if got := container(1000, true); got != "dead" {
		t.Errorf("with all questions left an ended one is in %q", got)
	}
	for i := range int64(2000) {
		container(1001+i, true)
	}
	if h.asked > burst*processesNS/2/costUnlikely/questionNS+2 {
		t.Errorf("%d questions about ended processes", h.asked)
	}
	if got := container(7, false); got != "c0ffee" {
		t.Errorf("a living process after them is in %q", got)
	}
}

// poke is a write into a process's memory by ptrace, of a user in a tree.
func poke(now, pid, ppid, uid, target int64) *collectors.Draft {
	d := called(now, pid, ppid, "/tmp/x", "ptrace", event.KindPtrace)
	d.Event.Args, d.Event.NArgs = [event.MaxArgs]uint64{5, uint64(target), 4096}, 4
	d.Actor.UID, d.Target.PID = uid, target
	return d
}

// TestBusyMachineDoesNotBlind: however many processes start, what a call did is asked about, and what is not asked is counted.
func TestBusyMachineDoesNotBlind(t *testing.T) {
	h := &fakeHost{procs: map[int64]collectors.ProcessFacts{200: facts(200, 1, "/usr/sbin/nginx")}, times: collectors.FileFacts{MTimeNS: 7}}
	l := slow(h)
	l.Fork(fork(999, 1, 1e9))
	for i := range int64(3000) {
		l.Fork(fork(1000+i, 999, 1e9))
		l.Resolve(execed(1e9, 1000+i, 999, "/bin/true", "true"))
	}
	h.procs[300] = facts(300, 1, "/usr/bin/late")
	stamp := func() int64 {
		d := called(1e9, 1000, 999, "/tmp/x", "utimensat", event.KindFileChange)
		d.Event.Path, d.Event.Detail = "/etc/passwd", &event.FileChange{Action: "times"}
		l.Resolve(d)
		return d.Event.Detail.(*event.FileChange).MTimeNS
	}
	if got := stamp(); got != 7 {
		t.Errorf("the time set is %d", got)
	}
	attach := called(1e9, 1000, 999, "/tmp/x", "ptrace", event.KindPtrace)
	attach.Event.Args, attach.Event.NArgs = [event.MaxArgs]uint64{16, 300}, 4
	attach.Target.PID = 300
	if l.Resolve(attach); attach.Event.Target.Path != "/usr/bin/late" {
		t.Errorf("the target is %+v", attach.Event.Target)
	}
	if s := l.Stats(); s.Skipped == 0 || s.Unasked != 0 {
		t.Errorf("stats %+v", s)
	}
	for range 2 * burst * callsNS / questionNS {
		stamp()
	}
	if s := l.Stats(); s.Unasked == 0 || stamp() != 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestOneActorsQuestionsStarveNobodyElses: neither those of one user, nor those of one tree under as many users as it likes.
func TestOneActorsQuestionsStarveNobodyElses(t *testing.T) {
	h := &fakeHost{region: "[vdso]"}
	l := slow(h)
	for _, pid := range []int64{100, 200, 300} {
		l.Fork(fork(pid, 1, 1e9))
		l.Fork(fork(pid+1, pid, 1e9))
	}
	region := func(d *collectors.Draft) string {
		l.Resolve(d)
		return d.Event.Detail.(*event.Memory).Region
	}
	for range 2 * burst * callsNS / questionNS {
		region(poke(1e9, 100, 1, 1000, 101))
	}
	if got := region(poke(1e9, 100, 1, 1000, 101)); got != "" {
		t.Errorf("who asked for all its time is answered %q", got)
	}
	if got := region(poke(1e9, 100, 1, 1001, 101)); got != "[vdso]" {
		t.Errorf("another user in the same tree is answered %q", got)
	}
	if got := region(poke(1e9, 200, 1, 1000, 201)); got != "[vdso]" {
		t.Errorf("the same user in another tree is answered %q", got)
	}
	for i := range 2 * int64(treeActors*burst*callsNS/questionNS) {
		region(poke(1e9, 200, 1, 100_000+i, 201))
	}
	if spent := int64(h.asked) * questionNS; spent > 2*treeActors*burst*callsNS {
		t.Errorf("%d ms were spent on questions", spent/1e6)
	}
	if got := region(poke(1e9, 300, 1, 1002, 301)); got != "[vdso]" {
		t.Errorf("a tree beside one of many users is answered %q", got)
	}
	if s := l.Stats(); s.Unasked == 0 {
		t.Error("nothing is counted")
	}
}

// TestSessionIsATree: who logs in is not held to what others of the same daemon asked for.
func TestSessionIsATree(t *testing.T) {
	h := &fakeHost{region: "[heap]"}
	l := slow(h)
	l.Fork(fork(100, 1, 1e9)) // sshd
	l.Fork(fork(101, 100, 1e9))
	l.Fork(fork(102, 100, 1e9))
	region := func(pid, session int64) string {
		d := poke(1e9, pid, 100, 1000, 100)
		d.Actor.Session = session
		l.Resolve(d)
		return d.Event.Detail.(*event.Memory).Region
	}
	for range 2 * burst * callsNS / questionNS {
		region(101, 7)
	}
	if region(101, 7) != "" || region(102, 8) != "[heap]" {
		t.Error("two sessions share what they may ask")
	}
}

// TestQuestionsAfterTheClockWasSetBack: they are as many as before.
func TestQuestionsAfterTheClockWasSetBack(t *testing.T) {
	b := budget{left: 0, last: 1e18}
	if b.fill(1e18-3600e9, callsNS); b.left != 0 {
		t.Error("setting the clock gave time")
	}
	if b.fill(1e18-3599e9, callsNS); b.left != callsNS {
		t.Errorf("a second later %d ns are left", b.left)
	}
}

// TestForkChain: a chain of processes that all live is kept within bounds, in about the time that it takes to fork them.
func TestForkChain(t *testing.T) {
	h := &fakeHost{procs: map[int64]collectors.ProcessFacts{50: facts(50, 1, "/usr/sbin/sshd"), 60: facts(60, 50, "/bin/bash")}}
	l := New(h)
	forget := 0
	for i := range int64(4 * maxProcesses) {
		before := len(l.procs)
		l.Fork(fork(1001+i, max(1, 1000+i), 1e9+i*1e3))
		if len(l.procs) < before {
			forget++
		}
	}
	if len(l.procs) > maxProcesses {
		t.Errorf("%d processes are kept", len(l.procs))
	}
	if forget > 20 {
		t.Errorf("they were sorted out %d times", forget)
	}
	if l.procs[60] == nil || l.procs[50] == nil {
		t.Error("a chain pushed out processes of others")
	}
	d := execed(2e9, 4*maxProcesses+1000, 4*maxProcesses+999, "/bin/x", "x")
	if l.Resolve(d); len(d.Event.Process.Ancestors()) != event.MaxAncestors {
		t.Errorf("%d ancestors", len(d.Event.Process.Ancestors()))
	}
}

// TestLongCommandsStayBounded: neither ended nor living processes hold more of their texts than a bound, whoever starts how many of them.
func TestLongCommandsStayBounded(t *testing.T) {
	l := New(&fakeHost{procs: map[int64]collectors.ProcessFacts{50: facts(50, 1, "/usr/sbin/sshd")}})
	l.Fork(fork(500, 1, 1e9))
	long := strings.Repeat("x", 32<<10)
	start := func(pid int64) {
		l.Fork(fork(pid, 500, 1e9+pid))
		l.Resolve(execed(1e9+pid, pid, 500, "/bin/true", long+fmt.Sprint(pid)))
	}
	for pid := range int64(5000) {
		start(1000 + pid)
		l.Exit(&collectors.Lifecycle{PID: 1000 + pid, TimeNS: 1e9 + pid}, func(event.Event) {})
	}
	ended := 0
	for _, e := range l.dead {
		ended += len(e.snap.Cmdline)
	}
	if ended > maxDeadBytes+64<<10 || ended != l.deadBytes-len(l.dead)*len("/bin/true") {
		t.Errorf("ended processes hold %d bytes of command lines, counted %d", ended, l.deadBytes)
	}
	for pid := range int64(5000) {
		start(10_000 + pid)
	}
	living := 0
	for _, e := range l.procs {
		if e.snap != nil {
			living += len(e.snap.Cmdline)
		}
	}
	if living > maxBytes+64<<10 || l.procs[50] == nil || l.procs[14_999] == nil {
		t.Errorf("%d processes hold %d bytes of command lines", len(l.procs), living)
	}
}

// TestLateExecutionOfTheDeadCounts: audit may tell of what a process executed after the connector told of its end.
func TestLateExecutionOfTheDeadCounts(t *testing.T) {
	l := New(&fakeHost{})
	l.Fork(fork(500, 1, 1e9))
	l.Fork(fork(501, 500, 1e9))
	l.Resolve(execed(1e9, 501, 500, "/bin/sh", "sh"))
	l.Exit(&collectors.Lifecycle{PID: 501, TimeNS: 2e9}, func(event.Event) {})
	l.Resolve(execed(2e9, 501, 500, "/bin/true", strings.Repeat("x", 32<<10)))
	if held := l.dead[0].bytes; held < 32<<10 || l.deadBytes != held {
		t.Errorf("ended processes hold %d bytes, counted are %d", held, l.deadBytes)
	}
}

// TestManyChildren: of a process with very many children the latest are kept in mind, and each child has the credentials it was born with.
func TestManyChildren(t *testing.T) {
	l := New(&fakeHost{})
	l.Fork(fork(100, 1, 1e9))
	l.Resolve(execed(1e9, 100, 1, "/bin/many", "many"))
	for i := range int64(3 * maxChildren) {
		l.Fork(fork(1000+i, 100, 1e9+i))
	}
	if n := len(l.procs[100].children); n > maxChildren {
		t.Errorf("%d children are kept in mind", n)
	}
	d := called(2e9, 100, 1, "/bin/many", "setuid", event.KindTokenChange)
	d.Actor.UID, d.Actor.EUID = 33, 33
	d.Event.Detail = &event.TokenChange{}
	l.Resolve(d)
	for _, pid := range []int64{1000, 1000 + 3*maxChildren - 1} {
		d := called(3e9, pid, 100, "/bin/many", "setuid", event.KindTokenChange)
		d.Event.Detail = &event.TokenChange{}
		if l.Resolve(d); d.Event.Detail.(*event.TokenChange).Before.UID != 0 {
			t.Errorf("child %d was %+v before", pid, d.Event.Detail.(*event.TokenChange).Before)
		}
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
