package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestE2EHangup: a terminal that goes away, alone or with osqueryd on it, ends the program in order: audit is as it was. One that nohup has
// started goes on.
func TestE2EHangup(t *testing.T) {
	s := onStage(t)
	t.Run("run", func(t *testing.T) {
		p, before := s.collector(t, "--state-dir", t.TempDir())
		p.stop(syscall.SIGHUP)
		sameAudit(t, before)
	})
	t.Run("below osqueryd", func(t *testing.T) {
		manager, p, before := s.managed(t)
		p.stop(syscall.SIGHUP)
		sameAudit(t, before)
		manager.Close()
	})
	t.Run("nohup", func(t *testing.T) {
		hung := *s
		hung.apiwatch = filepath.Join(t.TempDir(), "nohup.sh")
		if err := os.WriteFile(hung.apiwatch, []byte("#!/bin/sh\ntrap '' HUP\nexec "+s.apiwatch+" \"$@\"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		p, before := hung.collector(t, "--state-dir", t.TempDir())
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if !s.found(t, p) {
			t.Errorf("after a hangup that is ignored nothing is found: %s", &p.stderr)
		}
		p.stop(syscall.SIGTERM)
		sameAudit(t, before)
	})
}

// found performs a behaviour and tells whether its finding comes.
func (s *stage) found(t *testing.T, p *program) bool {
	t.Helper()
	s.perform(t, "AN0579")
	return eventually(t, findWithin, func() bool {
		for _, l := range p.findings() {
			if l.Columns["detection"] == "AN0579" {
				return true
			}
		}
		return false
	})
}
