package engine

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/pump"
)

// told is a source of which only its health counts.
type told struct{ health collectors.Health }

func (s told) Name() string                     { return s.health.Collector }
func (told) Open(context.Context, func()) error { return nil }
func (told) Read() error                        { return nil }
func (told) Decode(collectors.Sink)             {}
func (told) Close() error                       { return nil }
func (s told) Health() []collectors.Health      { return []collectors.Health{s.health} }

// TestBlind: where no source opens that is said with what to do, and of a table where none of those that bring it does.
func TestBlind(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("TestBlind NOT RUN: its sources are Linux's")
	}
	audit, connector := "CAP_AUDIT_CONTROL is missing: run as root", "CAP_NET_ADMIN is missing: run as root"
	for _, c := range []struct {
		name             string
		audit, connector string // their states
		blind            bool
		empty, seen      []string // tables
	}{
		{
			"nothing", "failed", "off", true,
			[]string{"process_starts", "ptrace_events", "api_calls", "findings"},
			[]string{"rwx_mappings", "detections"},
		},
		{
			"connector alone", "failed", "ok", false,
			[]string{"ptrace_events", "memory_protections"},
			[]string{"process_starts", "api_calls", "findings"},
		},
		{"audit alone", "degraded", "off", false, nil, []string{"process_starts", "ptrace_events", "api_calls", "findings"}},
		{"all", "ok", "ok", false, nil, []string{"process_starts", "ptrace_events", "registry_changes"}},
	} {
		e := &Engine{pump: &pump.Pump{Sources: []collectors.Source{
			told{collectors.Health{Collector: "audit", Item: "socket", State: c.audit, Reason: audit}},
			told{collectors.Health{Collector: "ebpf", Item: "programs", State: "off", Reason: "--linux-feed=audit"}},
			told{collectors.Health{Collector: "process_connector", Item: "socket", State: c.connector, Reason: connector}},
		}}}
		err := e.Blind()
		if c.blind != (err != nil) || err != nil && (!strings.Contains(err.Error(), audit) || !strings.Contains(err.Error(), connector)) {
			t.Errorf("%s: blind because %v, want %v", c.name, err, c.blind)
		}
		for _, table := range c.empty {
			if err := e.BlindTo(table); err == nil || strings.Count(err.Error(), audit) != 1 {
				t.Errorf("%s: %s stays empty because %v", c.name, table, err)
			}
		}
		for _, table := range c.seen {
			if err := e.BlindTo(table); err != nil {
				t.Errorf("%s: %s stays empty because %v", c.name, table, err)
			}
		}
	}
}
