package bpf

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/syscalls"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

var update = flag.Bool("update", false, "write the golden files anew")

const goldens = "../../testdata/decode/bpf"

// all holds what was delivered.
type all struct {
	drafts []collectors.Draft
	lives  []collectors.Lifecycle
}

func (a *all) Draft(d *collectors.Draft)        { a.drafts = append(a.drafts, *d) }
func (a *all) Lifecycle(l collectors.Lifecycle) { a.lives = append(a.lives, l) }

// dump writes a draft as a line.
func dump(t testing.TB, d *collectors.Draft) string {
	t.Helper()
	detail, err := json.Marshal(d.Event.Detail)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s %s(%s) exit=%d outcome=%d path=%q pid=%d ppid=%d uid=%d euid=%d auid=%d comm=%q target=%d %q ns=%v %T%s\n",
		d.Event.TimeNS, d.Event.Kind, d.Event.API.Name, d.Event.Arguments(), d.Event.Exit, d.Event.Outcome, d.Event.Path, d.Actor.PID,
		d.Actor.PPID, d.Actor.UID, d.Actor.EUID, d.Actor.AUID, d.Actor.Comm, d.Target.PID, d.Target.Comm, d.TargetInNamespace, d.Event.Detail,
		detail)
}

// replay reads a recording to its end.
func replay(t testing.TB, path string) (all, []collectors.Health) {
	t.Helper()
	var a all
	s := Format.Open(path, nil)
	if err := s.Open(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for {
		err := s.Read()
		s.Decode(&a)
		if errors.Is(err, io.EOF) {
			return a, s.Health()
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestGolden decodes what the programs told of each watched call: TestLiveCalls records it.
func TestGolden(t *testing.T) {
	path := filepath.Join(goldens, "calls.log")
	a, health := replay(t, path)
	var got strings.Builder
	for i := range a.drafts {
		got.WriteString(dump(t, &a.drafts[i]))
	}
	golden := filepath.Join(goldens, "calls.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("%s differs; run go test ./collectors/bpf -run TestGolden -update and read the difference", golden)
	}
	if h := health[0]; h.State != "ok" || h.Lost > 0 || h.Decoded != uint64(len(a.drafts)) || h.Collector != "ebpf" {
		t.Errorf("health %+v of %d events", h, len(a.drafts))
	}
	head, err := os.ReadFile(path)
	if err != nil || !Format.Recognise(head) || Format.Recognise([]byte("type=SYSCALL msg=audit(1.0:1): x")) {
		t.Errorf("the format is not recognised: %v", err)
	}
}

// call builds a record of a call.
func call(number int, flags byte, result int64, args [6]uint64, parts ...string) []byte {
	r := make([]byte, callSize)
	le := binary.LittleEndian
	r[0], r[1] = recordCall, flags
	le.PutUint16(r[2:], uint16(number))
	le.PutUint32(r[4:], 4242)
	le.PutUint32(r[8:], 4242)
	le.PutUint64(r[16:], 5e9)
	le.PutUint64(r[resultAt:], uint64(result))
	for i, a := range args {
		le.PutUint64(r[argsAt+8*i:], a)
	}
	for i, p := range parts {
		le.PutUint16(r[textsAt+2*i:], uint16(len(p)))
		r = append(r, p...)
	}
	return r
}

func decodeOne(t *testing.T, raw []byte) *collectors.Draft {
	t.Helper()
	var a all
	d := NewDecoder(&a)
	d.Machine = Machine{Arch: syscalls.X8664, Narrow: syscalls.I386, Offset: 1e18}
	d.Record(raw)
	if len(a.drafts) != 1 {
		t.Fatalf("%d events: %s", len(a.drafts), d.Stats())
	}
	return &a.drafts[0]
}

// TestPaths: names from the leaf up, relative ones from their folder, and what no name leads to.
func TestPaths(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags byte
		links uint32
		magic uint64
		parts []string
		want  string
	}{
		{"walked", flagFile, 1, 0, []string{"passwd\x00etc\x00"}, "/etc/passwd"},
		{"deleted", flagFile, 0, 0, []string{"x\x00tmp\x00"}, "/tmp/x (deleted)"},
		{"of a process", flagFile, 0, procMagic, []string{"mem\x0012\x00"}, "/proc/12/mem"},
		{"absolute", flagUser, 0, 0, []string{"/a/../b\x00"}, "/b"},
		{"relative", flagUser, 0, 0, []string{"../x\x00", "b\x00a\x00"}, "/a/x"},
		{"relative to nothing known", flagUser, 0, 0, []string{"x\x00"}, "x"},
		{"none", 0, 0, 0, nil, ""},
		{"no UTF-8", flagUser, 0, 0, []string{"/\xff\x00"}, "/\uFFFD"},
	} {
		raw := call(90, c.flags, 0, [6]uint64{1, 0o4755}, c.parts...) // chmod
		binary.LittleEndian.PutUint64(raw[callFileAt:], 7)
		binary.LittleEndian.PutUint32(raw[callFileAt+20:], c.links)
		binary.LittleEndian.PutUint64(raw[callFileAt+32:], c.magic)
		if d := decodeOne(t, raw); d.Event.Path != c.want || d.Event.Kind != event.KindFileChange {
			t.Errorf("%s: %q of kind %s, want %q", c.name, d.Event.Path, d.Event.Kind, c.want)
		}
	}
}

// TestNarrow: a 32-bit caller's calls bear other numbers, and its structures other sizes.
func TestNarrow(t *testing.T) {
	raw := call(162, flagCompat, 0, [6]uint64{1}) // nanosleep of i386
	binary.LittleEndian.PutUint32(raw[valueAt:], 3)
	binary.LittleEndian.PutUint32(raw[valueAt+4:], 5e8)
	if d := decodeOne(t, raw); d.Event.API.Name != "nanosleep" || d.Event.Arguments() != "seconds=3.5" {
		t.Errorf("%s %s", d.Event.API.Name, d.Event.Arguments())
	}
	if d := decodeOne(t, call(521, flagX32, 0, [6]uint64{16, 5})); d.Event.API.Name != "ptrace" || d.Target.PID != 5 {
		t.Errorf("%s of %d", d.Event.API.Name, d.Target.PID)
	}
	if d := decodeOne(t, call(101, 0, -1, [6]uint64{16, 5})); d.Event.Outcome != event.Failure || d.Event.Exit != -1 || d.TargetInNamespace {
		t.Errorf("%+v", d)
	}
}

// TestSuppressedIsTold: calls that were left out are told with their process, once for all of some seconds.
func TestSuppressedIsTold(t *testing.T) {
	var a all
	d := NewDecoder(&a)
	d.Machine = Machine{Arch: syscalls.X8664, Narrow: syscalls.I386}
	for i := range 3 {
		raw := call(101, 0, 0, [6]uint64{16, 5})
		binary.LittleEndian.PutUint64(raw[16:], uint64(i)*1e9)
		binary.LittleEndian.PutUint32(raw[108:], 10)
		d.Record(raw)
	}
	d.Record(overRecord(4242, classOpen, 9e9, 1, 5))
	d.Record(ownRecord(9e9, &event.AuditChange{Action: own.Lost, Setting: "ring_buffer", Value: "3"}))
	got := make(map[string]string)
	for _, x := range a.drafts {
		if c, ok := x.Event.Detail.(*event.AuditChange); ok {
			got[c.Action+" "+c.Setting+" "+c.Value] = fmt.Sprint(x.Actor.PID)
		}
	}
	for _, want := range []string{"suppressed trace 30 of 4242", "suppressed open 5 of 4242", "lost ring_buffer 3 of 0"} {
		said, pid, _ := strings.Cut(want, " of ")
		if got[said] != pid {
			t.Errorf("%s is not told: %v", want, got)
		}
	}
}

// TestDamagedLines: a recording that was cut or changed loses what was, and no more.
func TestDamagedLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "recording")
	good := "type=" + Line + " msg=" + string(Recorded(call(101, 0, 0, [6]uint64{16, 5})))
	if err := os.WriteFile(path, []byte(strings.Join([]string{
		"type=" + Line + " msg=" + string(RecordedMachine(Machine{Arch: syscalls.X8664})), good, good[:80], good + "!", "type=" + Line + " msg=x",
		"type=" + Line + " msg=audit(0:0): {", "rubbish", good,
	}, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	a, health := replay(t, path)
	if len(a.drafts) != 2 || health[0].State != "degraded" || !strings.Contains(health[0].Reason, "damaged") || health[0].Lost == 0 {
		t.Errorf("%d events, %+v", len(a.drafts), health)
	}
}

// FuzzRecord feeds any bytes as records: they are decoded or counted.
func FuzzRecord(f *testing.F) {
	raw, err := os.ReadFile(filepath.Join(goldens, "calls.log"))
	if err != nil {
		f.Fatal(err)
	}
	n := 0
	for line := range bytes.Lines(raw) {
		if n++; n > 1 && n%3 == 0 {
			_, body, _ := bytes.Cut(line, []byte(" msg="))
			var kept []byte
			d := NewDecoder(nil)
			if d.line(bytes.TrimSpace(body)) == nil {
				kept = append(kept, d.raw...)
			}
			f.Add(kept)
		}
	}
	f.Add(overRecord(1, classOpen, 1, 1, 1))
	f.Add(ownRecord(1, &event.AuditChange{Action: own.Lost}))
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var a all
		d := NewDecoder(&a)
		d.Machine = Machine{Arch: syscalls.X8664, Narrow: syscalls.I386}
		d.Record(raw)
		for i := range a.drafts {
			x := &a.drafts[i]
			if x.Event.API == nil || x.Event.LogSource == nil {
				t.Fatalf("an event lacks its API or log source: %+v", x)
			}
			for _, s := range []string{x.Actor.Path, x.Actor.Comm, x.Actor.Cmdline, x.Actor.CWD, x.Actor.TTY, x.Event.Path, x.Target.Comm} {
				if s != strings.ToValidUTF8(s, "") || strings.IndexByte(s, 0) >= 0 {
					t.Fatalf("a string holds a NUL or is no UTF-8: %q", s)
				}
			}
			dump(t, x)
		}
		if st := d.Stats(); st.Records != 1 || uint64(len(a.drafts)) != st.Events {
			t.Fatalf("%+v", st)
		}
	})
}
