// Package osquerytables has tables of osquery's own that packs join with, for where there is no osqueryd. It imports the
// SQL host, whose backends they are.
package osquerytables

import (
	"context"
	"iter"
	"time"

	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/tables"
)

// All gives the tables of osquery's own that packs join with, under osquery's names and types. They are for
// this host alone: registered with osqueryd, one of them would keep out the whole extension.
func All() []sqlhost.Backend {
	return []sqlhost.Backend{osqueryInfo(time.Now()), processes(), systemInfo(), timeTable(time.Now), users(accountsFile())}
}

// table is a table of osquery's with rows of type R.
type table[R any] struct {
	name    string
	columns []column[R]
	rows    func(ctx context.Context, q *tables.Query) (iter.Seq2[int64, R], error)
}

type column[R any] struct {
	tables.Column
	value func(R) tables.Value
}

func (t *table[R]) Name() string { return t.name }

func (t *table[R]) Columns() []tables.Column {
	out := make([]tables.Column, len(t.columns))
	for i, c := range t.columns {
		out[i] = c.Column
	}
	return out
}

func (t *table[R]) Generate(ctx context.Context, q *tables.Query) (iter.Seq[tables.Row], error) {
	rows, err := t.rows(ctx, q)
	if err != nil {
		return nil, err
	}
	return func(yield func(tables.Row) bool) {
		for id, r := range rows {
			if !yield(row[R]{t, r, id}) {
				return
			}
		}
	}, nil
}

type row[R any] struct {
	table *table[R]
	row   R
	id    int64
}

func (r row[R]) Value(i int) tables.Value { return r.table.columns[i].value(r.row) }
func (r row[R]) RowID() int64             { return r.id }

func text[R any](name, description string, get func(R) string) column[R] {
	return column[R]{tables.Column{Name: name, Description: description, Type: tables.Text}, func(r R) tables.Value {
		return tables.Value{Kind: tables.TextValue, Text: get(r)}
	}}
}

func bigint[R any](name, description string, get func(R) int64) column[R] {
	return column[R]{tables.Column{Name: name, Description: description, Type: tables.BigInt}, func(r R) tables.Value {
		return tables.Value{Kind: tables.IntValue, Int: get(r)}
	}}
}

func integer[R any](name, description string, get func(R) int64) column[R] {
	c := bigint(name, description, get)
	c.Type = tables.Integer
	return c
}

// known is a BIGINT that is NULL where get does not know it.
func known[R any](name, description string, get func(R) (int64, bool)) column[R] {
	return column[R]{tables.Column{Name: name, Description: description, Type: tables.BigInt}, func(r R) tables.Value {
		if n, ok := get(r); ok {
			return tables.Value{Kind: tables.IntValue, Int: n}
		}
		return tables.Value{}
	}}
}

// one is a table of one row.
func one[R any](row R) func(context.Context, *tables.Query) (iter.Seq2[int64, R], error) {
	return func(context.Context, *tables.Query) (iter.Seq2[int64, R], error) {
		return func(yield func(int64, R) bool) { yield(0, row) }, nil
	}
}
