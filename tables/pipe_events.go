package tables

import "github.com/apiwatch/apiwatch/collectors/event"

func pipeEvents(d *Data) *Table {
	get := detailOf[event.Pipe]
	return eventView{
		Name:        "pipe_events",
		Description: "Named pipes made and connected to.",
		Component:   "DC0048 Named Pipe Metadata",
		Platforms:   []string{"windows"},
		Kinds:       []event.Kind{event.KindPipe},
		LastPart:    "pipe_leaf",
		Examples: []string{
			"SELECT time, path, pipe_name FROM pipe_events WHERE action = 'create' AND system_path = 0",
		},
		Columns: []column[ev]{
			text("action", "create or connect.", func(e ev) string { return get(e).Action }),
			text("pipe_name", "The pipe, \\name.", func(e ev) string { return e.Path }),
			text("pipe_leaf", "Last part of pipe_name, in lower case.", func(e ev) string { return event.LastPart(e.Path) }),
		},
	}.table(d)
}
