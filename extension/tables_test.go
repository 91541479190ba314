package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/extension/host"
	"github.com/apiwatch/apiwatch/tables"
)

var update = flag.Bool("update", false, "write the golden files anew")

// tableRecordings names the records that a table shows in its golden file, each in a file of its own.
var tableRecordings = map[string][]string{
	"linux":   {filepath.Join("audit", "calls.log"), ""},
	"windows": {filepath.Join("eventlog", "windows.xml"), ".windows"},
}

// TestTablesGolden holds every column of every evented table to what it showed of the same records before: one golden file
// for each platform that feeds the table.
func TestTablesGolden(t *testing.T) {
	for platform, recording := range tableRecordings {
		e, _ := replayed(t, filepath.Join("..", "testdata", "decode", recording[0]))
		for _, table := range tables.All(&tables.Data{}) {
			if table.Kinds != nil && table.Name != "findings" && slices.Contains(table.Platforms, platform) {
				t.Run(table.Name+recording[1], func(t *testing.T) { tableGolden(t, e, table, table.Name+recording[1]) })
			}
		}
	}
}

func tableGolden(t *testing.T, e *engine, table *tables.Table, name string) {
	rows, err := e.db.Query(t.Context(), "SELECT * FROM "+table.Name+" ORDER BY eid")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	n, err := host.Format{Mode: host.Line}.Write(&got, rows)
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Error("the records have nothing for this table")
	}
	golden := filepath.Join("..", "testdata", "golden", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("%v: run go test ./extension -run TablesGolden -update", err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs; run go test ./extension -run TablesGolden -update and read the difference", golden)
	}
}

// TestExamplesRun runs every example of every table's documentation.
func TestExamplesRun(t *testing.T) {
	e, _ := replayed(t, filepath.Join("..", "testdata", "decode", "audit", "calls.log"))
	db, err := host.Open(e.tables, host.With(host.OsqueryTables()...))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range tables.All(&tables.Data{}) {
		if len(table.Examples) == 0 {
			t.Errorf("%s has no example", table.Name)
		}
		for _, sql := range table.Examples {
			if _, err := db.QueryAll(t.Context(), sql); err != nil {
				t.Errorf("%s: %s: %v", table.Name, sql, err)
			}
		}
	}
}

// TestSharedTelemetry replays recordings of other people's machines, where they are at hand.
func TestSharedTelemetry(t *testing.T) {
	root := filepath.Join("..", "..", "shared", "telemetry", "linux_auditd")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("not run: %v", err)
	}
	found, _, err := recordings([]string{root})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Errorf("only %d recordings were recognised", len(found))
	}
	for _, path := range found {
		e, findings := replayed(t, path)
		if e.store.LastNS() == 0 {
			t.Logf("%s holds no event", filepath.Base(path))
		}
		for _, f := range findings {
			t.Logf("%s: %s: %s", filepath.Base(path), f.Detection, f.Summary)
		}
	}
}
