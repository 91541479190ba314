package tables

import (
	"encoding/json"

	"github.com/apiwatch/apiwatch/collectors/event"
)

func findings(d *Data) *Table {
	f := func(get func(*event.Finding) string) func(ev) string {
		return func(e ev) string {
			if x, ok := e.Detail.(*event.Finding); ok {
				return get(x)
			}
			return ""
		}
	}
	columns := []column[ev]{
		text("detection", "ATT&CK's id of the analytic.", f(func(x *event.Finding) string { return x.Detection })),
		text("strategy", "ATT&CK's id of the detection strategy.", f(func(x *event.Finding) string { return x.Strategy })),
		text("technique", "ATT&CK's id of the technique.", f(func(x *event.Finding) string { return x.Technique })),
		text("severity", "low, medium, high or critical.", f(func(x *event.Finding) string { return x.Severity })),
		bigint("time", "When the event that completed the chain happened, Unix seconds.", func(e ev) int64 { return e.TimeNS / 1e9 }),
		text("summary", "What happened, in a sentence.", f(func(x *event.Finding) string { return x.Summary })),
		text("finding_id", "Identifies the finding: the same from the evaluator and from the analytic's own scheduled query.", f(func(x *event.Finding) string { return x.ID })),
		bigint("pid", "Process id of the process found.", func(e ev) int64 { return e.Process.PID }),
		text("process_key", "Its key: boot, pid and start time.", func(e ev) string { return e.Process.Key }),
		text("path", "Its executable path.", func(e ev) string { return e.Process.Path }),
		text("cmdline", "Its command line.", func(e ev) string { return e.Process.Cmdline }),
		text("parent_path", "Executable path of the process that created it.", func(e ev) string { return e.Process.ParentPath() }),
		text("user", "User it ran as.", func(e ev) string { return e.Process.User }),
		text("container_id", "Container it ran in.", func(e ev) string { return e.Process.ContainerID }),
		known("target_pid", "Process id of the target.", func(e ev) (int64, bool) { return target(e).PID, e.Target != nil }),
		text("target_path", "Executable path of the target process, or the file acted on.", targetPath),
		text("eids", "Event ids of the chain, ascending, separated by commas.", f(func(x *event.Finding) string { return x.EIDs })),
		text("extra", "The columns that only this analytic has, as a JSON object.", f(func(x *event.Finding) string { return x.Extra })),
		text("ancestry", "Executable paths of the creators, nearest first, as a JSON array.", func(e ev) string { return e.Process.Ancestry() }),
		bigint("eid", "Event id of the finding itself.", func(e ev) int64 { return e.EID }),
	}
	return eventView{
		Name:        "findings",
		Description: "What the detections found on this host: one row a finding, latched when its chain was completed and never changed.",
		Platforms:   []string{"linux", "windows"},
		Kinds:       []event.Kind{event.KindFinding},
		Examples: []string{
			"SELECT datetime(time, 'unixepoch') AS at, detection, severity, summary FROM findings ORDER BY time DESC",
			"SELECT e.* FROM findings AS f JOIN api_calls AS e ON instr(',' || f.eids || ',', ',' || e.eid || ',') WHERE f.detection = 'AN0579'",
		},
		Columns: columns,
		Bare:    true,
	}.table(d)
}

// Object gives a JSON object of text values, for Finding.Extra.
func Object(names, values []string) string {
	m := make(map[string]string, len(names))
	for i, n := range names {
		m[n] = values[i]
	}
	b, err := json.Marshal(m)
	if err != nil { // strings always marshal
		return "{}"
	}
	return string(b)
}
