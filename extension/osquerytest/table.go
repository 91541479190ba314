package osquerytest

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	gen "github.com/osquery/osquery-go/gen/osquery"

	"github.com/apiwatch/apiwatch/tables"
)

// Table is a registered table, called over the socket as osqueryd calls it. It can stand behind the embedded SQL host
// in place of the table itself.
type Table struct {
	host    *Host
	name    string
	columns []tables.Column
	pushed  []bool // the column's constraints reach the extension
	calls   atomic.Int64
	rows    atomic.Int64
}

// Tables lists all registered tables by name.
func (h *Host) Tables() []*Table {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []*Table
	for _, e := range h.extensions {
		for name, routes := range e.routes {
			out = append(out, h.table(name, routes))
		}
	}
	slices.SortFunc(out, func(a, b *Table) int { return strings.Compare(a.name, b.name) })
	return out
}

// The column options that matter here (osquery/core/sql/column.h).
const (
	optionIndex      = 1
	optionRequired   = 2
	optionAdditional = 4
	optionOptimized  = 8
	optionHidden     = 16
)

func (h *Host) table(name string, routes gen.ExtensionPluginResponse) *Table {
	t := &Table{host: h, name: name}
	for _, r := range routes {
		if r["id"] != "column" {
			continue
		}
		op, err := strconv.Atoi(r["op"])
		if err != nil || op == 0 {
			op = optionIndex // --extensions_default_index
		}
		t.columns = append(t.columns, tables.Column{
			Name: r["name"], Type: tables.Type(r["type"]), Optimized: op&optionOptimized != 0, Hidden: op&optionHidden != 0,
		})
		t.pushed = append(t.pushed, op&(optionIndex|optionRequired|optionAdditional) != 0)
	}
	return t
}

// Name is the table's name.
func (t *Table) Name() string { return t.name }

// Columns are the columns as registered; their descriptions do not travel.
func (t *Table) Columns() []tables.Column { return t.columns }

// Counts gives how often this value called the table and how many rows came back.
func (t *Table) Counts() (calls, rows int64) { return t.calls.Load(), t.rows.Load() }

// Generate calls the table with what osquery would pass on of q, and reads the values as osquery does.
func (t *Table) Generate(ctx context.Context, q *tables.Query) (iter.Seq[tables.Row], error) {
	t.calls.Add(1)
	raw, err := t.host.Generate(ctx, t.name, t.Context(q))
	if err != nil {
		return nil, err
	}
	t.rows.Add(int64(len(raw)))
	return func(yield func(tables.Row) bool) {
		for i, r := range raw {
			if !yield(t.row(r, int64(i))) {
				return
			}
		}
	}, nil
}

// Context writes a query as the JSON that osquery makes of it (TablePlugin::setRequestFromContext): every column by name
// with its conditions, then the columns used. Conditions that osquery keeps to itself are left out: ranges of text,
// empty values, columns without an index. A value ends at its first NUL.
func (t *Table) Context(q *tables.Query) string {
	var b strings.Builder
	b.WriteString(`{"constraints":[`)
	order := slices.Sorted(maps.Keys(t.byName()))
	index := t.byName()
	for n, name := range order {
		if n > 0 {
			b.WriteByte(',')
		}
		c := t.columns[index[name]]
		b.WriteString(`{"name":`)
		writeString(&b, name)
		b.WriteString(`,"list":[`)
		first := true
		for _, k := range q.Constraints {
			if k.Column != index[name] || !t.pushed[k.Column] || c.Type == tables.Text && isRange(k.Op) {
				continue
			}
			value, _, _ := strings.Cut(k.Value, "\x00")
			if value == "" {
				continue
			}
			if !first {
				b.WriteByte(',')
			}
			first = false
			fmt.Fprintf(&b, `{"op":%d,"expr":`, k.Op)
			writeString(&b, value)
			b.WriteByte('}')
		}
		b.WriteString(`],"affinity":`)
		writeString(&b, string(c.Type))
		b.WriteByte('}')
	}
	b.WriteString(`],"colsUsed":[`)
	used, bits := t.used(q)
	n := 0
	for _, name := range order {
		if !used[index[name]] {
			continue
		}
		if n > 0 {
			b.WriteByte(',')
		}
		n++
		writeString(&b, name)
	}
	fmt.Fprintf(&b, `],"colsUsedBitset":%d}`, bits)
	return b.String()
}

func isRange(op tables.Op) bool {
	return op == tables.GreaterThan || op == tables.GreaterOrEqual || op == tables.LessThan || op == tables.LessOrEqual
}

// used widens the columns that a query uses to what SQLite's mask can say: from the 64th on they share one bit.
func (t *Table) used(q *tables.Query) (used []bool, bits uint64) {
	used = make([]bool, len(t.columns))
	for i := range used {
		if q.Uses(i) {
			bits |= 1 << min(i, 63)
		}
	}
	for i := range used {
		used[i] = bits&(1<<min(i, 63)) != 0
	}
	return used, bits
}

func (t *Table) byName() map[string]int {
	m := make(map[string]int, len(t.columns))
	for i := range t.columns {
		m[t.columns[i].Name] = i
	}
	return m
}

// writeString writes a JSON string as rapidjson does: bytes that are not UTF-8 pass as they are.
func writeString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ':
			fmt.Fprintf(b, `\u%04X`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
}

// row is a row as osquery's SQLite sees it.
type row struct {
	values []tables.Value
	id     int64
}

func (r *row) Value(column int) tables.Value { return r.values[column] }
func (r *row) RowID() int64                  { return r.id }

// row reads the strings of a row; scan numbers it where it bears no usable "rowid".
func (t *Table) row(raw map[string]string, scan int64) *row {
	r := &row{values: make([]tables.Value, len(t.columns)), id: scan}
	if id, err := strconv.ParseInt(raw["rowid"], 10, 64); err == nil {
		r.id = id
	}
	for i, c := range t.columns {
		r.values[i] = ParseValue(c.Type, raw[c.Name])
	}
	return r
}

// ParseValue reads a cell as osquery does: numbers in base 0, so "010" is 8, and what is no number, or none that fits
// the type, is NULL. Text is never NULL.
func ParseValue(typ tables.Type, s string) tables.Value {
	switch typ {
	case tables.Integer:
		if n, ok := parseInt(s); ok && math.MinInt32 <= n && n <= math.MaxInt32 {
			return tables.Value{Kind: tables.IntValue, Int: n}
		}
	case tables.BigInt:
		if n, ok := parseInt(s); ok {
			return tables.Value{Kind: tables.IntValue, Int: n}
		}
	case "UNSIGNED BIGINT":
		if n, err := strconv.ParseUint(s, 0, 64); err == nil {
			return tables.Value{Kind: tables.IntValue, Int: int64(n)}
		}
	case tables.Double:
		if f, err := strconv.ParseFloat(s, 64); err == nil && !math.IsNaN(f) {
			return tables.Value{Kind: tables.FloatValue, Float: f}
		}
	default:
		return tables.Value{Kind: tables.TextValue, Text: s}
	}
	return tables.Value{}
}

// parseInt is C's strtoll with base 0 over the whole text.
func parseInt(s string) (int64, bool) {
	if strings.ContainsAny(s, "_oO") || strings.ContainsAny(s, "bB") && !strings.ContainsAny(s, "xX") {
		return 0, false // Go's own notations
	}
	n, err := strconv.ParseInt(s, 0, 64)
	return n, err == nil
}
