package tables

import (
	"strconv"
	"strings"
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
	typ    Type
	equals []string
	rest   []Constraint
}

func (q *Query) filters(columns []Column) []filter {
	var out []filter
next:
	for _, c := range q.Constraints {
		if c.Column < 0 || c.Column >= len(columns) || c.Op == Limit || c.Op == Offset {
			continue
		}
		for i := range out {
			if out[i].column == c.Column {
				out[i].add(c)
				continue next
			}
		}
		f := filter{column: c.Column, typ: columns[c.Column].Type}
		f.add(c)
		out = append(out, f)
	}
	return out
}

func (f *filter) add(c Constraint) {
	if c.Op == Equals || c.Op == Is {
		f.equals = append(f.equals, c.Value)
	} else {
		f.rest = append(f.rest, c)
	}
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
		for _, want := range f.equals {
			if compares(v, Equals, want) {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	for _, c := range f.rest {
		if !compares(v, c.Op, c.Value) {
			return false
		}
	}
	return true
}

// compares tells whether a value may satisfy a condition. It errs on the side of yes: text compares without regard to
// case (COLLATE NOCASE does not reach us), and what cannot be parsed or is not known admits.
func compares(v Value, op Op, want string) bool {
	switch v.Kind {
	case TextValue:
		switch op {
		case Equals:
			return strings.EqualFold(v.Text, want)
		case NotEquals:
			return v.Text != want
		case Like:
			return likeMayMatch(v.Text, want)
		default:
			return true
		}
	case IntValue:
		n, err := strconv.ParseInt(want, 10, 64)
		if err != nil {
			return true
		}
		switch op {
		case Equals:
			return v.Int == n
		case NotEquals:
			return v.Int != n
		case GreaterThan:
			return v.Int > n
		case GreaterOrEqual:
			return v.Int >= n
		case LessThan:
			return v.Int < n
		case LessOrEqual:
			return v.Int <= n
		default:
			return true
		}
	case FloatValue, Null:
	}
	return true
}

// likeMayMatch matches SQLite's LIKE. A backslash in the pattern may have been meant as an escape or as itself, since the
// ESCAPE clause does not reach us: either will do.
func likeMayMatch(s, pattern string) bool {
	s, _, _ = strings.Cut(s, "\x00") // SQLite reads both as C does
	pattern, _, _ = strings.Cut(pattern, "\x00")
	if !ascii(pattern) || !ascii(s) {
		fixed := pattern
		if i := strings.IndexAny(pattern, `%_\`); i >= 0 {
			fixed = pattern[:i]
		}
		if !ascii(fixed) {
			return true
		}
		return len(s) >= len(fixed) && strings.EqualFold(s[:len(fixed)], fixed)
	}
	return like(s, pattern, false) || strings.IndexByte(pattern, '\\') >= 0 && like(s, pattern, true)
}

// like matches ASCII text; '%' is any run, '_' any one character, and what follows a backslash is itself where that escapes.
func like(s, pattern string, escapes bool) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for i < len(s) {
		c, width := byte(0), 0
		if j < len(pattern) {
			c, width = pattern[j], 1
			if escapes && c == '\\' && j+1 < len(pattern) {
				c, width = pattern[j+1], 2
			}
		}
		switch {
		case width == 1 && c == '%':
			star, mark = j, i
			j++
		case width == 1 && c == '_' || width > 0 && lower(c) == lower(s[i]):
			i++
			j += width
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(pattern) && pattern[j] == '%' {
		j++
	}
	return j == len(pattern)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
