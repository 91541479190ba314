package osquery

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/scripts/fuzzing"
	"github.com/apiwatch/apiwatch/tables"
)

func TestUsedBeyondTheMask(t *testing.T) {
	columns := make([]tables.Column, 70)
	for i := range columns {
		columns[i].Name = "c" + strings.Repeat("x", i)
	}
	q, err := parseContext(`{"colsUsed":["c"]}`, columns)
	if err != nil {
		t.Fatal(err)
	}
	if !q.Uses(0) || q.Uses(1) || q.Uses(62) || !q.Uses(63) || !q.Uses(69) {
		t.Errorf("used: %v; SQLite's mask tells only the first 63 apart", q.Used)
	}
}

// A call that was cut short must not pass for a complete answer.
func TestCutShortIsAnError(t *testing.T) {
	p := newProcessor(tables.All(&tables.Data{Store: smallStore()}), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := p.call(ctx, "table", "api_calls", map[string]string{"action": "generate"})
	if a.err == nil || a.rows != nil {
		t.Errorf("%d rows, %v", len(a.rows), a.err)
	}
}

func FuzzParseContext(f *testing.F) {
	f.Add(`{"constraints":[{"name":"a","list":[{"op":2,"expr":"1"},{"op":65,"expr":"x%"}],"affinity":"TEXT"}],"colsUsed":["a"],` +
		`"colsUsedBitset":1}`)
	f.Add(`{"constraints":[{"name":"b","list":[{"op":"2","expr":-7},{"op":2,"expr":"\ud800"}]}]}`)
	f.Add(`{"constraints":[{"name":"b","list":""}],"colsUsed":7}`)
	columns := []tables.Column{{Name: "a", Type: tables.Text}, {Name: "b", Type: tables.BigInt}}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := parseContext(text, columns)
		if err != nil {
			return
		}
		if q.Used != nil && len(q.Used) != len(columns) {
			t.Errorf("used: %v", q.Used)
		}
		for _, c := range q.Constraints {
			if c.Column < 0 || c.Column >= len(columns) || c.Op == tables.Limit || c.Op == tables.Offset || strings.ContainsRune(c.Value, '\uFFFD') {
				t.Errorf("constraint %+v", c)
			}
		}
	})
}
