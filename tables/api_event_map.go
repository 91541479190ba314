package tables

import (
	"context"
	"iter"

	"github.com/apiwatch/apiwatch/collectors/event/apimap"
)

// apiEvent is one row: an API and an event that it raises.
type apiEvent struct {
	*apimap.Event
	api string
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
			"SELECT shown_in, log_source, event_id, group_concat(api, ', ') AS apis FROM api_event_map WHERE platform = 'windows' " +
				"GROUP BY shown_in, log_source, event_id",
		},
		Columns: []column[apiEvent]{
			optimized(text("api", "The API that is called.", func(r apiEvent) string { return r.api })),
			text("platform", "linux or windows.", func(r apiEvent) string { return r.Platform() }),
			text("log_source", "ATT&CK's name of the log source, as in the tables.", func(r apiEvent) string { return r.LogSource() }),
			text("provider", "The native source, as in the tables.", func(r apiEvent) string { return r.Provider }),
			known("event_id", "Event id within the provider; NULL where the source has none.",
				func(r apiEvent) (int64, bool) { return r.ID, r.ID > 0 }),
			text("event_name", "What the provider calls the event.", func(r apiEvent) string { return r.Name }),
			text("shown_in", "The table that shows it; api_calls shows it too, unless that is eventlog_records.",
				func(r apiEvent) string { return r.Table }),
			text("shown_as", "The column api of that table for it: several APIs raise one event, which does not tell them apart.",
				func(r apiEvent) string { return r.Shown }),
			integer("pyramid_level", "5 what every way of doing it must call, 4 what some ways of doing it call, "+
				"3 what a tool that the system has logs of itself.", func(r apiEvent) int64 {
				return r.Level
			}),
			text("pyramid_column", "K logged by the kernel, U by a library or a service in user mode, A by the application.",
				func(r apiEvent) string { return r.Column }),
			text("note", "When it is raised, and what must be switched on.", func(r apiEvent) string { return r.Note }),
			text("reference", "Where that is documented.", func(r apiEvent) string { return r.Reference() }),
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

// apiEvents gives a row for each API of each event.
func apiEvents() []apiEvent {
	var rows []apiEvent
	for _, e := range apimap.Events() {
		for _, api := range e.APIs {
			rows = append(rows, apiEvent{e, api})
		}
	}
	return rows
}
