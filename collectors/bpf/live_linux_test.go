package bpf

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

var recordTo = flag.String("record", "", "write what was told of the calls of TestLiveCalls to this file, as a recording")

// live opens a source that leaves nobody out, as the tests are who acts.
func live(t *testing.T) *Live { return liveWith(t, Options{pid: -1}) }

func liveWith(t *testing.T, o Options) *Live {
	t.Helper()
	s := NewLive(o)
	if err := s.Load(); err != nil {
		t.Skipf("the programs are not tested live: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Open(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	return s
}

// await reads until something was delivered.
func await(t *testing.T, s *Live, k *all, done func() bool) bool {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err := s.Read(); err != nil {
			t.Fatal(err)
		}
		s.Decode(k)
		if done() {
			return true
		}
	}
	return false
}

// raw makes a system call.
func raw(number uintptr, args ...any) int64 {
	var a [6]uintptr
	for i, v := range args {
		switch v := v.(type) {
		case int:
			a[i] = uintptr(v)
		case unsafe.Pointer:
			a[i] = uintptr(v)
		}
	}
	r, _, errno := syscall.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	runtime.KeepAlive(args)
	if errno != 0 {
		return -int64(errno)
	}
	return int64(r)
}

func cstring(s string) unsafe.Pointer { return unsafe.Pointer(unsafe.StringData(s + "\x00")) }

func wideSpec(seconds, nanoseconds int64) unsafe.Pointer {
	return unsafe.Pointer(&[2]int64{seconds, nanoseconds})
}

// wanted is an event that a call must bring.
type wanted struct {
	api  string
	act  func() int64 // what it returns is the event's exit
	kind event.Kind
	path string
	says string // in what is said of its arguments
	pid  int64  // of the target
	look func(*collectors.Draft) string
}

// TestLiveCalls makes each watched call once, and wants what is told of it to be right.
func TestLiveCalls(t *testing.T) {
	dir, own := t.TempDir(), int64(os.Getpid())
	t.Chdir(dir)
	var recording bytes.Buffer
	line := func(body []byte) { fmt.Fprintf(&recording, "type=%s msg=%s\n", Line, body) }
	s := liveWith(t, Options{
		pid: -1, Clock: func(m Machine) { line(RecordedMachine(m)) },
		Capture: func(raw []byte) {
			if r := record(raw); r.pid() == own || r.ppid() == own {
				line(Recorded(raw))
			}
		},
	})
	victim := exec.Command("sleep", "600")
	victim.Dir = dir
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = victim.Process.Kill()
		_ = victim.Wait()
	}()
	other := int64(victim.Process.Pid)
	name := func(n string) string { return filepath.Join(dir, n) }
	fileOf := func(n string) int {
		f, err := os.Create(name(n))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return int(f.Fd())
	}
	plain, link := fileOf("plain"), name("mem")
	if err := os.Symlink(fmt.Sprintf("/proc/%d/mem", other), link); err != nil {
		t.Fatal(err)
	}
	folder, err := unix.Open(fmt.Sprintf("/proc/%d", other), unix.O_PATH, 0)
	if err != nil {
		t.Fatal(err)
	}
	reopened, err := unix.Open(fmt.Sprintf("/proc/%d/mem", other), unix.O_PATH, 0)
	if err != nil {
		t.Fatal(err)
	}
	pidfd, err := unix.PidfdOpen(int(other), 0)
	if err != nil {
		t.Fatal(err)
	}
	page, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	socket := func(family, kind int) int {
		fd, err := unix.Socket(family, kind, 0)
		if err != nil {
			t.Fatal(err)
		}
		return fd
	}
	address := func() unsafe.Pointer {
		a := &[16]byte{2, 0, 0, 0, 127, 0, 0, 1}
		binary.BigEndian.PutUint16(a[2:], uint16(port))
		return unsafe.Pointer(a)
	}
	opened := func(path string, flags int) func() int64 {
		return func() int64 {
			fd := raw(unix.SYS_OPENAT, unix.AT_FDCWD, cstring(path), flags, 0)
			if fd >= 0 {
				_ = unix.Close(int(fd))
			}
			return fd
		}
	}
	word := int64(0x1122334455667788)
	iov := unsafe.Pointer(&[2]uintptr{uintptr(unsafe.Pointer(&word)), 8})
	memOf := fmt.Sprintf("/proc/%d/mem", other)

	calls := []wanted{
		{api: "openat", act: opened(memOf, unix.O_RDWR), kind: event.KindFileAccess, path: memOf, pid: other},
		{api: "openat", act: opened(link, unix.O_RDONLY), kind: event.KindFileAccess, path: memOf, pid: other},
		{api: "openat", act: opened(fmt.Sprintf("/proc/self/fd/%d", reopened), unix.O_RDWR), kind: event.KindFileAccess, path: memOf, pid: other},
		{
			api: "openat", kind: event.KindFileAccess, path: memOf, pid: other,
			act: func() int64 { return raw(unix.SYS_OPENAT, folder, cstring("mem"), unix.O_RDWR, 0) },
		},
		{
			api: "openat2", kind: event.KindFileAccess, path: fmt.Sprintf("/proc/%d/maps", other), pid: other,
			act: func() int64 {
				return raw(unix.SYS_OPENAT2, folder, cstring("maps"), unsafe.Pointer(&unix.OpenHow{Flags: unix.O_RDONLY | unix.O_CLOEXEC}), 24)
			},
			look: func(d *collectors.Draft) string {
				if x := d.Event.Detail.(*event.FileOpen); x.Flags != unix.O_CLOEXEC {
					return fmt.Sprintf("flags %#x", x.Flags)
				}
				return ""
			},
		},
		{
			api: "openat", act: opened(fmt.Sprintf("/proc/%d/environ", other), 0), kind: event.KindFileAccess,
			path: fmt.Sprintf("/proc/%d/environ", other), pid: other,
		},
		{
			api: "openat", act: opened(fmt.Sprintf("/proc/%d/fd", other), 0), kind: event.KindFileAccess, path: fmt.Sprintf("/proc/%d/fd", other),
			pid: other,
		},
		{api: "openat", act: opened("/proc/self/status", 0), kind: event.KindFileAccess, path: fmt.Sprintf("/proc/%d/status", own), pid: own},
		{api: "openat", act: opened("/etc/shadow", 0), kind: event.KindFileAccess, path: "/etc/shadow"},
		{
			api: "openat", act: opened(name("work.lock"), unix.O_CREAT|unix.O_RDWR), kind: event.KindFileAccess, path: name("work.lock"),
			says: "O_CREAT",
		},
		{
			api: "unlinkat", kind: event.KindFileChange, path: name("work.lock"),
			act: func() int64 { return raw(unix.SYS_UNLINKAT, unix.AT_FDCWD, cstring(name("work.lock")), 0) },
		},
		{
			api: "process_vm_writev", kind: event.KindProcessAccess, pid: other,
			act: func() int64 {
				return raw(unix.SYS_PROCESS_VM_WRITEV, int(other), iov, 1, unsafe.Pointer(&[2]uintptr{0x1000, 8}), 1, 0)
			},
			look: func(d *collectors.Draft) string {
				if x := d.Event.Detail.(*event.Memory); x.Address != 0x1000 || x.Size != 8 {
					return fmt.Sprintf("%+v", x)
				}
				return ""
			},
		},
		{
			api: "process_vm_readv", kind: event.KindProcessAccess, pid: other,
			act: func() int64 {
				return raw(unix.SYS_PROCESS_VM_READV, int(other), iov, 1, unsafe.Pointer(&[2]uintptr{0x2000, 8}), 1, 0)
			},
		},
		{
			api: "ptrace", kind: event.KindPtrace, pid: other, says: "request=PTRACE_ATTACH",
			act: func() int64 {
				r := raw(unix.SYS_PTRACE, unix.PTRACE_ATTACH, int(other), 0, 0)
				_, _ = unix.Wait4(int(other), nil, unix.WALL, nil)
				_ = unix.PtraceDetach(int(other))
				return r
			},
		},
		{api: "pidfd_getfd", kind: event.KindProcessAccess, pid: other, act: func() int64 { return raw(unix.SYS_PIDFD_GETFD, pidfd, 0, 0) }},
		{api: "pidfd_send_signal", pid: other, says: "sig=18", act: func() int64 { return raw(unix.SYS_PIDFD_SEND_SIGNAL, pidfd, 18, 0, 0) }},
		{api: "kill", pid: other, says: "sig=18", act: func() int64 { return raw(unix.SYS_KILL, int(other), 18) }},
		{api: "tkill", pid: other, says: "sig=18", act: func() int64 { return raw(unix.SYS_TKILL, int(other), 18) }},
		{api: "tgkill", pid: other, says: "sig=18", act: func() int64 { return raw(unix.SYS_TGKILL, int(other), int(other), 18) }},
		{
			api: "mmap", kind: event.KindMemory, says: "prot=PROT_READ|PROT_WRITE|PROT_EXEC",
			act: func() int64 { return raw(unix.SYS_MMAP, 0, 4096, 7, unix.MAP_PRIVATE|unix.MAP_ANON, -1, 0) },
		},
		{
			api: "mprotect", kind: event.KindMemory, says: "prot=PROT_READ|PROT_EXEC",
			act: func() int64 { return raw(unix.SYS_MPROTECT, unsafe.Pointer(&page[0]), 4096, 5) },
		},
		{
			api: "pkey_mprotect", kind: event.KindMemory, says: "prot=PROT_READ|PROT_EXEC",
			act: func() int64 { return raw(unix.SYS_PKEY_MPROTECT, unsafe.Pointer(&page[0]), 4096, 5, -1) },
		},
		{api: "memfd_create", kind: event.KindMemory, path: "/memfd:hidden (deleted)", act: func() int64 {
			return raw(unix.SYS_MEMFD_CREATE,
				cstring("hidden"), 0)
		}},
		{
			api: "mmap", kind: event.KindMemory, path: "/memfd:mapped (deleted)", says: "prot=PROT_READ|PROT_EXEC",
			act: func() int64 {
				fd, _ := unix.MemfdCreate("mapped", 0)
				return raw(unix.SYS_MMAP, 0, 4096, 5, unix.MAP_PRIVATE, fd, 0)
			},
		},
		{api: "shmat", kind: event.KindMemory, says: "SHM_EXEC", act: func() int64 { return raw(unix.SYS_SHMAT, -1, 0, 0o100000) }},
		{api: "personality", says: "persona=0x400000", act: func() int64 {
			r := raw(unix.SYS_PERSONALITY, 0x400000)
			_ = raw(unix.SYS_PERSONALITY, 0)
			return r
		}},
		{
			api: "utimensat", kind: event.KindFileChange, path: name("plain"),
			act: func() int64 {
				return raw(unix.SYS_UTIMENSAT, plain, 0, unsafe.Pointer(&[4]int64{1, 5, 2, 7}), 0)
			},
			look: func(d *collectors.Draft) string {
				if x := d.Event.Detail.(*event.FileChange); x.Action != "times" || x.ATimeNS != 1e9+5 || x.MTimeNS != 2e9+7 {
					return fmt.Sprintf("%+v", x)
				}
				return ""
			},
		},
		{
			api: "utimensat", kind: event.KindFileChange, path: name("plain"),
			act: func() int64 {
				return raw(unix.SYS_UTIMENSAT, unix.AT_FDCWD, cstring(name("plain")), unsafe.Pointer(&[4]int64{3, 0, 4, 0}), 0)
			},
			look: func(d *collectors.Draft) string {
				if x := d.Event.Detail.(*event.FileChange); x.ATimeNS != 3e9 || x.MTimeNS != 4e9 {
					return fmt.Sprintf("%+v", x)
				}
				return ""
			},
		},
		{
			api: "fchmod", kind: event.KindFileChange, path: name("plain"), says: "mode=04755",
			act: func() int64 { return raw(unix.SYS_FCHMOD, plain, 0o4755) },
		},
		{
			api: "fchmodat", kind: event.KindFileChange, path: name("plain"), says: "mode=02755",
			act: func() int64 { return raw(unix.SYS_FCHMODAT, unix.AT_FDCWD, cstring(name("./plain")), 0o2755) },
		},
		{api: "flock", path: name("plain"), says: "operation=LOCK_EX|LOCK_NB", act: func() int64 { return raw(unix.SYS_FLOCK, plain, 6) }},
		{
			api: "fcntl", path: name("plain"), says: "type=F_WRLCK",
			act: func() int64 {
				return raw(unix.SYS_FCNTL, plain, unix.F_SETLK, unsafe.Pointer(&unix.Flock_t{Type: unix.F_WRLCK}))
			},
		},
		{api: "nanosleep", says: "seconds=1.25", act: func() int64 { return raw(unix.SYS_NANOSLEEP, wideSpec(1, 250e6), 0) }},
		{api: "clock_nanosleep", says: "seconds=1", act: func() int64 { return raw(unix.SYS_CLOCK_NANOSLEEP, 1, 0, wideSpec(1, 0), 0) }},
		{api: "clock_gettime", says: "clockid=0", act: func() int64 { return raw(unix.SYS_CLOCK_GETTIME, 0, wideSpec(0, 0)) }},
		{
			api: "connect", kind: event.KindNetworkFlow,
			act: func() int64 { return raw(unix.SYS_CONNECT, socket(unix.AF_INET, unix.SOCK_STREAM), address(), 16) },
			look: func(d *collectors.Draft) string {
				if x := d.Event.Detail.(*event.Flow); x.RemoteAddress != "127.0.0.1" || int(x.RemotePort) != port || x.Protocol != "tcp" {
					return fmt.Sprintf("%+v", x)
				}
				return ""
			},
		},
		{
			api: "connect", kind: event.KindNetworkFlow,
			act: func() int64 {
				screen, err := net.Listen("unix", name("X0"))
				if err != nil {
					return 0
				}
				defer screen.Close()
				return raw(unix.SYS_CONNECT, socket(unix.AF_UNIX, unix.SOCK_STREAM), cstring("\x01\x00"+name("X0")), 3+len(name("X0")))
			},
			look: func(d *collectors.Draft) string {
				if x := d.Event.Detail.(*event.Flow); x.Family != "unix" || x.RemoteAddress != name("X0") {
					return fmt.Sprintf("%+v", x)
				}
				return ""
			},
		},
		{
			api: "sendto", kind: event.KindNetworkFlow,
			act: func() int64 {
				return raw(unix.SYS_SENDTO, socket(unix.AF_INET, unix.SOCK_DGRAM), cstring("x"), 1, 0, address(), 16)
			},
		},
		{api: "setresuid", kind: event.KindTokenChange, act: func() int64 { return raw(unix.SYS_SETRESUID, -1, -1, -1) }},
		{api: "capset", kind: event.KindTokenChange, act: func() int64 {
			var data [2]unix.CapUserData
			head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			_ = unix.Capget(&head, &data[0])
			return raw(unix.SYS_CAPSET, unsafe.Pointer(&head), unsafe.Pointer(&data))
		}},
		{api: "unshare", kind: event.KindMount, says: "flags=CLONE_NEWNS", act: func() int64 { return raw(unix.SYS_UNSHARE, unix.CLONE_NEWNS) }},
		{api: "setns", kind: event.KindMount, act: func() int64 { return raw(unix.SYS_SETNS, -1, unix.CLONE_NEWNET) }},
		{
			api: "mount", kind: event.KindMount, path: fmt.Sprintf("/proc/%d", other),
			act: func() int64 {
				_ = unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
				_ = os.Symlink(fmt.Sprintf("/proc/%d", other), name("place"))
				return raw(unix.SYS_MOUNT, cstring("tmpfs"), cstring(name("place")), cstring("tmpfs"), 0, 0)
			},
			look: func(d *collectors.Draft) string {
				if x := d.Event.Detail.(*event.Mount); x.FSType != "tmpfs" || x.Source != "tmpfs" {
					return fmt.Sprintf("%+v", x)
				}
				return ""
			},
		},
		{
			api: "umount2", kind: event.KindMount, path: fmt.Sprintf("/proc/%d", other),
			act: func() int64 { return raw(unix.SYS_UMOUNT2, cstring(fmt.Sprintf("/proc/%d", other)), 0) },
		},
		{api: "keyctl", act: func() int64 { return raw(unix.SYS_KEYCTL, 0, -3, 0) }},
		{api: "bpf", says: "cmd=BPF_MAP_CREATE", act: func() int64 { return raw(unix.SYS_BPF, 0, 0, 0) }},
		{api: "finit_module", kind: event.KindModuleLoad, path: name("plain"), act: func() int64 {
			return raw(unix.SYS_FINIT_MODULE, plain,
				cstring(""), 0)
		}},
		{api: "delete_module", kind: event.KindModuleLoad, act: func() int64 {
			return raw(unix.SYS_DELETE_MODULE, cstring("nosuchmodule"),
				unix.O_NONBLOCK)
		}},
		{api: "io_uring_setup", says: "entries=0", act: func() int64 { return raw(unix.SYS_IO_URING_SETUP, 0, 0) }},
		{api: "execve", path: "/nonexistent/program", act: func() int64 { return raw(unix.SYS_EXECVE, cstring("/nonexistent/program"), 0, 0) }},
		{api: "prctl", says: "option=35", act: func() int64 { return raw(unix.SYS_PRCTL, 35, 0, 0, 0, 0) }},
		{api: "ioctl", says: "cmd=0x5412", path: name("plain"), act: func() int64 {
			return raw(unix.SYS_IOCTL, plain, unix.TIOCSTI,
				cstring("x"))
		}},
	}

	results := make([]int64, len(calls))
	var done sync.WaitGroup
	done.Go(func() { // in a thread that ends with it, since some calls change what it is
		runtime.LockOSThread()
		_ = unix.Unshare(unix.CLONE_FS)
		for i := range calls {
			results[i] = calls[i].act()
		}
		_ = raw(unix.SYS_MEMFD_CREATE, cstring("the end"), 0)
	})
	var k all
	last := func(d collectors.Draft) bool { return d.Actor.PID == own && d.Event.Path == "/memfd:the end (deleted)" }
	ended := await(t, s, &k, func() bool { return slices.ContainsFunc(k.drafts, last) })
	done.Wait()
	if !ended {
		t.Fatalf("the last call is not told: %+v", s.Health())
	}
	for i, w := range calls {
		var others []string
		if !slices.ContainsFunc(k.drafts, func(d collectors.Draft) bool {
			e := &d.Event
			if d.Actor.PID != own || e.API == nil || e.API.Name != w.api || e.Exit != results[i] {
				return false
			}
			wrong := ""
			if w.look != nil && e.Kind == w.kind {
				wrong = w.look(&d)
			}
			target := w.pid == 0 || d.Target.PID == w.pid
			if e.Kind == w.kind && e.Path == w.path && target && strings.Contains(e.Arguments(), w.says) && wrong == "" {
				return true
			}
			others = append(others, fmt.Sprintf("kind=%s path=%q target=%d %s exit=%d detail=%+v %s",
				e.Kind, e.Path, d.Target.PID, e.Arguments(), e.Exit, e.Detail, wrong))
			return false
		}) {
			t.Errorf("%d: %s %s (exit %d) is not told rightly: %s", i, w.api, w.path, results[i], strings.Join(others, "\n\t"))
		}
	}
	if st := s.decoder.Stats(); st.Malformed > 0 {
		t.Errorf("records are malformed: %s", st)
	}
	if *recordTo != "" {
		if err := os.WriteFile(*recordTo, recording.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLiveProcesses: who forked whom, what was executed with which arguments, and how it ended.
func TestLiveProcesses(t *testing.T) {
	s := live(t)
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nexit 7\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 100_000)
	cmd := exec.Command(script, "two words", long, "last")
	cmd.Dir = filepath.Dir(script)
	_ = cmd.Run()
	pid, own := int64(cmd.Process.Pid), int64(os.Getpid())
	var k all
	if !await(t, s, &k, func() bool {
		return slices.ContainsFunc(k.lives, func(l collectors.Lifecycle) bool { return l.Kind == collectors.Exited && l.PID == pid })
	}) {
		t.Fatal("the end of the process is not told")
	}
	for _, l := range k.lives {
		if l.PID == pid && l.Kind == collectors.Forked && l.PPID != own || l.PID == pid && l.Kind == collectors.Exited && l.Code != 7<<8 {
			t.Errorf("%+v: want the parent %d and the code %#x", l, own, 7<<8)
		}
	}
	at := slices.IndexFunc(k.drafts, func(d collectors.Draft) bool {
		return d.Actor.PID == pid && d.Event.Kind == event.KindProcessStart
	})
	if at < 0 {
		t.Fatal("the execution is not told")
	}
	d := &k.drafts[at]
	x := d.Event.Detail.(*event.Exec)
	shell, err := filepath.EvalSymlinks("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	begin := "/bin/sh " + script + " two words xxx"
	whole := len("/bin/sh") + len(script) + len("two words") + len(long) + len("last") + 5
	if d.Actor.Path != shell || x.ScriptPath != script || d.Actor.CWD != cmd.Dir || !strings.HasPrefix(d.Actor.Cmdline, begin) ||
		d.Actor.PPID != own || int(x.LeftOut)+len(d.Actor.Cmdline) < whole-1 || x.LeftOut == 0 || d.File.Inode == 0 {
		t.Errorf("%+v %+v left out %d of %d", d.Actor.Path, x.ScriptPath, x.LeftOut, whole)
	}
	if args := x.ArgumentsOf(d.Actor.Cmdline); len(args) < 4 || args[2] != "two words" {
		t.Errorf("%d arguments", len(args))
	}
}
