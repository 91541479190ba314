package tables

import "github.com/apiwatch/apiwatch/collectors/event"

func scheduledTaskChanges(d *Data) *Table {
	get := detailOf[event.Task]
	return eventView{
		Name:        "scheduled_task_changes",
		Description: "Scheduled tasks made, changed, removed and run.",
		Component:   "DC0001 Scheduled Job Creation, DC0005 Scheduled Job Metadata",
		Kinds:       []event.Kind{event.KindTask},
		Examples: []string{
			"SELECT time, user, task_name, command FROM scheduled_task_changes WHERE action = 'create'",
		},
		Columns: []column[ev]{
			text("action", "create, update, delete, enable, disable, trigger, start, run, completed, end, failed or terminate.",
				func(e ev) string { return get(e).Action }),
			text("task_name", "The task, \\folder\\name.", func(e ev) string { return get(e).Name }),
			text("command", "What it runs, from its definition; several are separated by semicolons.", func(e ev) string { return get(e).Command }),
			text("program", "The first program that it runs.", func(e ev) string { return e.Path }),
			text("run_as", "Whom it runs as.", func(e ev) string { return get(e).User }),
			text("result", "What an action or a start ended with, as the log gives the number, and its name, "+
				"such as 2147942402 ERROR_FILE_NOT_FOUND.", func(e ev) string { return get(e).Result }),
			text("definition", "Its definition, XML.", func(e ev) string { return get(e).Content }),
		},
	}.table(d)
}
