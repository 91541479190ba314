package descriptors

import (
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

// These tests look at descriptors of their own and of children under the machine's /proc.

func init() { runtime.LockOSThread() } // no test runs in the first thread

func host(tb testing.TB) *procfs.Host {
	tb.Helper()
	h, err := procfs.NewHost(&procfs.FS{}, procfs.NewUsers(""))
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func open(t *testing.T, path string, flags int) int64 {
	t.Helper()
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("opening %s: %v", path, err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return int64(fd)
}

// child starts a program that waits.
func child(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

// heldBy gives the sensitive descriptors of a process by number.
func heldBy(t *testing.T, pid int) map[int64]Held {
	t.Helper()
	out := make(map[int64]Held)
	for h := range Scan(t.Context(), host(t), procfs.Query{PIDs: []int64{int64(pid)}}) {
		out[h.FD] = h
	}
	return out
}

func TestProcessMemory(t *testing.T) {
	other := child(t)
	mem := fmt.Sprintf("/proc/%d/mem", other.Process.Pid)
	read := open(t, mem, unix.O_RDONLY)
	write := open(t, fmt.Sprintf("/proc/%d/task/%d/mem", other.Process.Pid, other.Process.Pid), unix.O_RDWR)
	path := open(t, mem, unix.O_PATH)
	own := open(t, "/proc/self/mem", unix.O_RDONLY)
	status := open(t, fmt.Sprintf("/proc/%d/status", other.Process.Pid), unix.O_RDONLY)
	got := heldBy(t, os.Getpid())
	for fd, access := range map[int64]string{read: "read", write: "read_write", path: "path"} {
		h := got[fd]
		if h.Class != ProcessMemory || h.By != ByInode || h.Target != int64(other.Process.Pid) || h.Access != access ||
			h.PID != int64(os.Getpid()) ||
			!strings.HasSuffix(h.Path, "/mem") || h.Inode == 0 {
			t.Errorf("memory held: %+v", h)
		}
	}
	for _, fd := range []int64{own, status} {
		if h, ok := got[fd]; ok {
			t.Errorf("none of another's memory: %+v", h)
		}
	}
	_ = other.Process.Kill()
	_ = other.Wait()
	if h := heldBy(t, os.Getpid())[read]; h.Class != ProcessMemory || h.Target != 0 {
		t.Errorf("the memory of a process that has ended: %+v", h)
	}
}

// TestMemoryUnderAnotherName: a file of procfs that is mounted over another one, in a mount namespace of its own, and a proc file system
// of its own.
func TestMemoryUnderAnotherName(t *testing.T) {
	other, dir := child(t), t.TempDir()
	over := filepath.Join(dir, "1", "mem")
	if err := os.MkdirAll(filepath.Dir(over), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(over, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("mount --bind /proc/%d/mem %s && mount -t proc proc %s/proc && exec 7<%s 8<%s/proc/%d/mem && echo ready && read x",
		other.Process.Pid, over, dir, over, dir, other.Process.Pid)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("TestMemoryUnderAnotherName NOT RUN: no mount namespace can be made here: %v", err)
	}
	defer func() { _ = in.Close(); _ = cmd.Wait() }()
	if ready := make([]byte, 6); !ok(io.ReadFull(out, ready)) {
		t.Skip("TestMemoryUnderAnotherName NOT RUN: nothing can be mounted here")
	}
	got := heldBy(t, cmd.Process.Pid)
	for _, fd := range []int64{7, 8} {
		if h := got[fd]; h.Class != ProcessMemory || h.Target != int64(other.Process.Pid) {
			t.Errorf("descriptor %d: %+v, want the memory of process %d", fd, h, other.Process.Pid)
		}
	}
}

func ok(_ int, err error) bool { return err == nil }

// TestDevices: a device is known by its number, whatever its file is called; one that no driver serves can only be named.
func TestDevices(t *testing.T) {
	dir := t.TempDir()
	for number, class := range map[[2]uint32]string{
		{81, 0}: Video, {116, 1}: Sound, {13, 64}: Input, {10, 223}: Input, {1, 1}: KernelMemory,
		{7, 0}: Screen,
	} {
		name := filepath.Join(dir, fmt.Sprintf("null\n%d", number[0]))
		if err := unix.Mknod(name, unix.S_IFCHR|0o600, int(unix.Mkdev(number[0], number[1]))); err != nil {
			t.Skipf("TestDevices NOT RUN: no device can be made here: %v", err)
		}
		fd := open(t, name, unix.O_PATH)
		h := heldBy(t, os.Getpid())[fd]
		if h.Class != class || h.By != ByDevice || h.Device != fmt.Sprintf("%d:%d", number[0], number[1]) || h.Path != name ||
			h.Access != "path" {
			t.Errorf("%v: %+v", number, h)
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	null := open(t, "/dev/null", unix.O_RDONLY)
	if h, ok := heldBy(t, os.Getpid())[null]; ok {
		t.Errorf("/dev/null: %+v", h)
	}
}

// TestCredentialStore: by another name of the same file, and by the name of one that is there no more.
func TestCredentialStore(t *testing.T) {
	home := filepath.Join(t.TempDir(), ".ssh")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(home, "id_ed25519")
	if err := os.WriteFile(key, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	fd := open(t, key, unix.O_RDONLY)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if h := heldBy(t, os.Getpid())[fd]; h.Class != CredentialStore || h.By != ByPath || h.Path != key+deletedSuffix || h.Access != "read" {
		t.Errorf("a key: %+v", h)
	}
	link := filepath.Join("/etc", filepath.Base(t.TempDir())+"-link")
	if err := os.Link("/etc/shadow", link); err != nil {
		t.Skipf("TestCredentialStore NOT RUN for links: %v", err)
	}
	defer os.Remove(link)
	fd = open(t, link, unix.O_RDONLY)
	if h := heldBy(t, os.Getpid())[fd]; h.Class != CredentialStore || h.By != ByInode || h.Path != link {
		t.Errorf("another name of /etc/shadow: %+v", h)
	}
}

// TestThreadOfItsOwn: a thread that shares no descriptors with its process hides nothing.
func TestThreadOfItsOwn(t *testing.T) {
	other := child(t)
	opened, done := make(chan int64), make(chan struct{})
	go func() { // the thread ends with it
		runtime.LockOSThread()
		fd := int64(-1)
		if unix.Unshare(unix.CLONE_FILES) == nil {
			if n, err := unix.Open(fmt.Sprintf("/proc/%d/mem", other.Process.Pid), unix.O_RDONLY, 0); err == nil {
				fd = int64(n)
			}
		}
		opened <- fd
		<-done
	}()
	defer close(done)
	fd := <-opened
	if fd < 0 {
		t.Fatal("the thread could not open it")
	}
	all := slices.Collect(Scan(t.Context(), host(t), procfs.Query{PIDs: []int64{int64(os.Getpid())}}))
	if !slices.ContainsFunc(all, func(h Held) bool {
		return h.FD == fd && h.Class == ProcessMemory && h.Target == int64(other.Process.Pid) && h.ThreadID != h.PID
	}) {
		t.Errorf("held: %+v", all)
	}
}

// leaderless makes the test binary a process whose first thread ends while it holds its parent's memory open.
const leaderless = "APIWATCH_TEST_LEADERLESS"

func TestMain(m *testing.M) {
	if os.Getenv(leaderless) == "" {
		os.Exit(m.Run())
	}
	ready := make(chan bool)
	go func() {
		runtime.LockOSThread()
		fd, err := unix.Open(fmt.Sprintf("/proc/%d/mem", os.Getppid()), unix.O_RDONLY, 0)
		if err != nil {
			panic(err)
		}
		ready <- true
		fmt.Println(fd)
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()
	<-ready
	_, _, _ = unix.RawSyscall(unix.SYS_EXIT, 0, 0, 0)
}

// TestFirstThreadEnded: a process whose first thread has ended shows its descriptors by the others.
func TestFirstThreadEnded(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), leaderless+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close(); _ = cmd.Wait() }()
	var fd int64
	if _, err := fmt.Fscan(out, &fd); err != nil {
		t.Fatal(err)
	}
	h := host(t)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if s, err := h.FS().Stat(int64(cmd.Process.Pid)); err != nil || time.Now().After(deadline) {
			t.Fatalf("the first thread does not end: %v", err)
		} else if s.State == 'Z' {
			break
		}
	}
	got := heldBy(t, cmd.Process.Pid)[fd]
	if got.Class != ProcessMemory || got.Target != int64(os.Getpid()) || got.PID != int64(cmd.Process.Pid) || got.ThreadID == got.PID {
		t.Errorf("held: %+v", got)
	}
}

// TestStops: what was not looked at is said.
func TestStops(t *testing.T) {
	h := host(t)
	for range Scan(t.Context(), h, procfs.Query{Budget: 1}) {
		continue
	}
	health := h.Health()
	if last := health[len(health)-1]; last.Item != "descriptors" || last.State != "degraded" || last.Lost == 0 {
		t.Errorf("health %+v", last)
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
