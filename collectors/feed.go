package collectors

import (
	"slices"

	"github.com/apiwatch/apiwatch/collectors/event/apimap"
)

// Parts that feeds of Linux share: those which tell of programs started, and of processes that ended.
const (
	Execution = "execution"
	Ends      = "ends of processes"
)

// Feed is what a collector delivers on one condition, in ATT&CK's terms. Each collector declares its feeds: which analytics a
// host can feed, why not, and on which platforms a table has anything follow from the declarations alone.
type Feed struct {
	Platform string // linux, windows or macos
	// LogSources are ATT&CK's names of what it brings, "auditd:SYSCALL".
	LogSources []string
	// Name says what it is, as a reason has it: "audit rule ptrace".
	Name string
	// Needs are the rows of collector_health that tell whether it is there; all of them must be well.
	Needs []Item
	// Deliveries are the tables that get anything from it. api_calls gets all that has an API and is not listed.
	Deliveries []Delivery
	// APIs are the names under which its events are shown.
	APIs []string
	// Part names what only the feeds of this part bring. Without one, all feeds of the platform that bring a table stand in for
	// each other, as logs of Windows do that tell of the same deeds.
	Part string
	// ByName says that only an analytic that names one of its APIs asks for it, not one that asks for a category of them.
	ByName bool
	// Lacks says what it misses of what other feeds of its part bring; "" for nothing.
	Lacks string
	// Otherwise says what is seen although the feed is not there; "" for nothing.
	Otherwise string
}

// Item is a row of collector_health.
type Item struct{ Collector, Item string }

// Delivery is what a feed brings to a table.
type Delivery struct {
	Table string
	// Values are of the events alone that it brings: an analytic that asks for none of them does not miss the feed. None means
	// that the events are of any sort.
	Values []string
}

// More are tables and APIs of a feed beside those that follow from the events which APIs are known to raise.
type More struct{ Tables, APIs []string }

// Add adds more that the feed delivers.
func (f *Feed) Add(m More) {
	for _, table := range m.Tables {
		if !f.Delivers(table) {
			f.Deliveries = append(f.Deliveries, Delivery{Table: table})
		}
	}
	for _, api := range m.APIs {
		if !slices.Contains(f.APIs, api) {
			f.APIs = append(f.APIs, api)
		}
	}
}

// Deliver adds what some of the events that are known to be raised by APIs bring: their tables and names.
func (f *Feed) Deliver(events []*apimap.Event, of func(*apimap.Event) bool) {
	for _, e := range events {
		if !of(e) {
			continue
		}
		m := More{Tables: slices.DeleteFunc(e.Tables(), func(table string) bool { return table == "api_calls" })}
		if e.Table != "eventlog_records" {
			m.APIs = []string{e.Shown}
		}
		f.Add(m)
	}
}

// Delivers tells whether a table gets anything from the feed.
func (f *Feed) Delivers(table string) bool {
	return slices.ContainsFunc(f.Deliveries, func(d Delivery) bool { return d.Table == table })
}

// Named tells whether any of some log sources is the feed's.
func (f *Feed) Named(sources []string) bool {
	return slices.ContainsFunc(f.LogSources, func(name string) bool { return slices.Contains(sources, name) })
}

// Platforms gives those that have a feed for a table, in the words of osquery; api_calls is fed by whatever has an API.
func Platforms(feeds []Feed, table string) []string {
	var out []string
	for i := range feeds {
		f := &feeds[i]
		if f.Delivers(table) || table == "api_calls" && len(f.APIs) > 0 {
			name := f.Platform
			if name == "macos" {
				name = "darwin"
			}
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}
