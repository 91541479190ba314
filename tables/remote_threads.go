package tables

import (
	"slices"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names"
)

func remoteThreads(d *Data) *Table {
	get := detailOf[event.RemoteThread]
	return eventView{
		Name:        "remote_threads",
		Description: "Threads that a process started in another one.",
		Component:   "DC0020 Process Modification",
		Kinds:       []event.Kind{event.KindRemoteThread},
		LastPart:    "target_name",
		Examples: []string{
			"SELECT time, path, target_path, start_address FROM remote_threads WHERE start_module = ''",
		},
		Columns: slices.Concat([]column[ev]{
			text("start_address", "Where the thread starts, in hexadecimal.", func(e ev) string { return names.Hex(get(e).StartAddress) }),
			text("start_module", "The module that the address lies in; empty if it lies in none.", func(e ev) string { return get(e).StartModule }),
			text("start_function", "The function that starts there, where it is exported.", func(e ev) string { return get(e).StartFunction }),
			bigint("thread_id", "The new thread's id.", func(e ev) int64 { return get(e).ThreadID }),
			integer("is_child", "1 if the caller created the target.", isChild),
		}, targetColumns),
	}.table(d)
}
