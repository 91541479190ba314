package audit

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// What may be done in states that no test may bring about: enabled=2 lasts until a reboot, and with failure=2 a loss
// stops the machine.
func TestWhatMayBeDone(t *testing.T) {
	self, owner := uint32(os.Getpid()), uint32(os.Getppid())
	for name, c := range map[string]struct {
		last            status
		mode            mode
		share           Share
		seat, low, high string // parts of why not, "" for allowed
	}{
		"seat free":        {status{}, modeUnicast, ShareLow, "", "", ""},
		"seat ours":        {status{PID: self, Enabled: 1}, modeUnicast, ShareNone, "", "", ""},
		"owner is dead":    {status{PID: 1<<30 - 1, Enabled: 1}, modeUnicast, ShareLow, "", "", ""},
		"immutable":        {status{Enabled: 2}, modeMulticast, ShareFull, "enabled=2", "enabled=2", "enabled=2"},
		"panics":           {status{Enabled: 1, Failure: 2}, modeMulticast, ShareFull, "failure=2", "failure=2", "failure=2"},
		"panics, and ours": {status{Enabled: 1, Failure: 2, PID: self}, modeUnicast, ShareFull, "failure=2", "failure=2", "failure=2"},
		"low":              {status{PID: owner, Enabled: 1}, modeMulticast, ShareLow, "owns the audit seat", "", "share=low"},
		"full":             {status{PID: owner, Enabled: 1}, modeMulticast, ShareFull, "owns the audit seat", "", ""},
		"none":             {status{PID: owner, Enabled: 1}, modeMulticast, ShareNone, "owns the audit seat", "share=none", "share=none"},
	} {
		s := NewLive(Options{Share: c.share})
		s.last, s.mode = c.last, c.mode
		for what, pair := range map[string][2]string{
			"the seat":        {s.seatBarred(), c.seat},
			"a rare rule":     {s.wants(&ruleState{rule: Rule{Volume: Low}}, time.Now()), c.low},
			"a frequent rule": {s.wants(&ruleState{rule: Rule{Volume: High}}, time.Now()), c.high},
		} {
			if got, want := pair[0], pair[1]; (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("%s: %s is barred by %q, want %q", name, what, got, want)
			}
		}
	}
}

// Rates are taken over the time between checks, and a rule goes only if it floods for a while, or tenfold.
func TestRateCap(t *testing.T) {
	s := NewLive(Options{RateCap: 10})
	s.mode, s.last = modeMulticast, status{PID: uint32(os.Getppid()), Enabled: 1}
	r := &ruleState{rule: Rule{Name: "x"}}
	s.rules = []*ruleState{r}
	now := time.Unix(1_700_000_000, 0)
	step := func(records uint64) bool {
		now = now.Add(time.Second)
		r.gauge.Add(nil, records)
		return s.capRates(now)
	}
	for i, c := range []struct {
		records uint64
		change  bool
	}{{1000, false}, {10, false}, {50, false}, {50, false}, {5, false}, {50, false}, {50, false}, {50, true}} {
		if got := step(c.records); got != c.change {
			t.Fatalf("step %d: change is %v", i, got)
		}
	}
	if why := s.wants(r, now); !strings.Contains(why, "withdrawn until") || !strings.Contains(why, "50 records a second") {
		t.Errorf("a flooding rule is barred by %q", why)
	}
	if now = now.Add(withdrawFor); !step(0) || s.wants(r, now) != "" {
		t.Error("the rule does not come back")
	}
	if !step(101) {
		t.Error("ten times the rate is borne for more than one check")
	}
	r.withdrawnUntil, s.mode = time.Time{}, modeUnicast
	if step(100000) {
		t.Error("a rule is withdrawn though nobody shares the seat")
	}
}

// A flood of one user is left out for a while, of many or of too many the rule goes as a whole.
func TestFloodIsLeftOut(t *testing.T) {
	s := NewLive(Options{RateCap: 10})
	s.mode, s.last = modeMulticast, status{PID: uint32(os.Getppid()), Enabled: 1}
	r := newRuleState(Rule{Name: "x", Syscalls: []string{"ptrace"}}, abis(runtime.GOARCH))
	whole := r.wires
	s.rules = []*ruleState{r}
	now := time.Unix(1_700_000_000, 0)
	step := func(uid int, records uint64) bool {
		now = now.Add(time.Second)
		r.gauge.Add(fmt.Appendf(nil, `audit(1:1): arch=c000003e syscall=101 uid=%d comm="x" exe="/x"`, uid), records)
		return s.capRates(now)
	}
	step(1000, 1)
	for i := range maxLeftOut {
		if !step(1000+i, 1000) || len(r.leftOut) != i+1 || !r.withdrawnUntil.IsZero() {
			t.Fatalf("flood of user %d: %+v", 1000+i, r.leftOut)
		}
	}
	if step(1000+maxLeftOut-1, 1000) {
		t.Error("records that were still on their way change the rule again")
	}
	r.judge("", now)
	if r.state != "degraded" || !strings.Contains(r.reason, "uid 1000 until") || bytes.Equal(r.wires[0], whole[0]) {
		t.Errorf("the rule is %s: %s", r.state, r.reason)
	}
	if !step(2000, 1000) || r.withdrawnUntil.IsZero() || len(r.leftOut) != 0 || !bytes.Equal(r.wires[0], whole[0]) {
		t.Errorf("one user too many: %+v until %v", r.leftOut, r.withdrawnUntil)
	}
	now = now.Add(2 * withdrawFor)
	step(0, 0)
	if !step(0, 1000) || len(r.leftOut) != 1 || r.leftOut[0].who() != "exe /x" || !r.withdrawnUntil.IsZero() {
		t.Errorf("flood of a program of root's: %+v until %v", r.leftOut, r.withdrawnUntil)
	}
	now = now.Add(2 * withdrawFor)
	if !step(0, 0) || len(r.leftOut) != 0 || !bytes.Equal(r.wires[0], whole[0]) {
		t.Errorf("when its time has passed: %+v", r.leftOut)
	}
	var told []string
	s.told.HandOver(now, func(record []byte) { told = append(told, string(record)) })
	if len(told) != maxLeftOut+2 || !strings.Contains(told[maxLeftOut], `old="everybody"`) {
		t.Errorf("told is %q", told)
	}
}

// TestFloodingProcessIsLeftOut: where the seat is ours, one process that fills the kernel's backlog is left out of the rule that it floods,
// until it ends or its time has passed; nobody is while the kernel can hand over everything.
func TestFloodingProcessIsLeftOut(t *testing.T) {
	s := NewLive(Options{})
	s.mode, s.last = modeUnicast, status{PID: uint32(os.Getpid()), Enabled: 1}
	flooded := newRuleState(Rule{Name: "x", Syscalls: []string{"ptrace"}}, abis(runtime.GOARCH))
	other := newRuleState(Rule{Name: "y", Syscalls: []string{"keyctl"}}, abis(runtime.GOARCH))
	whole := flooded.wires
	s.rules = []*ruleState{flooded, other}
	now := time.Unix(1_700_000_000, 0)
	step := func(pid int, records uint64) bool {
		now = now.Add(time.Second)
		flooded.gauge.Add(fmt.Appendf(nil, `audit(1:1): arch=c000003e syscall=101 pid=%d uid=0 comm="x" exe="/x"`, pid), records)
		other.gauge.Add(fmt.Appendf(nil, `audit(1:1): arch=c000003e syscall=250 pid=%d uid=0 comm="x" exe="/x"`, pid), spareFrom/2)
		return s.capRates(now)
	}
	step(0, 0)
	if step(os.Getppid(), 1e6) {
		t.Error("a process is left out though the kernel hands over everything")
	}
	s.pressed = true
	if !step(os.Getppid(), spareFrom) || len(flooded.leftOut) != 1 || len(other.leftOut) != 0 || bytes.Equal(flooded.wires[0], whole[0]) {
		t.Fatalf("a process that floods: %+v, of the other rule %+v", flooded.leftOut, other.leftOut)
	}
	flooded.judge("", now)
	if who := fmt.Sprintf("pid %d (", os.Getppid()); flooded.state != "degraded" || !strings.Contains(flooded.reason, who) {
		t.Errorf("the rule is %s: %s", flooded.state, flooded.reason)
	}
	if step(os.Getppid(), spareFrom) {
		t.Error("records that were still on their way change the rule again")
	}
	flooded.leftOut[0].start++ // another process has its number
	if !step(0, 0) || len(flooded.leftOut) != 0 || !bytes.Equal(flooded.wires[0], whole[0]) {
		t.Errorf("when it has ended: %+v", flooded.leftOut)
	}
	step(os.Getppid(), spareFrom)
	if now = now.Add(spareFor); !step(0, 0) || len(flooded.leftOut) != 0 {
		t.Errorf("when its time has passed: %+v", flooded.leftOut)
	}
	if step(1<<30, 1e6) {
		t.Error("a process that is not there is left out")
	}
}

// Rules that somebody removes come back, but not in a fight without end.
func TestReaddsAreBounded(t *testing.T) {
	s := NewLive(Options{})
	now := time.Unix(1_700_000_000, 0)
	n := 0
	for range 100 {
		now = now.Add(time.Second)
		if s.readds.Allow(now, maxReadds, readdWithin) {
			n++
		}
	}
	if n != maxReadds {
		t.Errorf("put back %d times within 100 s, want %d", n, maxReadds)
	}
	if !s.readds.Allow(now.Add(readdWithin), maxReadds, readdWithin) {
		t.Error("never put back again")
	}
}

func TestOtherRulesAreCounted(t *testing.T) {
	var o otherRules
	for _, r := range []struct {
		list, action byte
		key          string
	}{
		{listTask, actionNever, "x"},
		{listExit, actionNever, "x"},
		{listExclude, actionAlways, "x"},
		{listExit, actionAlways, "x"},
		{listExit, actionAlways, Key},
		{listExit, actionNever, Key},
	} {
		wire, err := encodeRule(nil, []Filter{{Field: FieldKey, Op: Is, Text: r.key}})
		if err != nil {
			t.Fatal(err)
		}
		wire[0], wire[4] = r.list, r.action // little-endian machines only
		o.count(wire)
	}
	if want := (otherRules{rules: 5, silenceTasks: 1, never: 2, exclude: 1}); o != want {
		t.Errorf("%+v, want %+v", o, want)
	}
}

// TestAuditingWasOff: that some processes stay unseen because auditing was off before is worth knowing, and no fault.
func TestAuditingWasOff(t *testing.T) {
	s := NewLive(Options{})
	s.mode, s.control, s.tasksBlind = modeUnicast, &control{}, true
	for _, h := range s.Health() {
		if h.Item == "processes" {
			if h.State != "ok" || !strings.Contains(h.Reason, "boot with audit=1") {
				t.Errorf("%+v", h)
			}
			return
		}
	}
	t.Error("nothing tells of processes")
}
