package audit

import (
	"strconv"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
)

// sample is an event as the kernel sends it.
type sample struct {
	name    string
	records []sampleRecord
}

type sampleRecord struct {
	typ  uint16
	name string
	text string
}

const benchCaller = "items=0 ppid=4200 pid=4242 auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 " +
	"fsgid=1000 " +
	`tty=pts3 ses=7 comm="java" exe="/usr/lib/jvm/java-17-openjdk-amd64/bin/java" subj=unconfined key="apiwatch"`

const benchTitle = "proctitle=2F7573722F62696E2F6A617661002D6A6172002F6F70742F6170702F7365727665722E6A6172002D2D706F72740038303830"

var samples = []sample{
	{"mprotect", []sampleRecord{
		{typeSyscall, "SYSCALL", "arch=c000003e syscall=10 success=yes exit=0 a0=7f6add6f5000 a1=23c000 a2=5 a3=812 " + benchCaller},
		{typeProctitle, "PROCTITLE", benchTitle},
		{typeEOE, "EOE", ""},
	}},
	{"ptrace", []sampleRecord{
		{typeSyscall, "SYSCALL", "arch=c000003e syscall=101 success=yes exit=0 a0=10 a1=5b64 a2=0 a3=0 " + benchCaller},
		{typeObjPid, "OBJ_PID", `opid=23396 oauid=1000 ouid=0 oses=7 ocomm="sleep"`},
		{typeProctitle, "PROCTITLE", benchTitle},
		{typeEOE, "EOE", ""},
	}},
	{"execve", []sampleRecord{
		{typeSyscall, "SYSCALL", "arch=c000003e syscall=59 success=yes exit=0 a0=559a7a591b40 a1=559a7a58c5f0 a2=559a7a5897f0 " +
			"a3=e1eee30328885b7d items=2" + benchCaller[7:]},
		{typeExecve, "EXECVE", `argc=4 a0="grep" a1="-rn" a2=612062 a3="/etc"`},
		{typeCwd, "CWD", `cwd="/home/user"`},
		{typePath, "PATH", `item=0 name="/usr/bin/grep" inode=246999 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 ` +
			`cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0`},
		{typePath, "PATH", `item=1 name="/lib64/ld-linux-x86-64.so.2" inode=325835 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 ` +
			`nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0`},
		{typeProctitle, "PROCTITLE", "proctitle=67726570002D726E00612062002F657463"},
		{typeEOE, "EOE", ""},
	}},
}

const benchStamp = "audit(1700000000.000:1000000000): "

// feeder sends a sample again and again, each time with the next sequence number and, every tenth, a later millisecond.
type feeder struct {
	bodies [][]byte
	types  []uint16
	n      int
}

func newFeeder(s sample) *feeder {
	f := &feeder{}
	for _, r := range s.records {
		f.bodies = append(f.bodies, []byte(benchStamp+r.text))
		f.types = append(f.types, r.typ)
	}
	return f
}

func (f *feeder) feed(d *Decoder) {
	f.n++
	for i, b := range f.bodies {
		strconv.AppendInt(b[21:21], int64(1_000_000_000+f.n), 10)
		strconv.AppendInt(b[6:6], int64(1_700_000_000+f.n/10_000), 10)
		ms := f.n / 10 % 1000
		b[17], b[18], b[19] = byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10)
		d.Record(f.types[i], b)
	}
}

type counting struct{ events int }

func (c *counting) Draft(*collectors.Draft)        { c.events++ }
func (c *counting) Lifecycle(collectors.Lifecycle) {}

// TestNoAllocation holds the hot path to none: a program that changes protections all day costs no memory.
func TestNoAllocation(t *testing.T) {
	for _, s := range samples[:2] {
		sink := &counting{}
		d, f := NewDecoder(sink), newFeeder(s)
		f.feed(d)
		if n := testing.AllocsPerRun(1000, func() { f.feed(d) }); n != 0 {
			t.Errorf("%s: %v allocations an event, want 0", s.name, n)
		}
		if sink.events != f.n {
			t.Errorf("%s: %d events of %d", s.name, sink.events, f.n)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, s := range samples {
		b.Run(s.name, func(b *testing.B) {
			sink := &counting{}
			d, f := NewDecoder(sink), newFeeder(s)
			b.ReportAllocs()
			for b.Loop() {
				f.feed(d)
			}
			if sink.events != f.n {
				b.Fatalf("%d events of %d", sink.events, f.n)
			}
			report(b, len(s.records))
		})
	}
}

func report(b *testing.B, records int) {
	ns := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	b.ReportMetric(ns/float64(records), "ns/record")
	b.ReportMetric(1e9/ns, "events/s")
}
