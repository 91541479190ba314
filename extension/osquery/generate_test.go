package osquery

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/extension/osquerytest"
	"github.com/apiwatch/apiwatch/tables"
)

// start serves all tables over a store and gives the host and one table as the host sees it.
func start(t testing.TB, store *store.Store, table string) (*osquerytest.Host, *osquerytest.Table, *tables.Table) {
	t.Helper()
	socket := socketPath(t)
	h := listen(t, socket, time.Minute)
	all := tables.All(&tables.Data{Store: store})
	serve(t, Options{Socket: socket, Tables: all})
	registered(t, h)
	return h, remoteTable(t, h, table), localTable(t, all, table)
}

func remoteTable(t testing.TB, h *osquerytest.Host, name string) *osquerytest.Table {
	t.Helper()
	for _, tb := range h.Tables() {
		if tb.Name() == name {
			return tb
		}
	}
	t.Fatalf("no table %s", name)
	return nil
}

func localTable(t testing.TB, all []*tables.Table, name string) *tables.Table {
	t.Helper()
	for _, tb := range all {
		if tb.Name == name {
			return tb
		}
	}
	t.Fatalf("no table %s", name)
	return nil
}

type generator interface {
	Generate(ctx context.Context, q *tables.Query) (iter.Seq[tables.Row], error)
}

func collect(t testing.TB, g generator, q *tables.Query) map[int64]tables.Row {
	t.Helper()
	seq, err := g.Generate(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[int64]tables.Row)
	for row := range seq {
		if out[row.RowID()] != nil {
			t.Fatalf("rowid %d comes twice", row.RowID())
		}
		out[row.RowID()] = row
	}
	return out
}

// satisfies is SQLite's own second look at a row: equalities of one column are the values of an IN.
func satisfies(row tables.Row, constraints []tables.Constraint) bool {
	anyEqual := make(map[int]bool)
	for _, c := range constraints {
		v := row.Value(c.Column)
		switch c.Op {
		case tables.Equals:
			anyEqual[c.Column] = anyEqual[c.Column] || v.Kind != tables.Null && v.String() == c.Value
		case tables.NotEquals:
			if v.Kind == tables.Null || v.String() == c.Value {
				return false
			}
		case tables.GreaterThan, tables.LessOrEqual:
			n, err := strconv.ParseInt(c.Value, 10, 64)
			if err != nil || v.Kind != tables.IntValue || (c.Op == tables.GreaterThan) != (v.Int > n) {
				return false
			}
		case tables.Like: // the test only asks for prefix%
			prefix := strings.TrimSuffix(c.Value, "%")
			if len(v.Text) < len(prefix) || !strings.EqualFold(v.Text[:len(prefix)], prefix) {
				return false
			}
		default:
		}
	}
	for _, ok := range anyEqual {
		if !ok {
			return false
		}
	}
	return true
}

func filtered(rows map[int64]tables.Row, constraints []tables.Constraint) []int64 {
	maps.DeleteFunc(rows, func(_ int64, r tables.Row) bool { return !satisfies(r, constraints) })
	return slices.Sorted(maps.Keys(rows))
}

// pick gives a constraint with a value that some row has.
func pick(r *rand.Rand, columns []tables.Column, all []tables.Row) tables.Constraint {
	column := r.IntN(len(columns))
	c := tables.Constraint{Column: column, Value: all[r.IntN(len(all))].Value(column).String()}
	ops := []tables.Op{tables.Equals, tables.Equals, tables.NotEquals, tables.GreaterThan, tables.LessOrEqual, 69, 150}
	if columns[column].Type == tables.Text {
		ops = []tables.Op{tables.Equals, tables.Equals, tables.NotEquals, tables.Like, tables.Glob, 150}
	}
	c.Op = ops[r.IntN(len(ops))]
	if c.Op == tables.Like {
		if i := strings.IndexAny(c.Value, `%_\`); i >= 0 {
			c.Value = c.Value[:i]
		}
		c.Value += "%"
	}
	return c
}

func TestConstraintsAgainstBruteForce(t *testing.T) {
	for _, name := range []string{"api_calls", "ptrace_events"} {
		t.Run(name, func(t *testing.T) {
			_, remote, local := start(t, smallStore(), name)
			all := slices.Collect(maps.Values(collect(t, local, &tables.Query{})))
			r := rand.New(rand.NewPCG(1, 2))
			narrowed := 0
			for i := range 400 {
				var q tables.Query
				for range 1 + r.IntN(3) {
					q.Constraints = append(q.Constraints, pick(r, local.Columns, all))
				}
				if r.IntN(3) == 0 { // an IN
					first := q.Constraints[0]
					first.Op = tables.Equals
					q.Constraints[0] = first
					for range r.IntN(4) {
						q.Constraints = append(q.Constraints, tables.Constraint{
							Column: first.Column, Op: tables.Equals, Value: all[r.IntN(len(all))].Value(first.Column).String(),
						})
					}
				}
				// osquery never sends an empty value, so an IN with one cannot be told from an IN without it.
				q.Constraints = slices.DeleteFunc(q.Constraints, func(c tables.Constraint) bool { return c.Value == "" || c.Value == "%" })
				if r.IntN(4) == 0 {
					q.Constraints = append(q.Constraints, []tables.Constraint{{Op: tables.Limit, Value: "1"}, {Op: tables.Offset, Value: "2"}}...)
				}
				conditions := slices.DeleteFunc(slices.Clone(q.Constraints), func(c tables.Constraint) bool {
					return c.Op == tables.Limit || c.Op == tables.Offset
				})
				if slices.ContainsFunc(conditions, func(c tables.Constraint) bool { return strings.ContainsRune(c.Value, 0) }) {
					continue // osquery cuts such a value at the NUL; see TestHostileText
				}
				got := collect(t, remote, &q)
				if len(got) < len(all) {
					narrowed++
				}
				want := filtered(collect(t, local, &tables.Query{}), conditions)
				if ids := filtered(got, conditions); !slices.Equal(ids, want) {
					t.Fatalf("query %d: %s\ngot rows %v\nwant     %v", i, remote.Context(&q), ids, want)
				}
			}
			if narrowed < 100 {
				t.Errorf("only %d of 400 queries were narrowed: push-down does not work", narrowed)
			}
		})
	}
}

// SQLite merges the branches of an OR by rowid: the union of two calls must have each row once.
func TestOrMergesByRowID(t *testing.T) {
	_, remote, local := start(t, smallStore(), "api_calls")
	api, pid := local.ColumnIndex("api"), local.ColumnIndex("pid")
	a := tables.Constraint{Column: api, Op: tables.Equals, Value: "ptrace"}
	b := tables.Constraint{Column: pid, Op: tables.Equals, Value: "103"}
	got := collect(t, remote, &tables.Query{Constraints: []tables.Constraint{a}})
	both := 0
	for id := range collect(t, remote, &tables.Query{Constraints: []tables.Constraint{b}}) {
		if got[id] != nil {
			both++
		}
		got[id] = nil
	}
	want := 0
	for _, row := range collect(t, local, &tables.Query{}) {
		if satisfies(row, []tables.Constraint{a}) || satisfies(row, []tables.Constraint{b}) {
			want++
		}
	}
	if len(got) != want || both == 0 {
		t.Errorf("the union has %d rows (%d in both), want %d", len(got), both, want)
	}
}

func TestOnlyUsedColumnsAreSent(t *testing.T) {
	h, remote, local := start(t, smallStore(), "ptrace_events")
	for _, test := range []struct {
		colsUsed string
		want     []string
	}{
		{`["pid","path"]`, []string{"path", "pid", "rowid"}},
		{`[]`, []string{"rowid"}},
		{`["pid","nonsense","rowid"]`, []string{"pid", "rowid"}},
	} {
		rows, err := h.Generate(t.Context(), remote.Name(), `{"constraints":[],"colsUsed":`+test.colsUsed+`}`)
		if err != nil || len(rows) == 0 {
			t.Fatalf("%s: %d rows, %v", test.colsUsed, len(rows), err)
		}
		if got := slices.Sorted(maps.Keys(rows[0])); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.colsUsed, got, test.want)
		}
	}
	rows, err := h.Generate(t.Context(), remote.Name(), `{"constraints":[],"colsUsed":"pid"}`)
	if err != nil || len(rows[0]) != len(local.Columns)+1 {
		t.Errorf("an unsound colsUsed must mean all columns: %d, %v", len(rows[0]), err)
	}
}

func TestValuesArriveAsTheyAre(t *testing.T) {
	_, remote, local := start(t, smallStore(), "api_calls")
	want := collect(t, local, &tables.Query{})
	got := collect(t, remote, &tables.Query{})
	if len(got) != len(want) || len(got) != 300 {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for id, row := range got {
		for i, c := range local.Columns {
			if g, w := row.Value(i), want[id].Value(i); g != w {
				t.Errorf("row %d, column %s: %#v, want %#v", id, c.Name, g, w)
			}
		}
	}
}

// A hostile text must come back byte for byte, and an equality with it must find it even where JSON cannot hold it.
func TestHostileText(t *testing.T) {
	_, remote, local := start(t, smallStore(), "api_calls")
	cmdline := local.ColumnIndex("cmdline")
	for _, text := range hostile {
		if text == "" || strings.ContainsRune(text, 0) {
			continue // neither reaches an extension whole
		}
		c := []tables.Constraint{{Column: cmdline, Op: tables.Equals, Value: text}}
		got := filtered(collect(t, remote, &tables.Query{Constraints: c}), c)
		want := filtered(collect(t, local, &tables.Query{}), c)
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("cmdline = %q: %d rows, want %d", text, len(got), len(want))
		}
	}
	// One value of an IN that JSON cannot hold must not hide the rows of the other.
	c := []tables.Constraint{
		{Column: cmdline, Op: tables.Equals, Value: "plain"}, {Column: cmdline, Op: tables.Equals, Value: "bad\xff\xfeutf8"},
	}
	got := filtered(collect(t, remote, &tables.Query{Constraints: c}), c)
	want := filtered(collect(t, local, &tables.Query{}), c)
	if !slices.Equal(got, want) {
		t.Errorf("IN with bytes that are no UTF-8: %d rows, want %d", len(got), len(want))
	}
}

func TestGarbageRequests(t *testing.T) {
	h, remote, local := start(t, smallStore(), "ptrace_events")
	all := len(collect(t, local, &tables.Query{}))
	for _, context := range []string{
		``, `{}`, `{"constraints":null}`, `{"constraints":""}`, `{"constraints":[1,null,"x",{}]}`,
		`{"constraints":[{"name":"nonsense","list":[{"op":2,"expr":"1"}]}]}`,
		`{"constraints":[{"name":"pid","list":""}]}`,
		`{"constraints":[{"name":"pid","list":[{"op":2}]}]}`,
		`{"constraints":[{"name":"pid","list":[{"op":2,"expr":{}}]}]}`,
		`{"constraints":[{"name":"pid","list":[{"op":"two","expr":"1"}]}]}`,
		`{"constraints":[{"name":"pid","list":[{"op":2,"expr":"1"},{"op":2,"expr":null}]}]}`,
		`{"constraints":[{"name":"pid","list":[{"op":99999999999999999999,"expr":"1"}]}]}`,
		`{"constraints":[{"name":"pid","list":[{"op":255,"expr":"1"}]}]}`,
		`{"constraints":[{"name":"pid","list":[{"op":2,"expr":"no number"}]}]}`,
		`{"constraints":[{"name":"time","list":[{"op":73,"expr":"1"},{"op":74,"expr":"5"}]}]}`,
		`{"constraints":[],"colsUsed":{"a":1},"colsUsedBitset":"x"}`,
		`{"constraints":[],"colsUsed":null}`,
	} {
		rows, err := h.Generate(t.Context(), remote.Name(), context)
		if err != nil || len(rows) != all {
			t.Errorf("%s: %d rows, %v; want all %d", context, len(rows), err, all)
		}
	}
	for _, context := range []string{`{`, `[]`, `"x"`, `7`, "\x00\xff", strings.Repeat(`[`, 20000), strings.Repeat(`{"constraints":`, 12000)} {
		rows, err := h.Generate(t.Context(), remote.Name(), context)
		if err == nil || !strings.Contains(err.Error(), "ptrace_events: reading the query context") {
			t.Errorf("%.20q: %d rows, %v; want an error that says what is wrong", context, len(rows), err)
		}
	}
	rows, err := h.Generate(t.Context(), remote.Name(), `{"constraints":[{"name":"pid","list":[{"op":"2","expr":103}]}]}`)
	if err != nil || len(rows) == 0 || len(rows) == all {
		t.Errorf("op as text and expr as number: %d rows, %v", len(rows), err)
	}
	for _, request := range []map[string]string{nil, {}, {"action": ""}, {"action": "drop"}} {
		r, err := h.Call(t.Context(), remote.Name(), request)
		if err != nil || r.Status.Code == 0 || !strings.Contains(r.Status.Message, "unknown action") {
			t.Errorf("%v: %v, %v", request, r, err)
		}
	}
	for _, action := range []string{"insert", "update", "delete"} {
		r, err := h.Call(t.Context(), remote.Name(), map[string]string{"action": action})
		if err != nil || r.Status.Code != 0 || len(r.Response) != 1 || r.Response[0]["status"] != "readonly" {
			t.Errorf("%s: %v, %v", action, r, err)
		}
	}
}

// Bytes that are no Thrift at all end their connection and nothing else.
func TestGarbageBytes(t *testing.T) {
	socket := socketPath(t)
	h := listen(t, socket, time.Minute)
	serve(t, Options{Socket: socket, Tables: tables.All(&tables.Data{Store: smallStore()})})
	uuid := registered(t, h)

	huge := []byte{0x80, 1, 0, 1, 0, 0, 0, 4, 'c', 'a', 'l', 'l', 0, 0, 0, 1, 13, 0, 3, 11, 11}
	huge = binary.BigEndian.AppendUint32(huge, 0x20000000) // overflows Thrift's own check of the size
	wrongTypes := append(slices.Clone(huge[:19]), 8, 10, 0, 0, 0, 2, 1, 2, 3)
	r := rand.New(rand.NewPCG(3, 4))
	inputs := [][]byte{huge, wrongTypes, []byte("GET / HTTP/1.0\r\n\r\n"), make([]byte, 4096), {0x80}, {}}
	for range 200 {
		b := slices.Clone(huge[:16])
		for range r.IntN(64) {
			b = append(b, byte(r.Uint32()))
		}
		inputs = append(inputs, b)
	}
	for _, in := range inputs {
		c, err := dialSocket(h.Path(uuid))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write(in)
		c.Close()
	}
	if _, err := h.Generate(t.Context(), "api_calls", ""); err != nil {
		t.Error(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.Sys > 1<<30 {
		t.Errorf("the process took %d MiB", m.Sys>>20)
	}
}

// An event without a log source, which no collector makes, has columns that panic: the status says so, and the next call works.
func TestPanicInATable(t *testing.T) {
	store := smallStore()
	bad := store.Add(event.Event{Kind: event.KindPtrace, TimeNS: 1_800_000_000e9, API: event.APINamed("ptrace")})
	h, remote, local := start(t, store, "ptrace_events")
	_, err := h.Generate(t.Context(), remote.Name(), "")
	if err == nil || !strings.Contains(err.Error(), "table ptrace_events failed") {
		t.Errorf("a panic while writing: %v", err)
	}
	_, err = h.Generate(t.Context(), remote.Name(), remote.Context(&tables.Query{Constraints: []tables.Constraint{
		{Column: local.ColumnIndex("log_source"), Op: tables.Equals, Value: "x"},
	}}))
	if err == nil || !strings.Contains(err.Error(), "table ptrace_events failed") {
		t.Errorf("a panic while filtering: %v", err)
	}
	rows := collect(t, remote, &tables.Query{Constraints: []tables.Constraint{
		{Column: local.ColumnIndex("time"), Op: tables.LessThan, Value: "1799999999"},
	}})
	if len(rows) != 100 || rows[bad] != nil {
		t.Errorf("after the panics: %d rows", len(rows))
	}
}

func TestConcurrentCallsAndWrites(t *testing.T) {
	store := smallStore()
	_, remote, _ := start(t, store, "api_calls")
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for i, ptrace := 0, event.APINamed("ptrace"); ; i++ {
			select {
			case <-stop:
				return
			default:
				store.Add(event.Event{Kind: event.KindPtrace, API: ptrace, LogSource: logSource, Process: process(i % 20), TimeNS: 1.7e18})
				time.Sleep(50 * time.Microsecond)
			}
		}
	})
	var readers sync.WaitGroup
	errs := make(chan error, 8)
	for range 4 {
		readers.Go(func() {
			for range 10 {
				seq, err := remote.Generate(t.Context(), &tables.Query{})
				if err != nil {
					errs <- err
					return
				}
				n := 0
				for range seq {
					n++
				}
				if n < 300 {
					errs <- fmt.Errorf("only %d rows", n)
					return
				}
			}
		})
	}
	readers.Wait()
	close(stop)
	wg.Wait()
	select {
	case err := <-errs:
		t.Error(err)
	default:
	}
	if calls, rows := remote.Counts(); calls != 40 || rows < 40*300 {
		t.Errorf("counted %d calls and %d rows", calls, rows)
	}
}

// A client that leaves in the middle of a large answer frees everything that its call held.
func TestClientLeavesMidCall(t *testing.T) {
	socket := socketPath(t)
	h := listen(t, socket, time.Minute)
	serve(t, Options{Socket: socket, Tables: tables.All(&tables.Data{Store: bigStore(20_000)})})
	uuid, before := registered(t, h), runtime.NumGoroutine()
	for i := range 8 {
		c, err := dialSocket(h.Path(uuid))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(rawCall("api_calls", "generate", "")); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 { // read a little first, so that writing has begun
			if _, err := c.Read(make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
		}
		c.Close()
	}
	deadline := time.Now().Add(time.Minute)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			t.Fatalf("goroutines: %d before, %d after", before, runtime.NumGoroutine())
		}
		time.Sleep(10 * time.Millisecond)
	}
	rows, err := h.Generate(t.Context(), "api_calls", "")
	if err != nil || len(rows) != 20_000 {
		t.Errorf("the next call: %d rows, %v", len(rows), err)
	}
}

// rawCall is the message that osquery sends.
func rawCall(table, action, context string) []byte {
	b := append(appendString([]byte{0x80, 1, 0, 1}, "call"), 0, 0, 0, 1)
	b = appendString(append(b, 11, 0, 1), "table")
	b = appendString(append(b, 11, 0, 2), table)
	b = appendMapHeader(append(b, 13, 0, 3), 2)
	b = appendString(appendString(b, "action"), action)
	b = appendString(appendString(b, "context"), context)
	return append(b, 0)
}

func TestUnknownMethodKeepsTheConnection(t *testing.T) {
	socket := socketPath(t)
	h := listen(t, socket, time.Minute)
	serve(t, Options{Socket: socket})
	uuid := registered(t, h)
	c, err := dialSocket(h.Path(uuid))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, name := range []string{"nonsense", "ping"} {
		b := appendString([]byte{0x80, 1, 0, 1}, name)
		if _, err := c.Write(append(b, 0, 0, 0, 1, 0)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 1000)
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		n, err := c.Read(buf)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !strings.Contains(string(buf[:n]), name) {
			t.Errorf("%s: answered %q", name, buf[:n])
		}
	}
}
