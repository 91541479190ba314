package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/scripts/racing"
	"github.com/apiwatch/apiwatch/scripts/telemetry"
)

// asLive reads recordings into a store as a live collector has it, which evicts as it goes, and looks only where something would go unseen,
// and at the end. It gives the detections that found something.
func asLive(t *testing.T, events int, paths ...string) []string {
	t.Helper()
	_, found := engineAsLive(t, events, paths...)
	return found
}

func engineAsLive(t *testing.T, events int, paths ...string) (e *Engine, found []string) {
	t.Helper()
	e, err := OverRecordings(recorded(t, paths...), "", commonFrame(t), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	limits := e.store.Limits()
	limits.HighWater, limits.Events = 0, events
	e.store.Limit(limits)
	e.evaluator.Found = func(f *event.Event) { found = append(found, f.Detail.(*event.Finding).Detection) }
	if err := e.read(t.Context(), func(kinds []event.Kind) { e.look(t.Context(), kinds) }); err != nil {
		t.Fatal(err)
	}
	e.look(t.Context(), event.Kinds())
	return e, found
}

// flood writes an audit log of calls that a user's program makes as often as it can.
func flood(t *testing.T, calls int, line string) string {
	t.Helper()
	var b strings.Builder
	for i := range calls {
		stamp := fmt.Sprintf("audit(1795297849.%03d:%d)", i%1000, 1_000_000+i)
		fmt.Fprintf(&b, "type=SYSCALL msg=%s: arch=c000003e %s items=0 ppid=4000 pid=4242 auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 "+
			"fsuid=1000 egid=1000 sgid=1000 fsgid=1000 tty=pts0 ses=3 comm=\"flood\" exe=\"/tmp/flood\" key=\"apiwatch\"\ntype=EOE msg=%s: \n",
			stamp, line, stamp)
	}
	path := filepath.Join(t.TempDir(), "flood.audit.log")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFloodHidesNothing: refused attaches and pokes, many times what the store holds, before and behind what an analytic looks for.
func TestFloodHidesNothing(t *testing.T) {
	for _, test := range []struct{ name, call, recording, detection string }{
		{"refused attaches", "syscall=101 success=no exit=-1 a0=10 a1=1 a2=0 a3=0", "DET0203/fire-AN0579-attach.audit.log.gz", "AN0579"},
		{"pokes", "syscall=101 success=yes exit=0 a0=5 a1=1092 a2=7ffc0000 a3=0", "DET0448/fire-AN1241-mprotect.audit.log.gz", "AN1241"},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := flood(t, 20_000, test.call)
			found := asLive(t, 20_000, log, filepath.Join("..", "..", "testdata", filepath.FromSlash(test.recording)), log)
			if !slices.Contains(found, test.detection) {
				t.Errorf("%s is not found, but %q", test.detection, found)
			}
		})
	}
}

// TestFloodByChildrenOnWindows: 2,000 short-lived children of one process push out what they did themselves before what others did.
func TestFloodByChildrenOnWindows(t *testing.T) {
	var log strings.Builder
	second, pid := 0, int64(4000)
	write := func(id int, fields string, more ...any) {
		second++
		fmt.Fprintf(&log, `{"EventID":%d,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational",`+
			`"Computer":"host1.example.test","EventTime":"2026-03-02T%02d:%02d:%02dZ",`+fields+"}\n",
			append([]any{id, second / 36000, second / 600 % 60, second / 10 % 60}, more...)...)
	}
	const guid = "{0a1b2c3d-5192-69a5-0002-%012d}"
	process := func(parent int64, path string, accesses int) {
		pid++
		write(1, `"ProcessGuid":"`+guid+`","ProcessId":%d,"Image":"%s","ParentProcessGuid":"`+guid+
			`","ParentProcessId":%d,"ParentImage":"C:\\p%d.exe"`,
			pid, pid, path, parent, parent, parent)
		for range accesses {
			write(10, `"SourceProcessGUID":"`+guid+`","SourceProcessId":%d,"SourceImage":"%s","TargetProcessGUID":"`+guid+
				`","TargetProcessId":7,"TargetImage":"C:\\target.exe","GrantedAccess":"0x1410"`, pid, pid, path, 7)
		}
		write(5, `"ProcessGuid":"`+guid+`","ProcessId":%d,"Image":"%s"`, pid, pid, path)
	}
	for i := range int64(20) {
		process(100+i, `C:\\Users\\ann\\work.exe`, 3)
	}
	for i := range 2000 {
		process(99, fmt.Sprintf(`C:\\Temp\\flood%d.exe`, i), 3)
	}
	path := filepath.Join(t.TempDir(), "flood.json")
	if err := os.WriteFile(path, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	e, _ := engineAsLive(t, 10_000, path)
	for kind, want := range map[event.Kind]int{event.KindProcessStart: 20, event.KindProcessAccess: 60, event.KindProcessExit: 20} {
		others, flood := 0, 0
		for _, x := range e.store.Select(store.Query{Kinds: []event.Kind{kind}}) {
			if strings.Contains(x.Process.Path, "flood") {
				flood++
			} else {
				others++
			}
		}
		st := e.store.Stats()[kind]
		if others != want || st.Evicted == 0 {
			t.Errorf("of %v %d of %d of others and %d of the flood are held, %d are evicted", kind, others, want, flood, st.Evicted)
		}
	}
}

// TestFloodsFromTheField reads recorded floods as a live collector would.
func TestFloodsFromTheField(t *testing.T) {
	for file, want := range map[string]string{
		"ptrace-flood.audit.log.gz": "AN0579", "question-flood.audit.log.gz": "AN1241", "findings-flood.audit.log.gz": "AN0579",
		"many-findings.audit.log.gz": "AN0579",
	} {
		t.Run(file, func(t *testing.T) {
			path := telemetry.Test(t, "..", "field", file)
			if found := asLive(t, 100_000, path); !slices.Contains(found, want) {
				t.Errorf("%s is not among %d findings", want, len(found))
			}
		})
	}
}

// TestGraveFindingOutlivesAFloodOfOthers: it stays in the table until it was asked for, however many others come; each of them is reported
// once, however often anybody looks.
func TestGraveFindingOutlivesAFloodOfOthers(t *testing.T) {
	for _, file := range []string{"findings-flood.audit.log.gz", "many-findings.audit.log.gz"} {
		t.Run(file, func(t *testing.T) {
			racing.Pointless(t, "it runs in one goroutine")
			path := telemetry.Test(t, "..", "field", file)
			e, found := replayed(t, path)
			ids := make(map[string]bool)
			for _, f := range found {
				if ids[f.ID] {
					t.Fatalf("finding %s was reported twice", f.ID)
				}
				ids[f.ID] = true
			}
			for range 3 {
				e.evaluator.Again()
				if n := e.evaluator.Evaluate(t.Context()); n != 0 {
					t.Fatalf("%d findings were reported again", n)
				}
			}
			if got := rowsIn(t, path, "SELECT count(*) FROM findings WHERE severity = 'high'"); got != "1" {
				t.Errorf("%s grave findings are in the table", got)
			}
		})
	}
}
