package tables

import (
	"context"
	"iter"
	"slices"
	"strings"
)

// raises says which APIs raise an event, and where the event is shown.
type raises struct {
	provider string
	id       int64 // 0 for a source whose records have no ids
	event    string
	table    string
	shown    string // as which API the table shows it
	level    int64
	column   string
	apis     []string
	note     string
	page     string // where the fact is documented; "" for the provider's own page
	source   string // ATT&CK's name of the log; "" for the provider's own
}

// apiEvent is one row: an API and an event that it raises.
type apiEvent struct {
	*raises
	*eventProvider
	api string
}

// eventProvider is what the events of a provider have in common.
type eventProvider struct {
	source, platform, page string
}

func apiEventMap(*Data) *Table {
	rows := apiEvents()
	return spec[apiEvent]{
		Name: "api_event_map",
		Description: "Which API raises which event on which provider, in which table the event is shown, and how hard it is to evade: " +
			"the levels and columns of Summiting the Pyramid (https://center-for-threat-informed-defense.github.io/summiting-the-pyramid/), " +
			"as apiwatch rates the event itself.",
		Component: "DC0021 OS API Execution",
		Platforms: []string{"linux", "windows", "darwin"},
		Examples: []string{
			"SELECT api, log_source, event_id, shown_in FROM api_event_map WHERE api = 'NtCreateThreadEx'",
			"SELECT shown_in, log_source, event_id, group_concat(api, ', ') AS apis FROM api_event_map WHERE platform = 'windows' GROUP BY shown_in, log_source, event_id",
		},
		Columns: []column[apiEvent]{
			optimized(text("api", "The API that is called.", func(r apiEvent) string { return r.api })),
			text("platform", "linux or windows.", func(r apiEvent) string { return r.platform }),
			text("log_source", "ATT&CK's name of the log source, as in the tables.", apiEvent.logSource),
			text("provider", "The native source, as in the tables.", func(r apiEvent) string { return r.provider }),
			known("event_id", "Event id within the provider; NULL where the source has none.", func(r apiEvent) (int64, bool) { return r.id, r.id > 0 }),
			text("event_name", "What the provider calls the event.", func(r apiEvent) string { return r.event }),
			text("shown_in", "The table that shows it; api_calls shows it too, unless that is eventlog_records.", func(r apiEvent) string { return r.table }),
			text("shown_as", "The column api of that table for it: several APIs raise one event, which does not tell them apart.", func(r apiEvent) string { return r.shown }),
			integer("pyramid_level", "5 what every way of doing it must call, 4 what some ways of doing it call, 3 what a tool that the system has logs of itself.", func(r apiEvent) int64 {
				return r.level
			}),
			text("pyramid_column", "K logged by the kernel, U by a library or a service in user mode, A by the application.", func(r apiEvent) string { return r.column }),
			text("note", "When it is raised, and what must be switched on.", func(r apiEvent) string { return r.note }),
			text("reference", "Where that is documented.", func(r apiEvent) string { return r.reference() }),
		},
		Rows: func(context.Context, *Query) (iter.Seq2[int64, apiEvent], error) {
			return func(yield func(int64, apiEvent) bool) {
				for i, r := range rows {
					if !yield(int64(i)+1, r) {
						return
					}
				}
			}, nil
		},
	}.table()
}

func (r apiEvent) logSource() string {
	if r.raises.source != "" {
		return r.raises.source
	}
	return r.eventProvider.source
}

func (r apiEvent) reference() string {
	if r.raises.page != "" {
		return r.raises.page
	}
	return strings.ReplaceAll(r.eventProvider.page, "{id}", eventID(r.id))
}

// apiEvents gives a row for each API of each event.
func apiEvents() []apiEvent {
	var rows []apiEvent
	for _, list := range [][]raises{auditEvents, sysmonRaised, securityRaised, logRaised, traceRaised} {
		for i := range list {
			e := &list[i]
			provider, ok := eventProviders[e.provider]
			if !ok {
				provider = eventProvider{} // a test wants each to be known
			}
			for _, api := range e.apis {
				rows = append(rows, apiEvent{e, &provider, api})
			}
		}
	}
	return slices.Clip(rows)
}
