package procfs_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/procfs"
)

// again starts the test binary once more, as what a variable of its environment says, and reads what it tells first. It ends with the test.
func again(t *testing.T, as string, told any) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), as+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if _, err := fmt.Fscan(stdout, told); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// TestFirstThreadEnded: a process is seen by its living threads.
func TestFirstThreadEnded(t *testing.T) {
	var address uint64
	cmd := again(t, leaderless, &address)
	p := &procfs.FS{Root: "/proc"}
	pid := int64(cmd.Process.Pid)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		s, err := p.Stat(pid)
		if err != nil {
			t.Fatal(err)
		}
		if s.State == 'Z' {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the first thread does not end")
		}
	}
	if got := p.Region(pid, address); got != "anonymous" {
		t.Errorf("at its memory lies %q", got)
	}
	found, status := collect(t, p, procfs.MappingQuery{Query: procfs.Query{PIDs: []int64{pid}}, Pages: true})
	if len(found) != 1 || found[0].Kind != procfs.KindRWX || found[0].PID != pid || found[0].Start != address {
		t.Errorf("found %+v", found)
	}
	if status.Scanned != 1 || status.Unseen != 0 {
		t.Errorf("status %+v", status)
	}
	if got, err := p.Process(pid); err != nil || got.Exe != cmd.Path || got.Cmdline != cmd.Path {
		t.Errorf("it is %+v, %v", got, err)
	}
}
