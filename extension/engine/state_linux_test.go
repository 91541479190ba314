package engine

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
)

// liveState is an engine that collects nothing and shows the state of this machine.
func liveState(t testing.TB) *Engine {
	t.Helper()
	host, err := procHost()
	if err != nil {
		t.Fatal(err)
	}
	f := plan{host: collectors.NoHost{}, health: host.Health}
	linuxState(&f, host)
	e, err := newEngine(f, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// answer gives the rows of a query, values separated by blanks.
func answer(t *testing.T, e *Engine, sql string) string {
	t.Helper()
	var got []string
	if err := (rowsOf{e.db}).Each(t.Context(), sql, func(_, values []string) { got = append(got, strings.Join(values, " ")) }); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.Join(got, "\n")
}

// shows waits until a query has an answer.
func shows(t *testing.T, e *Engine, sql, want string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		got := answer(t, e, sql)
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %q, want %q", sql, got, want)
		}
	}
}

func TestTracerStateInSQL(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(t.Context(), "sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		t.Skipf("TestTracerStateInSQL NOT RUN: no child can be traced here: %v", err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	e := liveState(t)
	shows(t, e, fmt.Sprintf("SELECT name, tracer_pid, tracer_path, is_child, stopped, since_source, since > 0, same_container, uid FROM "+
		"tracer_state "+
		"WHERE pid = %d", cmd.Process.Pid), fmt.Sprintf("%s %d %s 1 1 scan 1 1 %d", "sleep", os.Getpid(), self, os.Getuid()))
	if got := answer(t, e, "SELECT state FROM collector_health WHERE collector = 'procfs' AND item = 'tracers'"); got != "ok" {
		t.Errorf("health %q", got)
	}
}

func TestOpenSensitiveFilesInSQL(t *testing.T) {
	victim := exec.CommandContext(t.Context(), "sleep", "60")
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = victim.Process.Kill(); _ = victim.Wait() }()
	holder := exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf("exec 7</proc/%d/mem && exec sleep 60", victim.Process.Pid))
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Process.Kill(); _ = holder.Wait() }()
	e := liveState(t)
	const columns = "fd, class, told_by, access, target_pid, file_path, is_child, same_user"
	shows(t, e, fmt.Sprintf("SELECT %s FROM open_sensitive_files WHERE pid = %d", columns, holder.Process.Pid),
		fmt.Sprintf("7 process_memory inode read %d /proc/%d/mem 0 1", victim.Process.Pid, victim.Process.Pid))
	shows(t, e, fmt.Sprintf("SELECT count(*), max(target_path <> '') FROM open_sensitive_files WHERE target_pid = %d", victim.Process.Pid),
		"1 1")
}

func TestCodePatchesInSQL(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(t.Context(), "sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		t.Skipf("TestCodePatchesInSQL NOT RUN: no child can be traced here: %v", err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	pid := cmd.Process.Pid
	if err := wait(pid); err != nil {
		t.Fatal(err)
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	var start uintptr
	for line := range strings.Lines(string(maps)) {
		if f := strings.Fields(line); len(f) > 5 && f[1] == "r-xp" && strings.HasPrefix(f[5], "/") {
			if _, err := fmt.Sscanf(f[0], "%x", &start); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	before := make([]byte, 8)
	if _, err := syscall.PtracePeekText(pid, start+0x100, before); err != nil {
		t.Fatal(err)
	}
	after := make([]byte, len(before))
	for i := range before {
		after[i] = before[i] ^ 0xff
	}
	if _, err := syscall.PtracePokeText(pid, start+0x100, after); err != nil {
		t.Fatal(err)
	}
	e := liveState(t)
	shows(t, e, fmt.Sprintf("SELECT kind, address, size, live_bytes, file_bytes, file_present, name FROM code_patches WHERE pid = %d", pid),
		fmt.Sprintf("patch 0x%x 8 %x %x 1 sleep", start+0x100, after, before))
	shows(t, e, fmt.Sprintf("SELECT kind, mapping_path <> '' FROM rwx_mappings WHERE pid = %d", pid), "modified_code 1")
}

// wait waits until a child stops for its tracer.
func wait(pid int) error {
	_, err := syscall.Wait4(pid, nil, 0, nil)
	return err
}

// BenchmarkLiveState asks each table of the whole machine, and tells of the processor time.
func BenchmarkLiveState(b *testing.B) {
	e := liveState(b)
	for _, table := range []string{"tracer_state", "open_sensitive_files", "rwx_mappings", "code_patches"} {
		b.Run(table, func(b *testing.B) {
			spent := func() time.Duration {
				var u syscall.Rusage
				if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
					b.Fatal(err)
				}
				return time.Duration(u.Utime.Nano() + u.Stime.Nano())
			}
			begin, rows := spent(), 0
			for b.Loop() {
				rows = 0
				if err := (rowsOf{e.db}).Each(b.Context(), "SELECT * FROM "+table, func([]string, []string) { rows++ }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(spent()-begin)/float64(time.Millisecond)/float64(b.N), "cpu-ms/query")
			b.ReportMetric(float64(rows), "rows")
		})
	}
}
