package tables

import (
	"context"
	"slices"
	"strconv"
)

// Scan is what a statement asks of a table of events before it knows of any event: its anchor. While none of a statement's scans gives a row,
// the statement gives none, which is cheaper to see than to run it.
type Scan struct {
	Table *Table
	Query *Query
}

// First gives the first event from an event id on that the scan finds.
func (s Scan) First(ctx context.Context, from int64) (eid int64, some bool, err error) {
	q := &Query{Used: s.Query.Used, Constraints: s.Query.Constraints}
	if i := s.Table.ColumnIndex("eid"); i >= 0 && from > 0 {
		q.Constraints = append(slices.Clip(q.Constraints), Constraint{Column: i, Op: GreaterOrEqual, Value: strconv.FormatInt(from, 10)})
	}
	rows, err := s.Table.Generate(ctx, q)
	if err != nil {
		return 0, false, err
	}
	for row := range rows {
		return row.RowID(), true, nil
	}
	return 0, false, ctx.Err()
}
