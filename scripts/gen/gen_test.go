package main

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"modernc.org/sqlite"

	"github.com/apiwatch/apiwatch/extension/engine"
	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/tables"
)

func init() {
	// osquery's own, which only has to be there: tables are empty here.
	for name, args := range map[string]int32{"regex_match": 3, "in_cidr_block": 2} {
		sqlite.MustRegisterDeterministicScalarFunction(name, args, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
			return nil, nil
		})
	}
	sqlite.MustRegisterDeterministicScalarFunction("sha256", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		sum := sha256.Sum256([]byte(fmt.Sprint(args[0])))
		return hex.EncodeToString(sum[:]), nil
	})
}

func all(t *testing.T) []queries.Detection {
	t.Helper()
	ds, err := queries.All()
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

func TestUpToDate(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	stale, err := differences(root, want)
	if err != nil {
		t.Fatal(err)
	}
	if len(stale) > 0 {
		t.Errorf("%q not up to date; run make gen", stale)
	}
	again, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for path := range want {
		if !bytes.Equal(want[path], again[path]) {
			t.Errorf("%s comes out differently each time", path)
		}
	}
}

func TestDifferences(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "packs"), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{
		"packs/same.conf": "a", "packs/other.conf": "b", "packs/gone.conf": "c",
		"packs/README.md": "d",
	} {
		if err := os.WriteFile(filepath.Join(root, path), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := differences(root, map[string][]byte{
		"packs/same.conf": []byte("a"), "packs/other.conf": []byte("B"), "packs/new.conf": []byte("e"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"packs/gone.conf", "packs/new.conf", "packs/other.conf"}; !slices.Equal(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestReplaceSection(t *testing.T) {
	const text = "a\n<!-- generated:x -->\nold\n<!-- /generated -->\nb\n<!-- generated:y -->\n<!-- /generated -->\n"
	got, err := replaceSection([]byte(text), "x", "new\n")
	if want := strings.Replace(text, "old", "new", 1); err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	for _, bad := range []string{
		"", "<!-- generated:x -->\nno end", "<!-- /generated -->\n<!-- generated:x -->\n", text + "<!-- generated:x -->\n",
	} {
		if got, err := replaceSection([]byte(bad), "x", "new"); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

// database has an empty ordinary table for each virtual one.
func database(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, table := range tables.All(&tables.Data{}) {
		columns := make([]string, len(table.Columns))
		for i, c := range table.Columns {
			columns[i] = fmt.Sprintf("`%s` %s", c.Name, c.Type)
		}
		exec(t, db, fmt.Sprintf("CREATE TABLE %s (%s)", table.Name, strings.Join(columns, ", ")))
	}
	return db
}

func exec(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// rows runs a query and gives its columns and its rows as text.
func rows(t *testing.T, db *sql.DB, query string) (columns []string, out [][]string) {
	t.Helper()
	r, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer r.Close()
	columns, err = r.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for r.Next() {
		cells, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := r.Scan(into...); err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(columns))
		for i := range cells {
			line[i] = cells[i].String
		}
		out = append(out, line)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return columns, out
}

// TestDetectionsFitTheTables runs every analytic over empty tables: it names only tables and columns that exist, returns
// the columns that its metadata says, and that lists the tables that it reads.
func TestDetectionsFitTheTables(t *testing.T) {
	known := tables.All(&tables.Data{})
	for _, d := range all(t) {
		for i := range d.Ways {
			w := &d.Ways[i]
			t.Run(d.QueryName(w), func(t *testing.T) {
				db := database(t)
				if got, _ := rows(t, db, w.Body); !slices.Equal(got, w.BodyColumns()) {
					t.Errorf("%s returns %q; its metadata says %q", w.File, got, w.BodyColumns())
				}
				for _, form := range []string{d.SQL(w), queries.OneLine(d.SQL(w))} {
					if got, _ := rows(t, db, form); !slices.Equal(got, w.Columns()) {
						t.Errorf("%s wrapped returns %q; want %q", w.File, got, w.Columns())
					}
				}
				body := queries.OneLine(w.Body)
				for _, table := range known {
					reads := regexp.MustCompile(`(?i)\b(FROM|JOIN|,) ` + table.Name + `\b`).MatchString(body)
					if listed := slices.Contains(w.Tables, table.Name); table.Name != "detection_tuning" && reads != listed {
						t.Errorf("%s: reads %s: %v, listed in tables: %v", w.File, table.Name, reads, listed)
					}
				}
			})
		}
		for _, name := range d.Tables {
			if !slices.ContainsFunc(d.Ways, func(w queries.Way) bool { return slices.Contains(w.Tables, name) }) {
				t.Errorf("%s: no way reads %s", d.File, name)
			}
			if !slices.ContainsFunc(known, func(k *tables.Table) bool { return k.Name == name }) {
				t.Errorf("%s: there is no table %s", d.File, name)
			}
		}
	}
}

// TestFindingsTable holds the lean pack against the table that it reads.
func TestFindingsTable(t *testing.T) {
	all := tables.All(&tables.Data{})
	i := slices.IndexFunc(all, func(k *tables.Table) bool { return k.Name == "findings" })
	if i < 0 {
		t.Fatal("there is no table findings, from which the lean pack selects")
	}
	for _, name := range queries.CommonColumns() {
		if all[i].ColumnIndex(name) < 0 {
			t.Errorf("findings has no column %s, which every finding has", name)
		}
	}
}

// TestWrapped runs a wrapped analytic: its own columns and the completing event's come together in one row.
func TestWrapped(t *testing.T) {
	d := queries.Detection{
		ID: "AN0001", Strategy: "DET0001", Technique: "T1055", Severity: "low",
	}
	w := queries.Way{
		Name: "attach", Severity: "high", Extra: []string{"request"},
		Body: "WITH e AS (SELECT eid FROM ptrace_events WHERE action = 'attach') -- named as the wrapper's own\n" +
			"SELECT eid, (eid - 1) || ',' || eid AS eids, 'it''s' AS summary, 'PTRACE_ATTACH' AS request FROM e",
	}
	db := database(t)
	insert := func(table string, eid int, action string) {
		columns := "eid, time, pid, process_key, path, cmdline, parent_path, user, container_id, target_pid, target_path"
		args := []any{eid, 1000 + eid, 42, "b.42.7", "/bin/a", "a 'b'", "/bin/sh", "root", "", nil, "/bin/t"}
		if action != "" {
			columns += ", action"
			args = append(args, action)
		} else {
			columns += ", actor_key"
			args = append(args, "b.42.7")
		}
		exec(t, db, fmt.Sprintf("INSERT INTO %s (%s) VALUES (?%s)", table, columns, strings.Repeat(", ?", len(args)-1)), args...)
	}
	for eid, action := range map[int]string{3: "attach", 5: "other", 8: "attach"} {
		insert("api_calls", eid, "")
		insert("ptrace_events", eid, action)
	}
	_, got := rows(t, db, queries.OneLine(d.SQL(&w)))
	var want [][]string
	for _, eid := range []int{3, 8} {
		sum := sha256.Sum256(fmt.Appendf(nil, "AN0001|b.42.7|%d", eid))
		want = append(want, []string{
			"AN0001", "attach", "DET0001", "T1055", "high", fmt.Sprint(1000 + eid), "it's", hex.EncodeToString(sum[:16]), "42", "b.42.7",
			"/bin/a", "a 'b'", "/bin/sh", "root", "", "", "/bin/t", fmt.Sprintf("%d,%d", eid-1, eid), "PTRACE_ATTACH",
		})
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestNoCallWithoutAHit reads SQLite's program: where nothing was hit it jumps over the opening of the virtual table
// api_calls, which would else be asked for an IN of nothing, that is for everything.
func TestNoCallWithoutAHit(t *testing.T) {
	d, w := queries.Detection{ID: "AN0001"}, queries.Way{Body: "SELECT eid, eid AS eids, path AS summary FROM ptrace_events"}
	db := database(t)
	exec(t, db, "DROP TABLE api_calls")
	exec(
		t,
		db,
		"CREATE VIRTUAL TABLE api_calls USING fts5(eid, actor_key, time, pid, process_key, path, cmdline, parent_path, user, container_id, "+
			"target_pid, target_path)",
	)
	_, program := rows(t, db, "EXPLAIN "+d.SQL(&w))
	open := slices.IndexFunc(program, func(op []string) bool { return op[1] == "VOpen" })
	filter := slices.IndexFunc(program, func(op []string) bool { return op[1] == "VFilter" })
	if open < 1 || filter < open {
		t.Fatalf("the program opens no virtual table: %q", program)
	}
	var past int
	if _, err := fmt.Sscan(program[open-1][3], &past); err != nil || program[open-1][1] != "IfNot" || past <= filter {
		t.Errorf("before VOpen at %d stands %q; want IfNot with a jump past VFilter at %d", open, program[open-1], filter)
	}
}

func TestPacks(t *testing.T) {
	ds := all(t)
	files, err := packs(ds)
	if err != nil {
		t.Fatal(err)
	}
	scheduled := map[string]packQuery{}
	for path, content := range files {
		var p pack
		if err := json.Unmarshal(content, &p); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if len(p.Queries) == 0 {
			t.Errorf("%s has no query", path)
		}
		for name, q := range p.Queries {
			if q.Removed || q.Snapshot || q.Interval < 1 || strings.Contains(q.Query, "-- ") || strings.Contains(q.Query, "\n") {
				t.Errorf("%s: %s is %+v", path, name, q)
			}
			scheduled[name] = q
		}
	}
	ways := 0
	for _, d := range ds {
		ways += len(d.Ways)
	}
	if len(scheduled) != ways+1 {
		t.Errorf("packs schedule %d queries; want %d and the lean one", len(scheduled), ways)
	}
	checkFleet(t, ds, scheduled)
}

// TestPacksBound holds the packs' size against what osquery takes.
func TestPacksBound(t *testing.T) {
	big := queries.Detection{
		ID: "AN0001", Platform: "linux", File: "DET0001_x/AN0001_linux.yaml",
		Ways: []queries.Way{{Body: "SELECT '" + strings.Repeat("x", maxConfig) + "'"}},
	}
	if _, err := packs([]queries.Detection{big}); err == nil {
		t.Error("packs of more than a MiB were accepted")
	}
}

// TestTuningExample uses the example as it is and with every value uncommented: neither changes anything, and a value
// changed in it does.
func TestTuningExample(t *testing.T) {
	example := tuningExample(all(t))
	file := filepath.Join(t.TempDir(), "tuning.yaml")
	reload := func(content []byte) (bool, error) {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return queries.NewTuning(all(t), file).Reload()
	}
	bare := regexp.MustCompile(`(?m)^#([^#])`).ReplaceAll(example, []byte("$1"))
	if bytes.Equal(bare, example) {
		t.Fatal("the example has nothing to uncomment")
	}
	for name, content := range map[string][]byte{"as it is": example, "uncommented": bare} {
		if changed, err := reload(content); changed || err != nil {
			t.Errorf("%s: Reload = %v, %v; want no change", name, changed, err)
		}
	}
	number := regexp.MustCompile(`: [0-9]+\n`)
	if changed, err := reload(number.ReplaceAll(bare, []byte(": 77\n"))); !changed || err != nil {
		t.Errorf("with other numbers: Reload = %v, %v; want a change", changed, err)
	}
}

func TestTablesSection(t *testing.T) {
	got := tablesSection(tables.All(&tables.Data{Feeds: engine.Feeds()}))
	for _, want := range []string{
		"| `ptrace_events` |", "\n| `target_region` | TEXT |",
		"<summary>Columns of every table of events</summary>",
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("section has %q %d times", want, strings.Count(got, want))
		}
	}
	if n := strings.Count(got, "| `parent_cmdline` |"); n != 1 {
		t.Errorf("a column of every table of events is told %d times", n)
	}
}
