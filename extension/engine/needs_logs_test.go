package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/eventlog/live"
	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/tables"
)

// logHealth gives a health in which every feed of Windows works but those that are off for a reason.
func logHealth(off map[feed]string) []collectors.Health {
	all := map[feed]bool{{"eventlog", "source"}: true}
	for _, feeds := range logFeeds {
		for _, f := range feeds {
			all[f] = true
		}
	}
	for _, c := range live.Channels() {
		all[channel(c.Path)] = true
	}
	var out []collectors.Health
	for f := range all {
		h := collectors.Health{Collector: f.collector, Item: f.item, State: "ok"}
		if why, ok := off[f]; ok {
			h.State, h.Reason = "off", why
		}
		out = append(out, h)
	}
	return out
}

func TestLogGaps(t *testing.T) {
	noSysmon := map[feed]string{sysmonChannel: "not installed"}
	little := map[feed]string{
		sysmonChannel: "not installed", auditPolicy("Process Creation"): "auditpol", traced("Microsoft-Windows-Kernel-Process"): "access denied",
	}
	for _, c := range []struct {
		name         string
		tables, logs []string
		health       []collectors.Health
		state        queries.State
		reason       string
	}{
		{"everything works", []string{"process_starts"}, []string{"WinEventLog:Sysmon", "EDR:file"}, logHealth(nil), queries.Active, ""},
		{"another feed brings the same", []string{"process_starts"}, []string{"WinEventLog:Security"}, logHealth(noSysmon), queries.Active, ""},
		{
			"a log that the analytic names",
			[]string{"process_starts"},
			[]string{"WinEventLog:Security", "WinEventLog:Sysmon"},
			logHealth(noSysmon), queries.Degraded,
			"without WinEventLog:Sysmon: not installed",
		},
		{
			"a later table",
			[]string{"process_starts", "pipe_events"},
			[]string{"WinEventLog:Security"},
			logHealth(noSysmon), queries.Degraded,
			"without pipe_events: not installed",
		},
		{
			"the first table",
			[]string{"process_starts", "logons"},
			[]string{"WinEventLog:Sysmon"},
			logHealth(little), queries.NotFed,
			"without process_starts: not installed, or auditpol, or access denied",
		},
		{
			"no event log at all",
			[]string{"script_blocks"},
			nil,
			[]collectors.Health{{Collector: "eventlog", Item: "source", State: "failed", Reason: "no service"}},
			queries.NotFed, "without script_blocks: no service",
		},
		{
			"traces alone", []string{"process_starts"}, nil, []collectors.Health{
				{Collector: "eventlog", Item: "source", State: "failed", Reason: "no service"},
				{Collector: etwCollector, Item: "provider:Microsoft-Windows-Kernel-Process", State: "ok"},
			}, queries.Active, "",
		},
		{
			"a provider that cannot be had",
			[]string{"process_starts"},
			[]string{"etw:Microsoft-Windows-RPC"},
			append(logHealth(nil), collectors.Health{
				Collector: etwCollector, Item: "provider:Microsoft-Windows-RPC", State: "failed",
				Reason: "denied",
			}),
			queries.Degraded, "without etw:Microsoft-Windows-RPC: denied",
		},
		{
			"a recording",
			[]string{"process_starts"},
			[]string{"WinEventLog:Sysmon"},
			[]collectors.Health{{Collector: "eventlog", Item: "file:a.evtx", State: "ok"}},
			queries.Active, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state, reason := logGaps(&queries.Detection{Tables: c.tables, LogSources: c.logs}, c.health)
			if state != c.state || reason != c.reason {
				t.Errorf("%s: %q, want %s: %q", state, reason, c.state, c.reason)
			}
		})
	}
}

// What is said to bring a table anything is what the collectors report on, and each table that a Windows analytic begins
// with has a feed.
func TestLogFeedsAreKnown(t *testing.T) {
	known := make(map[feed]bool)
	for _, c := range live.Channels() {
		known[channel(c.Path)] = true
	}
	for _, item := range live.AuditItems() {
		known[feed{"eventlog", item}] = true
	}
	var names []string
	for _, table := range tables.All(&tables.Data{}) {
		names = append(names, table.Name)
	}
	for table, feeds := range logFeeds {
		if !slices.Contains(names, table) {
			t.Errorf("%s is no table", table)
		}
		for _, f := range feeds {
			if f.collector != etwCollector && !known[f] {
				t.Errorf("%s: nothing reports on %s %s", table, f.collector, f.item)
			}
		}
	}
	windows, err := queries.ByPlatform("windows")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range windows {
		if first := d.Tables[0]; logFeeds[first] == nil && first != "api_calls" && first != "eventlog_records" {
			t.Errorf("%s: nothing is said to bring %s anything", d.ID, first)
		}
		for _, name := range d.LogSources {
			if strings.HasPrefix(name, "WinEventLog:") && feedsNamed(name) == nil {
				t.Errorf("%s names %s, which is not subscribed to", d.ID, name)
			}
		}
	}
}
