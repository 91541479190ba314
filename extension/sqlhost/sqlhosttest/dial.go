package sqlhosttest

import (
	"context"
	"iter"
	"sync"

	"github.com/apiwatch/apiwatch/tables"
)

// Dial is a table `dial(name TEXT, n BIGINT)` whose rows a test sets.
type Dial struct {
	mu    sync.Mutex
	rows  []DialRow
	hangs bool
	asked int
}

// DialRow is a row of a Dial.
type DialRow struct {
	Name string
	N    int64
}

// Value gives a cell.
func (r DialRow) Value(i int) tables.Value {
	if i == 0 {
		return tables.Value{Kind: tables.TextValue, Text: r.Name}
	}
	return tables.Value{Kind: tables.IntValue, Int: r.N}
}

// RowID is 0.
func (r DialRow) RowID() int64 { return 0 }

// Name is "dial".
func (d *Dial) Name() string { return "dial" }

// Columns gives the two columns.
func (d *Dial) Columns() []tables.Column {
	return []tables.Column{
		{Name: "name", Type: tables.Text, Description: "A name."},
		{Name: "n", Type: tables.BigInt, Description: "A number."},
	}
}

// Set replaces the rows.
func (d *Dial) Set(rows ...DialRow) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rows = rows
}

// Hang makes the table give rows until the query's context ends, or makes it end again.
func (d *Dial) Hang(hangs bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hangs = hangs
}

// Asked is how often the table was asked.
func (d *Dial) Asked() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

// Generate gives the rows.
func (d *Dial) Generate(ctx context.Context, _ *tables.Query) (iter.Seq[tables.Row], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	rows, hangs := d.rows, d.hangs
	return func(yield func(tables.Row) bool) {
		for hangs && ctx.Err() == nil {
			if !yield(DialRow{"x", 0}) {
				return
			}
		}
		for _, r := range rows {
			if !yield(r) {
				return
			}
		}
	}, nil
}
