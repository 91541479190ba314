package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReplayHoldsOneProcessToARate: of 540 findings of one process that differ in the target alone some are shown, whatever it does them
// to, and the summary says how many more there are. Another process's is shown beside them.
func TestReplayHoldsOneProcessToARate(t *testing.T) {
	var log strings.Builder
	stamped := func(n, pid int, file string) {
		id := fmt.Sprintf("msg=audit(1795304649.%03d:%d)", n%1000, 5000+n)
		fmt.Fprintf(&log, `type=SYSCALL %s: arch=c000003e syscall=280 success=yes exit=0 a0=ffffff9c a1=1 a2=2 a3=0 items=1 ppid=4000 pid=%d `+
			`auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 fsgid=1000 tty=pts0 ses=3 comm="x" `+
			`exe="/tmp/x" key="apiwatch"
type=CWD %s: cwd="/"
type=PATH %s: item=0 name="%s" inode=1 dev=fe:00 mode=0100644 ouid=1000 ogid=1000 rdev=00:00 nametype=NORMAL
type=PROCTITLE %s: proctitle="x -d 1999"
type=EOE %s: 
`, id, pid, id, id, file, id, id)
	}
	for i := range 540 {
		stamped(i, 4242, fmt.Sprintf("/tmp/f%d", i))
	}
	stamped(540, 4343, "/tmp/other")
	path := filepath.Join(t.TempDir(), "many.audit.log")
	if err := os.WriteFile(path, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"replay", path}, &app{stdout: &stdout, stderr: &stderr}); code != 0 {
		t.Fatalf("exit status %d: %s", code, stderr.String())
	}
	if n := strings.Count(stdout.String(), "set the times of"); n != 21 || !strings.Contains(stdout.String(), "/tmp/other") {
		t.Errorf("%d findings are shown:\n%s", n, stdout.String())
	}
	if !strings.HasSuffix(stderr.String(), "\nand 520 more findings not shown, of processes and targets whose findings are: AN1627 520\n") {
		t.Errorf("stderr: %s", stderr.String())
	}
	stdout.Reset()
	if code := run(t.Context(), []string{
		"query", "--json", "--replay", path,
		"SELECT (SELECT repeats FROM detections WHERE detection = 'AN1627') AS repeats, " +
			"(SELECT detail FROM collector_health WHERE item = 'findings') AS health",
	}, &app{stdout: &stdout, stderr: &stderr}); code != 0 || !strings.Contains(stdout.String(), `"repeats":"520"`) ||
		!strings.Contains(stdout.String(), "repeats=520") {
		t.Errorf("the tables say %s %s", stdout.String(), stderr.String())
	}
}
