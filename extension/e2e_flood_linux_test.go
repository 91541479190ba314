package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// askedLate are variants of which the kernel's records name no process: whose memory is opened has to be looked up while it is open, and in
// a flood the look may come too late.
var askedLate = []string{"AN1494 directory", "AN1494 link"}

// TestE2EFlood performs behaviours amid floods of the same kinds, which began before and go on after, by a user and by root: each is found.
// Whether the collector comes to read in time depends on how much of the processors a flood leaves it, so it runs where it is asked for.
func TestE2EFlood(t *testing.T) {
	s := onStage(t)
	if os.Getenv("APIWATCH_FLOODS") == "" {
		t.Skipf("%s NOT RUN: APIWATCH_FLOODS is not set: what it shows depends on the machine's speed", t.Name())
	}
	p, before := s.collector(t, "--state-dir", t.TempDir())
	table := [][]string{{"FLOOD", "BY", "ANALYTIC", "VARIANT", "LATENCY"}}
	for _, f := range floods {
		for _, uid := range []uint32{1000, 0} {
			stop := s.flood(t, uid, f.kind)
			time.Sleep(time.Second) // the flood is in front
			var deeds []act
			for _, id := range f.analytics {
				deeds = append(deeds, s.performUntil(t, func(acts []act) bool { return found(inTime(acts), p.findings()) }, id)...)
			}
			time.Sleep(time.Second) // and behind
			stop()
			deeds = inTime(deeds)
			eventually(t, findWithin, func() bool { return found(deeds, p.findings()) })
			for i := range deeds {
				a := &deeds[i]
				own := of(a, p.findings())
				if len(own) == 0 {
					t.Errorf("amid a flood of %s by uid %d: %s is not found", f.kind, uid, a.name())
					continue
				}
				late := own[0].came.Sub(time.Unix(0, a.EndedNS))
				table = append(table, []string{f.kind, fmt.Sprint(uid), a.ID, a.Variant, late.Round(time.Millisecond).String()})
			}
		}
	}
	p.keptSeat()
	p.stop(syscall.SIGTERM)
	sameAudit(t, before)
	aligned(t, "findings amid floods", table)
}

// inTime leaves out what may be looked at too late.
func inTime(acts []act) []act {
	return slices.DeleteFunc(slices.Clone(acts), func(a act) bool { return slices.Contains(askedLate, a.name()) })
}

// flood starts one as a user, and gives how to stop it.
func (s *stage) flood(t *testing.T, uid uint32, kind string) (stop func()) {
	t.Helper()
	program := filepath.Join(s.dir, "flood")
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
