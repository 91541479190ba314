package engine

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/scripts/racing"
)

// TestReplayMemoryIsConstant replays a log of 80,000 events, each of a process and a minute of its own, into a small store: once
// that is full, nothing grows any more, whatever the length of the log.
func TestReplayMemoryIsConstant(t *testing.T) {
	racing.Pointless(t, "its own memory is many times what is measured here")
	const events, held = 80_000, 4_000
	path := filepath.Join(t.TempDir(), "long.xml")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	log := bufio.NewWriter(file)
	for i := range events {
		fmt.Fprintf(log, `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider `+
			`Name="Microsoft-Windows-Sysmon" `+
			`Guid="{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"/><EventID>1</EventID><Level>4</Level><TimeCreated `+
			`SystemTime="2026-%02d-%02dT%02d:%02d:00.0000000Z"/>`+
			`<EventRecordID>%d</EventRecordID>`+
			`<Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>pc.example.test</Computer></System><EventData>`+
			`<Data Name="ProcessGuid">{00000000-0000-0000-0000-%012x}</Data><Data Name="ProcessId">%d</Data><Data `+
			`Name="Image">C:\Work\build-%d.exe</Data>`+
			`<Data Name="CommandLine">build-%d.exe --number %d</Data><Data Name="User">EXAMPLE\ann</Data></EventData></Event>`+"\n",
			1+i/60/24/28%12, 1+i/60/24%28, i/60%24, i%60, i, i+1, 4+4*i, i, i, i)
	}
	if err := errors.Join(log.Flush(), file.Close()); err != nil {
		t.Fatal(err)
	}
	e, err := OverRecordings(recorded(t, path), "", nil, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	e.store.Limit(store.Limits{Events: held, HighWater: 2 * held})
	var early, late uint64 // most that lived, in the third and in the last quarter
	rounds := 0
	e.pump.AfterRound = func() {
		if rounds++; rounds%16 != 0 {
			return
		}
		var added uint64
		for _, s := range e.store.Stats() {
			added += s.Added
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		switch {
		case added > events*3/4:
			late = max(late, m.HeapAlloc)
		case added > events/2:
			early = max(early, m.HeapAlloc)
		}
	}
	if err := e.Replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("at most %d KB in the third quarter of the log, %d KB in the last", early>>10, late>>10)
	if early == 0 || late > early+early/10 {
		t.Errorf("memory grows with the log: %d KB in its third quarter, %d KB in its last", early>>10, late>>10)
	}
}
