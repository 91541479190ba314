package procconn

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
)

const asHelper = "APIWATCH_PROCCONN_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(asHelper) != "" {
		s := NewLive(Options{})
		_ = s.Open(nil, func() {}) //nolint:staticcheck // the context is not used
		fmt.Printf("%s: %s\n", s.Health()[0].State, s.Health()[0].Reason)
		_ = s.Close()
		return
	}
	os.Exit(m.Run())
}

type gathered struct{ messages []collectors.Lifecycle }

func (g *gathered) Draft(*collectors.Draft)          {}
func (g *gathered) Lifecycle(m collectors.Lifecycle) { g.messages = append(g.messages, m) }
func (g *gathered) of(pid int) []collectors.Lifecycle {
	var out []collectors.Lifecycle
	for _, m := range g.messages {
		if m.PID == int64(pid) {
			out = append(out, m)
		}
	}
	return out
}

func open(t *testing.T, opt Options) *Live {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NOT RUN: the process connector needs root")
	}
	s := NewLive(opt)
	if err := s.Open(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if h := s.Health()[0]; h.State != "ok" {
		t.Skip("NOT RUN: ", h.Reason)
	}
	return s
}

func round(t *testing.T, s *Live, g *gathered) {
	t.Helper()
	if err := s.Read(); err != nil {
		t.Fatal(err)
	}
	s.Decode(g)
}

func TestLiveLifeOfAProcess(t *testing.T) {
	s := open(t, Options{})
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "exit 3")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: &syscall.Credential{Uid: 65534, Gid: 65533, NoSetGroups: true}}
	began := time.Now()
	_ = cmd.Run()
	var g gathered
	round(t, s, &g)
	var got []string
	for _, m := range g.of(cmd.Process.Pid) {
		got = append(got, fmt.Sprintf("%d ppid=%d uid=%d gid=%d code=%d", m.Kind, m.PPID, m.UID, m.GID, m.Code))
		if at := time.Unix(0, m.TimeNS); at.Before(began.Add(-100*time.Millisecond)) || at.After(time.Now().Add(100*time.Millisecond)) {
			t.Errorf("kind %d is dated %s, but it is %s", m.Kind, at, time.Now())
		}
	}
	self := os.Getpid()
	want := []string{
		fmt.Sprintf("%d ppid=%d uid=-1 gid=-1 code=0", collectors.Forked, self),
		fmt.Sprintf("%d ppid=0 uid=-1 gid=-1 code=0", collectors.SetSession),
		fmt.Sprintf("%d ppid=0 uid=-1 gid=65533 code=0", collectors.SetID),
		fmt.Sprintf("%d ppid=0 uid=65534 gid=-1 code=0", collectors.SetID),
		fmt.Sprintf("%d ppid=0 uid=-1 gid=-1 code=0", collectors.Executed),
		fmt.Sprintf("%d ppid=%d uid=-1 gid=-1 code=768", collectors.Exited, self),
	}
	// The kernel may say between that the program's name changed.
	renamed := fmt.Sprintf("%d ppid=0 uid=-1 gid=-1 code=0", collectors.Renamed)
	var kept []string
	for _, line := range got {
		if line != renamed {
			kept = append(kept, line)
		}
	}
	if strings.Join(kept, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(kept, "\n"), strings.Join(want, "\n"))
	}
}

func TestLiveThreadsAreLeftOut(t *testing.T) {
	s := open(t, Options{})
	var g gathered
	for deadline := time.Now().Add(time.Minute); s.threads.Load() == 0 && time.Now().Before(deadline); { // the kernel tells of its end late
		done := make(chan int)
		go func() {
			// A locked goroutine that ends takes its thread with it.
			runtime.LockOSThread()
			done <- unix.Gettid()
		}()
		tid := <-done
		time.Sleep(20 * time.Millisecond)
		round(t, s, &g)
		if seen := g.of(tid); len(seen) > 0 {
			t.Errorf("thread %d brought %+v", tid, seen)
		}
	}
	if s.threads.Load() == 0 {
		t.Error("no thread was left out: the test shows nothing")
	}
}

func TestLiveLossIsCounted(t *testing.T) {
	s := open(t, Options{buffer: 4096})
	for range 60 {
		_ = exec.CommandContext(t.Context(), "/bin/true").Run()
	}
	var g gathered
	round(t, s, &g)
	h := s.Health()[0]
	for deadline := time.Now().Add(time.Minute); h.Lost == 0 && time.Now().Before(deadline); h = s.Health()[0] {
		onEveryProcessor(t, func() { // the next number on a processor that lost some shows the gap
			_ = exec.CommandContext(t.Context(), "/bin/true").Run()
		})
		round(t, s, &g)
	}
	if h.State != "degraded" || h.Lost == 0 || strings.Contains(h.Detail, "enobufs=0") {
		t.Errorf("60 processes into a buffer of 4 KiB: %+v", h)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/true")
	_ = cmd.Run()
	round(t, s, &g)
	if len(g.of(cmd.Process.Pid)) == 0 {
		t.Error("after the loss nothing comes any more")
	}
}

// onEveryProcessor does something on each processor that this thread may run on.
func onEveryProcessor(t *testing.T, do func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	for cpu := range 64 * len(all) {
		if !all.IsSet(cpu) {
			continue
		}
		var one unix.CPUSet
		one.Set(cpu)
		if err := unix.SchedSetaffinity(0, &one); err != nil {
			t.Fatal(err)
		}
		do()
	}
	if err := unix.SchedSetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
}

func TestLiveForgeriesAreDropped(t *testing.T) {
	s := open(t, Options{})
	port, err := s.receiver.PortID()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_CONNECTOR)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	forgery := datagram(eventFork, 0, 0, 1, 1, 1, 123456789, 123456789)
	if err := unix.Sendto(fd, forgery, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: port}); err != nil {
		t.Fatal(err)
	}
	var g gathered
	round(t, s, &g)
	if len(g.of(123456789)) > 0 || !strings.Contains(s.Health()[0].Detail, "forged=1 ") {
		t.Errorf("a forgery: %+v %+v", g.of(123456789), s.Health())
	}
}

func TestLiveOffInAContainer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NOT RUN: making a pid namespace needs root")
	}
	for name, c := range map[string]struct {
		attr *syscall.SysProcAttr
		want string
	}{
		"pid namespace": {
			&syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID},
			"off: the kernel does not answer, as in a container's pid namespace",
		},
		"network namespace": {
			&syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET},
			"off: the kernel has no process connector in this network namespace",
		},
		"nobody": {&syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}, "off: CAP_NET_ADMIN is missing"},
	} {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
		cmd.Env = append(os.Environ(), asHelper+"=1")
		cmd.SysProcAttr = c.attr
		out, err := cmd.CombinedOutput()
		if name == "nobody" && string(out) == "ok: \n" {
			continue // kernels from 6.6 ask for no capability
		}
		if err != nil || !strings.HasPrefix(string(out), c.want) {
			t.Errorf("%s: %q %v, want %q", name, out, err, c.want)
		}
	}
}
