package audit

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/runs"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// The tests of this file work on the kernel's own audit. They run one after another, put back what they change, and
// report themselves as skipped where they may not: without root, without audit, or where another process owns it.

// asHelper is set where the test binary is to do something and not to test: our own process is never audited.
const asHelper = "APIWATCH_AUDIT_HELPER"

func TestMain(m *testing.M) {
	if what := os.Getenv(asHelper); what != "" {
		helper(what)
		return
	}
	os.Exit(m.Run())
}

// helper performs a behaviour and ends.
func helper(what string) {
	what, arg, _ := strings.Cut(what, " ")
	switch what {
	case "protections":
		for prot := range uintptr(8) {
			addr, _, _ := unix.Syscall6(unix.SYS_MMAP, 0, 0x5000+0x1000*prot, prot, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uintptr(0), 0)
			_, _, _ = unix.Syscall(unix.SYS_MPROTECT, addr, 0x5000+0x1000*prot, prot)
		}
	case "behaviours":
		behave(arg)
	case "narrowest":
		narrow(20, 0, 0, 0) // getpid
	case "narrow":
		narrow(125, 0, 0, 5)      // mprotect, of nothing
		narrow(26, 16, 1<<30, 0)  // ptrace
		narrow(213, 0, 0, 0)      // setuid32
		narrow(192, 0, 0x4000, 7) // mmap2, which fails
		narrow(26, 24, 1<<30, 0)  // PTRACE_SYSCALL: not seen
	case "flood":
		n, _ := strconv.Atoi(arg)
		page, _, _ := unix.Syscall6(unix.SYS_MMAP, 0, 4096, 3, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uintptr(0), 0)
		for range n {
			_, _, _ = unix.Syscall(unix.SYS_MPROTECT, page, 4096, unix.PROT_READ|unix.PROT_EXEC)
		}
	case "paced":
		n, _ := strconv.Atoi(arg)
		page, _, _ := unix.Syscall6(unix.SYS_MMAP, 0, 4096, 3, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uintptr(0), 0)
		for i := range n {
			_, _, _ = unix.Syscall(unix.SYS_MPROTECT, page, 4096, unix.PROT_READ|unix.PROT_EXEC)
			if i%100 == 99 {
				time.Sleep(10 * time.Millisecond)
			}
		}
	case "keyctl": // one call a millisecond until killed
		for {
			_, _, _ = unix.Syscall6(unix.SYS_KEYCTL, 99, 0, 0, 0, 0, 0)
			if arg == "once" {
				return
			}
			time.Sleep(time.Millisecond)
		}
	case "health": // the first row of a source that is opened and closed
		s := NewLive(Options{StateDir: arg})
		_ = s.Open(nil, func() {}) //nolint:staticcheck // the context is not used
		h := s.Health()[0]
		fmt.Printf("%s: %s: %s", h.State, h.Reason, h.Detail)
		_ = s.Close()
	case "remove": // all rules of ours
		c, err := openControl()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		rules, _ := c.rules()
		for _, wire := range rules {
			if r, err := decodeRule(wire); err == nil && r.key == Key {
				_ = c.removeRule(wire)
			}
		}
	case "source": // a source that lives until it is killed
		s := NewLive(Options{StateDir: arg})
		if err := s.Open(nil, func() {}); err != nil { //nolint:staticcheck // the context is not used
			fmt.Println(err)
			return
		}
		fmt.Println(s.Health()[0].Detail)
		for {
			_ = s.Read()
			s.Decode(&gathered{})
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// narrow makes a system call by i386's numbers, as any 64-bit program may.
func narrow(number, a, b, c uint32) {
	code := []byte{0xb8, 0, 0, 0, 0, 0xbb, 0, 0, 0, 0, 0xb9, 0, 0, 0, 0, 0xba, 0, 0, 0, 0, 0x31, 0xf6, 0xcd, 0x80, 0xc3}
	for i, v := range []uint32{number, a, b, c} { // mov eax, ebx, ecx, edx; xor esi, esi; int 0x80; ret
		binary.NativeEndian.PutUint32(code[5*i+1:], v)
	}
	page, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return
	}
	copy(page, code)
	if unix.Mprotect(page, unix.PROT_READ|unix.PROT_EXEC) == nil {
		entry := &page[0]
		pointer := unsafe.Pointer(&entry)
		(*(*func())(unsafe.Pointer(&pointer)))()
	}
}

func behave(dir string) {
	self := uintptr(os.Getpid())
	p := func(s string) uintptr {
		b, _ := unix.BytePtrFromString(s)
		return uintptr(unsafe.Pointer(b))
	}
	file := filepath.Join(dir, "file")
	_ = os.WriteFile(file, nil, 0o600)
	keep := [][]unix.Timespec{{{Sec: 1}, {Sec: 1}}}
	for _, c := range [][7]uintptr{
		{unix.SYS_PTRACE, unix.PTRACE_ATTACH, 1 << 30},
		{unix.SYS_PTRACE, unix.PTRACE_SYSCALL, 1 << 30}, // not seen
		{unix.SYS_PTRACE, unix.PTRACE_PEEKTEXT, 1 << 30},
		{unix.SYS_PROCESS_VM_READV, self, 0, 0, 0, 0, 0},
		{unix.SYS_PROCESS_VM_WRITEV, self, 0, 0, 0, 0, 0},
		{unix.SYS_MEMFD_CREATE, p("apiwatch-test"), 0},
		{unix.SYS_SETUID, 0},
		{unix.SYS_SETUID, ^uintptr(0)}, // fails: not seen
		{unix.SYS_UNSHARE, 0},
		{unix.SYS_SETNS, ^uintptr(0), 0},
		{unix.SYS_MOUNT, 0, p("/nonexistent"), 0, 0, 0},
		{unix.SYS_MOVE_MOUNT, ^uintptr(0), p(""), ^uintptr(0), p(""), 0},
		{unix.SYS_OPEN_TREE, ^uintptr(0), p("/nonexistent"), 1},
		{unix.SYS_OPEN_TREE, ^uintptr(0), p("/nonexistent"), 0}, // not seen
		{unix.SYS_PIVOT_ROOT, p("/nonexistent"), p("/nonexistent")},
		{unix.SYS_KEYCTL, 0, ^uintptr(2), 0},
		{unix.SYS_UTIMENSAT, ^uintptr(99), p(file), uintptr(unsafe.Pointer(&keep[0][0])), 0},
		{unix.SYS_UTIMENSAT, ^uintptr(99), p(file), 0, 0}, // the present time: not seen
		{unix.SYS_DELETE_MODULE, p("apiwatch_no_such_module"), 0},
		{unix.SYS_FINIT_MODULE, ^uintptr(0), p(""), 0},
		{unix.SYS_BPF, unix.BPF_PROG_LOAD, 0, 0},
		{unix.SYS_BPF, unix.BPF_MAP_LOOKUP_ELEM, 0, 0}, // not seen
		{unix.SYS_FCHMODAT, ^uintptr(99), p(file), 0o4755},
		{unix.SYS_FCHMODAT, ^uintptr(99), p(file), 0o755}, // not seen
		{unix.SYS_PKEY_MPROTECT, 0, 0, unix.PROT_EXEC, ^uintptr(0)},
	} {
		_, _, _ = unix.RawSyscall6(c[0], c[1], c[2], c[3], c[4], c[5], c[6])
	}
	for _, a := range []unix.Sockaddr{
		&unix.SockaddrInet4{Port: 9, Addr: [4]byte{127, 0, 0, 1}}, &unix.SockaddrInet6{Port: 9, Addr: [16]byte{15: 1}},
		&unix.SockaddrUnix{Name: "/nonexistent/socket"},
	} {
		family := unix.AF_INET
		switch a.(type) {
		case *unix.SockaddrInet6:
			family = unix.AF_INET6
		case *unix.SockaddrUnix:
			family = unix.AF_UNIX
		}
		if fd, err := unix.Socket(family, unix.SOCK_DGRAM, 0); err == nil {
			_ = unix.Connect(fd, a)
		}
	}
	if f, err := os.OpenFile("/proc/self/mem", os.O_WRONLY, 0); err == nil {
		f.Close()
	}
	if f, err := os.Open("/proc/self/mem"); err == nil { // for reading: not seen
		f.Close()
	}
	_, _ = os.ReadFile(filepath.Join(dir, "watched"))
	_ = exec.Command("/bin/true").Run() //nolint:noctx // it ends at once
	runtime.KeepAlive(keep)
}

// gathered is a sink that keeps what it gets.
type gathered struct{ drafts []collectors.Draft }

func (g *gathered) Draft(d *collectors.Draft)      { g.drafts = append(g.drafts, *d) }
func (g *gathered) Lifecycle(collectors.Lifecycle) {}

// machine is the state that must be the same before and after.
func machine(t *testing.T) string {
	t.Helper()
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	st, err := c.status()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := c.rules()
	if err != nil {
		t.Fatal(err)
	}
	st.Lost, st.Backlog = 0, 0
	return fmt.Sprintf("%+v\n%x", st, rules)
}

// needAudit skips where the kernel's audit is not ours to work on, and checks at the end that it is as it was.
func needAudit(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NOT RUN: works on the kernel's audit and needs root")
	}
	c, err := openControl()
	if err != nil {
		t.Skip("NOT RUN: ", err)
	}
	st, err := c.status()
	c.close()
	switch {
	case err != nil:
		t.Skip("NOT RUN: ", err)
	case st.PID != 0 && runs.Alive(st.PID):
		t.Skipf("NOT RUN: pid %d owns the audit seat", st.PID)
	case st.Enabled == immutable || st.Failure == panics:
		t.Skip("NOT RUN: audit is immutable here, or a loss would stop the machine")
	}
	before := machine(t)
	t.Cleanup(func() {
		if after := machine(t); after != before {
			t.Errorf("the machine's audit state was\n%s\nand is now\n%s", before, after)
		}
	})
}

// live is a source at work.
type live struct {
	*Live
	t    *testing.T
	sink gathered
	woke chan struct{}
	raw  []string // "type body", the first ones
	once sync.Once
}

// few are rules enough for most tests: the kernel takes 15 ms to remove each.
func few() []Rule {
	var out []Rule
	for _, r := range Rules(nil) {
		switch r.Name {
		case "ptrace", "keyctl", "execve", "mprotect_exec", "mmap_anonymous_exec":
			out = append(out, r)
		}
	}
	return out
}

const maxRaw = 1000

func open(t *testing.T, opt Options) *live {
	t.Helper()
	l := &live{t: t, woke: make(chan struct{}, 1)}
	if opt.StateDir == "" {
		opt.StateDir = t.TempDir()
	}
	if opt.every == 0 {
		opt.every = 100 * time.Millisecond
	}
	opt.Capture = func(typ uint16, body []byte) {
		if len(l.raw) == maxRaw {
			return
		}
		l.raw = append(l.raw, fmt.Sprintf("%d %s", typ, body))
	}
	l.Live = NewLive(opt)
	if err := l.Open(t.Context(), func() {
		select {
		case l.woke <- struct{}{}:
		default:
		}
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.shut)
	return l
}

func (l *live) shut() {
	l.once.Do(func() {
		if err := l.Close(); err != nil {
			l.t.Error(err)
		}
	})
}

// pump works for a while, or until done says so.
func (l *live) pump(atMost time.Duration, done func() bool) bool {
	l.t.Helper()
	deadline := time.After(atMost)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := l.Read(); err != nil {
			l.t.Fatal(err)
		}
		l.Decode(&l.sink)
		if done != nil && done() {
			return true
		}
		select {
		case <-l.woke:
			time.Sleep(5 * time.Millisecond)
		case <-tick.C:
		case <-deadline:
			return false
		}
	}
}

// do runs a helper to its end, pumping meanwhile, and gives the events of its process.
func (l *live) do(what string) []collectors.Draft {
	l.t.Helper()
	return l.doBefore(what, what)
}

// doBefore is do with something else that is done behind it: the kernel hands its records over in order, and those of a later process come
// after all of an earlier one's.
func (l *live) doBefore(what, then string) []collectors.Draft {
	l.t.Helper()
	pid, later := l.run(what), l.run(then)
	if !l.pump(time.Minute, func() bool { return len(l.of(later)) > 0 }) {
		l.t.Errorf("nothing is seen of %q, which ran after %q", then, what)
	}
	return l.of(pid)
}

// run runs a helper to its end, pumping meanwhile, and gives its process id.
func (l *live) run(what string) int64 {
	l.t.Helper()
	cmd := exec.CommandContext(l.t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), asHelper+"="+what)
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	l.pump(time.Minute, func() bool { return len(ended) > 0 })
	if err := <-ended; err != nil {
		l.t.Fatal(err)
	}
	return int64(cmd.Process.Pid)
}

func (l *live) of(pid int64) []collectors.Draft {
	var out []collectors.Draft
	for _, d := range l.sink.drafts {
		if d.Actor.PID == pid {
			out = append(out, d)
		}
	}
	return out
}

func (l *live) row(item string) collectors.Health {
	l.t.Helper()
	for _, h := range l.Health() {
		if h.Item == item {
			return h
		}
	}
	l.t.Fatalf("health has no row %q", item)
	return collectors.Health{}
}

func TestLiveProtectionBits(t *testing.T) {
	needAudit(t)
	l := open(t, Options{})
	if h := l.row("socket"); h.State != "ok" || !strings.Contains(h.Detail, "mode=unicast") {
		t.Fatalf("the seat was free, but: %+v", h)
	}
	got := map[string]string{}
	for _, d := range l.do("protections") {
		e := d.Event
		if e.API.Name == "mmap" || e.API.Name == "mprotect" {
			if size := e.Args[1]; size == 0x5000+0x1000*e.Args[2] { // the runtime maps memory too
				got[e.API.Name] += strconv.FormatUint(e.Args[2], 10) + " "
			}
		}
	}
	// Executable anonymous memory is 4 to 7, of which 6 and 7 are writable as well; one record each, though two rules match.
	if want := "4 5 6 7 "; got["mmap"] != want || got["mprotect"] != want {
		t.Errorf("protections seen: mmap %q, mprotect %q, want %q", got["mmap"], got["mprotect"], want)
	}
	if a, b := l.row("rule:mmap_write_exec").Received, l.row("rule:mmap_anonymous_exec").Received; a < 2 || b < 2 {
		t.Errorf("mmap_write_exec explains %d records and mmap_anonymous_exec %d, want 2 each or more", a, b)
	}
}

func TestLiveRulesFire(t *testing.T) {
	needAudit(t)
	dir := t.TempDir()
	watched := filepath.Join(dir, "watched")
	if err := os.WriteFile(watched, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := open(t, Options{WatchPaths: []string{watched, "/nonexistent/folder/file"}})
	for _, h := range l.Health() {
		want := "ok"
		_, path, _ := strings.Cut(h.Item, ":/") // of a rule for one file
		_, err := os.Stat(filepath.Dir("/" + path))
		if err != nil || h.Reason == NoFolder && strings.HasSuffix(h.Item, "_devices") {
			want = "off"
		}
		if strings.HasPrefix(h.Item, "rule:") && h.State != want {
			t.Errorf("%s is %s (%s), want %s", h.Item, h.State, h.Reason, want)
		}
	}
	counts := map[string]int{}
	for _, d := range l.do("behaviours " + dir) {
		name := d.Event.API.Name
		if d.Event.Kind == event.KindFileAccess || name == "open" || name == "openat" {
			name = "open " + strings.ReplaceAll(d.Event.Path, dir, "DIR")
			if strings.HasSuffix(name, "/mem") {
				name = "open mem"
			}
		}
		counts[name]++
	}
	want := map[string]int{
		"ptrace": 1, "process_vm_readv": 1, "process_vm_writev": 1, "memfd_create": 1, "setuid": 1, "unshare": 1, "setns": 1,
		"mount": 1, "move_mount": 1, "open_tree": 1, "pivot_root": 1, "keyctl": 1, "utimensat": 1, "delete_module": 1,
		"finit_module": 1, "bpf": 1, "fchmodat": 1, "pkey_mprotect": 1, "connect": 2, "open mem": 1, "open DIR/watched": 1,
		"execve": 1,
	}
	for name, n := range want {
		if counts[name] != n {
			t.Errorf("%s was seen %d times, want %d", name, counts[name], n)
		}
	}
	for name, n := range counts {
		if want[name] == 0 && name != "mprotect" && name != "mmap" && name != "open_tree" {
			t.Logf("also seen: %s %d times", name, n)
		}
	}
	if t.Failed() {
		t.Log(strings.Join(l.raw, "\n"))
	}
}

// A 64-bit program that calls by i386's numbers is seen by the same rules.
func TestLiveNarrowCalls(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("NOT RUN: calls by i386's numbers")
	}
	needAudit(t)
	probe := exec.CommandContext(t.Context(), "/proc/self/exe")
	probe.Env = append(os.Environ(), asHelper+"=narrowest")
	if err := probe.Run(); err != nil { // some hypervisors do not let int 0x80 through
		t.Skip("NOT RUN: this machine does not take calls by i386's numbers: ", err)
	}
	l := open(t, Options{})
	got := map[string]int{}
	for _, d := range l.do("narrow") {
		if e := d.Event; e.API.Name != "mprotect" || e.Args[1] == 0 { // the helper makes its code executable
			got[e.API.Name]++
		}
	}
	for name, want := range map[string]int{"mprotect": 1, "ptrace": 1, "setuid": 1, "mmap2": 1} {
		if got[name] != want {
			t.Errorf("%s was seen %d times, want %d: %v", name, got[name], want, got)
		}
	}
}

func TestLiveOwnProcessIsLeftOut(t *testing.T) {
	needAudit(t)
	l := open(t, Options{rules: few()})
	fd, err := unix.MemfdCreate("own", 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	l.do("protections") // so that something comes
	if own := l.of(int64(os.Getpid())); len(own) > 0 || len(l.sink.drafts) == 0 {
		t.Errorf("%d events, %d of them of our own process", len(l.sink.drafts), len(own))
	}
}
