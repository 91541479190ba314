package tables

import (
	"slices"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
)

func ptraceEvents(d *Data) *Table {
	return eventView{
		Name:        "ptrace_events",
		Description: "Calls of ptrace that take hold of another process or change it: attach, seize, traceme, and writes to memory or registers.",
		Component:   "DC0035 Process Access, DC0020 Process Modification",
		Platforms:   []string{"linux"},
		Kinds:       []event.Kind{event.KindPtrace},
		Examples: []string{
			"SELECT time, path, request, target_path, target_region FROM ptrace_events WHERE request LIKE 'PTRACE_POKE%'",
		},
		Columns: slices.Concat([]column[ev]{
			text("request", "What was asked of ptrace, such as PTRACE_ATTACH.", func(e ev) string {
				return linux.PtraceRequest(e.Args[0])
			}),
			text("action", "attach, trace_me, write_memory, write_registers or other.", func(e ev) string { return linux.PtraceAction(e.Args[0]) }),
			text("address", "Address written, in hexadecimal; empty where the request has none.", func(e ev) string {
				if linux.PtraceAction(e.Args[0]) != "write_memory" {
					return ""
				}
				return names.Hex(e.Args[2])
			}),
			text("target_region", "What lies at the address in the target: [vdso], [stack], [heap], a file's path or anonymous; empty if unknown.",
				func(e ev) string {
					if m, ok := e.Detail.(*event.Memory); ok {
						return m.Region
					}
					return ""
				}),
			integer("is_child", "1 if the caller created the target.", isChild),
		}, targetColumns),
	}.table(d)
}
