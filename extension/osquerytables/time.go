package osquerytables

import (
	"context"
	"iter"
	"time"

	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/tables"
)

func timeTable(now func() time.Time) sqlhost.Backend {
	type when = time.Time
	return &table[when]{
		name: "time",
		columns: []column[when]{
			text("weekday", "Current weekday in UTC.", func(t when) string { return t.Weekday().String() }),
			integer("year", "Current year in UTC.", func(t when) int64 { return int64(t.Year()) }),
			integer("month", "Current month in UTC.", func(t when) int64 { return int64(t.Month()) }),
			integer("day", "Current day in UTC.", func(t when) int64 { return int64(t.Day()) }),
			integer("hour", "Current hour in UTC.", func(t when) int64 { return int64(t.Hour()) }),
			integer("minutes", "Current minutes in UTC.", func(t when) int64 { return int64(t.Minute()) }),
			integer("seconds", "Current seconds in UTC.", func(t when) int64 { return int64(t.Second()) }),
			text("timezone", "Timezone of the reported time, UTC.", func(when) string { return "UTC" }),
			text("local_timezone", "The system's own timezone.", func(t when) string { z, _ := t.Local().Zone(); return z }),
			integer("unix_time", "Current time, Unix seconds.", func(t when) int64 { return t.Unix() }),
			text("timestamp", "Current time as the log line writes it.", func(t when) string { return t.Format("Mon Jan _2 15:04:05 2006 UTC") }),
			text("datetime", "Current time, ISO 8601.", func(t when) string { return t.Format("2006-01-02T15:04:05Z") }),
			text("iso_8601", "Current time, ISO 8601.", func(t when) string { return t.Format("2006-01-02T15:04:05Z") }),
		},
		rows: func(ctx context.Context, q *tables.Query) (iter.Seq2[int64, when], error) {
			return one(now().UTC())(ctx, q)
		},
	}
}
