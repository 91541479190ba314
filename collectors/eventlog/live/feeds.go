package live

import (
	"slices"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event/apimap"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
)

const (
	securityLog   = "Security"
	securityAudit = "Microsoft-Windows-Security-Auditing"
)

// objectTables are the tables of the events that several subcategories share, by the sort of object: a handle was requested, an
// object was accessed.
var objectTables = map[string]string{
	"File System": "file_accesses", "Registry": "registry_changes", "Kernel Object": "process_accesses", "SAM": "",
}

// records: of what has no table of its own all fields are kept.
var records = collectors.More{Tables: []string{"eventlog_records"}}

// requested is the table of what command lines and scripts ask for.
const requested = "registry_requests"

// more is what channels and subcategories bring beside the events that api_event_map knows.
var more = map[string]collectors.More{
	"Microsoft-Windows-Sysmon/Operational": {
		Tables: []string{"service_changes", requested}, APIs: []string{"accept", "ControlService"},
	},
	"Windows PowerShell":                       {Tables: []string{"script_blocks", requested}, APIs: []string{"ScriptBlock"}},
	"Microsoft-Windows-PowerShell/Operational": {Tables: []string{requested}},
	"PowerShellCore/Operational":               {Tables: []string{requested}},
	"Process Creation":                         {Tables: []string{requested}},
	"System":                                   {Tables: []string{"network_flows"}, APIs: []string{"DnsQuery"}},
	"Application":                              {APIs: []string{"MsiConfigureProduct", "JetDetachDatabase"}},
	"Microsoft-Windows-Windows Defender/Operational": {APIs: []string{"RegDeleteValue"}},
	"Microsoft-Windows-PrintService/Operational":     {APIs: []string{"DeletePrinter", "StartDocPrinter", "SetPrinter"}},
	"Microsoft-Windows-PrintService/Admin":           {APIs: []string{"SetDefaultPrinter"}},
	"Microsoft-Windows-Bits-Client/Operational": {APIs: []string{
		"IBackgroundCopyJob::Complete", "IBackgroundCopyJob::Cancel", "IBackgroundCopyJob::AddFile",
	}},
	"Microsoft-Windows-WinRM/Operational": {Tables: []string{"logons"}},
	"Authentication Policy Change": {Tables: []string{"directory_changes"}, APIs: []string{
		"LsaAddAccountRights",
		"LsaRemoveAccountRights",
	}},
	"Authorization Policy Change": {APIs: []string{"LsaRemoveAccountRights"}},
	"User Account Management":     {APIs: []string{"CredEnumerate", "VaultEnumerateItems", "VaultGetItem"}},
	"Directory Service Access":    {Tables: []string{"directory_changes"}, APIs: []string{"DirectoryAccess"}},
	"File System":                 {APIs: []string{"NtCommitTransaction"}},
}

// Feeds declares what the event logs deliver: one feed a channel, and one a subcategory of the audit policy, by which the Security
// log is filled.
func Feeds() []collectors.Feed {
	var out []collectors.Feed
	for _, c := range Channels() {
		f := collectors.Feed{
			Platform: "windows", LogSources: []string{c.LogSource}, Name: "channel " + c.Path,
			Needs: []collectors.Item{channelOf(c.Path)},
		}
		for _, p := range c.Providers {
			if traced(p) || p == securityAudit {
				f.LogSources = append(f.LogSources, "etw:"+p)
			}
		}
		f.Deliver(apimap.Events(), func(e *apimap.Event) bool {
			return e.LogSource() == c.LogSource && e.Provider != securityAudit &&
				(len(c.Providers) == 0 || slices.Contains(c.Providers, e.Provider))
		})
		f.Add(more[c.Path])
		f.Add(records)
		out = append(out, f)
	}
	for _, c := range subcategories {
		f := collectors.Feed{
			Platform: "windows", LogSources: []string{"WinEventLog:Security", "etw:" + securityAudit}, Name: "audit policy " + c.name,
			Needs: []collectors.Item{channelOf(securityLog), {Collector: "eventlog", Item: policyItem + c.name}},
		}
		only, shared := objectTables[c.name]
		f.Deliver(apimap.Events(), func(e *apimap.Event) bool {
			return e.Provider == securityAudit && slices.Contains(c.events, uint32(e.ID)) &&
				(!shared || e.Table == only || e.Table == "api_calls")
		})
		f.Add(more[c.name])
		f.Add(records)
		out = append(out, f)
	}
	return out
}

func channelOf(path string) collectors.Item {
	return collectors.Item{Collector: "eventlog", Item: channelItem + path}
}

// traced tells whether a provider is one of those of which ATT&CK has a log source of its own, etw:…, wherever it writes.
func traced(provider string) bool {
	return slices.ContainsFunc(meaning.Traces(), func(t *meaning.Trace) bool { return t.Name == provider })
}
