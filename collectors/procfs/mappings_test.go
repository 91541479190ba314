package procfs_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/apiwatch/apiwatch/collectors/procfs"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

func collect(t *testing.T, p *procfs.FS, q procfs.MappingQuery) ([]procfs.Mapping, *procfs.ScanStatus) {
	t.Helper()
	seq, status := p.Mappings(t.Context(), q)
	return slices.Collect(seq), status
}

func TestMappings(t *testing.T) {
	p := fixture(t)
	found, status := collect(t, p, procfs.MappingQuery{Query: procfs.Query{PIDs: []int64{812, 812, 6000, -1, 0}}})
	var got []string
	for _, m := range found {
		if m.PID != 812 || m.Resident != -1 || m.PrivateDirty != -1 || m.Anonymous != -1 {
			t.Errorf("%+v", m)
		}
		got = append(got, fmt.Sprintf("%x %s %s %d %q", m.Start, m.Kind, m.Permissions, m.Inode, m.Path))
	}
	want := []string{
		`55d0a0100000 rwx rwxp 1311 "/usr/sbin/sshd"`,
		`55d0a1021000 anonymous_executable r-xp 0 "[heap]"`,
		`7f0000000000 rwx rwxp 0 ""`,
		`7f0000021000 anonymous_executable r-xp 0 ""`,
		`7f0000022000 anonymous_executable r-xp 0 "[anon:[vdso]]"`,
		`7f0000023000 memfd_executable r-xs 2053 "/memfd:a b (deleted)"`,
		`7f0000024000 anonymous_executable r-xs 2054 "/dev/zero (deleted)"`,
		`7f0000025000 anonymous_executable r-xs 3 "/SYSV00000000 (deleted)"`,
		`7f0000026000 deleted_executable --xp 99 "/tmp/x\\012y (deleted)"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if status.Listed != 4 || status.Scanned != 1 || status.Vanished != 3 || status.Truncated || status.Health().State != "ok" {
		t.Errorf("status %+v", *status)
	}
	if m := found[2]; m.End != 0x7f0000021000 || m.Device != "00:00" || found[0].Offset != 0xe0000 || found[0].Device != "08:01" ||
		!found[1].Pseudo() || found[0].Pseudo() {
		t.Errorf("%+v, %+v", m, found[0])
	}

	all, status := collect(t, p, procfs.MappingQuery{})
	if len(all) != len(found) || status.Listed != 9 || status.Vanished != 8 {
		t.Errorf("%d mappings of all, status %+v", len(all), *status)
	}

	found, _ = collect(t, p, procfs.MappingQuery{Query: procfs.Query{PIDs: []int64{812}}, Pages: true})
	for i, want := range [][3]int64{{60 << 10, 40 << 10, 36 << 10}, {4096, 4096, 4096}, {-1, -1, -1}, {0, 0, 0}, {-1, -1, -1}} {
		if m := found[i]; m.Resident != want[0] || m.PrivateDirty != want[1] || m.Anonymous != want[2] {
			t.Errorf("pages of %x: %d %d %d, want %d", m.Start, m.Resident, m.PrivateDirty, m.Anonymous, want)
		}
	}
	if found, _ := collect(t, p, procfs.MappingQuery{Query: procfs.Query{PIDs: []int64{}}}); len(found) != 0 {
		t.Error("no pid meant all")
	}
}

func TestMappingsStopInTime(t *testing.T) {
	found, status := collect(t, fixture(t), procfs.MappingQuery{Query: procfs.Query{Budget: 1}})
	if len(found) != 0 || !status.Truncated || !strings.Contains(status.Reason, "time allowed") || status.Health().State != "degraded" {
		t.Errorf("%d found, status %+v", len(found), *status)
	}
}

func TestMappingsBreak(t *testing.T) {
	seq, _ := fixture(t).Mappings(t.Context(), procfs.MappingQuery{})
	for range seq {
		break
	}
}

// maps makes maps with n mappings of two pages, each with a line's end.
func maps(n int, permissions string) string {
	var b strings.Builder
	for i := range n {
		at := 0x10000 + uint64(i)*0x3000
		fmt.Fprintf(&b, "%08x-%08x %s 00000000 08:01 77                         /usr/lib/l%d.so\n", at, at+0x2000, permissions, i)
	}
	return b.String()
}

func TestManyMappings(t *testing.T) {
	text := maps(100_000, "r-xp")
	asked := 0
	found, err := procfs.ScanMaps(iotest.HalfReader(strings.NewReader(text)), func(path string) bool {
		asked++
		return path == "/usr/lib/l99999.so"
	})
	if err != nil || asked != 100_000 || len(found) != 1 || found[0].Kind != procfs.KindModified || found[0].Start != 0x10000+99999*0x3000 {
		t.Errorf("asked %d times: %+v, %v", asked, found, err)
	}
	found, err = procfs.ScanMaps(strings.NewReader(maps(100_000, "rwxp")), nil)
	if err == nil || len(found) != procfs.MaxOfProcess {
		t.Errorf("%d found, %v", len(found), err)
	}
}

func TestOverlongLine(t *testing.T) {
	text := "00010000-00011000 rwxp 00000000 08:01 77 /" + strings.Repeat("a", 1<<20) + "\n00020000-00021000 rwxp 00000000 08:01 77 /b"
	found, err := procfs.ScanMaps(iotest.OneByteReader(strings.NewReader(text)), nil)
	if err != nil || len(found) != 1 || found[0].Path != "/b" {
		t.Errorf("%d found, %v", len(found), err)
	}
}

func TestFailingRead(t *testing.T) {
	broken := errors.New("broken")
	found, err := procfs.ScanMaps(io.MultiReader(strings.NewReader(maps(3, "rwxp")), iotest.ErrReader(broken)), nil)
	if !errors.Is(err, broken) || len(found) != 3 {
		t.Errorf("%d found, %v", len(found), err)
	}
}

func TestIsModified(t *testing.T) {
	const (
		present, swapped, file, guard, wp = 1 << 63, 1 << 62, 1 << 61, 1 << 58, 1 << 57
		exclusive, frame                  = 1 << 56, 0x12345
	)
	for entry, want := range map[uint64]bool{
		0: false, present | file | frame: false, present | file | exclusive: false, present | exclusive | frame: true, swapped | frame: true,
		swapped | file:  false,                      // shared memory
		swapped | guard: false, swapped | wp: false, // a marker of userfaultfd
		present | wp: true,
	} {
		if got := procfs.IsModified(entry); got != want {
			t.Errorf("%x: %v", entry, got)
		}
	}
}

// TestVDSO: what most have counts, and what nobody but one has does not.
func TestVDSO(t *testing.T) {
	var p procfs.FS
	for _, c := range []struct {
		size   int
		voters []string
		want   string
	}{
		{1, []string{"a"}, ""},
		{1, []string{"a", "b"}, ""},
		{1, nil, ""},
		{1, []string{"b", "a", "a"}, "a"},
		{1, []string{"c", "c", "c"}, "a"}, // it does not change
		{2, []string{"xx", "yy", "xx", "yy"}, ""},
		{2, []string{"xx", "xx"}, "xx"},
	} {
		if got := p.VDSO(c.size, c.voters...); got != c.want {
			t.Errorf("%q: %q, want %q", c.voters, got, c.want)
		}
	}
}

func TestRegion(t *testing.T) {
	p := fixture(t)
	for address, want := range map[uint64]string{
		0: "", 0x55d0a0020000: "/usr/sbin/sshd", 0x55d0a00bffff: "/usr/sbin/sshd", 0x55d0a00c0000: "", 0x55d0a1000008: "[heap]",
		0x7f0000000000: "anonymous", 0x7f0000022fff: "anonymous", 0x7f0000023000: "/memfd:a b (deleted)", 0x7ffd00000001: "[stack]",
		0x7ffd00100000: "[vvar]", 0x7ffd00105fff: "[vdso]", 0xffffffffff600000: "[vsyscall]", 0xffffffffffffffff: "",
	} {
		if got := p.Region(812, address); got != want {
			t.Errorf("%#x is %q, want %q", address, got, want)
		}
	}
	if got := p.Region(6000, 0); got != "" {
		t.Errorf("a process that is gone has %q", got)
	}
}

// TestUnseen: a living process that shows no mappings is counted, a kernel thread and one that was not waited for are not.
func TestUnseen(t *testing.T) {
	root := t.TempDir()
	for pid, stat := range map[string]string{
		"10": "10 (hidden) S 1 10 10 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0",
		"11": "11 (kworker) I 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0",
		"12": "12 (ended) Z 1 12 12 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0",
	} {
		for name, content := range map[string]string{"stat": stat, "maps": "", "smaps": ""} {
			if err := os.MkdirAll(filepath.Join(root, pid), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, pid, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	found, status := collect(t, &procfs.FS{Root: root}, procfs.MappingQuery{})
	if len(found) != 0 || status.Unseen != 1 || status.Vanished != 1 || status.Scanned != 1 {
		t.Errorf("found %v, status %+v", found, status)
	}
	if h := status.Health(); h.State != "degraded" || !strings.Contains(h.Reason, "unknown: 1") || !strings.Contains(h.Detail, "unseen=1") {
		t.Errorf("health %+v", h)
	}
}

func TestGuard(t *testing.T) { synctest.Test(t, testGuard) } // in a time of its own, which a busy machine does not stretch

func testGuard(t *testing.T) {
	var p procfs.FS
	release := make(chan struct{})
	hang := func(*atomic.Uint64) (int, error) { <-release; return 1, nil }
	answer := func(*atomic.Uint64) (int, error) { return 7, nil }
	begin := time.Now()
	if _, err := p.Guarded(1, hang); !errors.Is(err, procfs.ErrHeld) {
		t.Fatalf("a read that hangs: %v", err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("waited %v", took)
	}
	if _, err := p.Guarded(1, answer); !errors.Is(err, procfs.ErrHeld) || p.Held() != 1 {
		t.Errorf("a process that holds a reader: %v, %d held", err, p.Held())
	}
	if n, err := p.Guarded(2, answer); n != 7 || err != nil {
		t.Errorf("another process: %d, %v", n, err)
	}
	slow := func(progress *atomic.Uint64) (int, error) {
		for range 6 {
			time.Sleep(40 * time.Millisecond)
			progress.Add(1)
		}
		return 3, nil
	}
	if n, err := p.Guarded(3, slow); n != 3 || err != nil {
		t.Errorf("a read that makes progress: %d, %v", n, err)
	}
	close(release)
	for p.Held() != 0 {
		time.Sleep(time.Millisecond)
	}
	if n, err := p.Guarded(1, answer); n != 7 || err != nil {
		t.Errorf("a process that let go: %d, %v", n, err)
	}
}

func FuzzStat(f *testing.F) {
	seed(f, "testdata/proc/1/stat", "testdata/proc/812/stat")
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := procfs.ParseStat(b)
		if err != nil && s != (procfs.Stat{}) {
			t.Errorf("half a result %+v with %v", s, err)
		}
		if err == nil && (s.State == ' ' || s.State == '\t') {
			t.Errorf("a blank for a state: %+v", s)
		}
	})
}

func FuzzStatus(f *testing.F) {
	seed(f, "testdata/proc/1/status", "testdata/proc/4400/status")
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := procfs.ParseStatus(b)
		c := s.Credentials
		for _, id := range []int64{c.UID, c.EUID, c.SUID, c.FSUID, c.GID, c.EGID, c.SGID, c.FSGID} {
			if id < -1 || id > 1<<32-1 {
				t.Errorf("id %d", id)
			}
		}
		if err == nil && c.UID < 0 {
			t.Error("no user and no error")
		}
	})
}

func FuzzMaps(f *testing.F) {
	seed(f, "testdata/proc/812/maps", "testdata/proc/812/smaps")
	f.Add([]byte(maps(3, "r-xp")))
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		whole, err := procfs.ScanMaps(strings.NewReader(string(b)), func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		pieces, err := procfs.ScanMaps(iotest.OneByteReader(strings.NewReader(string(b))), func(string) bool { return true })
		if err != nil || !slices.Equal(whole, pieces) {
			t.Errorf("read piece by piece: %+v, %v; at once: %+v", pieces, err, whole)
		}
		for _, m := range whole {
			if m.End <= m.Start || m.Kind == "" || len(m.Permissions) != 4 || strings.Contains(m.Path, "\n") {
				t.Errorf("%+v", m)
			}
		}
		if err := procfs.AddPages(strings.NewReader(string(b)), whole); err != nil {
			t.Error(err)
		}
		if _, err := procfs.FindRegion(strings.NewReader(string(b)), 0x7f0000000000); err != nil {
			t.Error(err)
		}
	})
}

func seed(f *testing.F, names ...string) {
	f.Helper()
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

func BenchmarkScanMaps(b *testing.B) {
	text := maps(1000, "r--p") + maps(100, "r-xp")
	r := strings.NewReader(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(text)
		if _, err := procfs.ScanMaps(r, func(string) bool { return false }); err != nil {
			b.Fatal(err)
		}
	}
}
