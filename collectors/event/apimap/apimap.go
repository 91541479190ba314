// Package apimap holds facts: which API of an operating system raises which event on which provider, where apiwatch shows that
// event, and how hard it is to evade, in the levels and columns of Summiting the Pyramid
// (https://center-for-threat-informed-defense.github.io/summiting-the-pyramid/) as apiwatch rates the event itself.
package apimap

import (
	"strconv"
	"strings"
)

// Event is an event, and the APIs that raise it.
type Event struct {
	Provider string
	ID       int64 // 0 for a source whose records have no ids
	Name     string
	Table    string // that shows it
	Shown    string // as which API the table shows it
	// Level is 5 for what every way of doing it must call, 4 for what some ways of doing it call, 3 for what a tool that the system
	// has logs of itself. Column is K where the kernel logs it, U where a library or a service in user mode does, A where the
	// application does.
	Level  int64
	Column string
	APIs   []string
	Note   string // when it is raised, and what must be switched on
	page   string // where the fact is documented; "" for the provider's own page
	source string // ATT&CK's name of the log; "" for the provider's own
}

// provider is what the events of a provider have in common.
type provider struct {
	source, platform, page string
}

// Events lists all events.
func Events() []*Event {
	var all []*Event
	for _, list := range [][]Event{auditEvents, sysmonRaised, securityRaised, logRaised, traceRaised} {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	return all
}

// views are the tables that show what others show, too, of the same platform.
var views = map[string]map[string]string{
	"linux": {"ptrace_events": "process_accesses"},
	"windows": {
		"process_accesses": "process_modifications", "remote_threads": "process_modifications", "memory_protections": "process_modifications",
	},
}

// Tables gives every table that shows the event, api_calls left out where it is not the only one.
func (e *Event) Tables() []string {
	if e.Shown == "ProcessTampering" { // no call of its own
		return []string{e.Table, "process_modifications"}
	}
	if view := views[e.Platform()][e.Table]; view != "" {
		return []string{e.Table, view}
	}
	return []string{e.Table}
}

// LogSource gives ATT&CK's name of the log source.
func (e *Event) LogSource() string {
	if e.source != "" {
		return e.source
	}
	return providers[e.Provider].source
}

// Platform is "linux" or "windows".
func (e *Event) Platform() string { return providers[e.Provider].platform }

// Reference gives the page that documents the event.
func (e *Event) Reference() string {
	if e.page != "" {
		return e.page
	}
	return strings.ReplaceAll(providers[e.Provider].page, "{id}", strconv.FormatInt(e.ID, 10))
}
