package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// loadCommand is the word by which this program starts itself as a generator of load, in a process of its own.
const loadCommand = "load"

// generator is a running load.
type generator struct {
	*process
	log string
}

// startLoad starts a load of a kind at a rate for a while.
func startLoad(c *config, kind string, rate int, d time.Duration) (*generator, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(c.dir, "load-")
	if err != nil {
		return nil, err
	}
	_ = f.Close()
	cmd := exec.Command(self, loadCommand, kind, strconv.Itoa(rate), d.String(), c.dir) //nolint:noctx // stopped by a signal
	p, err := start(cmd, f.Name())
	if err != nil {
		return nil, err
	}
	return &generator{p, f.Name()}, nil
}

// done waits for the end and gives how many calls were made.
func (g *generator) done() (int64, error) {
	<-g.ended
	raw, err := os.ReadFile(g.log)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	if g.exit != nil || err != nil {
		return 0, fmt.Errorf("the load generator failed: %w: %s", errors.Join(g.exit, err), raw)
	}
	return n, nil
}

// load is the generator: KIND RATE DURATION DIR. It prints how many calls it made.
func load(args []string) error {
	if len(args) != 4 {
		return errors.New("usage: load exec|mprotect|mixture RATE DURATION DIR")
	}
	rate, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	if self := filepath.Join(programs, "bench-load"); os.Args[0] != self {
		return moveTo(self)
	}
	l, err := newLoads(args[3])
	if err != nil {
		return err
	}
	call, ok := map[string]func(int) error{"exec": l.exec, "mprotect": l.mprotect, "mixture": l.mixture}[args[0]]
	if !ok {
		return fmt.Errorf("no load %q", args[0])
	}
	n := 0
	for start := time.Now(); ; {
		gone := time.Since(start)
		if gone >= d {
			break
		}
		for due := int(gone.Seconds() * float64(rate)); n < due && time.Since(start) < d; n++ {
			if err := call(n); err != nil {
				return err
			}
		}
		time.Sleep(time.Millisecond)
	}
	fmt.Println(n)
	return nil
}

// loads are calls that our rules match, all on the generator's own memory, files and children.
type loads struct {
	program, orphan string // tiny programs: one ends at once, one leaves a child behind
	page            []byte
	file            string
	socket          int
	env             []string
}

func newLoads(dir string) (*loads, error) {
	l := &loads{program: "/bin/true", orphan: "/bin/true", env: []string{"PATH=/usr/bin:/bin"}}
	if runtime.GOARCH == "amd64" {
		for _, p := range []struct {
			path *string
			name string
			code []byte
		}{{&l.program, "true", exits}, {&l.orphan, "orphan", forks}} {
			*p.path = filepath.Join(programs, p.name)
			if err := os.WriteFile(*p.path, tinyProgram(p.code), 0o755); err != nil { //nolint:gosec // a program
				return nil, err
			}
		}
	}
	var err error
	if l.page, err = unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS); err != nil {
		return nil, fmt.Errorf("mapping memory: %w", err)
	}
	l.file = filepath.Join(dir, "file-"+strconv.Itoa(os.Getpid()))
	if err := os.WriteFile(l.file, nil, 0o600); err != nil {
		return nil, err
	}
	if l.socket, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return nil, fmt.Errorf("opening a socket: %w", err)
	}
	return l, nil
}

// programs is where the generator and what it starts lie: what is busy on a machine lies in a system folder, and detections
// look away from there. It is a mount that only they see.
const programs = "/usr/local/bin"

// moveTo lays an empty folder over programs, for this thread and what it starts, and goes on as a program in it.
func moveTo(self string) error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("leaving the mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keeping mounts to ourselves: %w", err)
	}
	image, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	if err := unix.Mount("bench", programs, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mounting on %s: %w", programs, err)
	}
	if err := os.WriteFile(self, image, 0o755); err != nil { //nolint:gosec // a program
		return err
	}
	return unix.Exec(self, append([]string{self}, os.Args[1:]...), os.Environ())
}

// run starts a program and waits for its end.
func (l *loads) run(path string, args ...string) error {
	pid, err := syscall.ForkExec(path, append([]string{path}, args...), &syscall.ProcAttr{Env: l.env})
	if err != nil {
		return fmt.Errorf("starting %s: %w", path, err)
	}
	var status unix.WaitStatus
	for {
		if _, err = unix.Wait4(pid, &status, 0, nil); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func (l *loads) exec(n int) error {
	return l.run(l.program, "--config", "/etc/apiwatch-bench/"+strconv.Itoa(n%1000)+".conf", "--verbose")
}

func (l *loads) mprotect(n int) error {
	at := n % 128 * 4096
	return unix.Mprotect(l.page[at:at+4096], unix.PROT_READ|unix.PROT_EXEC)
}

// mixture makes calls of every kind that Linux feeds. Many of them fail, which makes an event all the same.
func (l *loads) mixture(n int) error {
	switch n % 16 {
	case 0, 1, 2, 3:
		return l.exec(n)
	case 4:
		return l.run(l.orphan)
	case 5, 6:
		return l.mprotect(n)
	case 7:
		_, _, _ = unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_ATTACH, 1<<30, 0, 0, 0, 0)
	case 8:
		var b [8]byte
		at := unix.RemoteIovec{Base: uintptr(unsafe.Pointer(&l.page[0])), Len: len(b)}
		to := unix.Iovec{Base: &b[0]}
		to.SetLen(len(b))
		_, _ = unix.ProcessVMReadv(os.Getpid(), []unix.Iovec{to}, []unix.RemoteIovec{at}, 0)
	case 9:
		return unix.UtimesNanoAt(unix.AT_FDCWD, l.file, []unix.Timespec{{Sec: int64(n)}, {Sec: int64(n)}}, 0)
	case 10:
		return unix.UtimesNanoAt(unix.AT_FDCWD, l.file, []unix.Timespec{{Sec: int64(n)}, {Sec: int64(n)}}, 0)
	case 11:
		_ = unix.Connect(l.socket, &unix.SockaddrInet4{Port: 1 + n%60000, Addr: [4]byte{127, 0, 0, 1}}) // a datagram socket: nothing is sent
	case 12:
		if fd, err := unix.Open("/etc/timezone", unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
			_ = unix.Close(fd)
		}
	case 13:
		_, _, _ = unix.RawSyscall(unix.SYS_SETFSUID, 65534, 0, 0)
		_, _, _ = unix.RawSyscall(unix.SYS_SETFSUID, 0, 0, 0)
	case 14:
		if fd, err := unix.MemfdCreate("bench", unix.MFD_CLOEXEC); err == nil {
			_ = unix.Close(fd)
		}
		_, _, _ = unix.RawSyscall(unix.SYS_KEYCTL, 1<<20, 0, 0) // no such operation
	case 15:
		if n/16%2 == 0 {
			_ = unix.Mount("bench", "/nonexistent", "none", 0, "")
		} else {
			_ = unix.FinitModule(-1, "", 0)
		}
	}
	return nil
}

// Machine code of the tiny programs, for amd64.
var (
	exits = []byte{
		0xb8, 60, 0, 0, 0, // mov eax, SYS_exit
		0x31, 0xff, // xor edi, edi
		0x0f, 0x05, // syscall
	}
	forks = append([]byte{
		0xb8, 57, 0, 0, 0, // mov eax, SYS_fork
		0x0f, 0x05, // syscall
		0x85, 0xc0, // test eax, eax
		0x75, 16, // jnz to the exit
		0xb8, 35, 0, 0, 0, // mov eax, SYS_nanosleep
		0x48, 0x8d, 0x3d, 13, 0, 0, 0, // lea rdi, [rip+13], behind the exit
		0x31, 0xf6, // xor esi, esi
		0x0f, 0x05, // syscall
	}, append(exits, binary.LittleEndian.AppendUint64(make([]byte, 8), 100e6)...)...) // 0 s and 100 ms
)

// tinyProgram is an ELF file of one segment that holds code.
func tinyProgram(code []byte) []byte {
	const headers, base = 64 + 56, 0x400000
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	u16 := func(vs ...uint16) {
		for _, v := range vs {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
	}
	u32 := func(vs ...uint32) {
		for _, v := range vs {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
	}
	u64 := func(vs ...uint64) {
		for _, v := range vs {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
	}
	u16(2, 62) // ET_EXEC, EM_X86_64
	u32(1)
	u64(base+headers, 64, 0) // entry, program headers, section headers
	u32(0)
	u16(64, 56, 1, 0, 0, 0)
	u32(1, 5) // PT_LOAD, readable and executable
	size := uint64(headers + len(code))
	u64(0, base, base, size, size, 4096)
	return append(b, code...)
}
