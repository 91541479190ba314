package sqlhost

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/extension/sqlhost/sqlite"
	"github.com/apiwatch/apiwatch/scripts/racing"
	"github.com/apiwatch/apiwatch/tables"
)

// TestPushDown holds what a table is asked against what osqueryd asks.
func TestPushDown(t *testing.T) {
	for _, test := range []struct {
		where string
		want  []string // a call each
		count int      // rows that SQLite lets through, of 10
	}{
		{"1", []string{""}, 10},
		{"pid = 3", []string{"pid 2 3"}, 1},
		{"pid = 3 AND key = 'k3'", []string{"key 2 k3, pid 2 3"}, 1},
		{"pid > 2 AND pid <= 4 AND pid < 6 AND pid >= 1 AND pid != 3", []string{"pid 16 6, pid 32 1, pid 4 2, pid 68 3, pid 8 4"}, 1},
		{"path LIKE 't%' AND path GLOB 't*'", []string{"path 65 t%, path 66 t*"}, 10},
		{"path LIKE 't|%' ESCAPE '|'", []string{""}, 0},
		{"path NOT LIKE 't1%'", []string{""}, 9},
		{"path > 't5'", []string{""}, 4},
		{"path > 't5' AND pid = 0", []string{"pid 2 0"}, 1},
		{"path IS NULL", []string{""}, 0},
		{"path IS NOT NULL", []string{""}, 10},
		{"path IS 't1'", []string{"path 72 t1"}, 1},
		{"path IS NOT 't1'", []string{"path 69 t1"}, 9},
		{"path = ''", []string{""}, 0},
		{"path = 5", []string{""}, 0}, // it might mean a comparison of numbers
		{"path = x'7431'", []string{""}, 0},
		{"upper(path) = 'T1'", []string{""}, 1},
		{"pid + 1 = 3", []string{""}, 2},
		{"path = 'T1' COLLATE NOCASE", []string{"path 2 T1"}, 1},
		{"path = 't1  ' COLLATE RTRIM", []string{""}, 1},
		{"key IN ('k1', 'k3', NULL, 'x')", []string{"key 2 k1, key 2 k3, key 2 x"}, 4},
		{"key IN ('', 'k3')", []string{"key 2 , key 2 k3"}, 2},
		{"pid IN (1, 3)", []string{"pid 2 1", "pid 2 3"}, 3},
		{"pid = 1 OR key = 'k1'", []string{"pid 2 1", "key 2 k1"}, 3},
		{"key IN (SELECT 'k' || id FROM p WHERE id = 2)", []string{"id 2 2", "key 2 k2"}, 2},
		{"key IN (SELECT key FROM p WHERE id = 99)", []string{"id 2 99"}, 0}, // empty: the second call is spared
		{"pid = NULL", []string{}, 0},
		{"pid > (SELECT max(id) FROM p WHERE id = 99)", []string{"id 2 99"}, 0},
	} {
		p := newProbe("p", 10)
		db := openWith(t, With(p))
		got, err := db.QueryAll(t.Context(), "SELECT id FROM p WHERE "+test.where)
		if err != nil {
			t.Errorf("%s: %v", test.where, err)
			continue
		}
		asked := p.constraints()
		if !slices.Equal(asked, test.want) || len(got.Rows) != test.count {
			t.Errorf("%s: asked %q and got %d rows, want %q and %d", test.where, asked, len(got.Rows), test.want, test.count)
		}
		if got.Stats.Calls != len(test.want) || got.Stats.Rows != 10*len(test.want) {
			t.Errorf("%s: counted %+v, want %d calls", test.where, got.Stats, len(test.want))
		}
	}
}

// TestAsOsquery counts what osqueryd would really move.
func TestAsOsquery(t *testing.T) {
	for sql, want := range map[string]struct {
		asked []string
		stats Stats
	}{
		"SELECT id FROM p LIMIT 1":                                              {[]string{"id 73 1"}, Stats{1, 10}},
		"SELECT id FROM p ORDER BY path LIMIT 2 OFFSET 3":                       {[]string{"id 73 2, id 74 3"}, Stats{1, 10}},
		"SELECT id FROM p WHERE key IN (SELECT key FROM p WHERE id = 99)":       {[]string{"id 2 99", ""}, Stats{2, 20}},
		"SELECT id FROM p WHERE pid = NULL":                                     {[]string{""}, Stats{1, 10}},
		"SELECT a.id FROM p a JOIN p b ON b.pid = a.pid + 1 WHERE a.key = 'k1'": {nil, Stats{3, 30}},
	} {
		p := newProbe("p", 10)
		db := openWith(t, With(p), AsOsquery())
		got, err := db.QueryAll(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		if asked := p.constraints(); want.asked != nil && !slices.Equal(asked, want.asked) || got.Stats != want.stats {
			t.Errorf("%s: asked %q, counted %+v, want %q and %+v", sql, asked, got.Stats, want.asked, want.stats)
		}
	}
	// Without it, rows are taken as they are needed.
	p := newProbe("p", 1_000_000)
	got, err := openWith(t, With(p)).QueryAll(t.Context(), "SELECT id FROM p LIMIT 3")
	if err != nil || len(got.Rows) != 3 || got.Stats.Rows > 4 {
		t.Errorf("LIMIT 3 took %+v, %v", got, err)
	}
}

func TestUsedColumns(t *testing.T) {
	wide := &probe{name: "wide", rows: func(_ context.Context, yield func(tables.Row) bool) { yield(make(values, 70)) }}
	for i := range 70 {
		wide.columns = append(wide.columns, tables.Column{Name: "c" + strconv.Itoa(i), Type: tables.BigInt})
	}
	db := openWith(t, With(wide))
	for sql, want := range map[string][]int{
		"SELECT count(*) FROM wide":             nil,
		"SELECT c0, c62 FROM wide WHERE c5 = 1": {0, 5, 62},
		"SELECT c64 FROM wide":                  {63, 64, 65, 66, 67, 68, 69}, // they share a bit
		"SELECT c63 + c1 FROM wide":             {1, 63, 64, 65, 66, 67, 68, 69},
	} {
		wide.asked = nil
		if _, err := db.QueryAll(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		var got []int
		for i := range wide.columns {
			if wide.asked[0].Uses(i) {
				got = append(got, i)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s uses %v, want %v", sql, got, want)
		}
	}
}

func TestColumnsAndValues(t *testing.T) {
	p := newProbe("p", 0)
	p.columns = append(p.columns, tables.Column{Name: "load", Type: tables.Double}, tables.Column{Name: `od"d, name`, Type: tables.Text})
	p.rows = func(_ context.Context, yield func(tables.Row) bool) {
		for i, s := range hostile {
			if !yield(values{integerValue(int64(i)), textValue(s), {}, textValue("k"), floatValue(0.5), textValue(s)}) {
				return
			}
		}
	}
	db := openWith(t, With(p))
	got, err := db.QueryAll(t.Context(), `SELECT *, upper(key) AS up, -9223372036854775807 - 1 FROM p`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Column{
		{Name: "id", Type: "BIGINT"},
		{Name: "path", Type: "TEXT"},
		{Name: "pid", Type: "INTEGER"},
		{Name: "key", Type: "TEXT"},
		{Name: "load", Type: "DOUBLE"},
		{Name: `od"d, name`, Type: "TEXT"},
		{Name: "up", Type: ""},
		{Name: "-9223372036854775807 - 1", Type: ""},
	}
	if !slices.Equal(got.Columns, want) {
		t.Errorf("columns are %v", got.Columns)
	}
	if len(got.Rows) != len(hostile) {
		t.Fatalf("%d rows", len(got.Rows))
	}
	for i, row := range got.Rows {
		s := textValue(hostile[i])
		if w := (values{
			integerValue(int64(i)), s,
			{},
			textValue("k"), floatValue(0.5), s, textValue("K"),
			integerValue(-1 << 63),
		}); !slices.Equal(row, w) {
			t.Errorf("row %d is %q, want %q", i, row, w)
		}
	}
	// Each text finds itself, as a literal and through an IN.
	for i, s := range hostile {
		for _, where := range []string{"path = ", "path IN ('nothing', ", `path IS `, `"od""d, name" = `} {
			sql := "SELECT id FROM p WHERE " + where + literal(textValue(s)) + strings.Repeat(")", strings.Count(where, "("))
			got, err := db.QueryAll(t.Context(), sql)
			if err != nil || len(got.Rows) != 1 || got.Rows[0][0].Int != int64(i) {
				t.Errorf("%q: %v, %v", sql, got, err)
			}
		}
	}
}

// TestReadOnly runs what would reach a file or change something.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.db")
	t.Chdir(dir)
	p := newProbe("p", 3)
	for _, options := range [][]Option{{With(p)}, {With(p), AnyDialect()}} {
		db := openWith(t, options...)
		for _, sql := range []string{
			"CREATE TABLE x(y)", "CREATE TEMP TABLE x(y)", "CREATE VIEW v AS SELECT 1", "CREATE TEMP VIEW v AS SELECT 1",
			"CREATE VIRTUAL TABLE v USING p", "CREATE TRIGGER t AFTER INSERT ON p BEGIN SELECT 1; END", "CREATE TABLE x AS SELECT * FROM p",
			"INSERT INTO p VALUES (1)", "UPDATE p SET id = 1", "DELETE FROM p", "DROP TABLE p", "ALTER TABLE p RENAME TO q",
			"INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 0, 'CREATE TABLE x(y)')",
			"ATTACH '" + file + "' AS y", "ATTACH ':memory:' AS y", "DETACH main", "VACUUM", "VACUUM INTO '" + file + "'",
			"PRAGMA journal_mode = WAL", "PRAGMA temp_store_directory = '" + dir + "'", "PRAGMA writable_schema = 1", "PRAGMA database_list",
			"PRAGMA case_sensitive_like = 1", "SELECT * FROM pragma_database_list", "SELECT * FROM pragma_function_list",
			"SELECT load_extension('x')", "SELECT writefile('" + file + "', 'x')", "SELECT readfile('/etc/passwd')", "SELECT edit('x')",
			"SELECT fts3_tokenizer('simple')", "SELECT * FROM sqlite_dbpage", "SELECT * FROM dbstat", "BEGIN", "COMMIT", "SAVEPOINT x", "ANALYZE",
			"EXPLAIN DELETE FROM p", "WITH x AS (SELECT 1) DELETE FROM p", "SELECT 1; DROP TABLE p", "SELECT 1; SELECT 2", "", " -- nothing", ";",
			"SELECT 1\x00",
			"SELECT", "SELECT * FROM nothing", "SELECT nothing FROM p", "SELECT '", "SELECT (", strings.Repeat("(", 5000) + "1",
			"SELECT printf('%.*c', 1000000000, 'x')", "SELECT zeroblob(1000000000)",
		} {
			if got, err := db.QueryAll(t.Context(), sql); err == nil {
				t.Errorf("%.80q gives %v", sql, got)
			}
		}
		for _, sql := range []string{
			"SELECT count(*) FROM p", "SELECT count(*) FROM p; ", "SELECT count(*) FROM p; -- done", "VALUES (3)",
			"EXPLAIN QUERY PLAN SELECT * FROM p",
			"PRAGMA table_info(p)", "SELECT name FROM pragma_table_info('p')", "SELECT value FROM json_each('[1,2]')",
			"SELECT * FROM sqlite_temp_master",
			"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n",
		} {
			if _, err := db.QueryAll(t.Context(), sql); err != nil {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
	if found, err := os.ReadDir(dir); err != nil || len(found) > 0 {
		t.Errorf("files appeared: %v, %v", found, err)
	}
}

const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

func TestCancel(t *testing.T) {
	waiting := newProbe("waiting", 0)
	waiting.rows = func(ctx context.Context, _ func(tables.Row) bool) { <-ctx.Done() }
	many := newProbe("many", 1<<40)
	db := openWith(t, With(waiting, many, newProbe("p", 3)))
	for _, sql := range []string{
		endless, "SELECT * FROM waiting", "SELECT count(*) FROM many",
		"SELECT max(path) FROM many WHERE path LIKE '%x%'",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := db.QueryAll(ctx, sql) // each of them would run for hours
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", sql, err)
		}
		if _, err := db.QueryAll(ctx, "SELECT 1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with an ended context: %v", err)
		}
		if got, err := db.QueryAll(t.Context(), "SELECT count(*) FROM p"); err != nil || got.Rows[0][0].Int != 3 {
			t.Errorf("after %s: %v, %v", sql, got, err)
		}
	}
}

// TestTableFails makes tables fail in every way: the query fails, the next one works.
func TestTableFails(t *testing.T) {
	broken := newProbe("broken", 0)
	broken.err = errors.New("no such \"source\"\x1b[31m")
	panicking := newProbe("panicking", 0)
	panicking.rows = func(_ context.Context, yield func(tables.Row) bool) {
		yield(values{integerValue(1), textValue(""), {}, {}})
		panic("boom")
	}
	short := newProbe("short", 0)
	short.rows = func(_ context.Context, yield func(tables.Row) bool) { yield(values{integerValue(1)}) }
	db := openWith(t, With(broken, panicking, short, newProbe("p", 3)))
	for sql, want := range map[string]string{
		"SELECT * FROM broken":          `reading table broken: no such "source"`,
		"SELECT id FROM panicking":      "panicking: panic: boom",
		"SELECT path FROM short":        "short: panic: runtime error: index out of range",
		"SELECT sqrt(-1) FROM p":        "sqrt: Numerical argument out of domain",
		"SELECT regex_match('a','(',0)": "regex_match: error parsing regexp",
	} {
		if _, err := db.QueryAll(t.Context(), sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
		if got, err := db.QueryAll(t.Context(), "SELECT count(*) FROM p"); err != nil || got.Rows[0][0].Int != 3 {
			t.Errorf("after %s: %v, %v", sql, got, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	twice := newProbe("twice", 0)
	twice.columns = append(twice.columns, tables.Column{Name: "ID", Type: tables.Text})
	if _, err := Open(nil, With(twice)); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("two columns of one name: %v", err)
	}
}

func TestDatabasesShareNothing(t *testing.T) {
	a, b := openWith(t, With(newProbe("p", 1))), openWith(t, With(newProbe("p", 2), newProbe("only_b", 1)))
	for db, want := range map[*DB]int64{a: 1, b: 2} {
		if got, err := db.QueryAll(t.Context(), "SELECT count(*) FROM p"); err != nil || got.Rows[0][0].Int != want {
			t.Errorf("%v, %v, want %d", got, err, want)
		}
	}
	if _, err := a.QueryAll(t.Context(), "SELECT * FROM only_b"); err == nil {
		t.Error("a sees b's table")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.QueryAll(t.Context(), "SELECT 1"); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := b.QueryAll(t.Context(), "SELECT * FROM only_b"); err != nil {
		t.Error(err)
	}
}

func TestPrepare(t *testing.T) {
	p, q := newProbe("p", 3), newProbe("q", 3)
	db := openWith(t, With(p, q))
	s, err := db.Prepare(t.Context(), "WITH p2 AS (SELECT id FROM P) SELECT id, 1 AS one FROM p2 WHERE id IN (SELECT pid FROM q)")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Tables(), []string{"p", "q"}) || len(s.Columns()) != 2 || s.Columns()[0].Type != "BIGINT" {
		t.Errorf("tables %v, columns %v", s.Tables(), s.Columns())
	}
	if len(p.asked)+len(q.asked) > 0 {
		t.Error("preparing read a table")
	}
	for range 3 {
		rows, err := s.Query(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for range rows.All() {
			n++
		}
		if n != 3 || rows.Err() != nil {
			t.Errorf("%d rows, %v", n, rows.Err())
		}
	}
	// More queries than are kept compiled.
	for i := range keepStatements + 10 {
		if got, err := db.QueryAll(t.Context(), fmt.Sprintf("SELECT %d FROM p LIMIT 1", i)); err != nil || got.Rows[0][0].Int != int64(i) {
			t.Fatalf("query %d: %v, %v", i, got, err)
		}
	}
}

// TestNested runs a query in a table that is being read.
func TestNested(t *testing.T) {
	outer := newProbe("outer_table", 0)
	db := openWith(t, With(outer, newProbe("p", 4)))
	outer.rows = func(ctx context.Context, yield func(tables.Row) bool) {
		got, err := db.QueryAll(ctx, "SELECT count(*) FROM p")
		if err == nil {
			yield(values{got.Rows[0][0], {}, {}, {}})
		}
	}
	if got, err := db.QueryAll(t.Context(), "SELECT id FROM outer_table"); err != nil || got.Rows[0][0].Int != 4 {
		t.Errorf("%v, %v", got, err)
	}
}

// TestWhileEventsArrive queries a store that is being written to; the race detector watches.
func TestWhileEventsArrive(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	store := randomStore(r, 100)
	db, err := Open(tables.All(&tables.Data{Store: store}))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, stop := context.WithCancel(t.Context())
	var writer, readers sync.WaitGroup
	writer.Go(func() {
		for ctx.Err() == nil {
			store.Add(randomEvent(r), randomEvent(r), randomEvent(r))
			time.Sleep(200 * time.Microsecond)
		}
	})
	for g := range 4 {
		readers.Go(func() {
			last := int64(0)
			for range 30 {
				got, err := db.QueryAll(t.Context(), "SELECT eid, path FROM api_calls WHERE process_key IN ('a', 'A') OR pid = "+strconv.Itoa(g)+
					" ORDER BY eid")
				if err != nil {
					t.Error(err)
					return
				}
				for i, row := range got.Rows {
					if i > 0 && row[0].Int <= got.Rows[i-1][0].Int {
						t.Errorf("eid %d after %d", row[0].Int, got.Rows[i-1][0].Int)
					}
				}
				if got, err := db.QueryAll(t.Context(), "SELECT max(eid), count(*) FROM api_calls"); err != nil || got.Rows[0][0].Int < last {
					t.Errorf("the newest event went from %d to %v, %v", last, got, err)
				} else {
					last = got.Rows[0][0].Int
				}
			}
		})
	}
	readers.Wait()
	stop()
	writer.Wait()
}

// TestNoLeaks ends queries in every way, again and again.
func TestNoLeaks(t *testing.T) {
	stopped := 0
	p := newProbe("p", 0)
	p.rows = func(ctx context.Context, yield func(tables.Row) bool) {
		defer func() { stopped++ }()
		numbers(1000)(ctx, yield)
	}
	broken := newProbe("broken", 0)
	broken.err = errors.New("broken")
	connections, scans := sqlite.InUse()
	db := openWith(t, With(p, broken))
	started := 0
	round := func(i int) {
		for _, sql := range []string{
			"SELECT id FROM p", "SELECT id, path FROM p WHERE key IN ('k1', 'k2') OR pid IN (1, 2, 3)",
			"SELECT a.id FROM p a JOIN p b ON a.id = b.id LIMIT 2",
			fmt.Sprintf("SELECT %d, id FROM p", i), "SELECT * FROM broken", "SELECT nothing FROM p", "CREATE TABLE x(y)", "SELECT sqrt(-1) FROM p",
		} {
			rows, err := db.Query(t.Context(), sql)
			if err != nil {
				continue
			}
			for n := 0; n < i%50 && rows.Next(); n++ { // often not to the end
			}
			_ = rows.Close()
			started += len(p.asked)
			p.asked, broken.asked = nil, nil
		}
	}
	for i := range 400 { // until every cache is full
		round(i)
	}
	before := memory(t)
	for i := range 300 {
		round(400 + i)
	}
	if grown := memory(t) - before; grown > 4<<20 && !racing.On {
		t.Errorf("300 rounds of queries took %d bytes more", grown)
	}
	if stopped != started {
		t.Errorf("%d scans began, %d ended", started, stopped)
	}
	if _, n := sqlite.InUse(); n != scans {
		t.Errorf("%d scans are left, %d before", n, scans)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if n, _ := sqlite.InUse(); n != connections {
		t.Errorf("%d connections are left, %d before", n, connections)
	}
}

// memory is the resident size of the process, C's memory included, where the system tells it.
func memory(t *testing.T) int64 {
	t.Helper()
	runtime.GC()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var total, resident int64
	if _, err := fmt.Sscan(string(b), &total, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}
