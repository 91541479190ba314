package procfs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/procfs"
)

// These tests look at the test's own process under the machine's /proc.

func mmap(t *testing.T, fd, size, prot, flags int) (start uint64, memory []byte) {
	t.Helper()
	memory, err := unix.Mmap(fd, 0, size, prot, flags)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(memory) })
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(memory)))), memory
}

func TestOwnMappings(t *testing.T) {
	const size = 4 * 4096
	p, pid := &procfs.FS{}, int64(os.Getpid())

	before, _ := collect(t, p, procfs.MappingQuery{Query: procfs.Query{PIDs: []int64{pid}}})
	for _, m := range before {
		t.Logf("there before: %+v", m)
	}

	rwx, memory := mmap(t, -1, size, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	memory[0], memory[4096] = 1, 1

	memfd, err := unix.MemfdCreate("payload", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(memfd)
	if err := unix.Ftruncate(memfd, size); err != nil {
		t.Fatal(err)
	}
	inMemory, _ := mmap(t, memfd, size, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_SHARED)

	name := filepath.Join(t.TempDir(), "lib")
	if err := os.WriteFile(name, make([]byte, size), 0o700); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fd := int(file.Fd())
	intact, page := mmap(t, fd, size, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE)
	if page[0]+page[4096] != 0 { // makes them resident
		t.Fatal("not the file")
	}
	changed, code := mmap(t, fd, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	code[4096] = 0xcc
	if err := unix.Mprotect(code, unix.PROT_READ|unix.PROT_EXEC); err != nil {
		t.Fatal(err)
	}

	kinds := func(pages bool) map[uint64]procfs.Mapping {
		found, status := collect(t, p, procfs.MappingQuery{Query: procfs.Query{PIDs: []int64{pid}}, Pages: pages})
		if status.Truncated || status.Scanned != 1 {
			t.Fatalf("status %+v", *status)
		}
		at := make(map[uint64]procfs.Mapping)
		for _, m := range found {
			at[m.Start] = m
		}
		return at
	}
	at := kinds(false)
	if m := at[rwx]; m.Kind != procfs.KindRWX || m.End != rwx+size || m.Path != "" || m.PrivateDirty != -1 {
		t.Errorf("writable code: %+v", m)
	}
	if m := at[inMemory]; m.Kind != procfs.KindMemfd || m.Path != "/memfd:payload (deleted)" || m.Permissions != "r-xs" || m.Inode == 0 {
		t.Errorf("memfd: %+v", m)
	}
	if m := at[changed]; m.Kind != procfs.KindModified || m.Path != name || m.Resident != -1 {
		t.Errorf("modified code: %+v", m)
	}
	if m, ok := at[intact]; ok {
		t.Errorf("code as in its file: %+v", m)
	}
	at = kinds(true)
	if m := at[rwx]; m.PrivateDirty != 8192 || m.Resident != 8192 || m.Anonymous != 8192 {
		t.Errorf("writable code: %+v", m)
	}
	if m := at[changed]; m.Anonymous != 4096 {
		t.Errorf("modified code: %+v", m)
	}
	if got := p.Region(pid, changed+100); got != name {
		t.Errorf("region %q", got)
	}
	if got := p.Region(pid, rwx); got != "anonymous" {
		t.Errorf("region %q", got)
	}

	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	at = kinds(false)
	if m := at[intact]; m.Kind != procfs.KindDeleted || m.Path != name+" (deleted)" {
		t.Errorf("deleted file: %+v", m)
	}

	all, status := collect(t, p, procfs.MappingQuery{})
	if !slices.ContainsFunc(all, func(m procfs.Mapping) bool { return m.PID == pid && m.Start == rwx }) {
		t.Errorf("not found among all; status %+v", *status)
	}
}

func TestOwnProcess(t *testing.T) {
	users := procfs.NewUsers("")
	h, err := procfs.NewHost(&procfs.FS{}, users)
	if err != nil {
		t.Fatal(err)
	}
	pid := int64(os.Getpid())
	f, ok := h.Process(pid)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if !ok || f.PPID != int64(os.Getppid()) || f.Path != exe || f.CWD != cwd || f.UID != int64(os.Getuid()) ||
		f.ExeUID != int64(os.Getuid()) ||
		f.ExeMode&0o700 != 0o700 || !strings.HasPrefix(f.Cmdline, os.Args[0]) {
		t.Errorf("%+v", f)
	}
	if age := time.Since(time.Unix(0, f.StartNS)); age < 0 || age > 10*time.Minute {
		t.Errorf("started %v ago", age)
	}
	if !slices.ContainsFunc(h.Walk(), func(f2 collectors.ProcessFacts) bool { return f2.PID == pid && f2.StartNS == f.StartNS }) {
		t.Error("the walk has not met this process")
	}
	if got := h.GlobalPID(pid, 12345); got != 12345 {
		t.Errorf("own namespace translates to %d", got)
	}
}

// TestElsewhere: a program that is mounted over another one, in a mount namespace of its own, is not the host's of that path.
func TestElsewhere(t *testing.T) {
	h, err := procfs.NewHost(&procfs.FS{}, procfs.NewUsers(""))
	if err != nil {
		t.Fatal(err)
	}
	own := int64(os.Getpid())
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if f := h.Executable(own, exe); f.Run.Inode == 0 || f.Run != f.Host || f.Absent {
		t.Errorf("our own executable: %+v", f)
	}
	if f := h.Executable(own, exe+"-not-there"); f.Host.Inode != 0 || !f.Absent {
		t.Errorf("nothing on the host: %+v", f)
	}
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("TestElsewhere NOT RUN: there is no sleep here")
	}
	if sleep, err = filepath.EvalSymlinks(sleep); err != nil {
		t.Fatal(err)
	}
	over, err := filepath.EvalSymlinks("/bin/cat")
	if err != nil || over == sleep { // one program for all, as busybox is
		t.Skip("TestElsewhere NOT RUN: there is no program here to mount over")
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "mount --bind "+sleep+" "+over+" && exec "+over+" 60")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("TestElsewhere NOT RUN: there are no user namespaces here: %v", err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		f, ok := h.Process(int64(cmd.Process.Pid))
		switch {
		case !ok || time.Now().After(deadline):
			t.Skipf("TestElsewhere NOT RUN: mounting in a user namespace is not allowed here: %+v", f)
		case f.Path == over && f.ID == "" && f.ExeUID == 0:
			if !f.Elsewhere {
				t.Errorf("%s mounted over %s is taken for it: %+v", sleep, over, f)
			}
			if x := h.Executable(f.PID, over); x.Run == x.Host || x.Host.Inode == 0 {
				t.Errorf("it runs %+v", x)
			}
			return
		case f.Path == over:
			t.Skipf("TestElsewhere NOT RUN: the program is in container %q and of user %d's", f.ID, f.ExeUID)
		}
	}
}

func TestStatFile(t *testing.T) {
	p, pid, dir := &procfs.FS{}, int64(os.Getpid()), t.TempDir()
	name, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(name, []byte("x"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, time.Unix(100, 5), time.Unix(200, 7)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(name, link); err != nil {
		t.Fatal(err)
	}
	// Not at hand are a name that a busy machine has forgotten, and a link whose access time is to be set: until somebody follows it.
	stat := func(pid int64, path string, follow bool) (f procfs.File, err error) {
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			if f, err = p.StatFile(pid, path, follow); !errors.Is(err, procfs.ErrUncached) || time.Now().After(deadline) {
				return f, err
			}
			if _, err := os.Stat(link); err != nil {
				t.Fatal(err)
			}
		}
	}
	begin := time.Now().Add(-time.Minute).UnixNano()
	check := func(what string, f procfs.File, err error) {
		t.Helper()
		if err != nil || f.ATimeNS != 100e9+5 || f.MTimeNS != 200e9+7 || f.CTimeNS < begin || f.BTimeNS != 0 && f.BTimeNS < begin ||
			f.Mode != unix.S_IFREG|0o640 || f.UID != int64(os.Getuid()) || f.Links != 1 || f.Inode == 0 {
			t.Errorf("%s: %+v, %v", what, f, err)
		}
	}
	f, err := stat(0, name, false)
	check("path", f, err)
	f, err = stat(0, link, true)
	check("link, followed", f, err)
	f, err = stat(pid, name, false)
	check("path of a process", f, err)
	f, err = stat(pid, link, true)
	check("link of a process, followed", f, err)
	f, err = stat(pid, "/../../../.."+name, false)
	check("path above the root", f, err)
	for _, of := range []int64{0, pid} {
		if f, err := stat(of, link, false); err != nil || f.Mode&unix.S_IFMT != unix.S_IFLNK {
			t.Errorf("link: %+v, %v", f, err)
		}
		if _, err := p.StatFile(of, filepath.Join(dir, "none"), false); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, procfs.ErrUncached) {
			t.Errorf("a missing file: %v", err)
		}
	}
	t.Chdir(dir)
	f, err = stat(pid, "file", false)
	check("relative path", f, err)
	f, err = stat(pid, "../"+filepath.Base(dir)+"/file", false)
	check("relative path upwards", f, err)
	if _, err := p.StatFile(pid, "", true); err == nil {
		t.Error("an empty path")
	}
	now, err := stat(0, name, true)
	check("after it all, the access time", now, err)

	h, err := procfs.NewHost(p, procfs.NewUsers(""))
	if err != nil {
		t.Fatal(err)
	}
	facts, ok := h.File(1<<30, name)
	for deadline := time.Now().Add(time.Minute); !ok && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		facts, ok = h.File(1<<30, name)
	}
	if !ok || facts.MTimeNS != 200e9+7 {
		t.Errorf("of a process that has ended: %+v %v", facts, ok)
	}
	if err := os.Chtimes(name, time.Unix(0, 0), time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	if facts, ok = h.File(pid, name); !ok || facts.ATimeNS != 1 || facts.MTimeNS != 1 {
		t.Errorf("times of the epoch, where 0 is none: %+v %v", facts, ok)
	}
}

// TestStatFileOpensNothing would hang on a FIFO that nobody writes to if the file were opened.
func TestStatFileOpensNothing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := procfs.StatFile(name, true); err != nil || f.Mode&unix.S_IFMT != unix.S_IFIFO {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestDeletedName(t *testing.T) {
	root, bin := t.TempDir(), t.TempDir()
	for pid, name := range map[int64]string{11: "tool (deleted)", 12: "gone (deleted)"} {
		dir := filepath.Join(root, fmt.Sprint(pid))
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for link, target := range map[string]string{"exe": filepath.Join(bin, name), "root": "/", "cwd": "/"} {
			if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(bin, "tool (deleted)"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	p := &procfs.FS{Root: root}
	if path, deleted, err := p.Exe(11); err != nil || deleted || path != filepath.Join(bin, "tool (deleted)") {
		t.Errorf("a file of that name: %q %v %v", path, deleted, err)
	}
	if path, deleted, err := p.Exe(12); err != nil || !deleted || path != filepath.Join(bin, "gone (deleted)") {
		t.Errorf("a deleted file: %q %v %v", path, deleted, err)
	}
}

func BenchmarkMappings(b *testing.B) {
	p := &procfs.FS{}
	for _, pages := range []bool{false, true} {
		b.Run(fmt.Sprintf("pages=%v", pages), func(b *testing.B) {
			b.ReportAllocs()
			processes, found := 0, 0
			for b.Loop() {
				seq, status := p.Mappings(b.Context(), procfs.MappingQuery{Pages: pages})
				for range seq {
					found++
				}
				processes += status.Scanned
			}
			b.ReportMetric(float64(processes)/float64(b.N), "processes/op")
			b.ReportMetric(float64(found)/float64(b.N), "mappings/op")
		})
	}
}

func BenchmarkWalk(b *testing.B) {
	p, users := &procfs.FS{}, procfs.NewUsers("")
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := p.Walk(b.Context(), users, func(*procfs.Process) { n++ }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/float64(b.N), "processes/op")
}

func BenchmarkProcess(b *testing.B) {
	p, pid := &procfs.FS{}, int64(os.Getpid())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Process(pid); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStat(b *testing.B) {
	p, pid := &procfs.FS{}, int64(os.Getpid())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Stat(pid); err != nil {
			b.Fatal(err)
		}
	}
}

// TestProcessOfAThread: a thread's number is a folder in /proc, too, and means its process.
func TestProcessOfAThread(t *testing.T) {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	host, err := procfs.NewHost(&procfs.FS{Root: "/proc"}, procfs.NewUsers("/etc/passwd"))
	if err != nil {
		t.Fatal(err)
	}
	threads := 0
	for _, task := range tasks {
		id, err := strconv.ParseInt(task.Name(), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if id != int64(os.Getpid()) {
			threads++
		}
		if p, ok := host.Process(id); ok && p.PID != int64(os.Getpid()) { // a thread may have ended meanwhile
			t.Errorf("thread %d is taken for process %d", id, p.PID)
		}
	}
	if threads == 0 {
		t.Error("there is one thread only: the test shows nothing")
	}
}

// leaderless makes the test binary a process whose first thread ends while another holds memory that is writable and executable.
const leaderless = "APIWATCH_TEST_LEADERLESS"

func TestMain(m *testing.M) {
	if os.Getenv(executing) != "" {
		readImpliesExec()
	}
	if os.Getenv(leaderless) == "" {
		os.Exit(m.Run())
	}
	runtime.LockOSThread() // init and TestMain run in the first thread
	ready := make(chan bool)
	go func() {
		runtime.LockOSThread()
		b, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			panic(err)
		}
		ready <- true
		fmt.Printf("%d\n", uintptr(unsafe.Pointer(&b[0])))
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()
	<-ready
	_, _, _ = unix.RawSyscall(unix.SYS_EXIT, 0, 0, 0)
}

func init() { runtime.LockOSThread() }
