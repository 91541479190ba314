package osquery

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	gen "github.com/osquery/osquery-go/gen/osquery"

	"github.com/apiwatch/apiwatch/extension/internal/thriftsock"
	"github.com/apiwatch/apiwatch/tables"
)

// TestRealOsqueryd serves a real osqueryd, asks it SQL over its own socket, and ends with it.
func TestRealOsqueryd(t *testing.T) {
	binary := os.Getenv("OSQUERYD")
	if binary == "" {
		t.Skip("TestRealOsqueryd not run: set OSQUERYD to the path of an osqueryd")
	}
	socket := socketPath(t)
	dir := filepath.Dir(socket)
	config := filepath.Join(dir, "osquery.conf")
	if err := os.WriteFile(config, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := func() *exec.Cmd {
		cmd := exec.Command(binary, "--flagfile=/dev/null", "--config_path="+config, "--database_path="+filepath.Join(dir, "db"),
			"--pidfile="+filepath.Join(dir, "pid"), "--extensions_socket="+socket, "--extensions_autoload="+filepath.Join(dir, "none.load"),
			"--extensions_timeout=10", "--extensions_interval=1", "--logger_plugin=filesystem", "--logger_path="+dir, "--allow_unsafe",
			"--disable_watchdog", "--force")
		var out logBuffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			if t.Failed() {
				t.Logf("osqueryd's output:\n%s", &out)
			}
		})
		return cmd
	}
	ask := func(sql string) ([]map[string]string, error) {
		p, done, err := thriftsock.Dial(t.Context(), socket, 10*time.Second)
		if err != nil {
			return nil, err
		}
		defer done()
		r, err := gen.NewExtensionManagerClientProtocol(p.Transport(), p, p).Query(t.Context(), sql)
		if err != nil {
			return nil, err
		}
		if r.Status.Code != 0 {
			return nil, fmt.Errorf("%s: %s", sql, r.Status.Message)
		}
		return r.Response, nil
	}
	eventually := func(sql string, want func([]map[string]string) bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		for {
			rows, err := ask(sql)
			if err == nil && want(rows) {
				return
			}
			select {
			case <-ctx.Done():
				t.Fatalf("%s: %v, %v", sql, rows, err)
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
	one := func(rows []map[string]string) bool { return len(rows) == 1 }

	first := daemon()
	s := serve(t, Options{
		Socket: socket, Timeout: 30 * time.Second, Interval: time.Second, Version: "1.2.3",
		Tables: tables.All(&tables.Data{Store: smallStore()}),
	})
	eventually("SELECT * FROM osquery_extensions WHERE name = 'apiwatch' AND version = '1.2.3'", one)

	for _, test := range []struct {
		sql  string
		want int
	}{
		{"SELECT * FROM api_calls", 300},
		{"SELECT eid FROM api_calls WHERE pid = 103 OR api = 'ptrace'", 110},
		{"SELECT eid FROM api_calls WHERE process_key IN ('boot.101.77', 'boot.102.77', 'none')", 30},
		{"SELECT eid FROM api_calls WHERE process_key IN (SELECT process_key FROM ptrace_events WHERE pid = 103)", 15},
		{"SELECT eid FROM api_calls WHERE time > 1700000290", 9},
		{"SELECT eid FROM api_calls ORDER BY time DESC LIMIT 7 OFFSET 2", 7},
		{"SELECT eid FROM api_calls WHERE path LIKE '/USR/bin/tool1'", 15},
		{"SELECT eid FROM api_calls WHERE euid IS NULL", 300},
		{`SELECT eid FROM api_calls WHERE cmdline = 'it''s'`, 30},
		{"SELECT count(*) AS n FROM api_calls", 1},
	} {
		rows, err := ask(test.sql)
		if err != nil || len(rows) != test.want {
			t.Errorf("%s: %d rows, %v; want %d", test.sql, len(rows), err, test.want)
		}
	}
	for _, tb := range tables.All(&tables.Data{}) {
		if _, err := ask("SELECT * FROM " + tb.Name + " LIMIT 1"); err != nil {
			t.Error(err)
		}
	}
	if _, err := ask("DELETE FROM api_calls"); err == nil || !strings.Contains(err.Error(), "may not be modified") {
		t.Errorf("a write: %v", err)
	}

	_ = first.Process.Kill() // no word to us: we must find the new one
	_ = first.Wait()
	second := daemon()
	eventually("SELECT * FROM osquery_extensions WHERE name = 'apiwatch'", one)
	eventually("SELECT count(*) AS n FROM api_calls", func(rows []map[string]string) bool { return one(rows) && rows[0]["n"] == "300" })

	_ = second.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
		if s.err != nil {
			t.Error(s.err)
		}
	case <-time.After(60 * time.Second):
		t.Error("Serve goes on although osqueryd has ended")
	}
}
