package osquerytables

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/extension/sqlhost/sqlhosttest"
	"github.com/apiwatch/apiwatch/tables"
)

// singleRow reads one row as texts by column.
func singleRow(t *testing.T, db *sqlhost.DB, sql string) map[string]string {
	t.Helper()
	got, err := db.QueryAll(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if len(got.Rows) != 1 {
		t.Fatalf("%s: %d rows", sql, len(got.Rows))
	}
	row := make(map[string]string)
	for i, c := range got.Columns {
		row[c.Name] = got.Rows[0][i].String()
	}
	return row
}

func holds(t *testing.T, row, want map[string]string) {
	t.Helper()
	for column, w := range want {
		if row[column] != w {
			t.Errorf("%s is %q, want %q", column, row[column], w)
		}
	}
}

func TestProcesses(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "sle ) ep")
	b, err := os.ReadFile("/bin/sleep")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, b, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "30")
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()

	db := sqlhosttest.Open(t, sqlhost.With(All()...))
	pid, self, uid := strconv.Itoa(cmd.Process.Pid), strconv.Itoa(os.Getpid()), strconv.Itoa(os.Getuid())
	find := "SELECT * FROM processes WHERE pid = " + pid
	row := singleRow(t, db, find)
	executed := func() bool { return row["path"] == program && row["state"] == "S" }
	for deadline := time.Now().Add(time.Minute); !executed() && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
		row = singleRow(t, db, find)
	}
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	nice := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))[16] // which the program inherits
	holds(t, row, map[string]string{
		"pid": pid, "name": "sle ) ep", "path": program, "cmdline": program + " 30", "cwd": dir, "root": "/", "state": "S", "parent": self,
		"uid": uid, "euid": uid, "suid": uid, "on_disk": "1", "threads": "1", "nice": nice, "wired_size": "0",
	})
	start, err := strconv.ParseInt(row["start_time"], 10, 64)
	if age := time.Now().Unix() - start; err != nil || age < -2 || age > 60 {
		t.Errorf("start_time is %q, %d s ago", row["start_time"], age)
	}
	for _, column := range []string{"resident_size", "total_size", "pgroup", "user_time"} {
		if n, err := strconv.ParseInt(row[column], 10, 64); err != nil || n < 0 {
			t.Errorf("%s is %q", column, row[column])
		}
	}
	if err := os.Remove(program); err != nil {
		t.Fatal(err)
	}
	holds(t, singleRow(t, db, find), map[string]string{"path": program, "on_disk": "0"})

	got, err := db.QueryAll(t.Context(), "SELECT c.pid FROM processes c JOIN processes p ON c.parent = p.pid WHERE p.pid IN ("+self+
		", 0, -1, 99999999) AND c.pid = "+pid)
	if err != nil || len(got.Rows) != 1 {
		t.Errorf("child by parent: %v, %v", got, err)
	}
	got, err = db.QueryAll(t.Context(), "SELECT pid FROM processes WHERE pid IN ("+self+", "+self+", "+pid+")")
	if err != nil || len(got.Rows) != 2 || got.Stats != (sqlhost.Stats{Calls: 1, Rows: 2}) {
		t.Errorf("two processes: %+v, %v", got, err)
	}
	if got, err := db.QueryAll(t.Context(), "SELECT count(*), sum(pid = "+self+") FROM processes"); err != nil || got.Rows[0][0].Int < 2 ||
		got.Rows[0][1].Int != 1 {
		t.Errorf("all processes: %v, %v", got, err)
	}
	if got, err := db.QueryAll(t.Context(), "SELECT pid FROM processes WHERE pid = 'x'"); err != nil || len(got.Rows) != 0 {
		t.Errorf("pid = 'x': %v, %v", got, err)
	}
}

func TestUsers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passwd")
	const passwd = "root:x:0:0:root:/root:/bin/bash\n# " +
		"no:x:1:1::/:/\nnobody:x:4294967294:65534::/:/sbin/nologin\n\nbad:x:-1:0::/:/\nshort:x:1\nb\xff'\"d:x:7:7:,,,:/h:/s\n"
	if err := os.WriteFile(file, []byte(passwd), 0o600); err != nil {
		t.Fatal(err)
	}
	db := sqlhosttest.Open(t, sqlhost.With(users(file)))
	got, err := db.QueryAll(t.Context(), "SELECT uid, uid_signed, gid, username, description, directory, shell FROM users")
	if err != nil {
		t.Fatal(err)
	}
	text := func(s string) tables.Value { return tables.Value{Kind: tables.TextValue, Text: s} }
	n := func(n int64) tables.Value { return tables.Value{Kind: tables.IntValue, Int: n} }
	want := [][]tables.Value{
		{n(0), n(0), n(0), text("root"), text("root"), text("/root"), text("/bin/bash")},
		{n(4294967294), n(-2), n(65534), text("nobody"), text(""), text("/"), text("/sbin/nologin")},
		{n(7), n(7), n(7), text("b\xff'\"d"), text(",,,"), text("/h"), text("/s")},
	}
	if len(got.Rows) != len(want) {
		t.Fatalf("rows are %v", got.Rows)
	}
	for i := range want {
		for j := range want[i] {
			if got.Rows[i][j] != want[i][j] {
				t.Errorf("row %d, column %d is %+v", i, j, got.Rows[i][j])
			}
		}
	}
	if got, err := sqlhosttest.Open(t, sqlhost.With(users(file+".none"))).QueryAll(t.Context(), "SELECT * FROM users"); err != nil ||
		len(got.Rows) != 0 {
		t.Errorf("without a file: %v, %v", got, err)
	}
}

func TestTimeAndSystem(t *testing.T) {
	at := time.Date(2026, 3, 5, 7, 8, 9, 10, time.FixedZone("x", 3600))
	db := sqlhosttest.Open(t, sqlhost.With(timeTable(func() time.Time { return at })), sqlhost.With(All()...))
	holds(t, singleRow(t, db, "SELECT * FROM time"), map[string]string{
		"weekday": "Thursday", "year": "2026", "month": "3", "day": "5", "hour": "6", "minutes": "8", "seconds": "9", "timezone": "UTC",
		"unix_time": strconv.FormatInt(at.Unix(), 10), "timestamp": "Thu Mar  5 06:08:09 2026 UTC", "datetime": "2026-03-05T06:08:09Z",
		"iso_8601": "2026-03-05T06:08:09Z",
	})
	info := singleRow(t, db, "SELECT * FROM osquery_info")
	holds(t, info, map[string]string{
		"pid": strconv.Itoa(os.Getpid()), "version": sqlhost.OsqueryVersion, "build_platform": runtime.GOOS,
		"build_distro": "apiwatch", "watcher": "-1",
	})
	system := singleRow(t, db, "SELECT * FROM system_info")
	if name, _ := os.Hostname(); system["hostname"] != name {
		t.Errorf("hostname is %q", system["hostname"])
	}
	if n, err := strconv.ParseInt(system["physical_memory"], 10, 64); err != nil || n < 1<<20 {
		t.Errorf("physical_memory is %q", system["physical_memory"])
	}
	if n, err := strconv.ParseInt(system["cpu_logical_cores"], 10, 64); err != nil || n < 1 {
		t.Errorf("cpu_logical_cores is %q", system["cpu_logical_cores"])
	}
}

// TestOsqueryTablesAreApart: osqueryd refuses an extension that brings a table of its own.
func TestOsqueryTablesAreApart(t *testing.T) {
	ours := make(map[string]bool)
	for _, table := range tables.All(&tables.Data{}) {
		ours[table.Name] = true
	}
	for _, b := range All() {
		if ours[b.Name()] {
			t.Errorf("%s is a table of apiwatch's, too", b.Name())
		}
		for _, c := range b.Columns() {
			if c.Description == "" {
				t.Errorf("%s.%s has no description", b.Name(), c.Name)
			}
		}
	}
}
