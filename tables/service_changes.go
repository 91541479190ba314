package tables

import "github.com/apiwatch/apiwatch/collectors/event"

func serviceChanges(d *Data) *Table {
	get := detailOf[event.Service]
	return eventView{
		Name:        "service_changes",
		Description: "Services installed, changed, started and stopped.",
		Component:   "DC0060 Service Creation, DC0041 Service Metadata",
		Kinds:       []event.Kind{event.KindService},
		Examples: []string{
			"SELECT time, user, service_name, service_command, account FROM service_changes WHERE action = 'create'",
		},
		Columns: []column[ev]{
			text("action", "create, start_type, state or control; start_failed, start_timeout, control_timeout, stop_timeout, logon_failed, "+
				"ended_with_error, crashed, hung; interactive, changed, process_mismatch.", func(e ev) string { return get(e).Action }),
			text("service_name", "The service; where the source has no other its display name.", func(e ev) string { return get(e).Name }),
			text("service_command", "Command line or driver file of a new service.", func(e ev) string { return e.Path }),
			text("service_type", "user mode service, kernel mode driver, ….", func(e ev) string { return get(e).Type }),
			text("start_type", "auto start, demand start, disabled, ….", func(e ev) string { return get(e).Start }),
			text("account", "Whom it runs as.", func(e ev) string { return get(e).Account }),
			text("detail", "What changed: the state, the control sent, the start types before and after, or the error.",
				func(e ev) string { return get(e).Detail }),
		},
	}.table(d)
}
