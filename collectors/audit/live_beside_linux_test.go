package audit

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// TestLiveBesideACopy: a copy of the program, with state of its own or the same, leaves the rules of one that runs. Those of one that was
// killed go.
func TestLiveBesideACopy(t *testing.T) {
	needAudit(t)
	free := machine(t)
	copied := filepath.Join(t.TempDir(), "copy")
	program, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(copied, program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	said, first, kill := another(t, copied, dir)
	if !strings.Contains(said, "mode=unicast") {
		t.Fatalf("the copy says %q", said)
	}
	before := machine(t)
	for name, state := range map[string]string{"the same state folder": dir, "another": t.TempDir()} {
		l := open(t, Options{StateDir: state, rules: few()})
		h := l.row("socket")
		l.shut()
		if after := machine(t); after != before || !strings.Contains(h.Detail, "leftovers=0") {
			t.Errorf("%s: %+v; audit state was\n%s\nand then\n%s", name, h, before, after)
		}
	}
	kill()
	if before == free {
		t.Error("the copy had no rules: the test shows nothing")
	}
	l := open(t, Options{StateDir: dir, rules: few()})
	if h := l.row("socket"); strings.Contains(h.Detail, "leftovers=0") || len(l.killed) != 1 {
		t.Errorf("after it was killed: %+v, %+v", h, l.killed)
	}
	l.pump(time.Minute, func() bool { return len(l.changes(own.Killed)) > 0 })
	if told := l.changes(own.Killed); len(told) != 1 || told[0].Value != strconv.Itoa(first) {
		t.Errorf("told is %+v, want that pid %d was killed", told, first)
	}
	l.shut()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left in the state folder: %v %v", left, err)
	}
}

// changes gives what there is of an action on auditing.
func (l *live) changes(action string) (out []event.AuditChange) {
	for i := range l.sink.drafts {
		if x, ok := l.sink.drafts[i].Event.Detail.(*event.AuditChange); ok && x.Action == action {
			out = append(out, *x)
		}
	}
	return out
}

// TestLiveTampering: rules of ours that another program removes, and rules that hide something, are events; what we do ourselves is none.
func TestLiveTampering(t *testing.T) {
	needAudit(t)
	l := open(t, Options{rules: few()})
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	hides, err := encodeRule(nil, []Filter{{Field: FieldKey, Op: Is, Text: "apiwatch-test"}})
	if err != nil {
		t.Fatal(err)
	}
	hides[0], hides[4] = listExit, actionNever
	if err := c.addRule(hides); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.removeRule(hides) }()
	if !l.pump(time.Minute, func() bool { return len(l.changes(own.Hidden)) > 0 }) {
		t.Error("a rule that says never is not told of")
	}
	if got := l.changes("add_rule"); len(got) > 1 { // that of the test, which is this process; an older kernel names none
		t.Errorf("our own rules are told of: %+v", got)
	}
	if err := c.removeRule(hides); err != nil { // with it no call is recorded with a change
		t.Fatal(err)
	}
	helper := exec.CommandContext(t.Context(), "/proc/self/exe")
	helper.Env = append(os.Environ(), asHelper+"=remove")
	if out, err := helper.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !l.pump(time.Minute, func() bool { return len(l.changes("remove_rule")) > 0 && len(l.changes(own.Removed)) > 0 }) {
		t.Errorf("rules were removed; told is %+v", l.changes(own.Removed))
	}
	for i := range l.sink.drafts {
		d := &l.sink.drafts[i]
		x, ok := d.Event.Detail.(*event.AuditChange)
		if ok && x.Action == "remove_rule" && x.Key == Key && d.Actor.PID != int64(helper.Process.Pid) {
			t.Errorf("%+v is of pid %d, want %d", x, d.Actor.PID, helper.Process.Pid)
		}
	}
}
