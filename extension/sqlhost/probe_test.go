package sqlhost

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/apiwatch/apiwatch/tables"
)

// probe is a table that records what it is asked and gives rows regardless.
type probe struct {
	name    string
	columns []tables.Column
	rows    func(ctx context.Context, yield func(tables.Row) bool)
	err     error

	mu    sync.Mutex
	asked []*tables.Query
}

func (p *probe) Name() string { return p.name }

func (p *probe) Columns() []tables.Column { return p.columns }

func (p *probe) Generate(ctx context.Context, q *tables.Query) (iter.Seq[tables.Row], error) {
	p.mu.Lock()
	p.asked = append(p.asked, q)
	p.mu.Unlock()
	return func(yield func(tables.Row) bool) {
		if p.rows != nil {
			p.rows(ctx, yield)
		}
	}, p.err
}

// constraints writes what was asked: one line a call, in the order of the columns.
func (p *probe) constraints() []string {
	out := []string{}
	for _, q := range p.asked {
		var parts []string
		for _, c := range q.Constraints {
			parts = append(parts, fmt.Sprintf("%s %d %s", p.columns[c.Column].Name, c.Op, c.Value))
		}
		slices.Sort(parts)
		out = append(out, strings.Join(parts, ", "))
	}
	p.asked = nil
	return out
}

type values []Value

func (v values) Value(i int) Value { return v[i] }

func (v values) RowID() int64 { return v[0].Int }

func numbers(n int) func(context.Context, func(tables.Row) bool) {
	return func(_ context.Context, yield func(tables.Row) bool) {
		for i := range n {
			if !yield(values{
				integerValue(int64(i)), textValue("t" + strconv.Itoa(i)), integerValue(int64(i % 7)),
				textValue("k" + strconv.Itoa(i%5)),
			}) {
				return
			}
		}
	}
}

func newProbe(name string, rows int) *probe {
	return &probe{name: name, rows: numbers(rows), columns: []tables.Column{
		{Name: "id", Type: tables.BigInt},
		{Name: "path", Type: tables.Text},
		{Name: "pid", Type: tables.Integer},
		{Name: "key", Type: tables.Text, Optimized: true},
	}}
}

func openWith(t testing.TB, options ...Option) *DB {
	t.Helper()
	db, err := Open(nil, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
