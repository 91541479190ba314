package audit

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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

func TestLiveFloodingRuleIsWithdrawn(t *testing.T) {
	needAudit(t)
	l := open(t, Options{RateCap: 20, rules: few()})
	l.batch.Add(message(unix.AUDIT_REPLACE, 0, 0, binary.NativeEndian.AppendUint32(nil, uint32(os.Getppid()))))
	l.Decode(&l.sink)
	l.pump(time.Minute, func() bool { return strings.Contains(l.row("socket").Detail, "mode=multicast") })
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), asHelper+"=keyctl")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	l.pump(time.Minute, func() bool { return l.row("rule:keyctl").State == "withdrawn" })
	if h := l.row("rule:keyctl"); h.State != "withdrawn" || !strings.Contains(h.Reason, "records a second") {
		t.Errorf("a flooding rule is %+v", h)
	}
	if h := l.row("rule:ptrace"); h.State != "ok" {
		t.Errorf("a quiet rule is %+v", h)
	}
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
