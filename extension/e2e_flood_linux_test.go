package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// floods are what the simulator makes floods of, each with the analytics that read the same kinds of event.
var floods = []struct {
	kind      string
	analytics []string
}{
	{"ptrace", []string{"AN0579", "AN1241"}},
	{"poke", []string{"AN0579", "AN1241"}},
	{"mprotect", []string{"AN0839", "AN1400"}},
	{"open", []string{"AN0120", "AN1494"}},
	{"exec", []string{"AN0397", "AN1562", "AN1627"}},
	{"fork", []string{"AN1223", "AN0613", "AN0976"}},
	{"connect", []string{"AN0431", "AN1196"}},
}

// floodWithin is how long after a deed amid floods its finding may come.
const floodWithin = 10 * time.Second

// floodsWanted skips where nobody asked: what floods leave of the processors depends on the machine.
func floodsWanted(t *testing.T) {
	t.Helper()
	if os.Getenv("APIWATCH_FLOODS") == "" {
		t.Skipf("%s NOT RUN: APIWATCH_FLOODS is not set: what it shows depends on the machine's speed", t.Name())
	}
}

// TestE2EFlood performs behaviours amid a flood of the same kinds, which began before and goes on after, by a user and by root: each is
// found.
func TestE2EFlood(t *testing.T) {
	s := onStage(t)
	floodsWanted(t)
	for _, f := range floods {
		for _, uid := range []uint32{1000, 0} {
			t.Run(fmt.Sprintf("%s by %d", f.kind, uid), func(t *testing.T) { s.amid(t, "audit", uid, []string{f.kind}, f.analytics) })
		}
	}
}

// TestE2EAllFloods performs every behaviour amid all floods at once, three times.
func TestE2EAllFloods(t *testing.T) {
	s := onStage(t)
	floodsWanted(t)
	var kinds, analytics []string
	for _, f := range floods {
		kinds = append(kinds, f.kind)
	}
	for _, d := range analyticsOf(t, "linux") {
		analytics = append(analytics, d.ID)
	}
	foldersOfDevices(t)
	for _, feed := range linuxFeeds {
		for round, uid := range []uint32{1000, 0, 1000} {
			t.Run(fmt.Sprintf("%s, %d by %d", feed, round, uid), func(t *testing.T) { s.amid(t, feed, uid, kinds, analytics) })
		}
	}
}

// amid performs behaviours amid floods.
func (s *stage) amid(t *testing.T, feed string, uid uint32, kinds, analytics []string) {
	t.Helper()
	p, before := s.on(t, feed, "--state-dir", t.TempDir())
	var stops []func()
	for _, kind := range kinds {
		stops = append(stops, s.flood(t, uid, kind))
	}
	time.Sleep(time.Second) // the floods are in front
	var deeds []act
	for _, id := range analytics {
		acts := s.performUntil(t, func(acts []act) bool { return found(seenBy(feed, acts), p.findings()) }, id)
		deeds = append(deeds, seenBy(feed, acts)...)
	}
	time.Sleep(time.Second) // and behind
	eventually(t, findWithin, func() bool { return found(deeds, p.findings()) })
	for _, stop := range stops {
		stop()
	}
	table := [][]string{{"ANALYTIC", "VARIANT", "LATENCY"}}
	for i := range deeds {
		a := &deeds[i]
		own := of(a, p.findings())
		if len(own) == 0 {
			t.Errorf("amid floods of %v by uid %d: %s is not found", kinds, uid, a.name())
			continue
		}
		late := own[0].came.Sub(time.Unix(0, a.EndedNS))
		if late > floodWithin {
			t.Errorf("amid floods of %v by uid %d: %s is found after %v", kinds, uid, a.name(), late)
		}
		table = append(table, []string{a.ID, a.Variant, late.Round(time.Millisecond).String()})
	}
	p.keptSeat()
	p.stop(syscall.SIGTERM)
	sameAudit(t, before)
	aligned(t, "findings amid floods", table)
}

// flood starts one as a user, and gives how to stop it.
func (s *stage) flood(t *testing.T, uid uint32, kind string) (stop func()) {
	t.Helper()
	program := filepath.Join(s.dir, "flood-"+kind)
	if out, err := exec.CommandContext(t.Context(), "cp", s.simulate, program).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), program, "flood", kind)
	cmd.Env, cmd.Dir = neutralEnv, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	})
	t.Cleanup(stop)
	return stop
}
