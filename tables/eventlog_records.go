package tables

import (
	"encoding/json"
	"strconv"

	"github.com/apiwatch/apiwatch/collectors/event"
)

func eventlogRecords(d *Data) *Table {
	get := detailOf[event.Record]
	return eventView{
		Name:        "eventlog_records",
		Description: "Records of Windows event logs that no other table describes, with all fields.",
		Component:   "",
		Kinds:       []event.Kind{event.KindRecord, event.KindCall},
		Only:        func(e ev) bool { _, ok := e.Detail.(*event.Record); return ok },
		Examples: []string{
			"SELECT channel, event_id, count(*) AS records FROM eventlog_records GROUP BY channel, event_id ORDER BY records DESC",
			"SELECT time, event_id, fields ->> '$.QueryName' AS name FROM eventlog_records WHERE channel LIKE '%DNS-Client%'",
		},
		Columns: []column[ev]{
			text("channel", "The log, such as System.", func(e ev) string { return get(e).Channel }),
			integer("event_id", "Event id within the provider.", func(e ev) int64 { return int64(get(e).EventID) }),
			integer("qualifiers", "What stands before the id of a classic event: severity, customer bit and facility; 0 for others.",
				func(e ev) int64 { return int64(get(e).Qualifiers) }),
			bigint("record_id", "Number of the record in its log.", func(e ev) int64 { return int64(get(e).RecordID) }),
			integer("level", "1 critical, 2 error, 3 warning, 4 information, 5 verbose, 0 audit.", func(e ev) int64 { return int64(get(e).Level) }),
			costly(text("fields", "All fields as a JSON object; one without a name is called after its place, from param1 on, "+
				"and one that comes again is an array.", func(e ev) string { return fieldsJSON(get(e)) })),
			text("message", "The rendered text, where the form has it.", func(e ev) string { return get(e).Message }),
			text("record_user_sid", "Security identifier of who logged the event.", func(e ev) string { return get(e).UserSID }),
		},
	}.table(d)
}

// fieldsJSON gives a record's fields as an object.
func fieldsJSON(r *event.Record) string {
	if len(r.Fields) == 0 {
		return "{}"
	}
	out := make(map[string]any, len(r.Fields))
	for i, f := range r.Fields {
		name := f.Name
		if name == "" {
			name = "param" + strconv.Itoa(i+1)
		}
		switch old := out[name].(type) {
		case nil:
			out[name] = f.Value
		case string:
			out[name] = []string{old, f.Value}
		case []string:
			out[name] = append(old, f.Value)
		}
	}
	b, err := json.Marshal(out)
	if err != nil { // texts always marshal
		return "{}"
	}
	return string(b)
}
