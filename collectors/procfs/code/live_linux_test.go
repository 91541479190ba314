package code

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/procfs"
)

// These tests change the code of children of their own.

func host(tb testing.TB) *procfs.Host {
	tb.Helper()
	h, err := procfs.NewHost(&procfs.FS{}, procfs.NewUsers(""))
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func patches(t *testing.T, h *procfs.Host, pid int) []Patch {
	t.Helper()
	return slices.Collect(Scan(t.Context(), h, procfs.Query{PIDs: []int64{int64(pid)}}))
}

// copied gives a copy of a program that waits, whose file the test may change.
func copied(t *testing.T) string {
	t.Helper()
	from, err := exec.LookPath("sleep")
	if err != nil {
		t.Skipf("%s NOT RUN: there is no sleep here", t.Name())
	}
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "sleep")
	if err := os.WriteFile(to, b, 0o700); err != nil {
		t.Fatal(err)
	}
	return to
}

// traced starts a program under this thread as its tracer, stopped at its first instruction.
func traced(t *testing.T, program string) int {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	cmd := exec.CommandContext(t.Context(), program, "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		t.Skipf("%s NOT RUN: no child can be traced here: %v", t.Name(), err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if _, err := unix.Wait4(cmd.Process.Pid, nil, 0, nil); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// mapping finds executable code of a process by a part of its path.
func mapping(t *testing.T, pid int, part string) (start, offset uint64, path string) {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		f := strings.Fields(line)
		if len(f) >= 6 && f[1] == "r-xp" && strings.Contains(f[5], part) {
			var end uint64
			if _, err := fmt.Sscanf(f[0]+" "+f[2], "%x-%x %x", &start, &end, &offset); err != nil {
				t.Fatal(err)
			}
			return start, offset, f[5]
		}
	}
	t.Skipf("%s NOT RUN: nothing of the program is called %s: %s", t.Name(), part, maps)
	return 0, 0, ""
}

func poke(t *testing.T, pid int, at uint64, b []byte) {
	t.Helper()
	if _, err := unix.PtracePokeText(pid, uintptr(at), b); err != nil {
		t.Fatal(err)
	}
}

// TestPatchedFunction: where the loader's code is changed, over what, and in which function.
func TestPatchedFunction(t *testing.T) {
	pid := traced(t, copied(t))
	start, offset, path := mapping(t, pid, "ld-")
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	text := f.Section(".text")
	i := slices.IndexFunc(symbols, func(s elf.Symbol) bool {
		return elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Size >= 32 && s.Value >= text.Addr && s.Value < text.Addr+text.Size
	})
	if i < 0 {
		t.Skip("TestPatchedFunction NOT RUN: the loader names no function")
	}
	function := symbols[i]
	place := function.Value - text.Addr + text.Offset + 4 // in the file
	h := host(t)
	if got := patches(t, h, pid); len(got) != 0 {
		t.Errorf("before: %+v", got)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before := file[place : place+5]
	live := bytes.Clone(before)
	for i := range live {
		live[i] ^= 0xff
	}
	at := start + place - offset
	poke(t, pid, at, live)
	got := patches(t, h, pid)
	if len(got) != 1 {
		t.Fatalf("patched: %+v", got)
	}
	p := got[0]
	if p.Kind != KindPatch || p.Path != path || p.Address != at || p.Offset != place || p.Size != 5 || !bytes.Equal(p.Live, live) ||
		!bytes.Equal(p.File, before) || p.PID != int64(pid) || !p.FileIsPresent || p.Inode == 0 {
		t.Errorf("%+v", p)
	}
	named := slices.ContainsFunc(symbols, func(s elf.Symbol) bool { // several may have one address
		return s.Value == function.Value && p.Symbol == s.Name+"+0x4"
	})
	if !named {
		t.Errorf("it is in %q, want %s+0x4", p.Symbol, function.Name)
	}
	poke(t, pid, at, before)
	if got := patches(t, h, pid); len(got) != 0 {
		t.Errorf("put back: %+v", got)
	}
	poke(t, pid, at, []byte{0xcc})
	if got := patches(t, h, pid); runtime.GOARCH == "amd64" && (len(got) != 1 || got[0].Kind != KindBreakpoint || got[0].Size != 1) {
		t.Errorf("a breakpoint: %+v", got)
	}
}

// TestLostFile: a program whose file is replaced or deleted is said to be so, and a patch in it is found all the same.
func TestLostFile(t *testing.T) {
	program := copied(t)
	pid := traced(t, program)
	start, _, _ := mapping(t, pid, program)
	h := host(t)
	if got := patches(t, h, pid); len(got) != 0 {
		t.Errorf("before: %+v", got)
	}
	other := program + ".new"
	if err := os.WriteFile(other, []byte("another"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, program); err != nil {
		t.Fatal(err)
	}
	kinds := func() (out []string) {
		for _, p := range patches(t, h, pid) {
			if p.FileIsPresent || !strings.HasSuffix(p.Path, "/sleep (deleted)") {
				t.Errorf("%+v", p)
			}
			out = append(out, p.Kind)
		}
		return out
	}
	if got := kinds(); !slices.Equal(got, []string{KindReplaced}) {
		t.Errorf("replaced: %q", got)
	}
	if err := os.Remove(program); err != nil {
		t.Fatal(err)
	}
	if got := kinds(); !slices.Equal(got, []string{KindDeleted}) {
		t.Errorf("deleted: %q", got)
	}
	poke(t, pid, start+0x40, []byte{1, 2, 3, 4, 5, 6, 7, 8})
	if got := kinds(); !slices.Equal(got, []string{KindDeleted, KindPatch}) {
		t.Errorf("patched: %q", got)
	}
	if err := os.WriteFile(program+" (deleted)", nil, 0o600); err != nil { // somebody calls another file so
		t.Fatal(err)
	}
	if got := kinds(); !slices.Equal(got, []string{KindDeleted, KindPatch}) {
		t.Errorf("beside a file that is called so: %q", got)
	}
}

// TestUndisturbed: a process that runs does so while it is looked at.
func TestUndisturbed(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "i=0; while :; do i=$((i+1)); echo $i; done")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	h := host(t)
	b := make([]byte, 1<<16)
	for range 20 {
		if _, err := io.ReadAtLeast(out, b, 1); err != nil {
			t.Fatal(err)
		}
		if got := patches(t, h, cmd.Process.Pid); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		status, err := h.FS().Status(int64(cmd.Process.Pid))
		if err != nil || status.TracerPID != 0 || status.TracingStop {
			t.Fatalf("status %+v, %v", status, err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	h := host(b)
	begin := cpu()
	for b.Loop() {
		for range Scan(b.Context(), h, procfs.Query{}) {
			continue
		}
	}
	b.ReportMetric(float64(cpu()-begin)/float64(time.Millisecond)/float64(b.N), "cpu-ms/op")
}

// cpu is the processor time that the test took.
func cpu() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
