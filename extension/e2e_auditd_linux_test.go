package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/elastic/go-libaudit/v2"
)

// auditd starts a real auditd with a configuration and a log of its own, and stops it at the test's end. It gives audit's
// state before, the log's path and the pid.
func auditd(t *testing.T) (before *auditState, log string, pid uint32, stop func()) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "plugins"), 0o750); err != nil {
		t.Fatal(err)
	}
	log = filepath.Join(dir, "audit.log")
	conf := fmt.Sprintf("local_events = yes\nwrite_logs = yes\nlog_file = %s\nlog_format = RAW\nflush = NONE\n"+
		"space_left = 2\nadmin_space_left = 1\nplugin_dir = %s/plugins\n", log, dir)
	if err := os.WriteFile(filepath.Join(dir, "auditd.conf"), []byte(conf), 0o640); err != nil {
		t.Fatal(err)
	}
	for range seatTries {
		before = freeAudit(t)
		var said syncBuffer
		cmd := exec.Command("auditd", "-n", "-c", dir) //nolint:noctx // stopped by a signal, so that it gives up its seat
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		startedPIDs.Store(cmd.Process.Pid, true)
		ended := make(chan struct{})
		go func() {
			_ = cmd.Wait()
			close(ended)
		}()
		stop = sync.OnceFunc(func() {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			select {
			case <-ended:
			case <-time.After(time.Minute):
				_ = cmd.Process.Kill()
				<-ended
				t.Error("auditd did not end")
			}
			restoreSettings(t, before)
		})
		seated := func() bool { return int(audited(t).PID) == cmd.Process.Pid }
		if eventually(t, time.Minute, func() bool {
			select {
			case <-ended:
				return true
			default:
				return seated()
			}
		}) && seated() {
			t.Cleanup(stop)
			return before, log, uint32(cmd.Process.Pid), stop
		}
		t.Logf("auditd did not take the seat, which pid %d has: %s", audited(t).PID, &said)
		stop()
	}
	t.Fatal("auditd did not take the audit seat again and again")
	return nil, "", 0, nil
}

// restoreSettings does what an auditd leaves undone: auditing stays on after its end.
func restoreSettings(t *testing.T, former *auditState) {
	t.Helper()
	c, err := libaudit.NewAuditClient(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetEnabled(former.Enabled == 1, libaudit.WaitForReply); err != nil {
		t.Errorf("switching auditing to what it was: %v", err)
	}
}

// administer adds an administrator's rules by auditctl; the test removes them at its end.
func administer(t *testing.T, rules ...[]string) {
	t.Helper()
	for _, r := range rules {
		if out, err := exec.CommandContext(t.Context(), "auditctl", r...).CombinedOutput(); err != nil {
			t.Fatalf("auditctl %s: %v: %s", strings.Join(r, " "), err, out)
		}
		t.Cleanup(func() {
			del := slices.Clone(r)
			del[0] = map[string]string{"-w": "-W", "-a": "-d"}[r[0]]
			if out, err := exec.Command("auditctl", del...).CombinedOutput(); err != nil { //nolint:noctx // the test's context has ended
				t.Errorf("the administrator's rule is gone: auditctl %s: %v: %s", strings.Join(del, " "), err, out)
			}
		})
	}
}

// TestE2EBesideAuditd runs beside a real auditd that has rules of its own. What fires and what cannot is named and must be
// what the tables say; auditd's log keeps all of the administrator's records.
func TestE2EBesideAuditd(t *testing.T) {
	s := onStage(t)
	for _, need := range []string{"auditd", "auditctl", "true"} {
		if _, err := exec.LookPath(need); err != nil {
			t.Skipf("%s NOT RUN: %s is not installed", t.Name(), need)
		}
	}
	for _, share := range []string{"low", "full"} {
		t.Run(share, func(t *testing.T) { besideAuditd(t, s, share) })
	}
}

func besideAuditd(t *testing.T, s *stage, share string) {
	var before *auditState
	t.Cleanup(func() { // the last of all
		if before != nil {
			sameAudit(t, before)
		}
	})
	seated, log, owner, stopAuditd := auditd(t)
	before = seated
	file := filepath.Join(t.TempDir(), "administered")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tool := filepath.Join(t.TempDir(), "true") // ours alone: others of the machine run theirs
	program, err := os.ReadFile("/usr/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tool, program, 0o755); err != nil {
		t.Fatal(err)
	}
	administer(t,
		[]string{"-w", file, "-p", "wa", "-k", "admin-file"},
		[]string{"-a", "always,exit", "-F", "arch=b64", "-S", "execve", "-F", "exe=" + tool, "-k", "admin-exec"})
	owned := audited(t)

	pack := filepath.Join(t.TempDir(), "states.conf")
	if err := os.WriteFile(pack, []byte(`{"queries": {
		"detections": {"query": "SELECT detection, state, reason FROM detections", "interval": 2, "snapshot": true},
		"health": {"query": "SELECT collector, item, state, reason, received, lost, detail FROM collector_health", "interval": 2, `+
		`"snapshot": true}
	}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	foldersOfDevices(t)
	p := s.start(t, "run", "--json", "--audit-share="+share, "--state-dir", t.TempDir(), "--pack", pack)
	ours := 0
	if !eventually(t, time.Minute, func() bool {
		n := audited(t).ours()
		stable := n > 0 && n == ours
		ours = n
		time.Sleep(200 * time.Millisecond)
		return stable
	}) {
		t.Fatalf("no rule of ours beside auditd: %s", &p.stderr)
	}
	time.Sleep(time.Second)
	beside := audited(t)
	if beside.PID != owner || beside.Enabled != owned.Enabled || beside.BacklogLimit != owned.BacklogLimit ||
		beside.BacklogWaitTime != owned.BacklogWaitTime ||
		beside.RateLimit != owned.RateLimit || beside.Failure != owned.Failure {
		t.Errorf("the owner's settings changed: %+v, were %+v", beside, owned)
	}
	if len(beside.Rules) != len(owned.Rules)+ours || !slices.Equal(beside.Rules[:len(owned.Rules)], owned.Rules) {
		t.Error("the administrator's rules do not come first any more")
	}

	const deeds = 25
	administered := func() {
		for range deeds {
			if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
				t.Error(err)
			}
			if err := exec.CommandContext(t.Context(), tool).Run(); err != nil {
				t.Error(err)
			}
		}
	}
	administered()
	told := func(acts []act) bool {
		found, states := p.findings(), p.snapshot("detections", "detection")
		return !slices.ContainsFunc(seenBy("audit", acts), func(a act) bool {
			return len(of(&a, found)) == 0 && states[a.ID]["state"] == "active"
		})
	}
	acts := seenBy("audit", s.performUntil(t, told, "all"))
	administered()
	eventually(t, findWithin, func() bool { return told(acts) })
	time.Sleep(4 * time.Second) // for what need not fire, and a last look at the states
	states := p.snapshot("detections", "detection")
	health := p.snapshot("health", "item")
	found := p.findings()
	p.stop(syscall.SIGTERM)
	if left := audited(t); !slices.Equal(left.Rules, owned.Rules) || left.PID != owner || left.Enabled != owned.Enabled {
		t.Errorf("after our end there are %d rules, %d of ours, and pid %d on the seat; there were %d and pid %d", len(left.Rules), left.ours(),
			left.PID, len(owned.Rules), owner)
	}
	stopAuditd()

	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"admin-file", "admin-exec"} {
		n := 0
		for l := range bytes.Lines(text) {
			if bytes.HasPrefix(l, []byte("type=SYSCALL ")) && bytes.Contains(l, []byte(`key="`+key+`"`)) {
				n++
			}
		}
		if n != 2*deeds {
			t.Errorf("auditd's log holds %d records of %s, want %d", n, key, 2*deeds)
		}
	}
	t.Logf("auditd's log: %d bytes, of them %d lines of ours, and all %d records of each of the administrator's rules; "+
		"%d rules of ours beside",
		len(text), bytes.Count(text, []byte(`key="apiwatch"`)), 2*deeds, ours)

	checkStates(t, share, acts, found, states)
	var off []string
	for item, h := range health {
		if rule, ok := strings.CutPrefix(item, "rule:"); ok && h["state"] != "ok" {
			off = append(off, rule+" ("+h["state"]+")")
		}
	}
	slices.Sort(off)
	t.Logf("audit rules that are not in force: %s", strings.Join(off, ", "))
	if socket := health["socket"]; len(health) == 0 || socket == nil {
		t.Errorf("collector_health was not logged: %v", health)
	}
}

// checkStates holds what the table detections says against what fired: what is active fires, what is not fed does not.
func checkStates(t *testing.T, share string, acts []act, found []line, states map[string]map[string]string) {
	t.Helper()
	table := [][]string{{"ANALYTIC", "VARIANT", "FIRES", "STATE", "REASON"}}
	for i := range acts {
		a := &acts[i]
		own := of(a, found)
		state, reason := states[a.ID]["state"], states[a.ID]["reason"]
		fires := "yes"
		if len(own) == 0 {
			fires = "no"
		}
		switch {
		case len(own) > 1:
			t.Errorf("%s: %d findings, want 1", a.name(), len(own))
		case state == "":
			t.Errorf("%s: the table detections says nothing", a.name())
		case state == "active" && len(own) == 0:
			t.Errorf("%s did not fire, and detections says that it is active", a.name())
		case state == "not fed" && len(own) > 0:
			t.Errorf("%s fired, and detections says that it is not fed", a.name())
		case state != "active" && reason == "":
			t.Errorf("%s is %s, and no reason is given", a.name(), state)
		case share == "full" && state != "active" && !strings.Contains(reason, "no feed brings"): // which no rule could
			t.Errorf("%s is %s although all rules may be added: %s", a.name(), state, reason)
		}
		table = append(table, []string{a.ID, a.Variant, fires, state, reason})
	}
	aligned(t, "beside auditd with --audit-share="+share, table)
}

// snapshot gives the rows of the pack's last snapshot of a query, by a column.
func (p *program) snapshot(query, by string) map[string]map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range slices.Backward(p.lines) {
		if l.Action == "snapshot" && strings.HasSuffix(l.Name, "_"+query) {
			out := make(map[string]map[string]string)
			for _, row := range l.Snapshot {
				if _, taken := out[row[by]]; !taken {
					out[row[by]] = row
				}
			}
			return out
		}
	}
	return nil
}
