// Package manifest knows what the manifests of Windows' providers say and some shippers leave out: in which order a template has its
// values, which provider writes to a channel, what a provider is called.
package manifest

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// list has a line for each event, by its number of values: its id and their names. The names are those of the templates in .evtx
// files and of the events' pages in Microsoft's documentation.
//
//go:embed order.txt
var list string

type key struct {
	provider string
	id       uint32
	values   int
}

var known = sync.OnceValue(func() map[key][]string {
	out := make(map[key][]string)
	provider := ""
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			provider = strings.TrimSuffix(name, "]")
			continue
		}
		number, names, _ := strings.Cut(line, " ")
		id, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			continue
		}
		all := strings.Split(names, ",")
		out[key{provider, uint32(id), len(all)}] = all
	}
	return out
})

// Order gives the names of an event's values; nil where no template of so many values is known. Sysmon's events had no RuleName before
// version 7.
func Order(provider string, id uint32, values int) []string {
	if names := known()[key{provider, id, values}]; names != nil || provider != "Microsoft-Windows-Sysmon" {
		return names
	}
	if names := known()[key{provider, id, values + 1}]; len(names) > 0 && names[0] == "RuleName" && names[len(names)-1] != "User" {
		return names[1:]
	}
	return nil
}

// Provider gives the provider that writes to a channel, if it is the only one; "" for others.
func Provider(channel string, id uint32) string {
	switch channel {
	case "Security":
		if id >= 1100 && id <= 1108 { // of the service itself
			return "Microsoft-Windows-Eventlog"
		}
		return "Microsoft-Windows-Security-Auditing"
	case "Windows PowerShell":
		return "PowerShell"
	case "PowerShellCore/Operational":
		return "PowerShellCore"
	}
	if strings.HasPrefix(channel, "Microsoft-Windows-") {
		provider, _, _ := strings.Cut(channel, "/")
		return provider
	}
	return ""
}

// Named gives the provider whose name people are shown.
func Named(shown string) string {
	switch shown {
	case "Microsoft Windows security auditing.", "Security-Auditing", "Microsoft Windows Security Auditing":
		return "Microsoft-Windows-Security-Auditing"
	case "Sysmon":
		return "Microsoft-Windows-Sysmon"
	}
	// "PowerShell (Microsoft-Windows-PowerShell)"
	if before, after, ok := strings.Cut(shown, " ("); ok && strings.HasSuffix(after, ")") && before != "" && !strings.Contains(after, " ") {
		return strings.TrimSuffix(after, ")")
	}
	return shown
}

// Short are hayabusa's short names of channels, with the channel's provider where it has only one.
var Short = map[string][2]string{
	"App":         {"Application", ""},
	"AppLocker":   {"Microsoft-Windows-AppLocker/MSI and Script", "Microsoft-Windows-AppLocker"},
	"BitsCli":     {"Microsoft-Windows-Bits-Client/Operational", "Microsoft-Windows-Bits-Client"},
	"Defender":    {"Microsoft-Windows-Windows Defender/Operational", "Microsoft-Windows-Windows Defender"},
	"DNS-Cli":     {"Microsoft-Windows-DNS-Client/Operational", "Microsoft-Windows-DNS-Client"},
	"PwSh":        {"Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell"},
	"PwShClassic": {"Windows PowerShell", "PowerShell"},
	"Sec":         {"Security", "Microsoft-Windows-Security-Auditing"},
	"Sys":         {"System", ""},
	"Sysmon":      {"Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon"},
	"TaskSch":     {"Microsoft-Windows-TaskScheduler/Operational", "Microsoft-Windows-TaskScheduler"},
	"WMI":         {"Microsoft-Windows-WMI-Activity/Operational", "Microsoft-Windows-WMI-Activity"},
}
