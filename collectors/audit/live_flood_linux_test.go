package audit

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/event"
)

func TestLiveNothingIsLost(t *testing.T) {
	needAudit(t)
	l := open(t, Options{rules: few()})
	const calls = 10000
	if n := len(l.doBefore(fmt.Sprintf("paced %d", calls), "protections")); n < calls {
		t.Errorf("%d events of %d calls: %+v", n, calls, l.Health()[:4])
	}
	if h := l.row("kernel"); h.Lost != 0 || h.State != "ok" {
		t.Errorf("the kernel: %+v", h)
	}
}

// dropped is how many messages the kernel says did not fit into the socket (/proc/net/netlink).
func (l *live) dropped() int {
	l.t.Helper()
	id, err := l.receiver.PortID()
	if err != nil {
		l.t.Fatal(err)
	}
	raw, err := os.ReadFile("/proc/net/netlink")
	if err != nil {
		l.t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) { // sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
		if f := strings.Fields(line); len(f) == 10 && f[1] == strconv.Itoa(unix.NETLINK_AUDIT) && f[2] == strconv.FormatUint(uint64(id), 10) {
			n, _ := strconv.Atoi(f[8])
			return n
		}
	}
	return 0
}

func TestLiveOverrunIsCounted(t *testing.T) {
	needAudit(t)
	l := open(t, Options{buffer: 8 << 10, rules: few()})
	// An owner's socket makes the kernel wait and keep its backlog; a member of the group loses at once.
	if err := l.receiver.Join(unix.AUDIT_NLGRP_READLOG); err != nil {
		t.Fatal(err)
	}
	// The kernel hands records over when it gets round to it: whoever reads meanwhile keeps the buffer from overflowing.
	for deadline := time.Now().Add(time.Minute); l.dropped() == 0 && time.Now().Before(deadline); time.Sleep(300 * time.Millisecond) {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
		cmd.Env = append(os.Environ(), asHelper+"=flood 100")
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
	}
	if l.dropped() == 0 {
		t.Fatal("the kernel dropped nothing from a buffer of 8 KiB")
	}
	ok := l.pump(time.Minute, func() bool { return l.row("receive_buffer").Lost > 0 })
	if !ok || l.row("receive_buffer").State != "degraded" {
		t.Errorf("a flood into a buffer of 8 KiB: %+v", l.row("receive_buffer"))
	}
	// The kernel hands over its backlog first, and no faster than the small buffer takes it.
	pid := l.run("protections")
	if !l.pump(2*time.Minute, func() bool { return len(l.of(pid)) > 0 }) {
		t.Errorf("after an overrun nothing is seen any more: %+v", l.Health()[:3])
	}
}

// beside makes a source that reads beside another owner, as far as it knows.
func beside(t *testing.T, rateCap int) *live {
	t.Helper()
	l := open(t, Options{RateCap: rateCap, rules: few()})
	l.batch.Add(message(unix.AUDIT_REPLACE, 0, 0, binary.NativeEndian.AppendUint32(nil, uint32(os.Getppid()))))
	l.Decode(&l.sink)
	l.pump(time.Minute, func() bool { return strings.Contains(l.row("socket").Detail, "mode=multicast") })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.yieldUntil = time.Now().Add(time.Hour) // however long the test takes
	return l
}

// flooded has somebody flood keyctl until the rule for it has changed, and tells of which processes calls were seen afterwards.
func (l *live) flooded(uid uint32, changed string) {
	l.t.Helper()
	cmd := exec.CommandContext(l.t.Context(), program(l.t))
	cmd.Env = append(os.Environ(), asHelper+"=keyctl")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	l.pump(time.Minute, func() bool { return l.row("rule:keyctl").State == changed })
	if h := l.row("rule:keyctl"); h.State != changed || !strings.Contains(h.Reason, "records a second") {
		l.t.Errorf("a flooding rule is %+v, want %s", h, changed)
	}
	if h := l.row("rule:ptrace"); strings.Contains(h.Reason, cmd.Path) || strings.Contains(h.Reason, "uid 65534") {
		l.t.Errorf("a rule that the flood does not concern is %+v", h)
	}
	l.pump(time.Minute, func() bool { return len(l.withdrawn("keyctl")) > 0 })
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	l.pump(3*time.Second, nil) // what the kernel had still to hand over
	seen := len(l.of(int64(cmd.Process.Pid)))
	again := exec.CommandContext(l.t.Context(), cmd.Path)
	again.Env, again.SysProcAttr = cmd.Env, cmd.SysProcAttr
	if err := again.Start(); err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = again.Process.Kill(); _ = again.Wait() }()
	l.pump(2*time.Second, nil)
	if n := len(l.of(int64(again.Process.Pid))); seen == 0 || n > 0 {
		l.t.Errorf("%d calls of the flood were seen before and %d after it was left out", seen, n)
	}
}

// withdrawn gives what was told of a rule.
func (l *live) withdrawn(rule string) []event.AuditChange {
	return slices.DeleteFunc(l.changes(own.Withdrawn), func(x event.AuditChange) bool { return x.Setting != rule })
}

// program copies the test to where every user may run it.
func program(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "apiwatch-flood-") //nolint:usetesting // where another user may run it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "flood")
	b, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(path, b, 0o755)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A rule that one user or one program of root's floods leaves out that one, and nobody else.
func TestLiveFloodIsLeftOut(t *testing.T) {
	needAudit(t)
	for _, c := range []struct {
		name string
		uid  uint32
		who  string
	}{{"a user", 65534, "uid 65534"}, {"a program of root's", 0, "exe /tmp/apiwatch-flood-"}} {
		t.Run(c.name, func(t *testing.T) {
			l := beside(t, 20)
			l.flooded(c.uid, "degraded")
			if told := l.withdrawn("keyctl"); len(told) != 1 || !strings.HasPrefix(told[0].Old, c.who) {
				t.Errorf("told is %+v, want that keyctl leaves out %s", told, c.who)
			}
			if h := l.row("rule:keyctl"); !strings.Contains(h.Reason, c.who) {
				t.Errorf("health says %q", h.Reason)
			}
			l.raw = nil
			pid := l.run("keyctl once")
			if !l.pump(time.Minute, func() bool { return len(l.of(pid)) > 0 }) {
				t.Error("others are left out, too")
			}
			l.shut()
		})
	}
}

// Where the flood is nobody's in particular, the rule goes as a whole.
func TestLiveFloodingRuleIsWithdrawn(t *testing.T) {
	needAudit(t)
	l := beside(t, 20)
	l.mu.Lock()
	for _, r := range l.rules {
		if r.rule.Name == "keyctl" {
			r.leftOut = make([]leftOut, maxLeftOut) // as many as it can
			for i := range r.leftOut {
				r.leftOut[i] = leftOut{Filter{Field: FieldUID, Op: Not, Value: uint32(4_000_000 + i)}, time.Now().Add(time.Hour), 1, 0}
			}
		}
	}
	l.mu.Unlock()
	l.flooded(65534, "withdrawn")
	l.mu.Lock()
	defer l.mu.Unlock()
	rules, err := l.control.rules()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range l.rules {
		for _, wire := range r.wires {
			if r.rule.Name == "keyctl" && bytes.Contains(bytes.Join(rules, nil), wire) {
				t.Error("the withdrawn rule is still in the kernel")
			}
		}
	}
}

func TestLiveForgedRecordsAreDropped(t *testing.T) {
	needAudit(t)
	l := open(t, Options{rules: few()})
	port, err := l.receiver.PortID()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_AUDIT)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	forgery := message(unix.AUDIT_SYSCALL, 0, 0, []byte("audit(1700000000.000:1): arch=c000003e syscall=101 a0=10 a1=1 a2=0 a3=0 forged"))
	if err := unix.Sendto(fd, forgery, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: port}); err != nil {
		t.Fatal(err)
	}
	l.pump(time.Minute, func() bool { return strings.Contains(l.row("socket").Detail, "forged=1 ") })
	if h := l.row("socket"); !strings.Contains(h.Detail, "forged=1 ") || h.Lost != 1 {
		t.Errorf("after a forgery: %+v", h)
	}
	if strings.Contains(strings.Join(l.raw, "\n"), "forged") {
		t.Error("the forged record was taken")
	}
}
