package audit

import (
	"path"
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/event/apimap"
)

// Reasons of a rule that is off because there is nothing that it could see.
const (
	NoFolder = "its folder does not exist"
	NoCalls  = "this machine has none of its system calls"
)

// sourcesOf are ATT&CK's names for what rules bring, beside auditd:SYSCALL.
var sourcesOf = map[string][]string{
	"execve":              {"auditd:EXECVE", "auditd:PATH"},
	"mmap_write_exec":     {"auditd:MMAP"},
	"mmap_anonymous_exec": {"auditd:MMAP"},
	"mprotect_exec":       {"auditd:memprotect"},
	"proc_write":          {"auditd:PATH"},
	"chmod_set_id":        {"auditd:PATH"},
	"fchmodat_set_id":     {"auditd:PATH"},
	"utime":               {"auditd:PATH"},
	"utimensat":           {"auditd:PATH"},
	"input_devices":       {"auditd:PATH"},
	"sound_devices":       {"auditd:PATH"},
}

// valuesOf are what alone a rule brings of a table.
var valuesOf = map[string][]string{
	"proc_write":      {"mem"},
	"chmod_set_id":    {"mode"},
	"fchmodat_set_id": {"mode"},
	"utime":           {"times"},
	"utimensat":       {"times"},
	"input_devices":   {"event0"},
	"sound_devices":   {"pcmC0D0c"},
}

var openCalls = []string{"open", "openat", "openat2"}

// changed is what a watch for writing brings beside opens.
var changed = collectors.More{
	Tables: []string{"file_changes"},
	APIs:   []string{"rename", "renameat", "renameat2", "unlink", "unlinkat", "truncate", "link", "linkat", "symlink", "symlinkat"},
}

// Feeds declares what audit delivers: one feed a rule, since each brings what no other does.
func Feeds() []collectors.Feed {
	var out []collectors.Feed
	for _, r := range Rules(DefaultWatchPaths()) {
		f := collectors.Feed{
			Platform: "linux", LogSources: append([]string{logSource.Name}, sourcesOf[r.Name]...), Name: "audit rule " + r.Name,
			Needs: []collectors.Item{{Collector: "audit", Item: "rule:" + r.Name}}, Part: r.Name,
			Otherwise: "only what rules of others bring is seen",
		}
		calls, values := r.Syscalls, valuesOf[r.Name]
		if file, ok := strings.CutPrefix(r.Name, "read:"); ok {
			calls, values = openCalls, []string{path.Base(file)}
			f.LogSources = append(f.LogSources, "auditd:PATH")
		}
		if file, ok := strings.CutPrefix(r.Name, "write:"); ok {
			calls, values = openCalls, []string{file}
			f.LogSources = append(f.LogSources, "auditd:PATH")
			f.Add(changed)
		}
		f.Deliver(apimap.Events(), func(e *apimap.Event) bool {
			return e.Provider == logSource.Provider && slices.ContainsFunc(e.APIs, func(call string) bool { return slices.Contains(calls, call) })
		})
		for i := range f.Deliveries {
			f.Deliveries[i].Values = values
		}
		switch r.Name {
		case "proc_write": // another process's memory, by way of a file
			f.Deliveries = append(f.Deliveries, collectors.Delivery{Table: "process_accesses"})
		case "kernel_module":
			f.Add(collectors.More{Tables: []string{"module_loads"}})
		case "execve":
			f.Part = collectors.Execution
		}
		out = append(out, f)
	}
	return append(out, collectors.Feed{
		Platform: "linux", LogSources: []string{changeSource.Name, own.Source.Name}, Name: "audit", Part: "changes of auditing",
		Needs:      []collectors.Item{{Collector: "audit", Item: "socket"}},
		Deliveries: []collectors.Delivery{{Table: "audit_changes"}},
		APIs: []string{
			"AUDIT_ADD_RULE", "AUDIT_DEL_RULE", "AUDIT_MAKE_EQUIV", "AUDIT_SET", "AUDIT_SET_FEATURE", "AUDIT_TRIM", "AUDIT_TTY_SET",
			changeAPI.Name,
		},
	})
}
