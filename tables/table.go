// Package tables defines apiwatch's virtual tables: their names, columns and documentation in one slice each, and how
// a query's constraints narrow what they return.
//
// A table knows nothing of who asks. The osquery service and the embedded SQL host both turn their constraints into a
// [Query] and read [Row]s, so that a table behaves the same under osqueryd, in the shell and in a test.
package tables

import (
	"context"
	"iter"
	"strconv"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Type is a column's type in osquery's words.
type Type string

// osquery's column types. INTEGER is 32 bits there, so times, addresses and keys are BIGINT.
const (
	Text    Type = "TEXT"
	Integer Type = "INTEGER"
	BigInt  Type = "BIGINT"
	Double  Type = "DOUBLE"
)

// Value is one cell: a text, a number or, for numbers only, NULL.
type Value struct {
	Text  string
	Int   int64
	Float float64
	Kind  ValueKind
}

// ValueKind says which field of a Value counts.
type ValueKind uint8

// The kinds of value.
const (
	Null ValueKind = iota
	TextValue
	IntValue
	FloatValue
)

// String gives the value as osquery sends it; NULL is the empty string.
func (v Value) String() string {
	switch v.Kind {
	case TextValue:
		return v.Text
	case IntValue:
		return strconv.FormatInt(v.Int, 10)
	case FloatValue:
		return strconv.FormatFloat(v.Float, 'g', -1, 64)
	case Null:
	}
	return ""
}

// Column describes a column to people, to osquery and to the SQL host.
type Column struct {
	Name        string
	Description string
	Type        Type
	// Optimized marks an indexed column: osquery then sends the values of an IN together, and a lookup by it is cheap.
	Optimized bool
	Hidden    bool

	costly bool // its value is made at each look: other columns are compared first
}

// Row is one result. Cells are computed when asked for, so a column nobody selects costs nothing.
type Row interface {
	Value(column int) Value
	// RowID is unique in the table and stable between queries: SQLite merges the branches of an OR by it.
	RowID() int64
}

// Table is a virtual table.
type Table struct {
	Name        string
	Description string
	// Component is the ATT&CK data component that the table holds, "" if none.
	Component string
	// Platforms are the operating systems with a live feed now; elsewhere the table is there and empty.
	Platforms []string
	Examples  []string
	Columns   []Column
	// Kinds are the kinds of event that the table shows; nil for a table of state.
	Kinds []event.Kind

	generate func(ctx context.Context, q *Query) (iter.Seq[Row], error)
}

// Generate yields the rows that q admits. SQLite filters once more: a row too many is safe, a row too few is a silent
// miss, so whatever q cannot express admits.
func (t *Table) Generate(ctx context.Context, q *Query) (iter.Seq[Row], error) {
	return t.generate(ctx, q)
}

// ColumnIndex gives the position of a column, -1 if the table has none of that name.
func (t *Table) ColumnIndex(name string) int {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

// column ties a Column to how its value is had from a row of type R.
type column[R any] struct {
	Column
	value func(R) Value
	// of is the column that this one, made by asking, stands beside; read reads what is asked for.
	of   string
	read func(asked []string) (question, error)
}

func text[R any](name, description string, get func(R) string) column[R] {
	return column[R]{Column: Column{Name: name, Description: description, Type: Text}, value: func(r R) Value {
		return Value{Kind: TextValue, Text: get(r)}
	}}
}

func bigint[R any](name, description string, get func(R) int64) column[R] {
	return column[R]{Column: Column{Name: name, Description: description, Type: BigInt}, value: func(r R) Value {
		return Value{Kind: IntValue, Int: get(r)}
	}}
}

func integer[R any](name, description string, get func(R) int64) column[R] {
	c := bigint(name, description, get)
	c.Type = Integer
	return c
}

// known is a BIGINT that is NULL where get does not know it.
func known[R any](name, description string, get func(R) (int64, bool)) column[R] {
	return column[R]{Column: Column{Name: name, Description: description, Type: BigInt}, value: func(r R) Value {
		if n, ok := get(r); ok {
			return Value{Kind: IntValue, Int: n}
		}
		return Value{}
	}}
}

func optimized[R any](c column[R]) column[R] {
	c.Optimized = true
	return c
}

func costly[R any](c column[R]) column[R] {
	c.costly = true
	return c
}

// spec is a table before its row type is forgotten.
type spec[R any] struct {
	Name, Description, Component string
	Platforms, Examples          []string
	Columns                      []column[R]
	// Rows yields candidates: all that q could admit, and as few others as is cheap. The filter follows.
	Rows func(ctx context.Context, q *Query) (iter.Seq2[int64, R], error)
}

type typedRow[R any] struct {
	columns []column[R]
	row     R
	id      int64
	answers []answer
}

// answer is what a column made by asking was asked for and the row answers.
type answer struct {
	column int
	asked  string
}

func (r *typedRow[R]) Value(i int) Value {
	if r.columns[i].of != "" {
		for _, a := range r.answers {
			if a.column == i {
				return Value{Kind: TextValue, Text: a.asked}
			}
		}
	}
	return r.columns[i].value(r.row)
}

// answer tells whether the row answers what is asked, and keeps how.
func (r *typedRow[R]) answer(ws []wanted) bool {
	for i := range ws {
		asked, ok := ws[i].first(r.columns[ws[i].of].value(r.row).Text)
		if !ok {
			return false
		}
		r.answers = append(r.answers, answer{ws[i].column, asked})
	}
	return true
}

func (r *typedRow[R]) RowID() int64 { return r.id }

// table forgets the row type.
func (s spec[R]) table() *Table {
	t := &Table{
		Name: s.Name, Description: s.Description, Component: s.Component, Platforms: s.Platforms, Examples: s.Examples,
		Columns: make([]Column, len(s.Columns)),
	}
	for i, c := range s.Columns {
		t.Columns[i] = c.Column
	}
	t.generate = func(ctx context.Context, q *Query) (iter.Seq[Row], error) {
		rows, err := s.Rows(ctx, q)
		if err != nil {
			return nil, err
		}
		m := q.read
		if m == nil {
			m = new(meant)
		}
		if !m.known {
			if m.asked, err = wantedOf(q, s.Columns); err != nil {
				return nil, err
			}
			m.known = true
			for _, w := range m.asked {
				if l, ok := w.question.(*likeOne); ok && q.read != nil {
					l.anchor = anchorPatterns.add(l.patterns)
				}
			}
			m.filters = q.filters(t.Columns, func(i int) bool { return s.Columns[i].of != "" })
		}
		filters, asked := m.filters, m.asked
		return func(yield func(Row) bool) {
			row := &typedRow[R]{columns: s.Columns}
			for row.id, row.row = range rows {
				row.answers = row.answers[:0]
				if !admits(filters, row) || !row.answer(asked) {
					continue
				}
				if !yield(row) {
					return
				}
				row = &typedRow[R]{columns: s.Columns} // the caller has the other
			}
		}, nil
	}
	return t
}
