package findings

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Columns gives a finding as a detection's scheduled query would: the columns that every finding has, then its own.
func Columns(f *event.Event) (names, values []string) {
	x, ok := f.Detail.(*event.Finding)
	if !ok {
		return nil, nil
	}
	targetPID, targetPath := "", f.Path
	if f.Target != nil {
		targetPID, targetPath = strconv.FormatInt(f.Target.PID, 10), f.Target.Path
	}
	p := f.Process
	for _, c := range [...][2]string{
		{"detection", x.Detection},
		{"strategy", x.Strategy},
		{"technique", x.Technique},
		{"severity", x.Severity},
		{"time", strconv.FormatInt(f.TimeNS/1e9, 10)},
		{"summary", x.Summary},
		{"finding_id", x.ID},
		{"pid", strconv.FormatInt(p.PID, 10)},
		{"process_key", p.Key},
		{"path", p.Path},
		{"cmdline", p.Cmdline},
		{"parent_path", p.ParentPath()},
		{"user", p.User},
		{"container_id", p.ContainerID},
		{"target_pid", targetPID},
		{"target_path", targetPath},
		{"eids", x.EIDs},
	} {
		names, values = append(names, c[0]), append(values, c[1])
	}
	var extra map[string]string
	if json.Unmarshal([]byte(x.Extra), &extra) == nil {
		for _, name := range slices.Sorted(maps.Keys(extra)) {
			names, values = append(names, name), append(values, extra[name])
		}
	}
	return names, values
}
