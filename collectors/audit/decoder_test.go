package audit

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/syscalls"
)

// keep holds copies of what a decoder delivers.
type keep struct {
	drafts     []collectors.Draft
	lifecycles []collectors.Lifecycle
}

func (k *keep) Draft(d *collectors.Draft)          { k.drafts = append(k.drafts, *d) }
func (k *keep) Lifecycle(l collectors.Lifecycle)   { k.lifecycles = append(k.lifecycles, l) }
func (k *keep) last(t *testing.T) collectors.Draft { t.Helper(); return k.drafts[len(k.drafts)-1] }

// pids lists who the events are of, in the order of delivery.
func (k *keep) pids() []int64 {
	var out []int64
	for i := range k.drafts {
		out = append(out, k.drafts[i].Actor.PID)
	}
	return out
}

const second = 1_700_000_000

// syscall writes a SYSCALL line of a ptrace attach by pid.
func syscallLine(ms int64, seq uint32, pid int) string {
	return fmt.Sprintf("type=SYSCALL msg=audit(%d.%03d:%d): arch=c000003e syscall=101 success=yes exit=0 a0=10 a1=4d2 a2=0 a3=0 items=0 "+
		"ppid=1 pid=%d auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 fsgid=1000 tty=pts0 ses=3 "+
		`comm="gdb" exe="/usr/bin/gdb" subj=unconfined key=(null)`, second+ms/1000, ms%1000, seq, pid)
}

func line(typ string, ms int64, seq uint32, body string) string {
	return fmt.Sprintf("type=%s msg=audit(%d.%03d:%d): %s", typ, second+ms/1000, ms%1000, seq, body)
}

func eoe(ms int64, seq uint32) string { return line("EOE", ms, seq, "") }

func decode(t *testing.T, lines ...string) (*keep, *Decoder) {
	t.Helper()
	k := &keep{}
	d := NewDecoder(k)
	for _, l := range lines {
		if err := d.Line([]byte(l)); err != nil {
			t.Fatalf("%v: %s", err, l)
		}
	}
	return k, d
}

func check(t *testing.T, name string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s is %v, want %v", name, got, want)
	}
}

func TestGrouping(t *testing.T) {
	t.Run("interleaved", func(t *testing.T) {
		k, d := decode(t, syscallLine(0, 1, 11), syscallLine(0, 2, 22), line("PROCTITLE", 0, 1, `proctitle="one"`),
			line("PROCTITLE", 0, 2, `proctitle="two"`), eoe(0, 2), eoe(0, 1))
		check(t, "order", k.pids(), []int64{22, 11})
		check(t, "cmdline", k.drafts[0].Actor.Cmdline+" "+k.drafts[1].Actor.Cmdline, "two one")
		check(t, "expired", d.Stats().Expired, 0)
	})
	t.Run("any order", func(t *testing.T) {
		records := []string{
			line("EXECVE", 0, 1, `argc=3 a0="sh" a1_len=6 a1[0]=6161`), line("EXECVE", 0, 1, `a1[1]=62`), line("EXECVE", 0, 1, `a2="c"`),
			line("CWD", 0, 1, `cwd="/home"`), line("PATH", 0, 1, `item=1 name="/bin/sh" mode=0100755 ouid=0 nametype=NORMAL`),
			line("PATH", 0, 1, `item=0 name="run.sh" mode=0104755 ouid=7 nametype=NORMAL`),
			line("PATH", 0, 1, `item=2 name="/lib/ld-linux.so.2" mode=0100755 ouid=9 nametype=NORMAL`),
			strings.NewReplacer("syscall=101", "syscall=59", "items=0", "items=3").Replace(syscallLine(0, 1, 5)),
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			r.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
			k, _ := decode(t, append(slices.Clone(records), eoe(0, 1))...)
			got := k.last(t)
			x := got.Event.Detail.(*event.Exec)
			check(t, "event", fmt.Sprint(got.Event.Kind, got.Actor.Cmdline, got.Actor.CmdlineCut, x.ScriptPath, x.OwnerUID, got.Actor.CWD),
				fmt.Sprint(event.KindProcessStart, "sh aab c", false, "/home/run.sh", 0, "/home"))
		}
	})
	t.Run("duplicates and late records", func(t *testing.T) {
		s := syscallLine(0, 1, 11)
		k, d := decode(t, s, s, s, eoe(0, 1), s, eoe(0, 1), line("PROCTITLE", 0, 1, `proctitle="x"`))
		st := d.Stats()
		check(t, "events, duplicate, late", []uint64{st.Events, st.Duplicate, st.Late}, []uint64{1, 2, 3})
		d.Flush()
		check(t, "events", len(k.drafts), 1)
	})
	t.Run("a second system call in one event is not believed", func(t *testing.T) {
		k, _ := decode(t, syscallLine(0, 1, 11), syscallLine(0, 1, 22), eoe(0, 1))
		check(t, "pids", k.pids(), []int64{11})
	})
	t.Run("age", func(t *testing.T) {
		k, d := decode(t, syscallLine(0, 1, 1), syscallLine(1999, 2, 2), syscallLine(2000, 3, 3))
		check(t, "after 2.000 s", len(k.drafts), 0)
		_ = d.Line([]byte(syscallLine(2001, 4, 4)))
		check(t, "after 2.001 s", k.pids(), []int64{1})
		d.Expire((second*1000 + 4001) * 1e6)
		check(t, "Expire", k.pids(), []int64{1, 2, 3})
		d.Flush()
		check(t, "Flush", k.pids(), []int64{1, 2, 3, 4})
		check(t, "expired", d.Stats().Expired, 4)
	})
	t.Run("room", func(t *testing.T) {
		k, d := decode(t)
		for i := range 1000 {
			_ = d.Line([]byte(syscallLine(0, uint32(i), i+1)))
		}
		if n := len(k.drafts); n < 1000-maxOpen-1 || n > 1000-maxOpen {
			t.Errorf("%d events delivered with at most %d open of 1000", n, maxOpen)
		}
		for i, pid := range k.pids() {
			if pid != int64(i+1) {
				t.Fatalf("event %d is of pid %d: the oldest must go first", i, pid)
			}
		}
	})
	t.Run("same number, other time or machine", func(t *testing.T) {
		k, d := decode(t, syscallLine(0, 9, 1), syscallLine(1, 9, 2), "node=b "+syscallLine(0, 9, 3), eoe(0, 9), eoe(1, 9), "node=b "+eoe(0, 9))
		check(t, "pids", k.pids(), []int64{1, 2, 3})
		check(t, "late", d.Stats().Late, 0)
	})
	t.Run("numbers wrap", func(t *testing.T) {
		k, _ := decode(t, syscallLine(0, 4294967295, 1), syscallLine(0, 0, 2), eoe(0, 4294967295), eoe(0, 0))
		check(t, "pids", k.pids(), []int64{1, 2})
	})
	t.Run("a long call bears the time at which it began", func(t *testing.T) {
		k, d := decode(t, syscallLine(60_000, 1, 1), syscallLine(0, 2, 2), line("PROCTITLE", 0, 2, `proctitle="slow"`), eoe(0, 2), eoe(60_000, 1))
		check(t, "pids", k.pids(), []int64{2, 1})
		check(t, "expired", d.Stats().Expired, 0)
		check(t, "cmdline", k.drafts[0].Actor.Cmdline, "slow")
	})
	t.Run("clock set back", func(t *testing.T) {
		k, d := decode(t, syscallLine(3_600_000, 1, 1))
		for i := range 200 {
			_ = d.Line([]byte(syscallLine(int64(i), uint32(i+2), i+2)))
		}
		check(t, "none has waited 2 s", len(k.drafts), 0)
		_ = d.Line([]byte(syscallLine(5000, 1000, 1000)))
		check(t, "all but the last have", len(k.drafts), 201)
	})
	t.Run("clock set back, seen by Expire", func(t *testing.T) {
		k, d := decode(t, syscallLine(3_600_000, 1, 1))
		d.Expire(second * 1e9)
		check(t, "at once", len(k.drafts), 0)
		d.Expire((second + 3) * 1e9)
		check(t, "after 3 s", len(k.drafts), 1)
	})
	t.Run("a mad time harms only its own event", func(t *testing.T) {
		k, d := decode(t, syscallLine(0, 1, 1), "type=SYSCALL"+strings.Replace(syscallLine(0, 2, 2)[12:], "audit(1700000000", "audit(8999999999",
			1))
		for i := range 300 {
			_ = d.Line([]byte(syscallLine(int64(10*i), uint32(i+3), i+3)))
			_ = d.Line([]byte(line("PROCTITLE", int64(10*i), uint32(i+3), `proctitle="t"`)))
			_ = d.Line([]byte(eoe(int64(10*i), uint32(i+3))))
		}
		d.Flush()
		titled := 0
		for _, x := range k.drafts {
			if x.Actor.Cmdline == "t" {
				titled++
			}
		}
		check(t, "whole events", titled, 300)
	})
	t.Run("memory is bounded", func(t *testing.T) {
		_, d := decode(t)
		big := strings.Repeat("41", 30_000)
		for i := range 4000 {
			_ = d.Line([]byte(line("PATH", 0, uint32(i/8), fmt.Sprintf("item=%d name=%s", i%8, big))))
		}
		if d.groups.held > maxHeld+maxGroup {
			t.Errorf("%d bytes are held", d.groups.held)
		}
		if d.Stats().Oversized == 0 {
			t.Error("events of 480 KB count as oversized")
		}
		d.Flush()
		check(t, "held after Flush", d.groups.held, 0)
	})
}

func TestForeign(t *testing.T) {
	k, d := decode(t)
	var seen []string
	d.Foreign = func(typ string, body []byte) {
		seen = append(seen, fmt.Sprintf("%s %s after %d", typ, body, len(k.drafts)))
	}
	for _, l := range []string{
		syscallLine(0, 1, 1), eoe(0, 1), syscallLine(0, 2, 2), `type=APIWATCH_FACT msg=audit(0:0): {"a":"b c"}`,
		line("PROCTITLE", 0, 2, `proctitle="whole"`), eoe(0, 2), "type=APIWATCH_ROUND msg=audit(0:0): {}",
	} {
		if err := d.Line([]byte(l)); err != nil {
			t.Fatal(err)
		}
	}
	check(t, "calls", seen, []string{`APIWATCH_FACT audit(0:0): {"a":"b c"} after 1`, "APIWATCH_ROUND audit(0:0): {} after 2"})
	check(t, "the open event", k.last(t).Actor.Cmdline, "whole")
	check(t, "foreign", d.Stats().Foreign, 2)
}

// TestTruncated cuts every line of an event at every byte. Other events stay whole, and what is said of the caller is
// either right or not said.
func TestTruncated(t *testing.T) {
	lines := []string{
		"node=host " + syscallLine(0, 1234567, 4242) + "\x1d" + `ARCH=x86_64 AUID="alice" UID="alice"`,
		"node=host " + line("OBJ_PID", 0, 1234567, `opid=5678 oauid=1000 ouid=1001 oses=3 obj=unconfined ocomm="victim"`),
		"node=host " + line("PROCTITLE", 0, 1234567, "proctitle=67646200"),
		"node=host " + eoe(0, 1234567),
	}
	other := []string{syscallLine(5, 77, 99), line("PROCTITLE", 5, 77, `proctitle="other"`), eoe(5, 77)}
	for i := range lines {
		for cut := range len(lines[i]) {
			k := &keep{}
			d := NewDecoder(k)
			feed := func(l string) { _ = d.Line([]byte(l)) }
			feed(other[0])
			for j, l := range lines {
				if j == i {
					l = l[:cut]
				}
				feed(l)
			}
			feed(other[1])
			feed(other[2])
			d.Flush()
			whole := false
			for _, x := range k.drafts {
				if x.Event.TimeNS == (second*1000+5)*1e6 {
					whole = x.Actor.PID == 99 && x.Actor.Cmdline == "other" && x.Actor.Path == "/usr/bin/gdb"
					continue
				}
				a := x.Actor
				if a.PID != 4242 || a.UID != 1000 || a.FSGID != 1000 || a.TTY != "pts0" || a.Session != 3 || x.Event.API.Name != "ptrace" ||
					x.Event.Args != [event.MaxArgs]uint64{0x10, 0x4d2} || a.Path != "" && a.Path != "/usr/bin/gdb" || a.Comm != "" && a.Comm != "gdb" ||
					a.User != "" && a.User != "alice" {
					t.Fatalf("line %d cut at %d: %+v", i, cut, x)
				}
			}
			if !whole {
				t.Fatalf("line %d cut at %d harms another event: %+v", i, cut, k.drafts)
			}
		}
	}
}

func TestOversized(t *testing.T) {
	k, d := decode(t, syscallLine(0, 1, 1))
	if err := d.Line([]byte(line("PATH", 0, 1, "item=0 name="+strings.Repeat("41", maxRecord)))); err == nil {
		t.Error("a record of 128 KiB passes")
	}
	d.Record(typePath, make([]byte, maxRecord+1))
	_ = d.Line([]byte(eoe(0, 1)))
	check(t, "oversized", d.Stats().Oversized, 2)
	check(t, "pids", k.pids(), []int64{1})
}

func TestCmdline(t *testing.T) {
	exec := strings.Replace(syscallLine(0, 1, 5), "syscall=101", "syscall=59", 1)
	for _, c := range []struct {
		name    string
		records []string
		want    string
		cut     bool
	}{
		{"plain", []string{`argc=2 a0="ls" a1=2D6C20`}, "ls -l ", false},
		{"empty argument", []string{`argc=3 a0="a" a1="" a2="b"`}, "a  b", false},
		{"parts", []string{`argc=2 a0="a" a1_len=8 a1[0]=6262`, `a1[1]=6363`}, "a bbcc", false},
		{"a part missing", []string{`argc=2 a0="a" a1_len=8 a1[0]=6262`, `a1[2]=6363`}, "a bb", true},
		{"first part missing", []string{`argc=2 a0="a"`, `a1[1]=6363`}, "a cc", true},
		{"argument missing", []string{`argc=3 a0="a" a2="c"`}, "a c", true},
		{"end missing", []string{`argc=3 a0="a" a1="b"`}, "a b", true},
		{"beginning missing", []string{`a1="b"`}, "b", true},
		{"forged second", []string{`argc=2 a0="a" a1="b" a1="evil" argc=1`}, "a b", false},
		{"quote in it", []string{`argc=2 a0="a" a1=2220612322`}, `a " a#"`, false},
		{"NUL", []string{`argc=1 a0=610062`}, "a b", false},
		{"not UTF-8", []string{`argc=1 a0=61FF62`}, "a\uFFFDb", false},
		{"cut hexadecimal", []string{`argc=1 a0=616`}, "", true},
		{"large argc", []string{`argc=99999999999999999999 a0="a"`}, "a", true},
		{"8 KiB", []string{`argc=2 a0="a" a1=` + strings.Repeat("62", 8<<10)}, "a " + strings.Repeat("b", 8<<10), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := []string{exec}
			for _, r := range c.records {
				lines = append(lines, line("EXECVE", 0, 1, r))
			}
			k, _ := decode(t, append(lines, line("PROCTITLE", 0, 1, "proctitle=(null)"), eoe(0, 1))...)
			check(t, "cmdline", k.last(t).Actor.Cmdline, c.want)
			if c.want != "" {
				check(t, "cut", k.last(t).Actor.CmdlineCut, c.cut)
			}
		})
	}
}

func TestIncomplete(t *testing.T) {
	open := strings.NewReplacer("syscall=101", "syscall=2", "items=0", "items=2").Replace(syscallLine(0, 1, 5))
	_, d := decode(t, open, line("PATH", 0, 1, `item=0 name="/a" nametype=NORMAL`), eoe(0, 1))
	check(t, "incomplete", d.Stats().Incomplete, 1)
}

func TestClean(t *testing.T) {
	x := NewDecoder(nil)
	parts := []string{"", ".", "..", "a", ".b", "...", "c.d", "//", "/"}
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		var b strings.Builder
		for range r.IntN(7) {
			b.WriteString(parts[r.IntN(len(parts))])
			if r.IntN(3) > 0 {
				b.WriteByte('/')
			}
		}
		name := b.String()
		if name == "" {
			continue
		}
		want := path.Clean("/home/u/" + name)
		if name[0] == '/' {
			want = path.Clean(name)
		}
		if got := x.texts.Clean("/home/u", name); got != want {
			t.Fatalf("clean(%q) is %q, want %q", name, got, want)
		}
	}
	check(t, "no directory", x.texts.Clean("", "a/../b"), "a/../b")
}

// TestBorrowed overwrites a record after the call: nothing delivered may change.
func TestBorrowed(t *testing.T) {
	k := &keep{}
	d := NewDecoder(k)
	for _, l := range []string{
		syscallLine(0, 1, 1), line("PROCTITLE", 0, 1, "proctitle=61006200"),
		line("OBJ_PID", 0, 1, `opid=7 ouid=0 ocomm="v"`), eoe(0, 1),
	} {
		b := []byte(l)
		_ = d.Line(b)
		for i := range b {
			b[i] = 'X'
		}
	}
	got := k.last(t)
	check(t, "strings", []string{got.Actor.Path, got.Actor.Comm, got.Actor.Cmdline, got.Target.Comm, got.Actor.TTY},
		[]string{"/usr/bin/gdb", "gdb", "a b", "v", "pts0"})
}

func TestStatsWhileDecoding(t *testing.T) {
	_, d := decode(t)
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 1000 {
			_ = d.Stats().String()
		}
	})
	for i := range 1000 {
		_ = d.Line([]byte(syscallLine(0, uint32(i), i+1)))
	}
	wg.Wait()
	d.Flush()
	check(t, "events", d.Stats().Events, 1000)
}

func TestCallNames(t *testing.T) {
	for _, c := range []struct {
		arch   uint32
		number int64
		want   string
	}{
		{syscalls.X8664, 59, "execve"},
		{syscalls.X8664, 311, "process_vm_writev"},
		{syscalls.X8664, 452, "fchmodat2"},
		{syscalls.X8664, 428, "open_tree"},
		{syscalls.X8664, syscalls.X32Bit | 520, "execve"},
		{syscalls.X8664, syscalls.X32Bit | 521, "ptrace"},
		{syscalls.X8664, syscalls.X32Bit | 10, "mprotect"},
		{syscalls.X8664, 380, ""},
		{syscalls.X8664, -1, ""},
		{syscalls.X8664, 1 << 40, ""},
		{syscalls.I386, 192, "mmap2"},
		{syscalls.I386, 90, "old_mmap"},
		{syscalls.I386, 213, "setuid"},
		{syscalls.I386, 26, "ptrace"},
		{syscalls.I386, 348, "process_vm_writev"},
		{syscalls.I386, 412, "utimensat_time64"},
		{syscalls.I386, 102, "socketcall"},
		{syscalls.AArch64, 221, "execve"},
		{syscalls.AArch64, 117, "ptrace"},
		{syscalls.AArch64, 226, "mprotect"},
		{syscalls.AArch64, 270, "process_vm_readv"},
		{syscalls.AArch64, 203, "connect"},
		{syscalls.AArch64, 280, "bpf"},
		{syscalls.ARM, 11, "execve"},
		{syscalls.ARM, 125, "mprotect"},
		{syscalls.ARM, 283, "connect"},
		{syscalls.ARM, 377, "process_vm_writev"},
		{syscalls.ARM, 0, "restart_syscall"},
		{0xc0000016, 1, ""},
	} {
		if got := syscalls.Name(c.arch, c.number); got != c.want {
			t.Errorf("call %d of %#x is %q, want %q", c.number, c.arch, got, c.want)
		}
	}
}
