package etw

import (
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

// TestInformed fills in who a process is that was there before the session, once, and the command line of one that starts.
func TestInformed(t *testing.T) {
	f := newFake()
	f.schemas[5] = openProcess
	f.schemas[1] = info("Microsoft-Windows-Kernel-Process", 3, described{name: "ProcessID", in: inUInt32, count: 1},
		described{name: "ParentProcessID", in: inUInt32, count: 1}, described{name: "ImageName", in: inUnicode, count: 1})
	asked := map[int64]int{}
	running := map[int64]*event.Process{
		640: {
			Key: "host.example.test.640.1772000000000", Path: `C:\Windows\System32\lsass.exe`, Cmdline: "lsass", User: `NT AUTHORITY\SYSTEM`,
			StartNS: 1772000000 * int64(time.Second),
			Windows: &event.WindowsProcess{UserSID: "S-1-5-18", Integrity: "System", LogonID: 0x3e7},
		},
		4100: {Key: "no", Path: `C:\a\tool.exe`, Cmdline: "tool -x", Windows: &event.WindowsProcess{Integrity: "High"}},
		4200: {Key: "no", Path: `C:\another.exe`, Cmdline: "of another process"},
	}
	s := newLive(Options{every: time.Hour, Process: func(pid int64) (*event.Process, bool) {
		asked[pid]++
		p, ok := running[pid]
		return p, ok
	}}, f)
	if err := s.Open(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const now = 1772442000 * int64(time.Second)
	calls, processes := guidOf("Microsoft-Windows-Kernel-Audit-API-Calls"), guidOf("Microsoft-Windows-Kernel-Process")
	f.put1(t, rawEvent{provider: processes, id: 1, pid: 3000, timeNS: now}, payload(uint32(4100), uint32(3000),
		`\Device\HarddiskVolume3\a\tool.exe`))
	f.put1(t, rawEvent{provider: processes, id: 1, pid: 3000, timeNS: now}, payload(uint32(4200), uint32(3000),
		`\Device\HarddiskVolume3\b\gone.exe`))
	for range 3 {
		f.put1(t, rawEvent{provider: calls, id: 5, pid: 4100, timeNS: now + 1e6}, payload(uint32(640), uint32(0x1010), uint32(0)))
	}
	out := &sink{lineage: lineage.New(new(recording.Facts))}
	if err := s.Read(); err != nil {
		t.Fatal(err)
	}
	s.Decode(out)
	if len(out.events) != 5 {
		t.Fatalf("%d events", len(out.events))
	}
	if p := out.events[0].Process; p.Cmdline != "tool -x" || p.OnWindows().Integrity != "High" || p.Key == "no" {
		t.Errorf("a process that starts: %+v", p)
	}
	if p := out.events[1].Process; p.Cmdline != "" || p.Path != `C:\b\gone.exe` {
		t.Errorf("a process whose number is another's by now: %+v", p)
	}
	access := out.events[4]
	if p := access.Target; p.Key != running[640].Key || p.Path != running[640].Path || p.OnWindows().UserSID != "S-1-5-18" ||
		p.StartNS != running[640].StartNS {
		t.Errorf("a process that was there: %+v", p)
	}
	if access.Process.Key != out.events[0].Process.Key || access.Process.Cmdline != "tool -x" {
		t.Errorf("the caller: %+v", access.Process)
	}
	for pid, n := range asked {
		if n != 1 {
			t.Errorf("process %d was asked about %d times", pid, n)
		}
	}
}
