package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/elastic/go-libaudit/v2"
)

// The tests named TestE2E drive the built binary against the live kernel: `make e2e`. They need root, the kernel's audit
// with nobody on its seat, and a few minutes.

const (
	// seatPatience is how long we wait for another owner of audit, such as a recording, to go.
	seatPatience = 3 * time.Minute
	// seatTries is how often another one may be faster at taking the free seat.
	seatTries = 20
	// findWithin is how long after the deed a finding may come.
	findWithin  = time.Minute
	neutralPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

var neutralEnv = []string{"PATH=" + neutralPath, "LANG=C.UTF-8", "HOME=/root", feedVariable + "=" + linuxFeed()}

// feedVariable says what system calls are seen by: audit if it is not set.
const feedVariable = "APIWATCH_LINUX_FEED"

func linuxFeed() string { return cmp.Or(os.Getenv(feedVariable), "audit") }

// stage holds the programs that all end-to-end tests run.
type stage struct{ dir, apiwatch, simulate string }

var staged = sync.OnceValues(func() (*stage, error) {
	dir, err := os.MkdirTemp("/tmp", "apiwatch-e2e-")
	if err != nil {
		return nil, err
	}
	s := &stage{dir: dir, apiwatch: filepath.Join(dir, "apiwatch.ext"), simulate: filepath.Join(dir, "simulate")}
	if err := os.Chmod(dir, 0o755); err != nil {
		return s, err
	}
	cmd := exec.Command("go", "build", "-o", s.simulate, "../scripts/simulate")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return s, fmt.Errorf("building the simulator: %w\n%s", err, out)
	}
	built, err := os.ReadFile(os.Getenv("APIWATCH_E2E"))
	if err != nil {
		return s, fmt.Errorf("reading the binary under test: %w", err)
	}
	return s, os.WriteFile(s.apiwatch, built, 0o755) // where any user can run it
})

func TestMain(m *testing.M) {
	_ = os.Setenv(feedVariable, linuxFeed()) // of a constant name
	code := m.Run()
	if os.Getenv("APIWATCH_E2E") != "" {
		if s, _ := staged(); s != nil {
			_ = os.RemoveAll(s.dir)
		}
	}
	os.Exit(code)
}

// onStage gives the programs, or skips and says by name what is missing.
func onStage(t *testing.T) *stage {
	t.Helper()
	switch path := os.Getenv("APIWATCH_E2E"); {
	case path == "":
		t.Skipf("%s NOT RUN: APIWATCH_E2E does not name the built binary; run it as `make e2e`", t.Name())
	case !filepath.IsAbs(path):
		t.Fatalf("APIWATCH_E2E is %q, and must be an absolute path", path)
	case os.Geteuid() != 0:
		t.Skipf("%s NOT RUN: it needs root", t.Name())
	}
	if _, err := auditNow(); err != nil {
		t.Skipf("%s NOT RUN: it needs the kernel's audit: %v", t.Name(), err)
	}
	s, err := staged()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// auditState is all that a visitor must leave as it was.
type auditState struct {
	Enabled, Failure, BacklogLimit, BacklogWaitTime, RateLimit, PID uint32
	Rules                                                           []string
}

// ours says how many of the rules bear our key.
func (s *auditState) ours() (n int) {
	for _, r := range s.Rules {
		if strings.Contains(r, "apiwatch") {
			n++
		}
	}
	return n
}

func auditNow() (*auditState, error) {
	c, err := libaudit.NewAuditClient(nil)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	st, err := c.GetStatus()
	if err != nil {
		return nil, err
	}
	rules, err := c.GetRules()
	if err != nil {
		return nil, err
	}
	s := &auditState{
		Enabled: st.Enabled, Failure: st.Failure, BacklogLimit: st.BacklogLimit, BacklogWaitTime: st.BacklogWaitTime,
		RateLimit: st.RateLimit, PID: st.PID,
	}
	if errors.Is(syscall.Kill(int(s.PID), 0), syscall.ESRCH) {
		s.PID = 0 // the kernel forgets a dead owner only when it has something to tell it
	}
	for _, r := range rules {
		if !visitors(r) {
			s.Rules = append(s.Rules, string(r))
		}
	}
	return s, nil
}

// visitors says whether a rule belongs to an apiwatch that lives and that no test of ours started: on a machine where
// others work too one may come and go meanwhile. Each leaves itself out by `pid!=`.
func visitors(rule []byte) bool {
	const fields, values, ops = 3 + 64, 3 + 128, 3 + 192 // words of struct audit_rule_data (include/uapi/linux/audit.h)
	word := func(i int) uint32 { return binary.NativeEndian.Uint32(rule[4*i:]) }
	if len(rule) < 4*(ops+65) || !bytes.Contains(rule, []byte("apiwatch")) {
		return false
	}
	for i := range min(int(word(2)), 64) {
		if pid := word(values + i); word(fields+i) == 0 && word(ops+i) == 0x30000000 {
			_, tested := startedPIDs.Load(int(pid))
			return !tested && syscall.Kill(int(pid), 0) == nil
		}
	}
	return false
}

// startedPIDs are those of the programs that the tests started.
var startedPIDs sync.Map

func audited(t *testing.T) *auditState {
	t.Helper()
	s, err := auditNow()
	if err != nil {
		t.Fatalf("asking for audit's state: %v", err)
	}
	return s
}

// freeAudit waits until nobody owns audit and no rule is left, and gives that state.
func freeAudit(t *testing.T) *auditState { return seatFree(t, 0) }

// seatFree waits until nobody owns audit and there are no more rules than so many.
func seatFree(t *testing.T, rules int) *auditState {
	t.Helper()
	began := time.Now()
	for deadline := began.Add(seatPatience); ; time.Sleep(20 * time.Millisecond) {
		s := audited(t)
		if s.PID == 0 && len(s.Rules) <= rules {
			if waited := time.Since(began); waited > time.Second {
				t.Logf("waited %v for another owner of audit to go", waited.Round(time.Second))
			}
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("pid %d owns kernel audit, and there are %d rules: end it and remove them (auditctl -D) first", s.PID, len(s.Rules))
		}
	}
}

// sameAudit fails where audit's state is not as it was. A visitor who has come meanwhile is let go first.
func sameAudit(t *testing.T, before *auditState) {
	t.Helper()
	now := audited(t)
	for deadline := time.Now().Add(seatPatience); before.PID == 0 && now.PID != 0 && time.Now().Before(deadline); now = audited(t) {
		if _, tested := startedPIDs.Load(int(now.PID)); tested {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, f := range []struct {
		name    string
		was, is uint32
	}{
		{"enabled", before.Enabled, now.Enabled},
		{"failure", before.Failure, now.Failure},
		{"backlog_limit", before.BacklogLimit, now.BacklogLimit},
		{"backlog_wait_time", before.BacklogWaitTime, now.BacklogWaitTime},
		{"rate_limit", before.RateLimit, now.RateLimit},
		{"pid", before.PID, now.PID},
	} {
		if f.was != f.is {
			t.Errorf("audit's %s is %d, and was %d before", f.name, f.is, f.was)
		}
	}
	if !slices.Equal(before.Rules, now.Rules) {
		t.Errorf("there are %d audit rules, %d of ours, and there were %d before", len(now.Rules), now.ours(), len(before.Rules))
	}
}

// line is a result line of osquery's, and when it came.
type line struct {
	Name    string            `json:"name"`
	Action  string            `json:"action"`
	Columns map[string]string `json:"columns"`
	// Snapshot is the result of a pack's snapshot query.
	Snapshot []map[string]string `json:"snapshot"`

	came time.Time
}

// program is a started apiwatch.
type program struct {
	t        *testing.T
	cmd      *exec.Cmd
	ended    chan struct{}
	err      error // of Wait, once ended is closed
	seatless bool  // it works without audit
	stderr   syncBuffer

	mu    sync.Mutex
	lines []line
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// start starts apiwatch and reads its result lines. At the test's end it is stopped if it still goes on.
func (s *stage) start(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{t: t, ended: make(chan struct{})}
	p.cmd = exec.Command(s.apiwatch, args...) //nolint:noctx // stopped by a signal, so that it puts audit back
	p.cmd.Env, p.cmd.Dir, p.cmd.Stderr = neutralEnv, "/", &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	startedPIDs.Store(p.pid(), true)
	go func() {
		p.read(out)
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		select {
		case <-p.ended:
		default:
			p.stop(syscall.SIGTERM)
		}
		if said := p.stderr.String(); said != "" && t.Failed() {
			t.Logf("%s said:\n%s", strings.Join(p.cmd.Args[1:], " "), said)
		}
	})
	return p
}

func (p *program) read(out io.Reader) {
	sc := bufio.NewScanner(out)
	sc.Buffer(nil, 1<<22)
	for sc.Scan() {
		l := line{came: time.Now()}
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			p.t.Errorf("a line of stdout is no JSON: %v: %q", err, sc.Bytes())
			continue
		}
		p.mu.Lock()
		p.lines = append(p.lines, l)
		p.mu.Unlock()
	}
}

// stop ends the program, which must be in order: exit status 0.
func (p *program) stop(sig syscall.Signal) {
	p.t.Helper()
	_ = p.cmd.Process.Signal(sig) // it may have ended, which Wait tells
	p.end(time.Minute)
}

// end waits for the program's end in order.
func (p *program) end(patience time.Duration) {
	p.t.Helper()
	select {
	case <-p.ended:
		if p.err != nil {
			p.t.Errorf("%s ended with %v: %s", p.cmd.Args[1], p.err, &p.stderr)
		}
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.ended
		p.t.Errorf("%s did not end within %v", p.cmd.Args[1], patience)
	}
}

func (p *program) pid() int { return p.cmd.Process.Pid }

// collecting waits until the program owns audit and all its rules are in. It says false if another process was faster.
func (p *program) collecting() bool {
	p.t.Helper()
	before := 0
	for range 300 {
		select {
		case <-p.ended:
			p.t.Fatalf("it ended at once: %v: %s", p.err, &p.stderr)
		case <-time.After(200 * time.Millisecond):
		}
		s := audited(p.t)
		n := s.ours()
		if int(s.PID) == p.pid() && n > 0 && n == before {
			time.Sleep(time.Second)
			return true
		}
		if s.PID != 0 && int(s.PID) != p.pid() {
			return false
		}
		before = n
	}
	p.t.Fatalf("it did not get hold of audit: %s", &p.stderr)
	return false
}

// linuxFeeds are what `run` can collect with: each behaviour is performed before each of them.
var linuxFeeds = []string{"audit", "ebpf"}

// on starts `run --json` on a feed; it gives audit's state before.
func (s *stage) on(t *testing.T, feed string, args ...string) (*program, *auditState) {
	t.Helper()
	if feed == "audit" {
		return s.collector(t, args...)
	}
	before := audited(t)
	p := s.start(t, append([]string{"run", "--json", "--linux-feed", feed}, args...)...)
	p.seatless = true
	if !eventually(t, time.Minute, func() bool { return strings.Contains(p.stderr.String(), "is collecting on this machine") }) {
		t.Fatalf("it does not collect: %s", &p.stderr)
	}
	time.Sleep(time.Second)
	if said := p.stderr.String(); !strings.Contains(said, "eBPF takes its place") {
		t.Skipf("%s NOT RUN: this machine loads no eBPF programs: %s", t.Name(), said)
	}
	return p, before
}

// collector waits for the audit seat and starts `run --json` on it; it gives audit's state before.
func (s *stage) collector(t *testing.T, args ...string) (*program, *auditState) {
	t.Helper()
	for range seatTries {
		before := freeAudit(t)
		p := s.start(t, append([]string{"run", "--json", "--linux-feed", "audit"}, args...)...)
		if p.collecting() {
			return p, before
		}
		p.stop(syscall.SIGTERM)
	}
	t.Fatal("another process took the audit seat again and again")
	return nil, nil
}

// keptSeat fails where another process came between, which would explain whatever else fails.
func (p *program) keptSeat() {
	p.t.Helper()
	if p.seatless {
		return
	}
	if s := audited(p.t); int(s.PID) != p.pid() {
		p.t.Errorf("audit belongs to pid %d now: somebody took it meanwhile", s.PID)
	}
}

// findings gives what has been found so far.
func (p *program) findings() []line {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []line
	for _, l := range p.lines {
		if l.Name == findingsQuery {
			out = append(out, l)
		}
	}
	return out
}

// eventually waits until a condition holds.
func eventually(t *testing.T, d time.Duration, ok func() bool) bool {
	t.Helper()
	for deadline := time.Now().Add(d); ; time.Sleep(50 * time.Millisecond) {
		if ok() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

// aligned logs rows in columns.
func aligned(t *testing.T, title string, rows [][]string) {
	t.Helper()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(w, "  "+strings.Join(r, "\t"))
	}
	_ = w.Flush()
	t.Logf("%s\n%s", title, b.String())
}
