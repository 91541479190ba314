package procfs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/procfs"
)

// procOf makes a proc file system of files by name, with what a host needs beside them.
func procOf(t *testing.T, files map[string]string) *procfs.Host {
	t.Helper()
	root := t.TempDir()
	files["stat"], files["sys/kernel/random/boot_id"] = "btime 1760000000\n", "0f6a3d6e-7c53-4a4b-9a55-0e7f6f0f0d11\n"
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h, err := procfs.NewHost(&procfs.FS{Root: root}, procfs.NewUsers(""))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func statusOf(name, tgid, tracer, threads, state string) string {
	return strings.Join([]string{
		"Name:\t" + name, "State:\t" + state, "Tgid:\t" + tgid, "TracerPid:\t" + tracer, "Uid:\t0\t0\t0\t0", "Gid:\t0\t0\t0\t0", "Threads:\t" +
			threads, "",
	}, "\n")
}

// TestTracers: any thread may be traced, by any thread of another process, whatever their names say.
func TestTracers(t *testing.T) {
	h := procOf(t, map[string]string{
		"10/status":         statusOf(`x\nTracerPid:\t5`, "10", "0", "3", "S (sleeping)"),
		"10/task/10/status": "", "10/task/11/status": "", "10/task/12/status": "",
		"11/status": statusOf("t", "10", "21", "3", "t (tracing stop)"),
		"12/status": statusOf("t", "99", "21", "3", "t (tracing stop)"), // another process's by now
		"20/status": statusOf("gdb", "20", "0", "1", "S (sleeping)"),
		"21/status": statusOf("gdb", "20", "0", "1", "S (sleeping)"),
		"30/status": statusOf("y", "30", "40", "1", "T (stopped)"), // its tracer has ended
		"50/status": "Name:\tbad\n",
	})
	got := slices.Collect(h.Tracers(t.Context(), procfs.Query{PIDs: []int64{10, 20, 30, 50, 60}}))
	want := []procfs.Tracing{
		{PID: 10, ThreadID: 11, Tracer: 20, TracerThread: 21, Stopped: true, FirstSeenNS: got[0].FirstSeenNS},
		{PID: 30, ThreadID: 30, Tracer: 40, TracerThread: 40, FirstSeenNS: got[0].FirstSeenNS},
	}
	if !slices.Equal(got, want) || got[0].FirstSeenNS == 0 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	again := slices.Collect(h.Tracers(t.Context(), procfs.Query{PIDs: []int64{10, 20, 30}}))
	if !slices.Equal(again, want) {
		t.Errorf("the second scan says %+v", again)
	}
	health := h.Health()
	h.Tracers(t.Context(), procfs.Query{PIDs: []int64{50}})(func(procfs.Tracing) bool { return true })
	if failed := h.Health()[1]; health[1].Item != "tracers" || health[1].State != "ok" || failed.State != "degraded" || failed.Lost != 1 {
		t.Errorf("health %+v, then %+v", health, failed)
	}
}
