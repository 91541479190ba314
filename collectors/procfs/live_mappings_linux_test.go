package procfs_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/procfs"
)

// executing makes the test binary a process whose memory may be executed wherever it may be read.
const executing = "APIWATCH_TEST_READ_IMPLIES_EXEC"

func readImpliesExec() {
	if _, _, errno := unix.RawSyscall(unix.SYS_PERSONALITY, procfs.ReadImpliesExec, 0, 0); errno != 0 {
		panic(errno)
	}
	if _, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON); err != nil {
		panic(err)
	}
	fmt.Println("ready")
	_, _ = os.Stdin.Read(make([]byte, 1))
	os.Exit(0)
}

// TestReadImpliesExec: of memory that nobody asked to be executable it is said why it is.
func TestReadImpliesExec(t *testing.T) {
	var ready string
	cmd := again(t, executing, &ready)
	found, _ := collect(t, &procfs.FS{}, procfs.MappingQuery{Query: procfs.Query{PIDs: []int64{int64(cmd.Process.Pid)}}})
	if !slices.ContainsFunc(found, func(m procfs.Mapping) bool {
		return m.Kind == procfs.KindRWX && m.Personality >= 0 && m.Personality&procfs.ReadImpliesExec != 0 && m.Differing == -1
	}) {
		t.Errorf("found %+v", found)
	}
}

// traced starts a program under this thread as its tracer, stopped at its first instruction.
func traced(t *testing.T) int {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	cmd := exec.CommandContext(t.Context(), "sleep", "60")
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

// TestPatchedVDSO: a process whose vDSO was written to is told from all others, and how far.
func TestPatchedVDSO(t *testing.T) {
	pid := traced(t)
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	var start, end uintptr
	for line := range strings.Lines(string(maps)) {
		if strings.HasSuffix(line, "[vdso]\n") {
			if _, err := fmt.Sscanf(line, "%x-%x", &start, &end); err != nil {
				t.Fatal(err)
			}
		}
	}
	if start == 0 {
		t.Skip("TestPatchedVDSO NOT RUN: there is no vDSO here")
	}
	p := &procfs.FS{}
	look := func() []procfs.Mapping {
		found, _ := collect(t, p, procfs.MappingQuery{Query: procfs.Query{PIDs: []int64{int64(pid)}}})
		return found
	}
	if found := look(); len(found) != 0 {
		t.Errorf("before: %+v", found)
	}
	at, before := start+0x900, make([]byte, 8)
	if _, err := unix.PtracePeekText(pid, at, before); err != nil {
		t.Fatal(err)
	}
	patch := slices.Clone(before)
	patch[0], patch[3] = patch[0]^0xff, patch[3]^0xff
	if _, err := unix.PtracePokeText(pid, at, patch); err != nil {
		t.Fatal(err)
	}
	if found := look(); len(found) != 1 || found[0].Kind != procfs.KindModified || found[0].Path != "[vdso]" || found[0].Differing != 2 {
		t.Errorf("patched: %+v", found)
	}
	if _, err := unix.PtracePokeText(pid, at, before); err != nil {
		t.Fatal(err)
	}
	if found := look(); len(found) != 1 || found[0].Kind != procfs.KindModified || found[0].Differing != 0 {
		t.Errorf("put back: %+v", found)
	}
}
