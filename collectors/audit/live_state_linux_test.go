package audit

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/audit/runs"
)

// another starts a program of ours as one more apiwatch with a state folder. It gives what that says of its socket, its pid, and a way to
// kill it.
func another(t *testing.T, program, dir string) (said string, pid int, kill func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), asHelper+"=source "+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(kill)
	said, _ = bufio.NewReader(out).ReadString('\n') // what it says is looked at
	return said, cmd.Process.Pid, kill
}

func TestLiveRestoredAfterKill(t *testing.T) {
	needAudit(t)
	before := machine(t)
	dir := t.TempDir()
	line, _, kill := another(t, "/proc/self/exe", dir)
	if !strings.Contains(line, "mode=unicast") {
		t.Errorf("the helper says %q", line)
	}
	kill()
	if machine(t) == before {
		t.Fatal("the killed run left nothing behind: the test shows nothing")
	}
	if fi, err := os.Stat(filepath.Join(dir, runs.File)); err != nil || fi.Mode().Perm() != 0o600 {
		t.Fatalf("state file: %v %v", fi, err)
	}
	l := open(t, Options{StateDir: dir})
	h := l.row("socket")
	if h.State != "ok" || !strings.Contains(h.Detail, "mode=unicast") || strings.Contains(h.Detail, "leftovers=0") {
		t.Errorf("after the kill: %+v", h)
	}
	l.shut()
	if now := machine(t); now != before {
		t.Errorf("audit state was\n%s\nand is now\n%s", before, now)
	}
	if _, err := os.Stat(filepath.Join(dir, runs.File)); err == nil {
		t.Error("the state file is still there")
	}
}

// What the machine does not allow turns the source off and no more, and says what is missing.
func TestLiveWithoutRights(t *testing.T) {
	needAudit(t)
	const nobody = 65534
	for name, c := range map[string]struct {
		attr       *syscall.SysProcAttr
		want, mode string
	}{
		"nobody": {
			&syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}},
			"failed: CAP_AUDIT_CONTROL and CAP_AUDIT_READ are missing", "mode=off",
		},
		"reader": {
			&syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, AmbientCaps: []uintptr{unix.CAP_AUDIT_READ}},
			"degraded: CAP_AUDIT_CONTROL is missing", "mode=multicast",
		},
		"pid namespace": {
			&syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}, "degraded: audit takes orders only from the first pid namespace",
			"mode=multicast",
		},
		"user namespace": {
			&syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER}, "failed: audit answers only in the first user namespace",
			"mode=off",
		},
	} {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
		cmd.Env = append(os.Environ(), asHelper+"=health "+t.TempDir())
		cmd.SysProcAttr = c.attr
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), c.want) || !strings.Contains(string(out), c.mode) {
			t.Errorf("%s: %q %v, want %q and %s", name, out, err, c.want, c.mode)
		}
	}
}

// Another apiwatch is an owner as any other: its rules and settings stay.
func TestLiveBesideAnother(t *testing.T) {
	needAudit(t)
	dir := t.TempDir()
	_, pid, kill := another(t, "/proc/self/exe", dir)
	before := machine(t)
	l := open(t, Options{StateDir: dir})
	h := l.row("socket")
	l.shut()
	after := machine(t)
	kill()
	open(t, Options{StateDir: dir}).shut() // cleans up
	if !strings.Contains(h.Detail, fmt.Sprintf("mode=multicast owner=%d", pid)) || before != after {
		t.Errorf("beside another: %+v; audit state was\n%s\nand then\n%s", h, before, after)
	}
}

func TestLiveRemovedRulesComeBack(t *testing.T) {
	needAudit(t)
	l := open(t, Options{rules: few()})
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	before, err := c.rules()
	if err != nil {
		t.Fatal(err)
	}
	for _, wire := range before { // what auditctl -D does
		if err := c.removeRule(wire); err != nil {
			t.Fatal(err)
		}
	}
	ok := l.pump(time.Minute, func() bool {
		now, err := c.rules()
		return err == nil && len(now) == len(before)
	})
	if !ok || !strings.Contains(l.row("socket").Detail, fmt.Sprintf("rules_readded=%d", len(before))) {
		t.Errorf("%d rules were removed: %+v", len(before), l.row("socket"))
	}
	if seen := l.do("protections"); len(seen) == 0 {
		t.Error("the rules are back but nothing fires")
	}
}

func TestLiveSwitchedOff(t *testing.T) {
	needAudit(t)
	l := open(t, Options{rules: few()})
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := c.set(settings[0], 0); err != nil {
		t.Fatal(err)
	}
	ok := l.pump(time.Minute, func() bool {
		st, err := c.status()
		return err == nil && st.Enabled == 1
	})
	if !ok || !strings.Contains(l.row("socket").Detail, "reenabled=1") {
		t.Errorf("auditing was switched off: %+v", l.row("socket"))
	}
}

// A setting that the administrator changes while we run is no longer ours to put back.
func TestLiveForeignSettingStays(t *testing.T) {
	needAudit(t)
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	former, err := c.status()
	if err != nil {
		t.Fatal(err)
	}
	limit := settings[2]
	defer func() { _ = c.set(limit, former.BacklogLimit) }()
	l := open(t, Options{rules: few()})
	if err := c.set(limit, 4321); err != nil {
		t.Fatal(err)
	}
	l.shut()
	if st, err := c.status(); err != nil || st.BacklogLimit != 4321 || st.Enabled != former.Enabled || st.WaitTime != former.WaitTime {
		t.Errorf("after the end: %+v %v", st, err)
	}
}

// The kernel refuses whoever wants a held seat; the source then lets it go.
func TestLiveYieldsToChallenger(t *testing.T) {
	needAudit(t)
	l := open(t, Options{rules: few()})
	// Only another process can ask; AUDIT_REPLACE is what the kernel then sends to the owner.
	replace := binary.NativeEndian.AppendUint32(nil, uint32(os.Getppid()))
	l.batch.Add(message(unix.AUDIT_REPLACE, 0, 0, replace))
	l.Decode(&l.sink)
	ok := l.pump(time.Minute, func() bool { return strings.Contains(l.row("socket").Detail, "mode=multicast") })
	if h := l.row("socket"); !ok || h.State != "degraded" || !strings.Contains(h.Detail, "yielded=1") {
		t.Fatalf("after a challenge: %+v", h)
	}
	if h := l.row("rule:execve"); h.State != "off" || !strings.Contains(h.Reason, "share=low") {
		t.Errorf("beside another owner a frequent rule is %+v", h)
	}
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if st, err := c.status(); err != nil || st.PID != 0 || st.Enabled != 1 {
		t.Errorf("the seat is not free, or auditing is off: %+v %v", st, err)
	}
	if len(l.do("behaviours "+t.TempDir())) == 0 {
		t.Error("nothing is seen by multicast")
	}
	l.mu.Lock()
	l.yieldUntil = time.Time{} // as if the time had passed
	l.mu.Unlock()
	if !l.pump(time.Minute, func() bool { return strings.Contains(l.row("socket").Detail, "mode=unicast") }) {
		t.Errorf("nobody took the seat, and neither did we: %+v", l.row("socket"))
	}
}
