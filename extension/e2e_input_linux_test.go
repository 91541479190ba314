package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

// ran is what a command that ended said.
type ran struct {
	stdout, stderr string
	status         int
}

// run runs apiwatch to its end, as a user if uid is not 0.
func (s *stage) run(t *testing.T, uid uint32, args ...string) ran {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), s.apiwatch, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it puts audit back
	var stdout, stderr bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = neutralEnv, "/", &stdout, &stderr
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	err := cmd.Run()
	r := ran{stdout: stdout.String(), stderr: stderr.String()}
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		r.status = exit.ExitCode() // -1 if a signal ended it
	} else if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(r.stderr, "goroutine ") {
		t.Errorf("%v crashes: %s", args, r.stderr)
	}
	return r
}

// public gives a folder that any user may use.
func (s *stage) public(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(s.dir, t.Name())
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestE2EBadTuning: an override that cannot be used is told with its cause, and detection goes on with the defaults.
func TestE2EBadTuning(t *testing.T) {
	s := onStage(t)
	for _, c := range []struct{ name, yaml, says string }{
		{"unknown analytic", "AN9999:\n  TimeWindow: 5\n", "AN9999"},
		{"unknown element", "AN0579:\n  Nonsense: 5\n", "Nonsense"},
		{"wrong type", "AN0579:\n  TimeWindowBetweenPtraceAndMemoryWrite: soon\n", "TimeWindowBetweenPtraceAndMemoryWrite"},
		{"no YAML", "{{{\x00\x01", "tuning"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			p, before := s.collector(t, "--state-dir", filepath.Join(dir, "state"), "--tuning", write(t, dir, "tuning.yaml", c.yaml))
			if !strings.Contains(p.stderr.String(), c.says) || !strings.Contains(p.stderr.String(), "defaults stay") {
				t.Errorf("the error does not name %q: %s", c.says, &p.stderr)
			}
			if c.name == "wrong type" { // one is enough to see that detection goes on
				acts := s.perform(t, "AN0579")
				if !eventually(t, findWithin, func() bool { return len(acts) > 0 && len(of(&acts[0], p.findings())) == 1 }) {
					t.Error("no finding with the defaults")
				}
			}
			p.stop(syscall.SIGINT)
			sameAudit(t, before)
		})
	}
}

// TestE2EBadRecordings: what cannot be read is named with its file, the rest is replayed, and the status is 1.
func TestE2EBadRecordings(t *testing.T) {
	s := onStage(t)
	good, err := filepath.Glob(filepath.Join("..", "testdata", "DET0203", "fire-AN0579-attach*.gz"))
	if err != nil || len(good) == 0 {
		t.Fatalf("there is no firing recording of AN0579: %v", err)
	}
	whole, err := os.ReadFile(good[0])
	if err != nil {
		t.Fatal(err)
	}
	dir := s.public(t)
	intact := write(t, dir, "intact.audit.log.gz", string(whole))
	truncated := write(t, dir, "truncated.audit.log.gz", string(whole[:len(whole)/2]))
	broken := write(t, dir, "broken.audit.log.gz", string(whole[:len(whole)/2])+"\x00\xff no gzip \x00"+string(whole[len(whole)/2:]))
	binary := write(t, dir, "binary.log", strings.Repeat("\x00\xfe\x7fELF\x1b[2J\n", 5000))
	zipped := new(bytes.Buffer)
	z := gzip.NewWriter(zipped)
	_, _ = z.Write(bytes.Repeat([]byte{0, 255, '\n'}, 5000)) // to memory
	_ = z.Close()
	packed := write(t, dir, "binary.log.gz", zipped.String())
	empty := write(t, dir, "empty.log", "")
	forbidden := write(t, dir, "forbidden.log", "type=SYSCALL msg=audit(1.000:1): arch=c000003e syscall=59\n")
	if err := os.Chmod(forbidden, 0); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(dir, "absent.log")

	for _, c := range []struct {
		name, path string
		uid        uint32
		status     int
		names      bool // stderr names the file
	}{
		{"intact", intact, 0, 0, false},
		{"truncated", truncated, 0, 1, true},
		{"broken", broken, 0, 1, true},
		{"absent", absent, 0, 1, true},
		{"a folder that holds none", "/proc/self/fdinfo", 0, 1, true},
		{"forbidden", forbidden, 65534, 1, true},
		{"binary", binary, 0, 1, true},
		{"packed binary", packed, 0, 1, true},
		{"empty", empty, 0, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := s.run(t, c.uid, "replay", "--json", c.path)
			if r.status != c.status || c.names && !strings.Contains(r.stderr, c.path) {
				t.Errorf("status %d, want %d; stderr: %s", r.status, c.status, r.stderr)
			}
			if said := r.stdout + r.stderr; strings.ContainsAny(said, "\x00\x1b") || !utf8.ValidString(said) {
				t.Errorf("raw bytes of the file reach the terminal: %q %q", r.stdout, r.stderr)
			}
			t.Logf("status %d: %s", r.status, firstLine(r.stderr))
		})
	}
	r := s.run(t, 0, "replay", "--json", truncated, intact, binary)
	if r.status != 1 || !strings.Contains(r.stdout, intact) || !strings.Contains(r.stdout, "AN0579") {
		t.Errorf("an intact recording among bad ones: status %d, stdout %q, stderr %s", r.status, r.stdout, r.stderr)
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// TestE2EStatus: 0 done, 1 failed, 2 bad usage; errors stand on stderr alone.
func TestE2EStatus(t *testing.T) {
	s := onStage(t)
	log := write(t, t.TempDir(), "audit.log", `type=SYSCALL msg=audit(1700000000.000:1): arch=c000003e syscall=101 success=yes exit=0 `+
		`a0=10 a1=7 a2=0 a3=0 items=0 ppid=1 pid=5 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm="x" `+
		`exe="/usr/bin/x" key=(null)`+"\n")
	for _, c := range []struct {
		status int
		says   string
		args   []string
	}{
		{0, "", []string{"query", "--replay", log, "SELECT pid FROM ptrace_events"}},
		{0, "", []string{"version"}},
		{0, "", []string{"detections"}},
		{0, "", []string{"schema", "api_calls"}},
		{1, "syntax", []string{"query", "--replay", log, "SELEC pid FROM ptrace_events"}},
		{1, "no such table: nowhere", []string{"query", "--replay", log, "SELECT * FROM nowhere"}},
		{1, "no such column: oops", []string{"query", "--replay", log, "SELECT oops FROM api_calls"}},
		{1, "no such function: nonsense", []string{"query", "--replay", log, "SELECT nonsense(pid) FROM api_calls"}},
		{1, "", []string{"query", "--replay", log, "DELETE FROM api_calls"}},
		{1, "", []string{"query", "--replay", log, ""}},
		{1, "absent.log", []string{"query", "--replay", "/absent.log", "SELECT 1"}},
		{2, "nonsense", []string{"nonsense"}},
		{2, "--nonsense", []string{"run", "--nonsense"}},
		{2, "", []string{"query"}},
		{2, "audit-share", []string{"run", "--audit-share=some"}},
		{2, "for", []string{"run", "--for", "soon"}},
		{2, "pack", []string{"run", "--pack", "/absent.conf"}},
		{2, "nothing", []string{"schema", "nothing"}},
	} {
		r := s.run(t, 0, c.args...)
		if r.status != c.status || !strings.Contains(r.stderr, c.says) || (c.status == 0) != (r.stderr == "") || c.status != 0 && r.stdout != "" {
			t.Errorf("%q: status %d, want %d; stdout %q; stderr %q, want %q in it", c.args, r.status, c.status, r.stdout, r.stderr, c.says)
		}
	}
}

// TestE2EUnprivileged: without rights `run` and a query of events end with one line that says what is missing, and the tables that
// need none work.
func TestE2EUnprivileged(t *testing.T) {
	s := onStage(t)
	const nobody = 65534
	before := audited(t)
	state := filepath.Join(s.public(t), "state")
	r := s.run(t, nobody, "run", "--json", "--for", "2s", "--state-dir", state)
	failed := func(what string, r ran) {
		t.Helper()
		said := strings.Split(strings.TrimSpace(r.stderr), "\n")
		if last := said[len(said)-1]; r.status != exitFailed || r.stdout != "" || !strings.HasPrefix(last, "apiwatch.ext: nothing ") ||
			strings.Count(r.stderr, "CAP_AUDIT_CONTROL") != 1 || !strings.Contains(last, "run as root") || strings.Contains(r.stderr, "level=") {
			t.Errorf("%s: status %d, stdout %q, stderr %s", what, r.status, r.stdout, r.stderr)
		}
	}
	failed("run", r)
	for _, table := range []string{"process_starts", "ptrace_events", "api_calls", "findings"} {
		failed(table, s.run(t, nobody, "query", "--wait=0.2", "--state-dir", state, "SELECT count(*) FROM "+table))
	}
	r = s.run(t, nobody, "query", "--json", "--wait=0.2", "--state-dir", state,
		"SELECT (SELECT count(*) FROM detections WHERE platform = 'linux' AND strategy LIKE 'DET%' AND state IN ('not fed', 'degraded') "+
			"AND reason LIKE '%run as root%') AS blind, "+
			"(SELECT count(*) FROM detection_tuning) AS tuning, (SELECT count(*) FROM users WHERE uid = 65534) AS users, "+
			"(SELECT count(*) FROM rwx_mappings) AS mappings, "+
			"(SELECT count(*) FROM collector_health WHERE collector = 'audit' AND item = 'socket' AND state = 'failed') AS failed")
	const rest = `"?[,\s]+"tuning": ?"?[1-9][0-9]+"?[,\s]+"users": ?"?1"?[,\s]+"mappings": ?"?[0-9]+"?[,\s]+"failed": ?"?1"?`
	want := regexp.MustCompile(`"blind": ?"?` + fmt.Sprint(len(analyticsOf(t, "linux"))) + rest)
	if r.status != 0 || !want.MatchString(r.stdout) {
		t.Errorf("status %d, stdout %s, stderr %s", r.status, r.stdout, r.stderr)
	}
	if now := audited(t); before.PID == 0 && now.PID == 0 {
		sameAudit(t, before)
	}
}

// TestE2EClosedOutput: a reader that has had enough, as in `run --json | head -1`, ends the run quietly and in order.
func TestE2EClosedOutput(t *testing.T) {
	s := onStage(t)
	for range seatTries {
		before := freeAudit(t)
		read, writeEnd, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		p := &program{t: t, ended: make(chan struct{})}
		p.cmd = exec.Command(s.apiwatch, "run", "--json", "--state-dir", t.TempDir()) //nolint:noctx // stopped by its output's end
		p.cmd.Env, p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = neutralEnv, "/", writeEnd, &p.stderr
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_ = writeEnd.Close() // ours
		startedPIDs.Store(p.pid(), true)
		go func() {
			p.err = p.cmd.Wait()
			close(p.ended)
		}()
		if !p.collecting() {
			p.stop(syscall.SIGTERM)
			_ = read.Close()
			continue
		}
		got := make(chan string, 1)
		go func() {
			l, _ := bufio.NewReader(read).ReadString('\n')
			_ = read.Close()
			got <- l
		}()
		s.perform(t, "AN0579")
		select {
		case l := <-got:
			if !strings.Contains(l, "AN0579") {
				t.Errorf("the first line is %q", l)
			}
		case <-time.After(findWithin):
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
			t.Fatal("no finding")
		}
		s.perform(t, "AN1494") // what is written next
		p.end(findWithin)
		if said := p.stderr.String(); strings.Contains(said, "broken pipe") {
			t.Errorf("it complains: %s", said)
		}
		sameAudit(t, before)
		return
	}
	t.Fatal("another process took the audit seat again and again")
}
