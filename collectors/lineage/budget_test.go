package lineage

import (
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

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
