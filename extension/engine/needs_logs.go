package engine

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/eventlog/live"
	"github.com/apiwatch/apiwatch/queries"
)

// feed is a health row of Windows on which a table's rows depend.
type feed struct{ collector, item string }

const etwCollector = "etw"

func channel(path string) feed            { return feed{"eventlog", "channel:" + path} }
func auditPolicy(subcategory string) feed { return feed{"eventlog", "audit_policy:" + subcategory} }
func traced(provider string) feed         { return feed{etwCollector, "provider:" + provider} }

var (
	sysmonChannel     = channel("Microsoft-Windows-Sysmon/Operational")
	powershellChannel = channel("Microsoft-Windows-PowerShell/Operational")
)

// logFeeds says which feeds bring a table what it has on Windows. Any of them will do, the best is named first.
var logFeeds = map[string][]feed{
	"process_starts": {sysmonChannel, auditPolicy("Process Creation"), traced("Microsoft-Windows-Kernel-Process")},
	"process_accesses": {
		sysmonChannel, auditPolicy("Kernel Object"), traced("Microsoft-Windows-Kernel-Audit-API-Calls"),
		traced("Microsoft-Windows-Threat-Intelligence"),
	},
	"process_modifications": {
		sysmonChannel, auditPolicy("Kernel Object"), traced("Microsoft-Windows-Threat-Intelligence"),
		traced("Microsoft-Windows-Kernel-Audit-API-Calls"),
	},
	"remote_threads":     {sysmonChannel, traced("Microsoft-Windows-Kernel-Process")},
	"module_loads":       {sysmonChannel, traced("Microsoft-Windows-Kernel-Process"), traced("Microsoft-Windows-DotNETRuntime")},
	"memory_protections": {traced("Microsoft-Windows-Threat-Intelligence")},
	"file_changes":       {sysmonChannel, traced("Microsoft-Windows-Kernel-File")},
	"file_accesses":      {auditPolicy("File System"), sysmonChannel},
	"registry_changes":   {sysmonChannel, auditPolicy("Registry"), traced("Microsoft-Windows-Kernel-Registry")},
	"pipe_events":        {sysmonChannel},
	"network_flows":      {sysmonChannel, auditPolicy("Filtering Platform Connection")},
	"script_blocks": {
		powershellChannel, channel("PowerShellCore/Operational"), channel("Windows PowerShell"),
		traced("Microsoft-Antimalware-Scan-Interface"),
	},
	"logons": {
		auditPolicy("Logon"), auditPolicy("Special Logon"), auditPolicy("Kerberos Authentication Service"),
		auditPolicy("Credential Validation"),
	},
	"token_changes": {auditPolicy("Token Right Adjusted Events"), auditPolicy("Sensitive Privilege Use")},
	"directory_changes": {
		auditPolicy("Directory Service Changes"), auditPolicy("User Account Management"),
		auditPolicy("Security Group Management"),
	},
	"service_changes":        {channel("System"), auditPolicy("Security System Extension")},
	"scheduled_task_changes": {channel("Microsoft-Windows-TaskScheduler/Operational"), auditPolicy("Other Object Access Events")},
}

// logGaps gives an analytic's state for want of logs, on a machine whose event logs are subscribed to: not fed if nothing
// brings its first table anything, degraded if another of its tables or a log source that it names has no feed.
func logGaps(d *queries.Detection, health []collectors.Health) (queries.State, string) {
	rows := make(map[feed]collectors.Health)
	for _, h := range health {
		rows[feed{h.Collector, h.Item}] = h
	}
	source, subscribed := rows[feed{"eventlog", "source"}]
	if !subscribed {
		return queries.Active, ""
	}
	var why []string
	for i, table := range d.Tables {
		feeds := logFeeds[table]
		if feeds == nil { // what comes there depends on the analytic
			for _, name := range d.LogSources {
				feeds = append(feeds, feedsNamed(name)...)
			}
		}
		missing := unfed(feeds, rows, &source)
		if missing == "" {
			continue
		}
		why = append(why, "without "+table+": "+missing)
		if i == 0 {
			return queries.NotFed, strings.Join(why, "; ")
		}
	}
	for _, name := range d.LogSources {
		if missing := unfed(feedsNamed(name), rows, &source); missing != "" {
			why = append(why, "without "+name+": "+missing)
		}
	}
	if len(why) == 0 {
		return queries.Active, ""
	}
	return queries.Degraded, strings.Join(why, "; ")
}

// unfed says why none of some feeds works; "" if one does or nothing is known of them.
func unfed(feeds []feed, rows map[feed]collectors.Health, source *collectors.Health) string {
	var reasons []string
	for _, f := range feeds {
		h, ok := rows[f]
		if !ok && f.collector == source.Collector && !works(*source) { // then its parts are not listed
			h, ok = *source, true
		}
		switch {
		case !ok:
		case works(h):
			return ""
		case !slices.Contains(reasons, h.Reason):
			reasons = append(reasons, h.Reason)
		}
	}
	return strings.Join(reasons, ", or ")
}

// feedsNamed gives the feeds that ATT&CK's name of a log source means; none if it is no feed of this program.
func feedsNamed(name string) []feed {
	var out []feed
	provider, isTrace := strings.CutPrefix(name, "etw:")
	if isTrace {
		out = append(out, traced(provider))
	}
	for _, c := range live.Channels() {
		if c.LogSource == name || isTrace && slices.Contains(c.Providers, provider) {
			out = append(out, channel(c.Path))
		}
	}
	return out
}
