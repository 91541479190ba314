package osquery

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/tables"
)

// alwaysUsed is the column from which on SQLite's 64-bit mask of used columns no longer tells them apart.
const alwaysUsed = 63

// parseContext reads the JSON that osquery calls the query context. What it cannot use it leaves out, which admits more
// rows: SQLite filters again, so a row too many is safe and a row too few is a silent miss. Only text that is no JSON
// object at all is an error.
func parseContext(text string, columns []tables.Column) (*tables.Query, error) {
	q := &tables.Query{}
	if text == "" {
		return q, nil
	}
	var c struct {
		Constraints json.RawMessage `json:"constraints"`
		ColsUsed    json.RawMessage `json:"colsUsed"`
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return nil, fmt.Errorf("reading the query context: %w", err)
	}
	index := make(map[string]int, len(columns))
	for i := range columns {
		index[columns[i].Name] = i
	}
	q.Used = parseUsed(c.ColsUsed, index)

	for _, raw := range list(c.Constraints) {
		var l struct {
			Name string          `json:"name"`
			List json.RawMessage `json:"list"`
		}
		if json.Unmarshal(raw, &l) != nil {
			continue
		}
		column, ok := index[l.Name]
		if !ok {
			continue
		}
		q.Constraints = append(q.Constraints, parseConstraints(l.List, column)...)
	}
	return q, nil
}

// parseConstraints reads the conditions on one column. The equalities among them are alternatives, so if one of these
// cannot be used none is.
func parseConstraints(raw json.RawMessage, column int) []tables.Constraint {
	var equal, other []tables.Constraint
	usable := true
	for _, item := range list(raw) {
		var pair struct {
			Op   json.RawMessage `json:"op"`
			Expr json.RawMessage `json:"expr"`
		}
		if json.Unmarshal(item, &pair) != nil {
			usable = false
			continue
		}
		opText, ok := scalar(pair.Op)
		op, err := strconv.Atoi(opText)
		if !ok || err != nil {
			usable = false
			continue
		}
		expr, ok := scalar(pair.Expr)
		switch op := tables.Op(op); op {
		case tables.Equals, tables.Is:
			usable = usable && ok
			equal = append(equal, tables.Constraint{Column: column, Op: op, Value: expr})
		case tables.Limit, tables.Offset: // no condition at all; rows are never cut by them
		default:
			if ok {
				other = append(other, tables.Constraint{Column: column, Op: op, Value: expr})
			}
		}
	}
	if !usable {
		equal = nil
	}
	return append(equal, other...)
}

// list gives the elements of a JSON array; anything else has none, such as the "" that old versions of osquery write.
func list(raw json.RawMessage) []json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil
	}
	return items
}

// scalar gives a JSON string or number as text. Bytes that are not UTF-8 do not survive JSON: a text that lost some is
// refused, or a hostile path could hide from an equality.
func scalar(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 {
		return "", false
	}
	switch c := raw[0]; {
	case c == '"':
		var s string
		if json.Unmarshal(raw, &s) != nil || strings.ContainsRune(s, '\uFFFD') {
			return "", false
		}
		return s, true
	case c == '-' || '0' <= c && c <= '9':
		return string(raw), true
	}
	return "", false
}

// parseUsed gives nil, which means all, unless the list is sound.
func parseUsed(raw json.RawMessage, index map[string]int) []bool {
	var names []string
	if json.Unmarshal(raw, &names) != nil || names == nil {
		return nil
	}
	used := make([]bool, len(index))
	for _, name := range names {
		if i, ok := index[name]; ok {
			used[i] = true
		}
	}
	for i := alwaysUsed; i < len(used); i++ {
		used[i] = true
	}
	return used
}
