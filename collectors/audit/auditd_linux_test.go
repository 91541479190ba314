package audit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/syscalls"
)

// startAuditd runs a real auditd with its own configuration and log, and waits until it has the seat or has ended.
func startAuditd(t *testing.T, dir string) (pid int, stop func(), err error) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "plugins"), 0o750); err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf("local_events = yes\nwrite_logs = yes\nlog_file = %s/audit.log\nlog_format = RAW\nflush = NONE\nspace_left = "+
		"2\nadmin_space_left = 1\nplugin_dir = %s/plugins\n", dir, dir)
	if err := os.WriteFile(filepath.Join(dir, "auditd.conf"), []byte(conf), 0o640); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("auditd", "-n", "-c", dir) //nolint:noctx // stopped by a signal, so that it gives up its seat
	if err := cmd.Start(); err != nil {
		return 0, nil, err
	}
	var exit error
	ended := make(chan struct{})
	go func() {
		exit = cmd.Wait()
		close(ended)
	}()
	stop = func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		select {
		case <-ended:
		case <-time.After(time.Minute):
			_ = cmd.Process.Kill()
			t.Error("auditd did not end")
		}
	}
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if st, err := c.status(); err == nil && int(st.PID) == cmd.Process.Pid {
			return cmd.Process.Pid, stop, nil
		}
		select {
		case <-ended:
			return 0, nil, fmt.Errorf("auditd ended: %w", exit)
		default:
		}
	}
	stop()
	t.Fatal("auditd did not take the seat")
	return 0, nil, nil
}

// within says whether something becomes so while a source works.
func (l *live) within(item, text string) bool {
	return l.pump(time.Minute, func() bool { return strings.Contains(l.row(item).Detail, text) })
}

func TestLiveBesideAuditd(t *testing.T) {
	needAudit(t)
	if _, err := exec.LookPath("auditd"); err != nil {
		t.Skip("NOT RUN: auditd is not installed")
	}
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.close() })
	former, err := c.status()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // auditd leaves auditing on
		for _, set := range settings {
			if err := c.set(set, *set.of(&former)); err != nil {
				t.Error(err)
			}
		}
	})
	dir := t.TempDir()
	pid, stop, err := startAuditd(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	defer func() {
		if !stopped {
			stop()
		}
	}()

	// The administrator has a rule and settings of his own.
	number := -1
	for n, name := range syscalls.Table(syscalls.X8664) {
		if name == "sync" {
			number = n
		}
	}
	admin, err := encodeRule([]int{number}, []Filter{
		{Field: FieldArch, Op: Is, Value: syscalls.X8664},
		{Field: FieldKey, Op: Is, Text: "admin"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.addRule(admin); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.removeRule(admin); err != nil {
			t.Error("the administrator's rule is gone: ", err)
		}
	}()
	before, err := c.status()
	if err != nil {
		t.Fatal(err)
	}

	l := open(t, Options{})
	if h := l.row("socket"); !strings.Contains(h.Detail, fmt.Sprintf("mode=multicast owner=%d", pid)) || h.State != "degraded" ||
		!strings.Contains(h.Reason, "auditd") {
		t.Fatalf("beside auditd: %+v", h)
	}
	if st, err := c.status(); err != nil || st.Enabled != before.Enabled || st.BacklogLimit != before.BacklogLimit ||
		st.WaitTime != before.WaitTime || st.PID != before.PID {
		t.Errorf("settings changed beside auditd: %+v, were %+v", st, before)
	}
	seen := map[string]int{}
	for _, d := range l.do("behaviours " + t.TempDir()) {
		seen[d.Event.API.Name]++
	}
	for _, name := range []string{"ptrace", "process_vm_writev", "memfd_create", "mount", "bpf"} {
		if seen[name] == 0 {
			t.Errorf("%s was not seen beside auditd", name)
		}
	}
	if seen["execve"]+seen["utimensat"]+seen["connect"] > 0 {
		t.Errorf("frequent calls were added to auditd's log: %v", seen)
	}
	unix.Sync()
	found := l.pump(time.Minute, func() bool {
		log, _ := os.ReadFile(filepath.Join(dir, "audit.log"))
		return strings.Contains(string(log), `key="admin"`)
	})
	if !found {
		t.Error("auditd's log lacks the administrator's own record")
	}

	// auditd ends: the seat is ours.
	stop()
	stopped = true
	if !l.within("socket", "mode=unicast") || l.row("rule:execve").State != "ok" {
		t.Fatalf("auditd ended, and we have not taken its seat: %+v %+v", l.row("socket"), l.row("rule:execve"))
	}
	// It is started again: the first start is refused, the second finds the seat free.
	if _, stop2, err := startAuditd(t, dir); err == nil {
		stop2()
		t.Error("the kernel let auditd replace a living owner: the test's idea of it is wrong")
	}
	if !l.within("socket", "mode=multicast") || l.row("rule:execve").State != "off" {
		t.Fatalf("auditd wanted the seat, and we kept it: %+v", l.row("socket"))
	}
	pid, stop, err = startAuditd(t, dir)
	if err != nil {
		t.Fatal("auditd's second start: ", err)
	}
	stopped = false
	if !l.within("socket", fmt.Sprintf("owner=%d", pid)) {
		t.Errorf("auditd has the seat: %+v", l.row("socket"))
	}
	l.shut()
	if st, err := c.status(); err != nil || int(st.PID) != pid || st.Enabled != 1 || st.BacklogLimit != former.BacklogLimit ||
		st.WaitTime != former.WaitTime {
		t.Errorf("after our end beside auditd: %+v %v", st, err)
	}
	rules, err := c.rules()
	if err != nil || len(rules) != 1 || string(rules[0]) != string(admin) {
		t.Errorf("after our end there are %d rules, want the administrator's one: %v", len(rules), err)
	}
}
