package tables

import "context"

// Scan is what a statement asks of a table of events before it knows of any event: its anchor. While none of a statement's scans gives a
// row, the statement gives none, which is cheaper to see than to run it. A scan is for one goroutine at a time.
type Scan struct {
	Table *Table
	Query *Query
}

// NewScan makes a scan of a table of events.
func NewScan(t *Table, q *Query) Scan {
	return Scan{Table: t, Query: &Query{Constraints: q.Constraints, Used: q.Used, read: new(meant)}}
}

// First gives the first event from an event id on that the scan finds.
func (s Scan) First(ctx context.Context, from int64) (eid int64, some bool, err error) {
	s.Query.from = from
	rows, err := s.Table.Generate(ctx, s.Query)
	if err != nil {
		return 0, false, err
	}
	for row := range rows {
		return row.RowID(), true, nil
	}
	return 0, false, ctx.Err()
}
