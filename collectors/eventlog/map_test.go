package eventlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/recording"
	"github.com/apiwatch/apiwatch/scripts/telemetry"
)

// collected keeps what a source hands over, completed by lineage.
type collected struct {
	lineage *lineage.Lineage
	events  []event.Event
}

func (c *collected) Draft(d *collectors.Draft) {
	c.lineage.Resolve(d)
	c.events = append(c.events, d.Event)
}

func (c *collected) Lifecycle(collectors.Lifecycle) {}

func decoded(t testing.TB, path string) (*Source, []event.Event) {
	t.Helper()
	s := NewSource(path)
	if err := s.Open(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := &collected{lineage: lineage.New(new(recording.Facts))}
	for s.Read() == nil {
		s.Decode(c)
	}
	return s, c.events
}

// mapped shows an event as the golden file has it: what it is, who did it, and its detail.
func mapped(e *event.Event) string {
	var b strings.Builder
	api := "-"
	if e.API != nil {
		api = e.API.Name
	}
	exit := ""
	if !e.NoExit {
		exit = fmt.Sprintf(" exit=%d", e.Exit)
	}
	fmt.Fprintf(&b, "%s %s outcome=%d%s path=%q args=%q feed=%s\n", e.Kind, api, e.Outcome, exit, e.Path, e.Arguments(), e.Feed.LogSource)
	process := func(role string, p *event.Process) {
		w, creator := p.OnWindows(), ""
		if w.CreatorPID > 0 {
			creator = fmt.Sprintf(" creator=%d reported=%d", w.CreatorPID, w.ReportedPPID)
		}
		fmt.Fprintf(&b, "  %s %s pid=%d ppid=%d start=%d path=%q cmdline=%q user=%q sid=%s logon=%#x integrity=%s parent=%s %q%s\n", role, p.Key, p.PID, p.PPID,
			p.StartNS/1e6, p.Path, p.Cmdline, p.User, w.UserSID, w.LogonID, w.Integrity, p.ParentKey(), p.Ancestors(), creator)
	}
	process("by", e.Process)
	if e.Target != nil {
		process("on", e.Target)
	}
	detail, _ := json.Marshal(e.Detail)
	fmt.Fprintf(&b, "  %s %s\n", strings.TrimPrefix(reflect.TypeOf(e.Detail).String(), "*event."), detail)
	return b.String()
}

// TestMapGolden holds what each event becomes to what it became before.
func TestMapGolden(t *testing.T) {
	for _, feed := range []string{"eventlog", "etw"} {
		t.Run(feed, func(t *testing.T) { mapGolden(t, filepath.Join("..", "..", "testdata", "decode", feed, "windows.xml")) })
	}
}

func mapGolden(t *testing.T, path string) {
	s, events := decoded(t, path)
	if h := s.Health()[0]; h.State != "ok" || h.Received == 0 {
		t.Errorf("%+v", h)
	}
	var got bytes.Buffer
	for i := range events {
		got.WriteString(mapped(&events[i]))
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
	_, events := decoded(t, filepath.Join("..", "..", "testdata", "decode", "eventlog", "windows.xml"))
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
	_, events := decoded(t, filepath.Join("..", "..", "testdata", "decode", "eventlog", "windows.xml"))
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
	if p, w := spoofed[1], spoofed[1].OnWindows(); p.PPID != 4200 || p.ParentPath() != `C:\Users\ann\tool.exe` || w.ReportedPPID != 3000 || w.Elevation != "full" || w.Hashes == "" {
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
	var m Mapper
	c := &collected{lineage: lineage.New(new(recording.Facts))}
	start := func(timeNS int64, path string) {
		m.Map(&Record{
			Provider: "Microsoft-Windows-Security-Auditing", EventID: 4688, Computer: "h", TimeNS: timeNS,
			Fields: []Field{{"NewProcessId", "0x64"}, {"NewProcessName", path}, {"ProcessId", "0x4"}},
		}, c)
	}
	access := func(timeNS int64, path, host string) {
		m.Map(&Record{
			Provider: "Microsoft-Windows-Security-Auditing", EventID: 4663, Computer: host, TimeNS: timeNS,
			Fields: []Field{{"ProcessId", "0x64"}, {"ProcessName", path}, {"ObjectType", "File"}, {"ObjectName", `C:\x`}},
		}, c)
	}
	start(1e12, `C:\a.exe`)
	access(1e12+1, `C:\A.EXE`, "h")
	access(1e12+1, `C:\a.exe`, "other")
	start(2e12, `C:\a.exe`)
	access(2e12+1, `C:\a.exe`, "h")
	access(3e12, `C:\b.exe`, "h")
	var keys []string
	for _, e := range c.events {
		keys = append(keys, e.Process.Key)
	}
	want := []string{"h.100.1000000", "h.100.1000000", "other.100.1000000", "h.100.2000000", "h.100.2000000", "h.100.3000000"}
	if !reflect.DeepEqual(keys, want) {
		t.Errorf("got %q, want %q", keys, want)
	}
}

// TestFieldsFromMessage reads what a shipper dropped from the text that it kept.
func TestFieldsFromMessage(t *testing.T) {
	var m Mapper
	c := &collected{lineage: lineage.New(new(recording.Facts))}
	m.Map(&Record{
		Provider: "Microsoft-Windows-Sysmon", EventID: 12, Computer: "h", TimeNS: 1, Message: "Registry object added or deleted:\r\nEventType: DeleteValue\r\nProcessId: 48\r\n",
		Fields: []Field{{"Image", `C:\a.exe`}, {"TargetObject", `HKLM\x\y`}},
	}, c)
	m.Map(&Record{Provider: "Service Control Manager", EventID: 7036, Computer: "h", TimeNS: 2, Message: "The LSM service entered the running state."}, c)
	m.Map(&Record{Provider: "Service Control Manager", EventID: 7036, Computer: "h", TimeNS: 3, Message: "Der Dienst LSM"}, c)
	if r, ok := c.events[0].Detail.(*event.RegistryChange); !ok || r.Action != "delete_value" || r.ValueName != "y" || c.events[0].Process.PID != 48 {
		t.Error(mapped(&c.events[0]))
	}
	if s, ok := c.events[1].Detail.(*event.Service); !ok || s.Name != "LSM" || s.Detail != "running" {
		t.Error(mapped(&c.events[1]))
	}
	if c.events[2].Kind != event.KindRecord {
		t.Error(mapped(&c.events[2]))
	}
}

// TestScriptBlocksAreBounded loses the last part of more blocks than may wait.
func TestScriptBlocksAreBounded(t *testing.T) {
	var m Mapper
	c := &collected{lineage: lineage.New(new(recording.Facts))}
	for i := range 3 * maxWaiting {
		m.Map(&Record{
			Provider: "Microsoft-Windows-PowerShell", EventID: 4104, Computer: "h", TimeNS: 1, PID: 5,
			Fields: []Field{{"MessageNumber", "1"}, {"MessageTotal", "2"}, {"ScriptBlockText", "x"}, {"ScriptBlockId", itoa(int64(i))}},
		}, c)
	}
	if len(m.blocks.waiting) != maxWaiting || len(c.events) != 2*maxWaiting {
		t.Errorf("%d wait and %d were handed over", len(m.blocks.waiting), len(c.events))
	}
	m.Flush(c)
	if len(c.events) != 3*maxWaiting || m.Incomplete != 3*maxWaiting {
		t.Errorf("%d events, %d incomplete", len(c.events), m.Incomplete)
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
			if err != nil || d.IsDir() || !Recognise(path) {
				return err
			}
			s, events := decoded(t, path)
			h := s.Health()[0]
			blocks := 0
			for i := range events {
				e := &events[i]
				kinds[folder+" "+e.Kind.String()]++
				if b, ok := e.Detail.(*event.ScriptBlock); ok {
					blocks += max(b.Parts, 1) - 1
				}
				if e.Process == nil || e.Feed == nil || e.Kind != event.KindRecord && e.API == nil {
					t.Errorf("%s: event %d is not whole: %s", path, i, mapped(e))
				}
			}
			// Only parts of script blocks become fewer.
			if got := uint64(len(events) + blocks); got != h.Received && got+100 < h.Received {
				t.Errorf("%s: %d records became %d events", path, h.Received, len(events))
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
	for provider, known := range families {
		for id := range known.events {
			f.Add(provider, id, "ProcessId", "0x64", "ScriptBlockId", "a", uint32(7))
		}
	}
	f.Add("Microsoft-Windows-Sysmon", uint32(1), "ProcessGuid", "{747f3d96-d6eb-5d31-0000-0010e0252500}", "ParentProcessGuid", "{747f3d96-d6eb-5d31-0000-0010e0252500}", uint32(0))
	f.Add("Microsoft-Windows-Security-Auditing", uint32(4698), "TaskContent", "<Task><Actions><Exec>", "TaskName", "\\x", uint32(0))
	f.Fuzz(func(t *testing.T, provider string, id uint32, n1, v1, n2, v2 string, pid uint32) {
		var m Mapper
		c := &collected{lineage: lineage.New(new(recording.Facts))}
		r := &Record{Provider: provider, EventID: id, Computer: "h", PID: pid, TimeNS: 1, Fields: []Field{{n1, v1}, {n2, v2}, {n1, v2}}}
		for range 2 {
			m.Map(r, c)
		}
		m.Flush(c)
		if len(c.events) == 0 || len(c.events) > 2 {
			t.Fatalf("%d events of 2 records", len(c.events))
		}
		for i := range c.events {
			mapped(&c.events[i])
		}
	})
}

func TestHoldsCode(t *testing.T) {
	code, text := "fc4883e4f0"+strings.Repeat("c0de", 100), strings.Repeat("2D20436F64653A20", 40)
	for _, c := range []struct {
		name string
		r    Record
		want bool
	}{
		{"data", Record{Binary: code}, true},
		{"data given as a string", Record{Fields: []Field{{Value: "x"}, {Value: code}}}, true},
		{"named field", Record{Fields: []Field{{Name: "Hash", Value: code}}}, false},
		{"text as data", Record{Binary: text}, false},
		{"short", Record{Binary: code[:200]}, false},
		{"no digits", Record{Binary: "MZ" + code}, false},
		{"program file", Record{Binary: "4D5A" + text}, true},
	} {
		if got := holdsCode(&c.r); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestStampUTC(t *testing.T) {
	for s, want := range map[string]int64{
		"": 0, "-": 0, "not a time, really": 0,
		"1970-01-01 00:00:00.000": 1, "1601-01-01 00:00:00.000": -1, "2026-03-02 09:00:00.000": 1772442000e9,
	} {
		if got := stampUTC(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}
