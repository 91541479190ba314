package procfs_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/procfs"
)

const (
	idA = "3f4ea0d6f1ab9d7a4a9b1f55a8b4c6f3f6a1f1a5c9f3d6b2e8a7c4d1b0f9e8d7"
	idB = "9f4ea0d6f1ab9d7a4a9b1f55a8b4c6f3f6a1f1a5c9f3d6b2e8a7c4d1b0f9e8d7"
)

// fixture copies testdata/proc and adds the symbolic links that testdata/links lists: not every checkout can hold them.
func fixture(t *testing.T) *procfs.FS {
	t.Helper()
	root := filepath.Join(t.TempDir(), "proc")
	if err := os.CopyFS(root, os.DirFS("testdata/proc")); err != nil {
		t.Fatal(err)
	}
	links, err := os.ReadFile("testdata/links")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(links)) {
		name, target, _ := strings.Cut(strings.TrimSpace(line), " ")
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, name); err != nil {
			if runtime.GOOS == "windows" {
				t.Skipf("no symbolic links here: %v", err)
			}
			t.Fatal(err)
		}
	}
	return &procfs.FS{Root: root}
}

func TestWalk(t *testing.T) {
	passwd := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(passwd, []byte("root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	all := make(map[int64]procfs.Process)
	var order []int64
	err := fixture(t).Walk(t.Context(), procfs.NewUsers(passwd), func(p *procfs.Process) {
		all[p.PID] = *p
		order = append(order, p.PID)
	})
	if err != nil {
		t.Fatalf("a process that vanished made an error: %v", err)
	}
	if want := []int64{1, 2, 812, 3000, 3001, 4242, 4300, 4400}; !slices.Equal(order, want) {
		t.Fatalf("walked %v, want %v", order, want)
	}
	p := all[812]
	if p.Comm != ") R 1 (sshd" || p.State != 'S' || p.Stat.PPID != 1 || p.Session != 812 || p.StartTicks != 254321 || p.TTYName() != "pts1" {
		t.Errorf("stat: %+v, terminal %q", p.Stat, p.TTYName())
	}
	if p.Cmdline != "/tmp/ssh d -o Name=\xff\nvalue" {
		t.Errorf("cmdline %q", p.Cmdline)
	}
	if p.Exe != "/usr/sbin/sshd (deleted)" || !p.ExeDeleted || p.CWD != "/home/u ser" || p.User != "alice" {
		t.Errorf("exe %q deleted %v cwd %q user %q", p.Exe, p.ExeDeleted, p.CWD, p.User)
	}
	c := p.Credentials
	if c.UID != 1000 || c.EUID != 0 || c.SUID != 1000 || c.FSUID != 1000 || c.FSGID != 100 || !c.CapsKnown || c.Effective != 0x3000 ||
		p.Bounding != 0x1ffffffffff {
		t.Errorf("credentials %+v, bounding %x", c, p.Bounding)
	}
	if p.LoginUID != 1000 || p.SessionID != 7 || all[1].LoginUID != -1 || all[1].SessionID != -1 {
		t.Errorf("audit ids %d %d, of init %d %d", p.LoginUID, p.SessionID, all[1].LoginUID, all[1].SessionID)
	}
	if k := all[2]; !k.KernelThread() || k.Exe != "" || k.Cmdline != "" {
		t.Errorf("kernel thread: %+v", k)
	}
	if k := all[4242]; k.ContainerID != idA || k.ContainerRuntime != "docker" || !slices.Equal(k.NSPID, []int64{4242, 7}) {
		t.Errorf("container %q %q, ids %v", k.ContainerID, k.ContainerRuntime, k.NSPID)
	}
	if all[1].Cmdline != "/sbin/init splash" {
		t.Errorf("cmdline of init %q", all[1].Cmdline)
	}
}

func TestWalkStopsInTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err := fixture(t).Walk(ctx, nil, func(*procfs.Process) { n++; cancel() })
	if !errors.Is(err, context.Canceled) || n != 1 {
		t.Errorf("after %d processes: %v", n, err)
	}
}

func TestBoot(t *testing.T) {
	p := fixture(t)
	if id, err := p.BootID(); err != nil || id != "0f6a3d6e-7c53-4a4b-9a55-0e7f6f0f0d11" {
		t.Errorf("boot id %q, %v", id, err)
	}
	ns, err := p.BootTimeNS()
	if err != nil || ns != 1760000000e9 {
		t.Errorf("boot time %d, %v", ns, err)
	}
	if start := procfs.StartNS(ns, 254321); start != 1760002543_210000000 {
		t.Errorf("start %d", start)
	}
}

func TestNoProc(t *testing.T) {
	p := &procfs.FS{Root: filepath.Join(t.TempDir(), "none")}
	if _, err := p.Stat(1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat: %v", err)
	}
	if _, err := procfs.NewHost(p, procfs.NewUsers("")); err == nil {
		t.Error("a host without a boot id")
	}
	if err := p.Walk(t.Context(), nil, func(*procfs.Process) { t.Error("a process") }); err == nil {
		t.Error("walked nothing without an error")
	}
	if what := p.Region(1, 0); what != "" {
		t.Errorf("region %q", what)
	}
	seq, status := p.Mappings(t.Context(), procfs.MappingQuery{})
	for m := range seq {
		t.Errorf("mapping %+v", m)
	}
	if !status.Truncated || status.Reason == "" {
		t.Errorf("status %+v", *status)
	}
}

func TestHost(t *testing.T) {
	h, err := procfs.NewHost(fixture(t), procfs.NewUsers("testdata/passwd"))
	if err != nil {
		t.Fatal(err)
	}
	f, ok := h.Process(4242)
	if !ok || f.PPID != 4300 || f.StartTicks != 300100 || f.StartNS != 1760003001e9 || f.Path != "/app" || f.ID != idA ||
		f.Runtime != "docker" || f.UID != 101 {
		t.Errorf("facts %+v %v", f, ok)
	}
	s, ok := h.Snapshot(812)
	if !ok || s.Key != "0f6a3d6e.812.254321" || s.TTY != "pts1" || s.EUID != 0 || s.AUID != 1000 || s.Session != 7 {
		t.Errorf("snapshot %+v %v", s, ok)
	}
	if _, ok := h.Process(6000); ok {
		t.Error("a process without stat")
	}
	if got := len(h.Walk()); got != 8 {
		t.Errorf("%d processes", got)
	}
	if health := h.Health(); len(health) != 1 || health[0].State != "ok" {
		t.Errorf("health %+v", health)
	}
	if found := slices.Collect(h.Mappings(t.Context(), procfs.MappingQuery{Query: procfs.Query{Budget: 1}})); len(found) != 0 {
		t.Errorf("found %+v in no time", found)
	}
	if health := h.Health(); len(health) != 2 || health[1].State != "degraded" || health[1].Item != "mappings" {
		t.Errorf("health %+v", health)
	}
	if c := h.Container(1); c.ID != "" {
		t.Errorf("init is in container %q", c.ID)
	}
	if h.GlobalPID(4242, 99) != 0 || h.GlobalPID(4242, 1) != 4300 {
		t.Errorf("translated 99 to %d, 1 to %d", h.GlobalPID(4242, 99), h.GlobalPID(4242, 1))
	}
}

func TestNamespacePID(t *testing.T) {
	p := fixture(t)
	for _, c := range []struct{ caller, nspid, want int64 }{
		{1, 7, 7},        // the reader's own namespace
		{812, 99999, 0},  // likewise: no search
		{4300, 7, 4242},  // 3000 is 7 in another container
		{3000, 1, 0},     // its first process is gone
		{4242, 7, 4242},  // itself
		{4242, 1, 4300},  //
		{4242, 30, 4400}, // lives in a namespace below; 3001 is 30 in another container
		{3000, 30, 3001},
		{4400, 1, 4400},
		{4400, 7, 0},
	} {
		got, err := p.NamespacePID(t.Context(), c.caller, c.nspid)
		if c.caller == 812 {
			c.want = c.nspid
		}
		if got != c.want || (err != nil) != (c.want == 0) {
			t.Errorf("process %d means by %d: %d, %v; want %d", c.caller, c.nspid, got, err, c.want)
		}
	}
}

func TestParseStat(t *testing.T) {
	const rest = " S 1 2 3 34816 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 77 1 1"
	for name, comm := range map[string]string{
		"a": "a", ")": ")", "()": "()", "": "", "x) R 9 9 9 9 (y": "x) R 9 9 9 9 (y", `a\nb`: "a\nb", `a\\nb`: `a\nb`, `a\`: `a\`,
		"\xff\x1b[0m": "\xff\x1b[0m",
	} {
		s, err := procfs.ParseStat([]byte("12 (" + name + ")" + rest))
		if err != nil || s.Comm != comm || s.PPID != 1 || s.Session != 3 || s.StartTicks != 77 || s.TTYName() != "pts0" {
			t.Errorf("name %q: %+v, %v", name, s, err)
		}
	}
	for _, bad := range []string{"", "1", "1 (", "1 (a", ")1 (", "x (a)" + rest, "1 (a) S 1 2", "1 (a) SS" + rest[2:], "1 (a) S -x" +
		rest[4:]} {
		if s, err := procfs.ParseStat([]byte(bad)); err == nil {
			t.Errorf("%q gives %+v", bad, s)
		}
	}
}

func TestTTYName(t *testing.T) {
	for device, want := range map[int64]string{
		0: "", 136 << 8: "pts0", 136<<8 | 255: "pts255", 136<<8 | 1<<20: "pts256", 4<<8 | 1: "tty1", 4<<8 | 64: "ttyS0", 5<<8 | 1: "console",
		7 << 8: "",
	} {
		s := procfs.Stat{TTY: device}
		if got := s.TTYName(); got != want {
			t.Errorf("device %#x: %q, want %q", device, got, want)
		}
	}
}

func TestParseStatus(t *testing.T) {
	s, err := procfs.ParseStatus([]byte("Name:\tUid:\\n\nUid:\t4294967294\t0\n" + "NSpid:\t" + strings.Repeat("1\t", 100) +
		"\nCapEff:\txyz\n"))
	if err != nil || s.Credentials.UID != 4294967294 || s.Credentials.EUID != 0 || s.Credentials.SUID != -1 || s.Credentials.CapsKnown ||
		len(s.NSPID) != 33 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, bad := range []string{"", "Uid:", "Uid:\t-1\n", "Uid:\t99999999999\n", "Gid:\t0\n"} {
		if s, err := procfs.ParseStatus([]byte(bad)); err == nil {
			t.Errorf("%q gives %+v", bad, s)
		}
	}
}

func TestParseCmdline(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "\x00\x00": "", "a\x00": "a", "a\x00\x00b\x00": "a  b", " a \x00": "a", "setproctitle: x": "setproctitle: x",
	} {
		if got := procfs.ParseCmdline([]byte(in)); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
	if got := procfs.ParseCmdline(bytes.Repeat([]byte{'a'}, 9000)); len(got) != procfs.MaxCmdline {
		t.Errorf("kept %d bytes", len(got))
	}
}

func TestUsers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passwd")
	write := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Unix(1_000_000, 0)
	u := procfs.NewUsers(file)
	u.SetClock(func() time.Time { return now })
	if got := u.Name(0); got != "" {
		t.Errorf("%q without a file", got)
	}
	write("root:x:0:0:::\ntoor:x:0:0:::\n#x:x:5:5:::\n+@nis:x:6:\nbad\n:x:7:7:::\nneg:x:-1:1::\nb\xffb:x:8:8:::\nlast:x:9:9", now)
	if got := u.Name(0); got != "" {
		t.Errorf("%q read too early", got)
	}
	now = now.Add(6 * time.Second)
	for uid, want := range map[int64]string{0: "root", 5: "", 6: "", 7: "", -1: "", 8: "b\xffb", 9: "last", 10: ""} {
		if got := u.Name(uid); got != want {
			t.Errorf("user %d is %q, want %q", uid, got, want)
		}
	}
	write("root:x:0:0:::\nnew:x:10:10:::\n", now)
	now = now.Add(time.Second)
	if got := u.Name(10); got != "" {
		t.Errorf("%q read again within the interval", got)
	}
	now = now.Add(6 * time.Second)
	if got := u.Name(10); got != "new" {
		t.Errorf("a changed file gives %q", got)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	now = now.Add(6 * time.Second)
	if got := u.Name(10); got != "new" {
		t.Errorf("a missing file gives %q", got)
	}
}
