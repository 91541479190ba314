package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	gen "github.com/osquery/osquery-go/gen/osquery"

	"github.com/apiwatch/apiwatch/extension/internal/thriftsock"
	"github.com/apiwatch/apiwatch/extension/osquerytest"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/tables"
)

// served starts the binary the way osqueryd does, on a manager's socket, and waits until it collects.
func (s *stage) served(t *testing.T, socket string, listen func()) (*program, *auditState) {
	t.Helper()
	for range seatTries {
		before := freeAudit(t)
		listen()
		p := s.start(t, "--socket", socket, "--timeout", "5", "--interval", "1", "--state-dir", t.TempDir())
		if p.collecting() {
			return p, before
		}
		p.stop(syscall.SIGTERM)
	}
	t.Fatal("another process took the audit seat again and again")
	return nil, nil
}

// TestE2EOsquery serves a manager that speaks osquery's protocol: registration, SQL over the socket while something
// happens, and the end with the manager's.
func TestE2EOsquery(t *testing.T) {
	s := onStage(t)
	t.Run("killed manager", func(t *testing.T) {
		manager, p, before := s.managed(t)
		db := throughManager(t, manager)
		askTables(t, db, manager)
		askDeeds(t, s, db)
		manager.Close() // without a word, as after a kill -9
		p.end(time.Minute)
		sameAudit(t, before)
	})
	t.Run("manager that stops in order", func(t *testing.T) {
		manager, p, before := s.managed(t)
		if err := manager.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		p.end(time.Minute)
		sameAudit(t, before)
	})
	t.Run("no manager", func(t *testing.T) {
		before := freeAudit(t)
		began := time.Now()
		r := s.run(t, 0, "--socket", filepath.Join(shortDir(t), "em"), "--timeout", "1", "--interval", "1", "--state-dir", t.TempDir())
		if r.status != exitFailed || !strings.Contains(r.stderr, "em") || time.Since(began) > time.Minute {
			t.Errorf("status %d after %v: %s", r.status, time.Since(began), r.stderr)
		}
		sameAudit(t, before)
	})
}

// managed gives a manager of the test's own and the extension that serves it.
func (s *stage) managed(t *testing.T) (*osquerytest.Host, *program, *auditState) {
	t.Helper()
	socket := filepath.Join(shortDir(t), "em")
	var manager *osquerytest.Host
	p, before := s.served(t, socket, func() {
		if manager != nil {
			manager.Close()
		}
		var err error
		if manager, err = osquerytest.Listen(socket, osquerytest.Options{Interval: time.Second}); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(manager.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := manager.Wait(ctx, "apiwatch"); err != nil {
		t.Fatalf("%v: %s", err, &p.stderr)
	}
	return manager, p, before
}

// throughManager gives a database whose every scan goes through the manager's socket.
func throughManager(t *testing.T, manager *osquerytest.Host) *sqlhost.DB {
	t.Helper()
	var remote []sqlhost.Backend
	for _, table := range manager.Tables() {
		remote = append(remote, table)
	}
	db, err := sqlhost.Open(nil, sqlhost.With(remote...), sqlhost.AsOsquery())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// askTables reads every table whole and compares what is registered with what there is.
func askTables(t *testing.T, db *sqlhost.DB, manager *osquerytest.Host) {
	t.Helper()
	var registered, want []string
	for _, table := range manager.Tables() {
		registered = append(registered, table.Name())
	}
	for _, table := range tables.All(&tables.Data{}) {
		want = append(want, table.Name)
	}
	slices.Sort(want)
	if !slices.Equal(registered, want) {
		t.Errorf("registered are %q, want %q", registered, want)
	}
	for _, name := range registered {
		rows := ask(t, db, "SELECT * FROM "+name)
		t.Logf("%-20s %d rows", name, len(rows))
	}
	analytics := fmt.Sprint(len(analyticsOf(t, "linux")))
	for sql, want := range map[string]string{
		"SELECT count(*) AS n FROM detections WHERE platform = 'linux' AND state IN ('active', 'degraded') AND strategy LIKE 'DET%'": analytics,
		"SELECT state AS n FROM collector_health WHERE collector = 'audit' AND item = 'socket'":                                      "ok",
		"SELECT count(*) AS n FROM collector_health WHERE item LIKE 'rule:%' AND state <> 'ok' AND reason = ''":                      "0",
		"SELECT value AS n FROM detection_tuning WHERE analytic = 'AN0579' AND element = 'UserContextMismatch'":                      "1",
		"SELECT count(*) > 0 AS n FROM collector_health WHERE collector = 'store' AND item = 'process_start'":                        "1",
		"SELECT count(*) AS n FROM (SELECT name, count(*) FROM detections GROUP BY detection HAVING count(*) > 1)":                   "0",
		"SELECT count(*) AS n FROM rwx_mappings WHERE pid = 1 AND permissions NOT LIKE '%x%'":                                        "0",
		"SELECT count(*) AS n FROM api_calls WHERE pid IN (SELECT pid FROM api_calls WHERE pid = " + fmt.Sprint(os.Getpid()) +
			") AND eid < 0": "0",
	} {
		rows := ask(t, db, sql)
		if len(rows) != 1 || rows[0]["n"] != want {
			t.Errorf("%s: %v, want %s", sql, rows, want)
		}
	}
}

// askDeeds performs something and asks for it in evented tables, a live table and the findings.
func askDeeds(t *testing.T, s *stage, db *sqlhost.DB) {
	t.Helper()
	acts := s.perform(t, "AN0579", "AN0839", "AN1627")
	find := func(id string) act {
		i := slices.IndexFunc(acts, func(a act) bool { return a.ID == id })
		if i < 0 {
			t.Fatalf("%s was not performed", id)
		}
		return acts[i]
	}
	traced, stamped := find("AN0579"), find("AN1627")
	for _, c := range []struct{ what, sql string }{
		{"the program that was started", fmt.Sprintf("SELECT eid FROM process_starts WHERE pid = %d AND path = '%s' AND parent_path = '%s' "+
			"AND user = '%s'", traced.PID, traced.Path, s.simulate, traced.User)},
		{"the attach", fmt.Sprintf("SELECT eid FROM ptrace_events WHERE pid = %d AND target_pid = %d AND target_path = '%s' "+
			"AND action = 'attach' AND success = 1", traced.PID, traced.TargetPID, traced.TargetPath)},
		{"the same among all calls", fmt.Sprintf("SELECT eid FROM api_calls WHERE api = 'ptrace' AND pid = %d "+
			"AND arguments LIKE '%%PTRACE_ATTACH%%'", traced.PID)},
		{"executable memory", fmt.Sprintf("SELECT eid FROM memory_protections WHERE is_executable = 1 AND parent_path = '%s'", s.simulate)},
		{"a file's times", fmt.Sprintf("SELECT eid FROM file_changes WHERE action = 'times' AND target_path = '%s'", stamped.File)},
		{"the finding", fmt.Sprintf("SELECT finding_id FROM findings WHERE detection = 'AN0579' AND pid = %d AND target_pid = %d "+
			"AND parent_path = '%s'", traced.PID, traced.TargetPID, s.simulate)},
		{"the findings joined with the catalogue", "SELECT f.finding_id FROM findings AS f JOIN detections AS d ON d.detection = f.detection " +
			"WHERE d.technique = 'T1620'"},
	} {
		var rows []map[string]string
		if !eventually(t, findWithin, func() bool { rows = ask(t, db, c.sql); return len(rows) > 0 }) {
			t.Errorf("%s is not there: %s", c.what, c.sql)
		}
	}
	for _, d := range analyticsOf(t, "linux") { // the same SQL as a scheduled query gives the same finding
		if d.ID != "AN0579" {
			continue
		}
		rows := ask(t, db, d.SQL(&d.Ways[0]))
		found := ask(t, db, "SELECT finding_id FROM findings WHERE detection = 'AN0579'")
		var scheduled, latched []string
		for _, r := range rows {
			scheduled = append(scheduled, r["finding_id"])
		}
		for _, r := range found {
			latched = append(latched, r["finding_id"])
		}
		slices.Sort(scheduled)
		slices.Sort(latched)
		if len(scheduled) == 0 || !slices.Equal(scheduled, latched) {
			t.Errorf("the pack's query finds %q, the table findings has %q", scheduled, latched)
		}
	}
}

// ask runs SQL and gives the rows as text.
func ask(t *testing.T, db *sqlhost.DB, sql string) []map[string]string {
	t.Helper()
	found, err := db.QueryAll(t.Context(), sql)
	if err != nil {
		t.Errorf("%s: %v", sql, err)
		return nil
	}
	var rows []map[string]string
	for _, values := range found.Rows {
		row := make(map[string]string)
		for i, c := range found.Columns {
			row[c.Name] = values[i].String()
		}
		rows = append(rows, row)
	}
	return rows
}

// TestE2ERealOsqueryd loads the binary into a real osqueryd, performs something, asks for it, and ends osqueryd.
func TestE2ERealOsqueryd(t *testing.T) {
	s := onStage(t)
	binary := os.Getenv("OSQUERYD")
	if binary == "" {
		t.Skipf("%s NOT RUN: OSQUERYD does not name an osqueryd", t.Name())
	}
	dir := shortDir(t)
	socket := filepath.Join(dir, "em")
	if err := os.WriteFile(filepath.Join(dir, "osquery.conf"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	var said syncBuffer
	daemon := exec.Command(binary, "--flagfile=/dev/null", //nolint:noctx // stopped by a signal
		"--config_path="+filepath.Join(dir, "osquery.conf"),
		"--database_path="+filepath.Join(dir, "db"), "--pidfile="+filepath.Join(dir, "pid"), "--extensions_socket="+socket,
		"--extensions_autoload="+filepath.Join(dir, "none.load"), "--extensions_timeout=10", "--extensions_interval=1",
		"--logger_plugin=filesystem", "--logger_path="+dir, "--disable_watchdog", "--disable_audit", "--force", "--allow_unsafe")
	daemon.Stdout, daemon.Stderr = &said, &said
	started := false
	p, before := s.served(t, socket, func() {
		if started {
			return
		}
		started = true
		if err := daemon.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = daemon.Process.Kill()
			_ = daemon.Wait()
			if t.Failed() {
				t.Logf("osqueryd said:\n%s", &said)
			}
		})
	})
	query := func(sql string) []map[string]string {
		conn, done, err := thriftsock.Dial(t.Context(), socket, 10*time.Second)
		if err != nil {
			return nil
		}
		defer done()
		r, err := gen.NewExtensionManagerClientProtocol(conn.Transport(), conn, conn).Query(t.Context(), sql)
		if err != nil || r.Status.Code != 0 {
			return nil
		}
		return r.Response
	}
	there := func(sql string) {
		t.Helper()
		if !eventually(t, 30*time.Second, func() bool { return len(query(sql)) > 0 }) {
			t.Fatalf("osqueryd gives no row: %s", sql)
		}
	}
	there("SELECT * FROM osquery_extensions WHERE name = 'apiwatch'")
	acts := s.perform(t, "AN0579")
	if len(acts) == 0 {
		t.Fatal("nothing was performed")
	}
	there(fmt.Sprintf("SELECT * FROM ptrace_events WHERE pid = %d AND target_pid = %d", acts[0].PID, acts[0].TargetPID))
	there(fmt.Sprintf("SELECT * FROM findings WHERE detection = 'AN0579' AND pid = %d AND parent_path = '%s'", acts[0].PID, s.simulate))
	there("SELECT c.state FROM collector_health AS c JOIN osquery_info AS o ON o.pid > 0 WHERE c.collector = 'audit'")
	_ = daemon.Process.Signal(syscall.SIGTERM)
	p.end(60 * time.Second)
	sameAudit(t, before)
}

// shortDir gives a temporary folder whose path leaves room for a unix socket's name.
func shortDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if len(dir) > 70 {
		t.Fatalf("the temporary folder's path is too long for a socket: %s: set TMPDIR", dir)
	}
	return dir
}
