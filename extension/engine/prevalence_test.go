package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

func queried(t *testing.T, e *Engine, sql string) string {
	t.Helper()
	var got []string
	if err := (rowsOf{e.db}).Each(t.Context(), sql, func(_, values []string) { got = append(got, strings.Join(values, " ")) }); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.Join(got, "\n")
}

// TestPrevalenceOfReplay: a replay begins with nothing, learns from what it reads by the time of the events, and says the same each time.
func TestPrevalenceOfReplay(t *testing.T) {
	const all = "SELECT kind, path, parent_path, user, computer, seen, hours, days, first_seen, last_seen, learning, rare, new FROM " +
		"prevalence ORDER BY 1, 2, 3, 4"
	path := filepath.Join("..", "..", "testdata", "DET0043", "fire-AN0120-sh.audit.log.gz")
	e, _ := replayed(t, path)
	first := queried(t, e, all)
	if counted := queried(t, e, "SELECT (SELECT sum(seen) FROM prevalence WHERE kind = 'process_start') = (SELECT count(*) FROM "+
		"process_starts)"); counted != "1" {
		t.Errorf("not every process start is counted: %s", first)
	}
	for sql, want := range map[string]string{
		"SELECT count(*) > 0 FROM prevalence":                                                                                           "1",
		"SELECT DISTINCT learning, rare, new FROM prevalence":                                                                           "1 0 0",
		"SELECT min(first_seen) = (SELECT min(time) FROM process_starts) FROM prevalence WHERE kind = 'process_start'":                  "1",
		"SELECT count(*) FROM process_starts e WHERE NOT EXISTS (SELECT 1 FROM prevalence p WHERE p.path = e.path AND p.user = e.user)": "0",
		"SELECT state FROM collector_health WHERE collector = 'prevalence'":                                                             "ok",
	} {
		if got := queried(t, e, sql); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	e, _ = replayed(t, path)
	if again := queried(t, e, all); again != first {
		t.Errorf("another replay learned\n%s\nthe first\n%s", again, first)
	}
}

// TestPrevalenceOverRestarts: what one run has learned the next one knows, and one that only looks in writes nothing.
func TestPrevalenceOverRestarts(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	run := func(resume bool, day int) *Engine {
		t.Helper()
		e, err := newEngine(plan{host: collectors.NoHost{}, firstEID: int64(day+1) << 20}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		e.recall(dir, resume)
		e.remember(dir)
		e.learned.Now = nil // these days are to come
		p := &event.Process{Path: "/usr/bin/backup", User: "root", Creator: &event.Creator{Path: "/usr/sbin/cron"}}
		e.pump.Learn([]event.Event{{Kind: event.KindProcessStart, TimeNS: begin.AddDate(0, 0, day).UnixNano(), Process: p}})
		return e
	}
	const sql = "SELECT seen, hours, days, rare, new, learning, host_age FROM prevalence WHERE path = '/usr/bin/backup'"
	for i, c := range []struct {
		resume bool
		day    int
		want   string
	}{
		{true, 0, "1 1 1 0 0 1 0"}, {false, 1, "2 2 2 0 0 1 86400"}, {true, 8, "2 2 2 1 0 0 691200"}, {true, 9, "3 3 3 0 0 0 777600"},
	} {
		e := run(c.resume, c.day)
		if got := queried(t, e, sql); got != c.want {
			t.Errorf("run %d: %q, want %q", i, got, c.want)
		}
		e.Close()
	}
}
