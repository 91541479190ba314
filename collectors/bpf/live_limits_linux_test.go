package bpf

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// acting says what this test binary does when another test starts it.
const acting = "APIWATCH_BPF_ACTING"

func TestMain(m *testing.M) {
	switch os.Getenv(acting) {
	case "flood":
		flood()
	case "collect":
		s := NewLive(Options{})
		if err := s.Load(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if err := s.Open(context.Background(), func() {}); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("collecting")
		select {}
	}
	os.Exit(m.Run())
}

// flood opens one file of /proc over and over.
func flood() {
	for {
		if fd, err := unix.Open("/proc/self/oom_score_adj", unix.O_WRONLY, 0); err == nil {
			_ = unix.Close(fd)
		}
	}
}

// again starts this binary for an act.
func again(t *testing.T, act string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), acting+"="+act)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// TestLiveFloodHidesNothing: a process makes many more calls than are told of one. What another does meanwhile is told, a first call of
// another kind by the same process is too, and the calls that are left out are counted and told with who made them.
func TestLiveFloodHidesNothing(t *testing.T) {
	s := live(t)
	flooding := again(t, "flood")
	if err := flooding.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = flooding.Process.Kill()
		_ = flooding.Wait()
	}()
	noisy, own := int64(flooding.Process.Pid), int64(os.Getpid())
	var k all
	suppressed := func() bool {
		return slices.ContainsFunc(k.drafts, func(d collectors.Draft) bool {
			x, ok := d.Event.Detail.(*event.AuditChange)
			return ok && x.Action == "suppressed" && x.Setting == "open" && d.Actor.PID == noisy
		})
	}
	if !await(t, s, &k, suppressed) {
		t.Fatal("that calls were left out is not told")
	}
	k = all{}
	target := filepath.Join("/proc", fmt.Sprint(noisy), "mem")
	fd, err := unix.Open(target, unix.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(fd)
	if !await(t, s, &k, func() bool {
		return slices.ContainsFunc(k.drafts, func(d collectors.Draft) bool { return d.Actor.PID == own && d.Event.Path == target })
	}) {
		t.Error("what another process did is not told")
	}
	told := 0
	for _, d := range k.drafts {
		if d.Actor.PID == noisy {
			told++
		}
	}
	var limits, buffer collectors.Health
	if !await(t, s, &k, func() bool {
		for _, h := range s.Health() {
			switch h.Item {
			case "limits":
				limits = h
			case "ring_buffer":
				buffer = h
			}
		}
		return limits.Received > 1000
	}) {
		t.Errorf("the calls that were left out are not counted: %+v", limits)
	}
	if !strings.Contains(limits.Detail, "suppressed_open=") || limits.Reason == "" || buffer.Lost > 0 {
		t.Errorf("%+v, %+v", limits, buffer)
	}
}

// programsOf gives the programs that a process holds.
func programsOf(t *testing.T, pid int) (ids []ebpf.ProgramID) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := os.ReadFile(f)
		if err != nil {
			continue // it is closed
		}
		for line := range strings.Lines(string(info)) {
			var id ebpf.ProgramID
			if n, _ := fmt.Sscanf(line, "prog_id: %d", &id); n == 1 && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// TestLiveNothingStays: a collector that is killed leaves no program behind.
func TestLiveNothingStays(t *testing.T) {
	live(t) // says where it cannot run
	cmd := again(t, "collect")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 64)
	n, _ := out.Read(said)
	if string(said[:n]) != "collecting\n" {
		t.Fatalf("it says %q", said[:n])
	}
	ids := programsOf(t, cmd.Process.Pid)
	if len(ids) != 4 {
		t.Fatalf("it holds %d programs, want 4", len(ids))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		ids = slices.DeleteFunc(ids, func(id ebpf.ProgramID) bool {
			p, err := ebpf.NewProgramFromID(id)
			if err != nil {
				return errors.Is(err, os.ErrNotExist)
			}
			_ = p.Close()
			return false
		})
		if len(ids) == 0 {
			return
		}
	}
	t.Errorf("%d of its programs are in the kernel still", len(ids))
}

// TestLiveOwnProcessIsLeftOut: a source tells nothing of the process that it is in.
func TestLiveOwnProcessIsLeftOut(t *testing.T) {
	s := liveWith(t, Options{})
	own := int64(os.Getpid())
	for range 10 {
		fd, err := unix.MemfdCreate("own", 0)
		if err != nil {
			t.Fatal(err)
		}
		_ = unix.Close(fd)
	}
	other := exec.Command("true")
	if err := other.Run(); err != nil {
		t.Fatal(err)
	}
	var k all
	if !await(t, s, &k, func() bool {
		return slices.ContainsFunc(k.drafts, func(d collectors.Draft) bool { return d.Actor.PID == int64(other.Process.Pid) })
	}) {
		t.Fatal("another process is not told of")
	}
	for _, d := range k.drafts {
		if d.Actor.PID == own {
			t.Errorf("%s of our own is told", d.Event.API.Name)
		}
	}
}
