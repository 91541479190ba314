package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/queries"
)

// nearMissPatience is how long we look for what must not come.
const nearMissPatience = 3 * time.Second

// TestE2EFindings performs every behaviour and its near miss under `run`: each analytic fires on its own, with the right
// process, user, parent and target, in time and once, and on no near miss.
func TestE2EFindings(t *testing.T) {
	s := onStage(t)
	foldersOfDevices(t)
	for _, feed := range linuxFeeds {
		t.Run(feed, func(t *testing.T) { s.findings(t, feed) })
	}
}

func (s *stage) findings(t *testing.T, feed string) {
	t.Helper()
	p, before := s.on(t, feed, "--state-dir", t.TempDir())
	analytics := analyticsOf(t, "linux")
	var deeds, misses []act
	for _, d := range analytics {
		acts := s.performUntil(t, func(acts []act) bool { return found(seenBy(feed, acts), p.findings()) }, d.ID)
		if len(acts) == 0 {
			t.Errorf("%s: nothing was performed", d.ID)
		}
		deeds = append(deeds, seenBy(feed, acts)...)
		misses = append(misses, s.perform(t, "--near-miss", d.ID)...)
	}
	last := time.Now()
	eventually(t, findWithin, func() bool { return found(deeds, p.findings()) })
	time.Sleep(time.Until(last.Add(nearMissPatience)))
	p.keptSeat()
	p.stop(syscall.SIGINT)
	sameAudit(t, before)

	lines := p.findings()
	table := [][]string{{"ANALYTIC", "VARIANT", "LATENCY", "SUMMARY"}}
	for i := range deeds {
		a := &deeds[i]
		own := of(a, lines)
		if len(own) == 0 {
			t.Errorf("%s: no finding", a.name())
			table = append(table, []string{a.ID, a.Variant, "none", ""})
			continue
		}
		if len(own) > 1 {
			t.Errorf("%s: %d findings, want 1", a.name(), len(own))
		}
		for _, l := range own {
			late := l.came.Sub(time.Unix(0, a.EndedNS))
			table = append(table, []string{a.ID, a.Variant, late.Round(time.Millisecond).String(), l.Columns["summary"]})
			if late > findWithin {
				t.Errorf("%s: found %v after the deed", a.name(), late)
			}
			checkFinding(t, s, a, l.Columns)
		}
	}
	aligned(t, "findings", table)
	for _, a := range misses {
		for _, l := range of(&a, lines) {
			t.Errorf("the near miss %s fires: %s", a.name(), l.Columns["summary"])
		}
	}
	t.Logf("%d near misses, no finding of their analytics", len(misses))

	ids := make(map[string]bool)
	others := [][]string{{"ANALYTIC", "PID", "SUMMARY"}}
	for _, l := range lines {
		c := l.Columns
		if ids[c["finding_id"]] {
			t.Errorf("finding %s came twice: %s", c["finding_id"], c["summary"])
		}
		ids[c["finding_id"]] = true
		if !slices.ContainsFunc(deeds, func(a act) bool { return a.ID == c["detection"] && a.took(c["pid"]) }) {
			others = append(others, []string{c["detection"], c["pid"], c["summary"]})
		}
	}
	if len(others) > 1 {
		aligned(t, "findings besides: of another analytic than the one simulated", others)
	}
}

// foldersOfDevices makes the folders that a machine without keyboard and sound card lacks: a watch of a folder needs it.
func foldersOfDevices(t *testing.T) {
	t.Helper()
	for _, folder := range []string{"/dev/input", "/dev/snd"} {
		if err := os.Mkdir(folder, 0o755); err == nil {
			t.Cleanup(func() { _ = os.Remove(folder) })
		}
	}
}

// seenBy gives the acts that a feed can see.
func seenBy(feed string, acts []act) []act {
	return slices.DeleteFunc(slices.Clone(acts), func(a act) bool { return a.SeenBy != "" && a.SeenBy != feed })
}

// found says whether each act has a finding.
func found(acts []act, lines []line) bool {
	return !slices.ContainsFunc(acts, func(a act) bool { return len(of(&a, lines)) == 0 })
}

// checkFinding compares a finding with what was done.
func checkFinding(t *testing.T, s *stage, a *act, c map[string]string) {
	t.Helper()
	wrong := func(column string, want ...string) {
		if !slices.Contains(want, c[column]) {
			t.Errorf("%s: %s is %q, want %q", a.name(), column, c[column], want)
		}
	}
	itself := c["pid"] == fmt.Sprint(a.PID)
	if itself {
		paths := []string{a.Path}
		if a.ExecPath != "" {
			paths = append(paths, a.ExecPath)
		}
		wrong("path", paths...)
	} else if c["path"] == "" {
		t.Errorf("%s: pid %s has no path", a.name(), c["pid"])
	}
	wrong("user", a.User)
	switch {
	case itself && a.ParentPID == a.simulator:
		wrong("parent_path", s.simulate)
	case itself && a.Script != "": // an orphan: its creator ran what its script does
		wrong("parent_path", interpreter(a.Script))
	case itself: // a command of one of the simulator's own actors
		if mark := fmt.Sprintf("/apiwatch-simulate-%d-", a.simulator); !strings.Contains(c["parent_path"], mark) {
			t.Errorf("%s: parent_path is %q, want one of the simulator's (%s)", a.name(), c["parent_path"], mark)
		}
	default: // a script's command
		wrong("parent_path", a.Path)
	}
	switch pid, hidden := fmt.Sprint(a.TargetPID), c["hidden_pid"]; {
	case a.TargetPID == 0:
	case hidden != "": // the deed is done to a file that stands for the process
		wrong("hidden_pid", pid)
		wrong("target_path", "/proc/"+pid)
	default:
		wrong("target_pid", pid)
		wrong("target_path", a.TargetPath)
	}
	if a.ContainerID != "" {
		wrong("container_id", a.ContainerID)
	}
	for _, column := range []string{"time", "finding_id", "process_key", "cmdline", "eids", "summary", "severity", "technique", "strategy"} {
		if c[column] == "" {
			t.Errorf("%s: the finding has no %s", a.name(), column)
		}
	}
}

// interpreter says what runs the simulator's scripts, told by their names: they are gone by now.
func interpreter(script string) string {
	name := map[string]string{".sh": "/bin/sh", ".py": "/usr/bin/python3"}[filepath.Ext(script)]
	if real, err := filepath.EvalSymlinks(name); err == nil {
		return real
	}
	return name
}

// TestE2EKill: a killed run leaves rules and settings behind; the next one removes them, and puts back at its end what was
// before the first.
func TestE2EKill(t *testing.T) {
	s := onStage(t)
	state := t.TempDir()
	p, before := s.collector(t, "--state-dir", state)
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.ended
	left := audited(t)
	if left.ours() == 0 || left.Enabled == 0 {
		t.Fatalf("kill -9 left %d rules of ours and enabled=%d: there is nothing to clean up", left.ours(), left.Enabled)
	}
	if entries, err := os.ReadDir(state); err != nil || len(entries) == 0 {
		t.Fatalf("the former settings are not kept: %v %v", entries, err)
	}
	for range seatTries {
		seatFree(t, len(left.Rules))
		if p = s.start(t, "run", "--json", "--state-dir", state); p.collecting() {
			break
		}
		p.stop(syscall.SIGTERM) // a visitor was faster
	}
	killed := func(l line) bool { return l.Columns["detection"] == "SELF-5" }
	if !eventually(t, findWithin, func() bool { return slices.ContainsFunc(p.findings(), killed) }) {
		t.Error("that the first run was killed is no finding")
	}
	again := audited(t)
	if again.ours() != left.ours() || len(again.Rules) != len(left.Rules) {
		t.Errorf("the second run has %d rules among %d, the first had %d", again.ours(), len(again.Rules), left.ours())
	}
	p.stop(syscall.SIGTERM)
	sameAudit(t, before)
	t.Logf("kill -9 left %d rules; after the next run's end: enabled=%d backlog_limit=%d backlog_wait_time=%d, %d rules",
		left.ours(), before.Enabled, before.BacklogLimit, before.BacklogWaitTime, len(before.Rules))
}

// analyticsOf gives ATT&CK's analytics of a platform, without the published rules and our own.
func analyticsOf(t *testing.T, platform string) []queries.Detection {
	t.Helper()
	return slices.DeleteFunc(detectionsOf(t, platform), func(d queries.Detection) bool { return d.Rule() || d.Own() })
}

func detectionsOf(t *testing.T, platform string) []queries.Detection {
	t.Helper()
	ds, err := queries.ByPlatform(platform)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}
