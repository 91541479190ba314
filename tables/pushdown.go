package tables

import (
	"slices"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/store"
)

// Op is a constraint's operator, with SQLite's numbers (sqlite3.h, SQLITE_INDEX_CONSTRAINT_*), which osquery passes on.
type Op int

// The operators that narrow a result. Any other admits every row.
const (
	Equals         Op = 2
	GreaterThan    Op = 4
	LessOrEqual    Op = 8
	LessThan       Op = 16
	GreaterOrEqual Op = 32
	Like           Op = 65
	Glob           Op = 66
	NotEquals      Op = 68
	Is             Op = 72
	Limit          Op = 73
	Offset         Op = 74
)

// Constraint is one condition on one column, with the value as osquery writes it.
type Constraint struct {
	Column int
	Op     Op
	Value  string
}

// Query is what a caller wants of a table.
type Query struct {
	Constraints []Constraint
	// Used holds the columns that the caller reads; nil means all. A table may leave others unset.
	Used []bool

	from int64 // no event before this one
	read *meant
}

// meant is what a table made of a query's constraints. A query that is asked again and again keeps it.
type meant struct {
	known   bool // filters and asked are set
	filters []filter
	asked   []wanted
	events  *store.Query
}

// Uses tells whether the caller reads a column.
func (q *Query) Uses(column int) bool {
	return q.Used == nil || column < len(q.Used) && q.Used[column]
}

// EqualTo gives the values that a column must equal one of; ok is false where nothing says so. An empty list with ok
// would mean that no row can match, which osquery never sends.
func (q *Query) EqualTo(column int) (values []string, ok bool) {
	for _, c := range q.Constraints {
		if c.Column == column && (c.Op == Equals || c.Op == Is) {
			values = append(values, c.Value)
		}
	}
	return values, len(values) > 0
}

// Bounds gives the inclusive range of an integer column as far as constraints narrow it; 0 stands for no bound, which
// suits times and ids.
func (q *Query) Bounds(column int) (low, high int64) {
	for _, c := range q.Constraints {
		if c.Column != column {
			continue
		}
		n, err := strconv.ParseInt(c.Value, 10, 64)
		if err != nil {
			continue
		}
		switch c.Op {
		case GreaterThan:
			low = max(low, n) // inclusive: one row too many is filtered later
		case GreaterOrEqual:
			low = max(low, n)
		case LessThan, LessOrEqual:
			if high == 0 || n < high {
				high = n
			}
		default:
		}
	}
	return low, high
}

// filter is what one column must satisfy: one of the equals, and all of the rest.
type filter struct {
	column int
	equals []condition
	rest   []condition
}

// condition is a constraint with its value read once.
type condition struct {
	op      Op
	text    string
	number  int64
	numeric bool // text is that number
	like    pattern
}

func newCondition(c Constraint) condition {
	out := condition{op: c.Op, text: c.Value}
	if c.Value != "" && c.Value[0] <= '9' { // no digit and no sign begins a number elsewhere, and an error costs memory
		n, err := strconv.ParseInt(c.Value, 10, 64)
		out.number, out.numeric = n, err == nil
	}
	if c.Op == Like {
		out.like = newPattern(c.Value)
	}
	return out
}

// filters gives what rows must satisfy, the cheap first: numbers, then equal texts, then the rest. Columns made by asking are left out.
func (q *Query) filters(columns []Column, asking func(column int) bool) []filter {
	var out []filter
next:
	for _, c := range q.Constraints {
		if c.Column < 0 || c.Column >= len(columns) || asking(c.Column) || c.Op == Limit || c.Op == Offset {
			continue
		}
		for i := range out {
			if out[i].column == c.Column {
				out[i].add(c)
				continue next
			}
		}
		f := filter{column: c.Column}
		f.add(c)
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b filter) int { return a.cost(columns) - b.cost(columns) })
	return out
}

func (f *filter) add(c Constraint) {
	if c.Op == Equals || c.Op == Is {
		f.equals = append(f.equals, newCondition(c))
	} else {
		f.rest = append(f.rest, newCondition(c))
	}
}

// cost ranks filters.
func (f *filter) cost(columns []Column) int {
	switch {
	case columns[f.column].costly:
		return 3
	case columns[f.column].Type != Text:
		return 0
	case len(f.equals) > 0:
		return 1
	}
	return 2
}

func admits(filters []filter, row Row) bool {
	for i := range filters {
		if !filters[i].admits(row.Value(filters[i].column)) {
			return false
		}
	}
	return true
}

func (f *filter) admits(v Value) bool {
	if len(f.equals) > 0 {
		found := false
		for i := range f.equals {
			if f.equals[i].admits(&v, Equals) {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	for i := range f.rest {
		if !f.rest[i].admits(&v, f.rest[i].op) {
			return false
		}
	}
	return true
}

// admits tells whether a value may satisfy a condition. It errs on the side of yes: text compares without regard to
// case (COLLATE NOCASE does not reach us), and what cannot be parsed or is not known admits.
func (c *condition) admits(v *Value, op Op) bool {
	switch v.Kind {
	case TextValue:
		switch op {
		case Equals:
			return strings.EqualFold(v.Text, c.text)
		case NotEquals:
			return v.Text != c.text
		case Like:
			return c.like.mayMatch(v.Text)
		default:
			return true
		}
	case IntValue:
		if !c.numeric {
			return true
		}
		switch op {
		case Equals:
			return v.Int == c.number
		case NotEquals:
			return v.Int != c.number
		case GreaterThan:
			return v.Int > c.number
		case GreaterOrEqual:
			return v.Int >= c.number
		case LessThan:
			return v.Int < c.number
		case LessOrEqual:
			return v.Int <= c.number
		default:
			return true
		}
	case FloatValue, Null:
	}
	return true
}
