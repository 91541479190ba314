package procfs_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/procfs"
)

// TestTracedChild: a child that lets itself be traced, from its first instruction until it is let go.
func TestTracedChild(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	h, err := procfs.NewHost(&procfs.FS{}, procfs.NewUsers(""))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		t.Skipf("TestTracedChild NOT RUN: no child can be traced here: %v", err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	pid := cmd.Process.Pid
	of := func() []procfs.Tracing { return slices.Collect(h.Tracers(t.Context(), procfs.Query{})) }
	isOurs := func(x procfs.Tracing) bool { return x.PID == int64(pid) }
	var first procfs.Tracing
	until(t, "the child is stopped for its tracer", func() bool {
		all := of()
		i := slices.IndexFunc(all, isOurs)
		if i < 0 {
			return false
		}
		first = all[i]
		return first.Stopped
	})
	if first.Tracer != int64(os.Getpid()) || first.TracerThread != int64(unix.Gettid()) || first.ThreadID != int64(pid) {
		t.Errorf("traced: %+v", first)
	}
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, 0, nil); err != nil {
		t.Fatal(err)
	}
	all := of()
	if i := slices.IndexFunc(all, isOurs); i < 0 || all[i].FirstSeenNS != first.FirstSeenNS {
		t.Errorf("a later scan says %+v, the first said %+v", all, first)
	}
	if err := unix.PtraceDetach(pid); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(of(), isOurs) {
		t.Error("it is traced after it was let go")
	}
}

// TestTracedThread: of a process one thread is traced that is not its first.
func TestTracedThread(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var address uint64
	cmd := again(t, leaderless, &address)
	pid, thread := cmd.Process.Pid, 0
	defer func() { // a thread that is traced is not gone before its tracer has asked
		_ = cmd.Process.Kill()
		_, _ = unix.Wait4(thread, nil, unix.WALL, nil)
	}()
	until(t, "a thread beside the first can be taken hold of", func() bool {
		tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			tid, err := strconv.Atoi(task.Name())
			if err == nil && tid != pid && unix.PtraceSeize(tid) == nil {
				thread = tid
				return true
			}
		}
		return false
	})
	h, err := procfs.NewHost(&procfs.FS{}, procfs.NewUsers(""))
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Collect(h.Tracers(t.Context(), procfs.Query{PIDs: []int64{int64(pid)}}))
	if len(got) != 1 || got[0].ThreadID != int64(thread) || got[0].PID != int64(pid) || got[0].Tracer != int64(os.Getpid()) || got[0].Stopped {
		t.Errorf("traced: %+v, want thread %d of %d", got, thread, pid)
	}
}

// until waits for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func BenchmarkTracers(b *testing.B) {
	h, err := procfs.NewHost(&procfs.FS{}, procfs.NewUsers(""))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for range h.Tracers(b.Context(), procfs.Query{}) {
			continue
		}
	}
}
