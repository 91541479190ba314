package sqlhost

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/extension/sqlhost/sqlite"
	"github.com/apiwatch/apiwatch/extension/sqltext"
	"github.com/apiwatch/apiwatch/tables"
)

// Backend is a virtual table, wherever its rows come from: a table of this process, or of an extension over Thrift.
type Backend interface {
	Name() string
	Columns() []tables.Column
	// Generate yields at least the rows that q admits; SQLite filters again.
	Generate(ctx context.Context, q *tables.Query) (iter.Seq[tables.Row], error)
}

// Local makes backends of this process's tables.
func Local(ts []*tables.Table) []Backend {
	out := make([]Backend, len(ts))
	for i, t := range ts {
		out[i] = local{t}
	}
	return out
}

type local struct{ *tables.Table }

func (l local) Name() string             { return l.Table.Name }
func (l local) Columns() []tables.Column { return l.Table.Columns }

// Description says what the rows of a table are; "" where the backend does not say.
func Description(b Backend) string {
	if l, ok := b.(local); ok {
		return l.Description
	}
	return ""
}

// The costs of osquery's plans (xBestIndex in osquery/sql/virtual_table.cpp). Every plan with a constraint costs the
// same, however little the constraint narrows.
const (
	costOfScan       = 1_000_000
	costOfConstraint = 1
	costOfTextRange  = 10 // a range on text, which is not passed on
)

// declaration is the table's CREATE TABLE for SQLite.
func declaration(b Backend) string {
	var s strings.Builder
	s.WriteString("CREATE TABLE x(")
	for i, c := range b.Columns() {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString(sqltext.Quote(c.Name))
		s.WriteByte(' ')
		s.WriteString(string(c.Type))
		if c.Hidden {
			s.WriteString(" HIDDEN")
		}
	}
	s.WriteByte(')')
	return s.String()
}

// pushes tells whether osquery passes on a condition with this operator.
func pushes(c tables.Column, op tables.Op) bool {
	switch op {
	case tables.GreaterThan, tables.GreaterOrEqual, tables.LessThan, tables.LessOrEqual:
		return c.Type != tables.Text
	case tables.Equals, tables.Like, tables.Glob, tables.NotEquals, isNot, tables.Is, tables.Limit, tables.Offset:
		return true
	}
	return false
}

const isNot tables.Op = 69

// table is a backend on a connection.
type table struct {
	session *session
	backend Backend
	columns []tables.Column
	plans   map[string]plan // by their texts
}

// Name is the backend's.
func (t *table) Name() string { return t.backend.Name() }

// Declaration is the table's CREATE TABLE.
func (t *table) Declaration() string { return declaration(t.backend) }

// Open makes a scan.
func (t *table) Open() sqlite.Cursor {
	return &cursor{table: t}
}

// BestIndex plans as osquery does. The plan's text, "<columns used>;<column>,<op>,<together>;…", comes back in filter.
func (t *table) BestIndex(ix *sqlite.IndexInfo) {
	var plan strings.Builder
	plan.WriteString(strconv.FormatUint(ix.Used, 16))
	ix.Cost = costOfScan
	arguments := 0
	for i := range ix.Constraints {
		k := &ix.Constraints[i]
		if !k.Usable || k.Column < 0 || k.Column >= len(t.columns) {
			continue
		}
		c, op := t.columns[k.Column], tables.Op(k.Op)
		if !pushes(c, op) {
			if op != isNull && op != isNotNull {
				ix.Cost += costOfTextRange
			}
			continue
		}
		ix.Cost = costOfConstraint
		// A collation does not reach a table. NOCASE it allows for; by any other it might drop what SQLite would keep.
		if k.Collation != "" && !strings.EqualFold(k.Collation, "BINARY") && !strings.EqualFold(k.Collation, "NOCASE") {
			continue
		}
		arguments++
		k.Argument = arguments
		k.Together = k.In && c.Optimized
		together := 0
		if k.Together {
			together = 1
		}
		fmt.Fprintf(&plan, ";%d,%d,%d", k.Column, k.Op, together)
	}
	ix.Plan = plan.String()
}

const (
	isNotNull tables.Op = 70
	isNull    tables.Op = 71
)

// Stats counts what a statement asked of the tables.
type Stats struct {
	Calls int // calls of Generate
	Rows  int // rows that they gave
}

// cursor is a scan of a table within a statement.
type cursor struct {
	*table
	next  func() ([]tables.Row, bool)
	ready []tables.Row // of what next gave, those to come
	stop  func()
	row   tables.Row // nil at the end
	since int        // rows since the context was last looked at
	plan  plan
}

// plan is how a statement scans a table: the columns it reads and what its arguments mean.
type plan struct {
	used  []bool
	steps []planStep
}

type planStep struct {
	column   int
	op       tables.Op
	together bool // the argument is the values of an IN
}

// planOf reads a plan, or finds it read.
func (t *table) planOf(text string) (plan, error) {
	if p, ok := t.plans[text]; ok {
		return p, nil
	}
	p, err := parsePlan(text, len(t.columns))
	if err != nil {
		return plan{}, err
	}
	const most = 1024
	if t.plans == nil || len(t.plans) >= most {
		t.plans = make(map[string]plan)
	}
	t.plans[text] = p
	return p, nil
}

func parsePlan(text string, columns int) (plan, error) {
	used, rest, some := strings.Cut(text, ";")
	bits, err := strconv.ParseUint(used, 16, 64)
	if err != nil {
		return plan{}, fmt.Errorf("reading plan %q: %w", text, err)
	}
	p := plan{used: make([]bool, columns)}
	for i := range p.used {
		p.used[i] = bits>>min(i, 63)&1 != 0
	}
	for some {
		var step string
		step, rest, some = strings.Cut(rest, ";")
		var s planStep
		var together int
		if _, err := fmt.Sscanf(step, "%d,%d,%d", &s.column, &s.op, &together); err != nil {
			return plan{}, fmt.Errorf("reading plan %q: %w", text, err)
		}
		s.together = together == 1
		p.steps = append(p.steps, s)
	}
	return p, nil
}

// Filter begins a scan.
func (c *cursor) Filter(text string, args []sqlite.Argument) (err error) {
	defer c.recover(&err)
	c.Close()
	if c.plan, err = c.planOf(text); err != nil {
		return err
	}
	if len(args) != len(c.plan.steps) {
		return fmt.Errorf("reading plan %q: %d arguments", text, len(args))
	}
	s := c.session
	if s.interrupted() {
		return sqlite.ErrInterrupted
	}
	q, some := c.query(args)
	if !some {
		return nil
	}
	if s.asking != nil && s.asking.asks(c.backend, q) {
		return nil
	}
	s.stats.Calls++
	rows, err := c.backend.Generate(s.ctx, q)
	if err != nil {
		return fmt.Errorf("reading table %s: %w", c.backend.Name(), err)
	}
	if s.asOsquery {
		all := slices.Collect(rows)
		s.stats.Rows += len(all)
		rows = slices.Values(all)
	}
	c.next, c.stop = iter.Pull(batches(rows))
	return c.Next()
}

// query makes the plan and its values into what the table is asked. Where some is false, no row can match.
func (c *cursor) query(args []sqlite.Argument) (q *tables.Query, some bool) {
	q = &tables.Query{Used: c.plan.used}
	for i, step := range c.plan.steps {
		constraints, possible := c.constraints(step, args[i])
		if !possible && !c.session.asOsquery {
			return nil, false
		}
		q.Constraints = append(q.Constraints, constraints...)
	}
	return q, true
}

// constraints gives what of one condition is pushed down to the table. It is nothing where the value cannot be, as osquery
// pushes down neither NULL nor the empty text; possible is false where nothing can satisfy the condition.
func (c *cursor) constraints(s planStep, a sqlite.Argument) (out []tables.Constraint, possible bool) {
	if !s.together {
		if a.Kind == sqlite.Null {
			return nil, s.op == tables.Is || s.op == isNot || s.op == tables.Limit || s.op == tables.Offset
		}
		if a.Text == "" || !c.pushesValue(s, a) {
			return nil, true
		}
		return []tables.Constraint{{Column: s.column, Op: s.op, Value: a.Text}}, true
	}
	for _, v := range a.List {
		switch {
		case v.Kind == sqlite.Null: // equals nothing
		case !c.pushesValue(s, v):
			return nil, true
		default:
			out = append(out, tables.Constraint{Column: s.column, Op: s.op, Value: v.Text})
		}
	}
	return out, len(out) > 0
}

// pushesValue is false for a value that a table would compare in another way than SQLite: a blob, and a number for a
// text column, which may mean a comparison of numbers.
func (c *cursor) pushesValue(s planStep, a sqlite.Argument) bool {
	if a.Kind == sqlite.Blob {
		return false
	}
	number := a.Kind == sqlite.Integer || a.Kind == sqlite.Float
	return !number || c.columns[s.column].Type != tables.Text || s.op == tables.Limit || s.op == tables.Offset
}

// Next moves to the next row.
func (c *cursor) Next() (err error) {
	defer c.recover(&err)
	c.row = nil
	if c.next == nil {
		return nil
	}
	ok := true
	if len(c.ready) == 0 {
		c.ready, ok = c.next()
	}
	c.since++
	if !ok || c.since == 256 {
		c.since = 0
		if c.session.interrupted() { // a table whose context ends stops early and says nothing
			return sqlite.ErrInterrupted
		}
	}
	if !ok {
		c.Close()
		return nil
	}
	if !c.session.asOsquery {
		c.session.stats.Rows++
	}
	c.row, c.ready = c.ready[0], c.ready[1:]
	return nil
}

// EOF tells whether the rows are at their end.
func (c *cursor) EOF() bool { return c.row == nil }

// RowID gives the current row's number.
func (c *cursor) RowID() int64 { return c.row.RowID() }

// Column gives a cell of the current row.
func (c *cursor) Column(column int) (v tables.Value, err error) {
	defer c.recover(&err)
	return c.row.Value(column), nil
}

// Close ends the scan.
func (c *cursor) Close() {
	if c.stop != nil {
		c.stop()
	}
	c.next, c.stop, c.row, c.ready = nil, nil, nil, nil
}

// batches gathers rows, at first one, then more at a time: a table and SQLite take turns, and each turn costs more than a row.
// A batch is good until the next.
func batches(rows iter.Seq[tables.Row]) iter.Seq[[]tables.Row] {
	const most = 256
	return func(yield func([]tables.Row) bool) {
		batch := make([]tables.Row, 0, 1)
		for r := range rows {
			if batch = append(batch, r); len(batch) < cap(batch) {
				continue
			}
			if !yield(batch) {
				return
			}
			if size := cap(batch); size < most {
				batch = make([]tables.Row, 0, 2*size)
			}
			batch = batch[:0]
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}

// recover makes a table's panic an error of the statement: it must not unwind through SQLite.
func (c *cursor) recover(err *error) {
	if r := recover(); r != nil {
		c.next, c.stop, c.row, c.ready = nil, nil, nil, nil
		*err = fmt.Errorf("reading table %s: panic: %v", c.backend.Name(), r)
	}
}

// Schema is a script that makes ordinary, empty tables of the same names and columns.
func Schema(backends []Backend) string {
	var s strings.Builder
	for _, b := range backends {
		s.WriteString("CREATE TABLE " + sqltext.Quote(b.Name()) + strings.TrimPrefix(declaration(b), "CREATE TABLE x") + ";\n")
	}
	return s.String()
}
