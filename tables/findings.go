package tables

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"slices"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/queries"
)

// findingColumns are the columns of [queries.FindingColumns] with how they are had from the event of a finding.
var findingColumns = func() []column[ev] {
	told := func(get func(*event.Finding) string) func(ev) Value {
		return func(e ev) Value { return Value{Kind: TextValue, Text: get(detailOf[event.Finding](e))} }
	}
	text := func(get func(ev) string) func(ev) Value {
		return func(e ev) Value { return Value{Kind: TextValue, Text: get(e)} }
	}
	number := func(get func(ev) int64) func(ev) Value {
		return func(e ev) Value { return Value{Kind: IntValue, Int: get(e)} }
	}
	values := map[string]func(ev) Value{
		"detection":    told(func(x *event.Finding) string { return x.Detection }),
		"way":          told(func(x *event.Finding) string { return x.Way }),
		"strategy":     told(func(x *event.Finding) string { return x.Strategy }),
		"technique":    told(func(x *event.Finding) string { return x.Technique }),
		"severity":     told(func(x *event.Finding) string { return x.Severity }),
		"time":         number(func(e ev) int64 { return e.TimeNS / 1e9 }),
		"summary":      told(func(x *event.Finding) string { return x.Summary }),
		"finding_id":   told(func(x *event.Finding) string { return x.ID }),
		"pid":          number(func(e ev) int64 { return e.Caller().PID }),
		"process_key":  text(func(e ev) string { return e.Caller().Key }),
		"path":         text(func(e ev) string { return e.Caller().Path }),
		"cmdline":      text(func(e ev) string { return e.Caller().Cmdline }),
		"parent_path":  text(func(e ev) string { return e.Caller().ParentPath() }),
		"user":         text(func(e ev) string { return e.Caller().User }),
		"container_id": text(func(e ev) string { return e.Caller().ContainerID }),
		"target_pid": func(e ev) Value {
			if e.Target == nil {
				return Value{}
			}
			return Value{Kind: IntValue, Int: e.Target.PID}
		},
		"target_path": text(targetPath),
		"eids":        told(func(x *event.Finding) string { return x.EIDs }),
	}
	var out []column[ev]
	for _, c := range queries.FindingColumns() {
		own := column[ev]{Column: Column{Name: c.Name, Description: c.Description, Type: Text}, value: values[c.Name]}
		if c.Number {
			own.Type = BigInt
		}
		out = append(out, own)
	}
	return out
}()

// Finding gives a finding as its detection's scheduled query would: the columns that every finding has, then its own. It gives
// nothing of another event.
func Finding(e *event.Event) (names, values []string) {
	x, ok := e.Detail.(*event.Finding)
	if !ok {
		return nil, nil
	}
	for _, c := range findingColumns {
		names, values = append(names, c.Name), append(values, c.value(e).String())
	}
	var extra map[string]string
	if json.Unmarshal([]byte(x.Extra), &extra) == nil {
		for _, name := range slices.Sorted(maps.Keys(extra)) {
			names, values = append(names, name), append(values, extra[name])
		}
	}
	return names, values
}

func findings(d *Data) *Table {
	columns := append(slices.Clone(findingColumns),
		text("extra", "The columns that only this analytic has, as a JSON object.",
			func(e ev) string { return detailOf[event.Finding](e).Extra }),
		text("ancestry", "Executable paths of the creators, nearest first, as a JSON array.", func(e ev) string { return e.Caller().Ancestry() }),
		bigint("eid", "Event id of the finding itself.", func(e ev) int64 { return e.EID }),
	)
	t := eventView{
		Name:        "findings",
		Description: "What the detections found on this host: one row a finding, latched when its chain was completed and never changed.",
		Platforms:   collectors.Platforms(d.Feeds, "api_calls"), // where anything can be found
		Kinds:       []event.Kind{event.KindFinding},
		Examples: []string{
			"SELECT datetime(time, 'unixepoch') AS at, detection, severity, summary FROM findings ORDER BY time DESC",
			"SELECT e.* FROM findings AS f CROSS JOIN json_each('[' || f.eids || ']') AS i CROSS JOIN api_calls AS e ON e.eid = i.value " +
				"WHERE f.detection = 'AN0579'",
		},
		Columns: columns,
		Shared:  bare,
	}.table(d)
	find := t.generate
	t.generate = func(ctx context.Context, q *Query) (iter.Seq[Row], error) {
		rows, err := find(ctx, q)
		if err != nil || d.Store == nil {
			return rows, err
		}
		return func(yield func(Row) bool) {
			var handed []int64
			defer func() { d.Store.Handed(event.KindFinding, handed) }()
			for row := range rows {
				handed = append(handed, row.RowID())
				if !yield(row) {
					return
				}
			}
		}, nil
	}
	return t
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
