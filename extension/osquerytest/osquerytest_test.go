package osquerytest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gen "github.com/osquery/osquery-go/gen/osquery"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/extension/internal/thriftsock"
	"github.com/apiwatch/apiwatch/extension/osquery"
	"github.com/apiwatch/apiwatch/extension/osquerytest"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/tables"
)

var _ sqlhost.Backend = (*osquerytest.Table)(nil)

func listen(t *testing.T) (*osquerytest.Host, string) {
	t.Helper()
	return listenEvery(t, time.Minute)
}

func listenEvery(t *testing.T, interval time.Duration) (*osquerytest.Host, string) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	h, err := osquerytest.Listen(socket, osquerytest.Options{Interval: interval, Flags: map[string]string{"disable_events": "true"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h, socket
}

func serve(t *testing.T, h *osquerytest.Host, socket string, all []*tables.Table) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- osquery.Serve(ctx, osquery.Options{Socket: socket, Tables: all}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	wait, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if _, err := h.Wait(wait, "apiwatch"); err != nil {
		t.Fatal(err)
	}
}

func filled() *store.Store {
	s := store.NewStore(0, 1)
	logSource := &event.LogSource{Name: "auditd:SYSCALL", Provider: "audit"}
	for i := range 60 {
		e := event.Event{
			Kind: event.KindMemory, API: event.APINamed("mprotect"), TimeNS: int64(1000+i) * 1e9, LogSource: logSource, Outcome: event.Success,
			Process: &event.Process{
				Key: fmt.Sprintf("k%d", i%6), PID: int64(i % 6), UID: -1, Path: fmt.Sprintf("/bin/p%d", i%6),
				Cmdline: "x'\"\\\n\xff",
			},
		}
		if i%3 == 0 {
			e.Kind, e.API = event.KindPtrace, event.APINamed("ptrace")
		}
		s.Add(e)
	}
	return s
}

// The same SQL must give the same rows over the socket as it does without one.
func TestSQLOverTheSocket(t *testing.T) {
	all := tables.All(&tables.Data{Store: filled()})
	h, socket := listen(t)
	serve(t, h, socket, all)
	var backends []sqlhost.Backend
	for _, tb := range h.Tables() {
		backends = append(backends, tb)
	}
	remote, err := sqlhost.Open(nil, sqlhost.AsOsquery(), sqlhost.With(backends...))
	if err != nil {
		t.Fatal(err)
	}
	defer remote.Close()
	local, err := sqlhost.Open(all)
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	for _, test := range []struct {
		sql            string
		rows           int
		calls, fetched int64
	}{
		{"SELECT eid, time, pid, cmdline FROM api_calls", 60, 1, 60},
		{"SELECT count(*) FROM api_calls", 1, 1, 60},
		{"SELECT eid, request FROM ptrace_events WHERE process_key = 'k3'", 10, 1, 10},
		{"SELECT eid FROM api_calls WHERE process_key IN ('k1', 'k2', 'none')", 20, 1, 20},
		{"SELECT eid FROM api_calls WHERE pid = 1 OR api = 'ptrace'", 30, 2, 30},
		{"SELECT eid FROM api_calls WHERE time > 1050 LIMIT 3", 3, 1, 10},
		{"SELECT eid, uid FROM api_calls WHERE uid IS NULL", 60, 1, 60},
		{"SELECT eid FROM api_calls WHERE process_key IN (SELECT process_key FROM ptrace_events WHERE pid = 3) AND api = 'mprotect'", 0, 2, 20},
	} {
		h.Reset()
		got, err := remote.QueryAll(t.Context(), test.sql)
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
			continue
		}
		want, err := local.QueryAll(t.Context(), test.sql)
		if err != nil {
			t.Fatal(err)
		}
		if text(got.Rows) != text(want.Rows) || len(got.Rows) != test.rows {
			t.Errorf("%s: %d rows\n%s\nwant %d, as without the socket:\n%s", test.sql, len(got.Rows), text(got.Rows), test.rows, text(want.Rows))
		}
		if calls, rows := h.Counts(); calls > test.calls || rows > test.fetched {
			t.Errorf("%s: %d calls and %d rows, want at most %d and %d", test.sql, calls, rows, test.calls, test.fetched)
		}
	}
}

func text(rows [][]tables.Value) string {
	var lines []string
	for _, row := range rows {
		lines = append(lines, fmt.Sprintf("%q", row))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestContextIsWhatOsquerySends(t *testing.T) {
	h, socket := listen(t)
	serve(t, h, socket, tables.All(&tables.Data{Store: filled()}))
	var tb *osquerytest.Table
	for _, c := range h.Tables() {
		if c.Name() == "ptrace_events" {
			tb = c
		}
	}
	column := func(name string) int {
		return slices.IndexFunc(tb.Columns(), func(c tables.Column) bool { return c.Name == name })
	}
	used := make([]bool, len(tb.Columns()))
	used[column("pid")], used[column("api")] = true, true
	got := tb.Context(&tables.Query{Used: used, Constraints: []tables.Constraint{
		{Column: column("pid"), Op: tables.Equals, Value: "7"},
		{Column: column("api"), Op: tables.Equals, Value: "a\"\\\x01é"},
		{Column: column("api"), Op: tables.Like, Value: "cut\x00off"},
		{Column: column("api"), Op: tables.Equals, Value: ""},         // osquery keeps it
		{Column: column("path"), Op: tables.GreaterThan, Value: "/a"}, // and a range of text
	}})
	var c struct {
		Constraints []struct {
			Name, Affinity string
			List           []struct {
				Op   int
				Expr string
			}
		}
		ColsUsed []string
	}
	if err := json.Unmarshal([]byte(got), &c); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if len(c.Constraints) != len(tb.Columns()) || !slices.Equal(c.ColsUsed, []string{"api", "pid"}) {
		t.Errorf("%d columns listed, used %v: %s", len(c.Constraints), c.ColsUsed, got)
	}
	for _, k := range c.Constraints {
		list := fmt.Sprint(k.List)
		want := map[string]string{"pid": "[{2 7}]", "api": "[{2 a\"\\\x01é} {65 cut}]"}[k.Name]
		if want == "" {
			want = "[]"
		}
		if list != want {
			t.Errorf("column %s: %q, want %q", k.Name, list, want)
		}
		if k.Name == "pid" && k.Affinity != "BIGINT" {
			t.Errorf("affinity of pid: %s", k.Affinity)
		}
	}
	if !strings.Contains(got, `"list":[],"affinity":"TEXT"`) {
		t.Errorf("empty lists are not written as osquery does: %s", got)
	}
}

func TestParseValue(t *testing.T) {
	null := tables.Value{}
	number := func(n int64) tables.Value { return tables.Value{Kind: tables.IntValue, Int: n} }
	for _, test := range []struct {
		typ  tables.Type
		in   string
		want tables.Value
	}{
		{tables.BigInt, "12", number(12)},
		{tables.BigInt, "-12", number(-12)},
		{tables.BigInt, "010", number(8)},
		{tables.BigInt, "0xff", number(255)},
		{tables.BigInt, "", null},
		{tables.BigInt, "1x", null},
		{tables.BigInt, "1_000", null},
		{tables.BigInt, "9223372036854775808", null},
		{tables.Integer, "2147483647", number(1<<31 - 1)},
		{tables.Integer, "2147483648", null},
		{"UNSIGNED BIGINT", "18446744073709551615", number(-1)},
		{tables.Double, "1.5", tables.Value{Kind: tables.FloatValue, Float: 1.5}},
		{tables.Double, "", null},
		{tables.Text, "", tables.Value{Kind: tables.TextValue}},
		{tables.Text, "010", tables.Value{Kind: tables.TextValue, Text: "010"}},
	} {
		if got := osquerytest.ParseValue(test.typ, test.in); got != test.want {
			t.Errorf("%s %q: %+v, want %+v", test.typ, test.in, got, test.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	h, socket := listen(t)
	column := gen.ExtensionPluginResponse{{"id": "column", "name": "a", "type": "TEXT", "op": "0"}}
	for _, test := range []struct {
		name, table string
		routes      gen.ExtensionPluginResponse
		want        string
	}{
		{"first", "mine", column, ""},
		{"first", "other", column, "Duplicate extension registered"},
		{"second", "mine", column, "Failed adding registry broadcast"},
		{"second", "Processes", column, "Failed adding registry broadcast"},
		{"second", "empty", nil, "Failed adding registry broadcast"},
		{"second", "odd", gen.ExtensionPluginResponse{{"id": "column", "name": "a", "type": "STRING"}}, "Failed adding registry broadcast"},
		{"second", "twice", append(column, column...), "Failed adding registry broadcast"},
		{"second", "fine", column, ""},
	} {
		p, done, err := thriftsock.Dial(t.Context(), socket, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		client := gen.NewExtensionManagerClientProtocol(p.Transport(), p, p)
		status, err := client.RegisterExtension(t.Context(), &gen.InternalExtensionInfo{Name: test.name},
			gen.ExtensionRegistry{"table": {test.table: test.routes}})
		if err != nil {
			t.Fatal(err)
		}
		if (status.Code == 0) != (test.want == "") || test.want != "" && status.Message != test.want {
			t.Errorf("%s with %s: %v, want %q", test.name, test.table, status, test.want)
		}
		if options, err := client.Options(t.Context()); err != nil || options["disable_events"].GetValue() != "true" {
			t.Errorf("options: %v, %v", options, err)
		}
		done()
	}
	if h.Refusals() != 6 {
		t.Errorf("counted %d refusals", h.Refusals())
	}
}

func TestFailedPingDeregisters(t *testing.T) {
	h, socket := listenEvery(t, 20*time.Millisecond)
	p, done, err := thriftsock.Dial(t.Context(), socket, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	client := gen.NewExtensionManagerClientProtocol(p.Transport(), p, p)
	if _, err := client.RegisterExtension(t.Context(), &gen.InternalExtensionInfo{Name: "dead"}, nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := h.Gone(ctx, "dead"); err != nil {
		t.Error(err)
	}
}
