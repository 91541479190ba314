package meaning_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/eventlogtest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/recording"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
	"github.com/apiwatch/apiwatch/scripts/telemetry"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMapGolden holds what each event becomes to what it became before.
func TestMapGolden(t *testing.T) {
	for _, feed := range []string{"eventlog", "etw"} {
		t.Run(feed, func(t *testing.T) {
			mapGolden(t, filepath.Join("..", "..", "..", "testdata", "decode", feed, "windows.xml"))
		})
	}
}

func mapGolden(t *testing.T, path string) {
	s, events := eventlogtest.Decoded(t, path)
	if s.Records == 0 || s.Damaged+s.DamagedChunks+s.Skipped != 0 {
		t.Errorf("%+v", s)
	}
	var got bytes.Buffer
	for i := range events {
		got.WriteString(eventlogtest.Mapped(&events[i]))
	}
	golden := path[:len(path)-len(".xml")] + ".golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs; run go test ./collectors/eventlog -run MapGolden -update and read the difference", golden)
	}
}

// TestIdentity follows processes through both providers: keys, creators and what later records add.
func TestIdentity(t *testing.T) {
	_, events := eventlogtest.Decoded(t, filepath.Join("..", "..", "..", "testdata", "decode", "eventlog", "windows.xml"))
	starts := map[string]*event.Process{}
	for i := range events {
		if e := &events[i]; e.Kind == event.KindProcessStart {
			starts[event.LastPart(e.Process.Path)] = e.Process
		}
	}
	shell, tool, cmd, notepad := starts["powershell.exe"], starts["tool.exe"], starts["cmd.exe"], starts["notepad.exe"]
	if tool.ParentKey() != shell.Key || cmd.ParentKey() != shell.Key || notepad.ParentKey() != cmd.Key {
		t.Errorf("parents: %s, %s, %s", tool.ParentKey(), cmd.ParentKey(), notepad.ParentKey())
	}
	if got := strings.Join(notepad.Ancestors(), " < "); !strings.HasSuffix(got, `powershell.exe < C:\Windows\explorer.exe`) {
		t.Errorf("ancestors over both providers: %s", got)
	}
	if notepad.User != `EXAMPLE\admin` || notepad.OnWindows().LogonID != 0x9999 {
		t.Errorf("a process of another user: %q %#x", notepad.User, notepad.OnWindows().LogonID)
	}
	for i := range events {
		switch e := &events[i]; {
		case e.Process == nil:
			t.Fatalf("event %d has no process", i)
		case e.Kind == event.KindScriptBlock && e.Process.PID == 4100 && e.Process.Key != shell.Key:
			t.Errorf("a script block of pid 4100 belongs to %s", e.Process.Key)
		case e.Kind == event.KindNetworkFlow && e.Process.PID == 5000 && e.Process.Key != cmd.Key:
			t.Errorf("a connection of pid 5000 belongs to %s, a device's path is the same program's", e.Process.Key)
		}
	}
}

// TestTwoLogsOfOneStart has Sysmon and the Security log tell of the same starts, in either order and with different parents:
// they are one process, whose creator and reported parent stand beside each other as soon as both are told.
func TestTwoLogsOfOneStart(t *testing.T) {
	_, events := eventlogtest.Decoded(t, filepath.Join("..", "..", "..", "testdata", "decode", "eventlog", "windows.xml"))
	starts := map[string][]*event.Process{}
	var second *event.Event
	for i := range events {
		e := &events[i]
		name := event.LastPart(e.Process.Path)
		if e.Kind == event.KindProcessStart {
			starts[name] = append(starts[name], e.Process)
			if name == "rundll32.exe" {
				second = e
			}
		}
		if e.Kind == event.KindNetworkFlow && name == "net.exe" && e.Process.Key != starts[name][0].Key {
			t.Errorf("a connection belongs to %s, want %s", e.Process.Key, starts[name][0].Key)
		}
	}
	spoofed, plain := starts["rundll32.exe"], starts["net.exe"]
	if len(spoofed) != 2 || len(plain) != 2 || spoofed[0].Key != spoofed[1].Key || plain[0].Key != plain[1].Key {
		t.Fatalf("%+v %+v", spoofed, plain)
	}
	if w := spoofed[0].OnWindows(); spoofed[0].ParentPath() != `C:\Windows\explorer.exe` || w.CreatorPID != 0 {
		t.Errorf("Sysmon: parent %s, creator %d", spoofed[0].ParentPath(), w.CreatorPID)
	}
	if p, w := spoofed[1], spoofed[1].OnWindows(); p.PPID != 4200 || p.ParentPath() != `C:\Users\ann\tool.exe` || w.ReportedPPID != 3000 ||
		w.Elevation != "full" || w.Hashes == "" {
		t.Errorf("both: parent %d, %+v", p.PPID, w)
	}
	if x := second.Detail.(*event.Exec); x.ReportedPPID != 3000 || second.Target == nil || second.Target.Path != `C:\Windows\explorer.exe` {
		t.Errorf("both: %+v, reported parent %+v", x, second.Target)
	}
	for i, p := range plain {
		if w := p.OnWindows(); p.PPID != 6100 || w.CreatorPID != 6100 || p.ParentKey() != spoofed[0].Key {
			t.Errorf("%d: parent %d %s, creator %+v", i, p.PPID, p.ParentKey(), w)
		}
	}
}

// TestReusedPID gives a number to a second process.
func TestReusedPID(t *testing.T) {
	var m meaning.Mapper
	c := &eventlogtest.Collected{Lineage: lineage.New(new(recording.Facts))}
	start := func(timeNS int64, path string) {
		m.Map(&form.Record{
			Provider: "Microsoft-Windows-Security-Auditing", EventID: 4688, Computer: "h", TimeNS: timeNS,
			Fields: []form.Field{{Name: "NewProcessId", Value: "0x64"}, {Name: "NewProcessName", Value: path}, {Name: "ProcessId", Value: "0x4"}},
		}, c)
	}
	access := func(timeNS int64, path, host string) {
		m.Map(&form.Record{
			Provider: "Microsoft-Windows-Security-Auditing", EventID: 4663, Computer: host, TimeNS: timeNS,
			Fields: []form.Field{
				{Name: "ProcessId", Value: "0x64"},
				{Name: "ProcessName", Value: path},
				{Name: "ObjectType", Value: "File"},
				{Name: "ObjectName", Value: `C:\x`},
			},
		}, c)
	}
	start(1e12, `C:\a.exe`)
	access(1e12+1, `C:\A.EXE`, "h")
	access(1e12+1, `C:\a.exe`, "other")
	start(2e12, `C:\a.exe`)
	access(2e12+1, `C:\a.exe`, "h")
	access(3e12, `C:\b.exe`, "h")
	var keys []string
	for _, e := range c.Events {
		keys = append(keys, e.Process.Key)
	}
	want := []string{"h.100.1000000", "h.100.1000000", "other.100.1000000", "h.100.2000000", "h.100.2000000", "h.100.3000000"}
	if !reflect.DeepEqual(keys, want) {
		t.Errorf("got %q, want %q", keys, want)
	}
}

// TestFieldsFromMessage reads what a shipper dropped from the text that it kept.
func TestFieldsFromMessage(t *testing.T) {
	var m meaning.Mapper
	c := &eventlogtest.Collected{Lineage: lineage.New(new(recording.Facts))}
	m.Map(&form.Record{
		Provider: "Microsoft-Windows-Sysmon", EventID: 12, Computer: "h", TimeNS: 1,
		Message: "Registry object added or deleted:\r\nEventType: DeleteValue\r\nProcessId: 48\r\n",
		Fields:  []form.Field{{Name: "Image", Value: `C:\a.exe`}, {Name: "TargetObject", Value: `HKLM\x\y`}},
	}, c)
	m.Map(&form.Record{
		Provider: "Service Control Manager", EventID: 7036, Computer: "h", TimeNS: 2,
		Message: "The LSM service entered the running state.",
	}, c)
	m.Map(&form.Record{Provider: "Service Control Manager", EventID: 7036, Computer: "h", TimeNS: 3, Message: "Der Dienst LSM"}, c)
	if r, ok := c.Events[0].Detail.(*event.RegistryChange); !ok || r.Action != "delete_value" || r.ValueName != "y" ||
		c.Events[0].Process.PID != 48 {
		t.Error(eventlogtest.Mapped(&c.Events[0]))
	}
	if s, ok := c.Events[1].Detail.(*event.Service); !ok || s.Name != "LSM" || s.Detail != "running" {
		t.Error(eventlogtest.Mapped(&c.Events[1]))
	}
	if c.Events[2].Kind != event.KindRecord {
		t.Error(eventlogtest.Mapped(&c.Events[2]))
	}
}

// TestScriptBlocksAreBounded loses the last part of more blocks than may wait.
func TestScriptBlocksAreBounded(t *testing.T) {
	var m meaning.Mapper
	c := &eventlogtest.Collected{Lineage: lineage.New(new(recording.Facts))}
	for i := range 3 * meaning.MaxWaiting {
		m.Map(&form.Record{
			Provider: "Microsoft-Windows-PowerShell", EventID: 4104, Computer: "h", TimeNS: 1, PID: 5,
			Fields: []form.Field{
				{Name: "MessageNumber", Value: "1"},
				{Name: "MessageTotal", Value: "2"},
				{Name: "ScriptBlockText", Value: "x"},
				{Name: "ScriptBlockId", Value: form.Itoa(int64(i))},
			},
		}, c)
	}
	if meaning.WaitingBlocks(&m) != meaning.MaxWaiting || len(c.Events) != 2*meaning.MaxWaiting {
		t.Errorf("%d wait and %d were handed over", meaning.WaitingBlocks(&m), len(c.Events))
	}
	m.Flush(c)
	if len(c.Events) != 3*meaning.MaxWaiting || m.Incomplete != 3*meaning.MaxWaiting {
		t.Errorf("%d events, %d incomplete", len(c.Events), m.Incomplete)
	}
}

// TestSharedMapped maps every shared Windows recording.
func TestSharedMapped(t *testing.T) {
	shared := telemetry.Test(t)
	if testing.Short() {
		t.Skip("short")
	}
	kinds := make(map[string]int)
	for _, folder := range []string{"windows_evtx", "windows_json", "windows_text"} {
		err := filepath.WalkDir(filepath.Join(shared, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if f, err := form.Open(path); err != nil {
				return nil //nolint:nilerr // it is no event log
			} else if err := f.Close(); err != nil {
				return err
			}
			s, events := eventlogtest.Decoded(t, path)
			blocks := 0
			for i := range events {
				e := &events[i]
				kinds[folder+" "+e.Kind.String()]++
				if b, ok := e.Detail.(*event.ScriptBlock); ok {
					blocks += max(b.Parts, 1) - 1
				}
				called := e.Kind != event.KindRecord && e.Kind != event.KindRegistryRequest // neither is a call
				if e.Process == nil || e.LogSource == nil || called && e.API == nil {
					t.Errorf("%s: event %d is not whole: %s", path, i, eventlogtest.Mapped(e))
				}
			}
			// Only parts of script blocks become fewer.
			if got := uint64(len(events) + blocks); got != s.Records && got+100 < s.Records {
				t.Errorf("%s: %d records became %d events", path, s.Records, len(events))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for k, n := range kinds {
		t.Logf("%s: %d", k, n)
	}
}

// FuzzMap maps records of any content.
func FuzzMap(f *testing.F) {
	for provider, known := range meaning.Families {
		for id := range known.Events {
			f.Add(provider, id, "ProcessId", "0x64", "ScriptBlockId", "a", uint32(7))
		}
	}
	f.Add("Microsoft-Windows-Sysmon", uint32(1), "ProcessGuid", "{747f3d96-d6eb-5d31-0000-0010e0252500}", "ParentProcessGuid",
		"{747f3d96-d6eb-5d31-0000-0010e0252500}", uint32(0))
	f.Add("Microsoft-Windows-Security-Auditing", uint32(4698), "TaskContent", "<Task><Actions><Exec>", "TaskName", "\\x", uint32(0))
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, provider string, id uint32, n1, v1, n2, v2 string, pid uint32) {
		var m meaning.Mapper
		c := &eventlogtest.Collected{Lineage: lineage.New(new(recording.Facts))}
		r := &form.Record{Provider: provider, EventID: id, Computer: "h", PID: pid, TimeNS: 1, Fields: []form.Field{
			{Name: n1, Value: v1},
			{Name: n2, Value: v2},
			{Name: n1, Value: v2},
		}}
		for range 2 {
			m.Map(r, c)
		}
		m.Flush(c)
		if len(c.Events) == 0 || len(c.Events) > 2 {
			t.Fatalf("%d events of 2 records", len(c.Events))
		}
		for i := range c.Events {
			eventlogtest.Mapped(&c.Events[i])
		}
	})
}

func TestHoldsCode(t *testing.T) {
	code, text := "fc4883e4f0"+strings.Repeat("c0de", 100), strings.Repeat("2D20436F64653A20", 40)
	for _, c := range []struct {
		name string
		r    form.Record
		want bool
	}{
		{"data", form.Record{Binary: code}, true},
		{"data given as a string", form.Record{Fields: []form.Field{{Value: "x"}, {Value: code}}}, true},
		{"named field", form.Record{Fields: []form.Field{{Name: "Hash", Value: code}}}, false},
		{"text as data", form.Record{Binary: text}, false},
		{"short", form.Record{Binary: code[:200]}, false},
		{"no digits", form.Record{Binary: "MZ" + code}, false},
		{"program file", form.Record{Binary: "4D5A" + text}, true},
	} {
		if got := meaning.HoldsCode(&c.r); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestStampUTC(t *testing.T) {
	for s, want := range map[string]int64{
		"": 0, "-": 0, "not a time, really": 0,
		"1970-01-01 00:00:00.000": 1, "1601-01-01 00:00:00.000": -1, "2026-03-02 09:00:00.000": 1772442000e9,
	} {
		if got := meaning.StampUTC(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}
