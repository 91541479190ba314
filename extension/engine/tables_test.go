package engine

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/extension/osquerytables"
	"github.com/apiwatch/apiwatch/extension/results"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/scripts/telemetry"
	"github.com/apiwatch/apiwatch/tables"
)

var update = flag.Bool("update", false, "write the golden files anew")

// tableRecordings names the records that a table shows in its golden files, by platform, and how the files' names end.
var tableRecordings = []struct{ platform, path, suffix string }{
	{"linux", filepath.Join("audit", "calls.log"), ""},
	{"linux", filepath.Join("audit", "modules.log"), ".modules"},
	{"linux", filepath.Join("audit", "changes.log"), ".changes"},
	{"windows", filepath.Join("eventlog", "windows.xml"), ".windows"},
	{"windows", filepath.Join("etw", "windows.xml"), ".etw"},
}

// TestTablesGolden holds every column of every evented table to what it showed of the same records before: one golden file
// for each recording that has something for the table, and each platform has one.
func TestTablesGolden(t *testing.T) {
	shown := make(map[[2]string]bool)
	for _, r := range tableRecordings {
		e, _ := replayed(t, filepath.Join("..", "..", "testdata", "decode", r.path))
		for _, table := range tables.All(&tables.Data{Feeds: Feeds()}) {
			if table.Kinds == nil || table.Name == "findings" || !slices.Contains(table.Platforms, r.platform) {
				continue
			}
			t.Run(table.Name+r.suffix, func(t *testing.T) {
				if tableGolden(t, e, table, table.Name+r.suffix) > 0 {
					shown[[2]string{table.Name, r.platform}] = true
				}
			})
		}
	}
	for _, table := range tables.All(&tables.Data{Feeds: Feeds()}) {
		for _, r := range tableRecordings {
			if table.Kinds != nil && table.Name != "findings" && slices.Contains(table.Platforms, r.platform) &&
				!shown[[2]string{table.Name, r.platform}] {
				t.Errorf("no recording of %s has anything for %s", r.platform, table.Name)
			}
		}
	}
}

func tableGolden(t *testing.T, e *Engine, table *tables.Table, name string) int {
	rows, err := e.db.Query(t.Context(), "SELECT * FROM "+table.Name+" ORDER BY eid")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	n, err := results.Format{Mode: results.Line}.Write(&got, rows)
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		return 0
	}
	golden := filepath.Join("..", "..", "testdata", "golden", name+".txt")
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
	return n
}

// TestExamplesRun runs every example of every table's documentation.
func TestExamplesRun(t *testing.T) {
	e, _ := replayed(t, filepath.Join("..", "..", "testdata", "decode", "audit", "calls.log"))
	db, err := sqlhost.Open(e.tables, sqlhost.With(osquerytables.All()...))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range tables.All(&tables.Data{Feeds: Feeds()}) {
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
	found, _, err := Recordings([]string{telemetry.Test(t, "linux_auditd")})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Errorf("only %d recordings were recognised", len(found))
	}
	for _, r := range found {
		path := r.Path
		e, findings := replayed(t, path)
		if e.store.LastNS() == 0 {
			t.Logf("%s holds no event", filepath.Base(path))
		}
		for _, f := range findings {
			t.Logf("%s: %s: %s", filepath.Base(path), f.Detection, f.Summary)
		}
	}
}
