package meaning_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/eventlogtest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/recording"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// TestEveryTracedEvent wants a record of every event that a session asks for, with a meaning and arguments that have names.
func TestEveryTracedEvent(t *testing.T) {
	f, err := form.Open(filepath.Join("..", "..", "..", "testdata", "decode", "etw", "windows.xml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var m meaning.Mapper
	c := &eventlogtest.Collected{Lineage: lineage.New(new(recording.Facts))}
	met := make(map[string]map[uint32]bool)
	err = form.Each(f, func(r *form.Record) bool {
		from := len(c.Events)
		m.Map(r, c)
		name := meaning.Provider(r)
		if met[name] == nil {
			met[name] = make(map[uint32]bool)
		}
		for _, e := range c.Events[from:] {
			if e.Kind == event.KindRecord || e.Kind == event.KindRegistryRequest {
				continue
			}
			met[name][r.EventID] = true
			if want := "etw:" + name; e.LogSource.Name != want || e.LogSource.Provider != name {
				t.Errorf("%s %d has the source %s", name, r.EventID, e.LogSource.Name)
			}
			if e.API.Category == "other" && !strings.Contains(e.API.Name, ".") {
				t.Errorf("%s %d is the API %s, which has no category", name, r.EventID, e.API.Name)
			}
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range meaning.Traces() {
		for _, id := range tr.Events() {
			if !met[tr.Name][id] && (tr != meaning.DirectorySAM || id != 16968) { // of the two, one is enough
				t.Errorf("no record of %s %d", tr.Name, id)
			}
		}
	}
}

// TestThreads tells threads in other processes from those that every start of a program makes.
func TestThreads(t *testing.T) {
	var m meaning.Mapper
	c := &eventlogtest.Collected{Lineage: lineage.New(new(recording.Facts))}
	at := int64(1e12)
	trace := func(id, by uint32, fields ...form.Field) event.Event {
		at += 1e6
		m.Map(&form.Record{Provider: "Microsoft-Windows-Kernel-Process", EventID: id, PID: by, Computer: "h", TimeNS: at, Fields: fields}, c)
		return c.Events[len(c.Events)-1]
	}
	start := func(by uint32, pid, parent string) event.Event {
		return trace(1, by, form.Field{Name: "ProcessID", Value: pid}, form.Field{Name: "ParentProcessID", Value: parent},
			form.Field{Name: "ImageName", Value: `C:\p` + pid + `.exe`})
	}
	thread := func(by uint32, in string) event.Event {
		return trace(3, by, form.Field{Name: "ProcessID", Value: in}, form.Field{Name: "ThreadID", Value: "9"},
			form.Field{Name: "Win32StartAddr", Value: "0x1000"})
	}
	a := start(10, "100", "10")
	if a.Target != nil || a.Process.PPID != 10 {
		t.Errorf("an honest start: %s", eventlogtest.Mapped(&a))
	}
	if b := start(100, "200", "10"); b.Target == nil || b.Target.PID != 10 || b.Process.ParentKey() != a.Process.Key ||
		b.Detail.(*event.Exec).ReportedPPID != 10 {
		t.Errorf("a start under another's name: %s", eventlogtest.Mapped(&b))
	}
	for i, c := range []struct {
		by   uint32
		in   string
		kind event.Kind
	}{
		{100, "200", event.KindCall},         // the first, by its creator
		{200, "200", event.KindCall},         // its own
		{100, "200", event.KindRemoteThread}, // a second by its creator
		{10, "100", event.KindCall},
		{300, "100", event.KindRemoteThread},
	} {
		if e := thread(c.by, c.in); e.Kind != c.kind || e.Process.PID != int64(c.by) {
			t.Errorf("%d: %s", i, eventlogtest.Mapped(&e))
		}
	}
	// The first thread is the creator's even if another begins one before.
	start(100, "500", "100")
	if e := thread(300, "500"); e.Kind != event.KindRemoteThread {
		t.Errorf("before the first: %s", eventlogtest.Mapped(&e))
	}
	if e := thread(100, "500"); e.Kind != event.KindCall {
		t.Errorf("the first after another's: %s", eventlogtest.Mapped(&e))
	}
}

// TestSystemVolume writes paths of the volume that Windows lies on with its letter, by host, once that is known.
func TestSystemVolume(t *testing.T) {
	var m meaning.Mapper
	c := &eventlogtest.Collected{Lineage: lineage.New(new(recording.Facts))}
	for i, step := range []struct{ host, in, want string }{
		{"a", `\Device\HarddiskVolume4\tool.exe`, `\Device\HarddiskVolume4\tool.exe`},
		{"a", `\Device\HarddiskVolume3\Windows\System32\cmd.exe`, `C:\Windows\System32\cmd.exe`},
		{"a", `\device\harddiskvolume3\Users\x.exe`, `C:\Users\x.exe`},
		{"a", `\Device\HarddiskVolume4\Windows\System32\cmd.exe`, `\Device\HarddiskVolume4\Windows\System32\cmd.exe`},
		{"a", `\Device\HarddiskVolume33\x.exe`, `\Device\HarddiskVolume33\x.exe`},
		{"b", `\Device\HarddiskVolume3\x.exe`, `\Device\HarddiskVolume3\x.exe`},
		{"b", `\Device\HarddiskVolume`, `\Device\HarddiskVolume`},
		{"b", `\SystemRoot\x.sys`, `C:\Windows\x.sys`},
		{"b", `\??\D:\x.exe`, `D:\x.exe`},
	} {
		m.Map(&form.Record{
			Provider: "Microsoft-Windows-Kernel-Process", EventID: 5, PID: 7, Computer: step.host, TimeNS: 1,
			Fields: []form.Field{{Name: "ProcessID", Value: "7"}, {Name: "ImageName", Value: step.in}},
		}, c)
		if got := c.Events[i].Path; got != step.want {
			t.Errorf("%s on %s: %s, want %s", step.in, step.host, got, step.want)
		}
	}
}

// TestRPCOperations holds the names to one scheme.
func TestRPCOperations(t *testing.T) {
	for _, id := range meaning.RPCInterfaces() {
		if form.NormalGUID(id) != id || len(id) != len(meaning.NoGUID) {
			t.Errorf("%s is no interface's id", id)
		}
		service := ""
		for n, op := range meaning.OperationsOf[id] {
			s, _, ok := strings.Cut(op, ".")
			if !ok || service != "" && s != service {
				t.Errorf("%s %d is %s", id, n, op)
			}
			service = s
		}
	}
	if op, ok := meaning.RPCOperation("{4b324fc8-1670-01d3-1278-5a47bf6ee188}", 15); !ok || op != "srvsvc.NetrShareEnum" {
		t.Error(op)
	}
	if _, ok := meaning.RPCOperation("{4b324fc8-1670-01d3-1278-5a47bf6ee188}", 99); ok {
		t.Error("an operation that is none has a name")
	}
}

// TestRegistryData shows captured bytes as values.
func TestRegistryData(t *testing.T) {
	for _, c := range []struct {
		kind   uint64
		digits string
		want   string
	}{
		{1, "4100420000", "AB"},
		{4, "01000000", "DWORD (0x00000001)"},
		{4, "0100", "0100"},
		{7, "410000004200000000000000", "A;B"},
		{11, "0100000002000000", "QWORD (0x00000002-0x00000001)"},
		{3, "0xdead", "dead"},
		{1, "odd", "odd"},
		{1, "", ""},
	} {
		if got := meaning.RegistryData(c.kind, c.digits); got != c.want {
			t.Errorf("%d %s: %q, want %q", c.kind, c.digits, got, c.want)
		}
	}
}

// FuzzTraced maps records of the ETW providers with any values.
func FuzzTraced(f *testing.F) {
	for i, tr := range meaning.Traces() {
		for _, id := range tr.Events() {
			f.Add(uint8(i), id, "0x1f", `\Device\HarddiskVolume3\a`, "deadbeef", uint32(7))
		}
	}
	names := []string{
		"ProcessID", "TargetProcessId", "CallingProcessId", "ThreadID", "ImageName", "CreateTime", "InterfaceUuid", "ProcNum", "content",
		"appname",
		"FilePath", "FileName", "FileKey", "KeyObject", "KeyName", "RelativeName", "Type", "CapturedData", "Disposition",
		"FullyQualifiedAssemblyName",
		"ModuleILPath", "ProtectionMask", "CallTrace", "ReturnCode", "ClientSID",
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, which uint8, id uint32, v1, v2, v3 string, by uint32) {
		tr := meaning.Traces()[int(which)%len(meaning.Traces())]
		var m meaning.Mapper
		c := &eventlogtest.Collected{Lineage: lineage.New(new(recording.Facts))}
		r := &form.Record{Provider: tr.Name, EventID: id, Computer: "h", PID: by, TimeNS: 1}
		for i, n := range names {
			r.Fields = append(r.Fields, form.Field{Name: n, Value: []string{v1, v2, v3}[i%3]})
		}
		for range 2 {
			m.Map(r, c)
		}
		m.Flush(c)
		if len(c.Events) != 2 {
			t.Fatalf("%d events of 2 records", len(c.Events))
		}
		for i := range c.Events {
			eventlogtest.Mapped(&c.Events[i])
		}
	})
}
