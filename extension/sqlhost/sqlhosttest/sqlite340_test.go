package sqlhosttest

import (
	"os/exec"
	"testing"

	"github.com/apiwatch/apiwatch/extension/osquerytables"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/tables"
)

func TestSQLite340(t *testing.T) {
	backends := append(sqlhost.Local(tables.All(&tables.Data{})), osquerytables.All()...)
	good := []Query{
		{"detection", `-- a comment
			WITH anchor AS MATERIALIZED (SELECT * FROM ptrace_events WHERE request = 'PTRACE_ATTACH')
			SELECT a.eid, regex_match(a.path, '^/(\w+)', 1), sha256(p.cmdline), group_concat(b.eid)
			FROM anchor a JOIN api_calls b USING (process_key) LEFT JOIN processes p ON p.pid = a.pid
			GROUP BY a.eid; -- done`},
		{"window", "SELECT row_number() OVER (PARTITION BY api ORDER BY eid), unixepoch('now') FROM api_calls"},
	}
	for _, table := range tables.All(&tables.Data{}) {
		for _, example := range table.Examples {
			good = append(good, Query{table.Name, example})
		}
	}
	SQLite340(t, backends, good)

	if _, err := exec.LookPath("sqlite3"); err != nil {
		return // the subtest above says so
	}
	schema := sqlhost.Schema(backends)
	for _, sql := range []string{
		"SELECT group_concat(path ORDER BY eid) FROM api_calls", "SELECT 1_000", "SELECT nothing FROM api_calls", "SELECT iif(1, 2)",
		"SELECT octet_length('x')", "SELECT regex_match(", "",
	} {
		if compile(t, schema, sql) == "" {
			t.Errorf("%q passed", sql)
		}
	}
}
