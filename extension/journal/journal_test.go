package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// made is a finding of everything that one can have.
func made(eid int64) *event.Event {
	return &event.Event{
		Kind: event.KindFinding, EID: eid, TimeNS: 5e9 + eid, LogSource: &event.LogSource{Name: "auditd:SYSCALL", Provider: "audit"},
		Host: &event.Host{Name: "h"}, Subject: &event.Subject{Principal: "p"}, API: event.APINamed("ptrace"), Path: "/etc/passwd",
		Process: &event.Process{
			Key: "b.7.1", PID: 7, Path: "/tmp/x", Cmdline: "x \x1b[31m\n\xff", UID: -1, ExeMode: 0o755,
			Creator: &event.Creator{Key: "b.1.1", Path: "/bin/sh", Ancestors: []string{"/bin/sh", "/sbin/init"}},
			Windows: &event.WindowsProcess{UserSID: "S-1-5-18", LogonID: 1 << 63},
		},
		Target: &event.Process{Key: "b.8.1", PID: 8, Path: "/bin/y"},
		Detail: &event.Finding{
			Detection: "AN0579", Way: "w", Strategy: "DET0203", Technique: "T1055.008", Severity: "high", Summary: "x took y",
			ID: fmt.Sprint("id", eid), EIDs: "1,2", Extra: `{"a":"b"}`,
		},
	}
}

func open(t *testing.T, dir string, held ...*event.Event) *Journal {
	t.Helper()
	j, err := Open(dir, func() []*event.Event { return held })
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestJournal: what was written, however the process ended, is read as it was.
func TestJournal(t *testing.T) {
	dir := t.TempDir()
	if got, err := Read(dir, 100); got != nil || err != nil {
		t.Fatalf("an empty folder gives %v, %v", got, err)
	}
	j := open(t, dir, made(1))
	j.Add(made(2))
	j.Add(&event.Event{Kind: event.KindPtrace})
	got, err := Read(dir, 100) // nobody closed it
	if err != nil || len(got) != 2 {
		t.Fatalf("%d findings, %v", len(got), err)
	}
	want := made(2)
	if !reflect.DeepEqual(&got[1], want) {
		t.Errorf("got %+v\nwant %+v", got[1], want)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
}

// TestTornJournal: what stands before and behind a torn line is read, and ids that cannot be are left out.
func TestTornJournal(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	for eid := range int64(3) {
		j.Add(made(eid + 1))
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	torn := bytes.Join([][]byte{lines[0], lines[0][:20], []byte("\n{}\n"), lines[2], lines[1], lines[2][:9]}, nil)
	if err := os.WriteFile(path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Read(dir, 100)
	if len(got) != 2 || got[0].EID != 1 || got[1].EID != 3 || err == nil || !strings.Contains(err.Error(), "4 lines") {
		t.Errorf("%d findings, %v", len(got), err)
	}
	if got, err := Read(dir, 2); len(got) != 1 || err == nil {
		t.Errorf("of ids that are to come: %d findings, %v", len(got), err)
	}
}

// TestJournalIsBounded: it is made anew of what is held, the newest first to stay.
func TestJournalIsBounded(t *testing.T) {
	dir := t.TempDir()
	var held []*event.Event
	j, err := Open(dir, func() []*event.Event { return held })
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 100_000)
	for eid := range int64(400) {
		e := made(eid + 1)
		e.Path = long
		held = append(held, e)
		j.Add(e)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil || info.Size() > maxSize {
		t.Errorf("it has %d bytes, %v", info.Size(), err)
	}
	got, err := Read(dir, 1000)
	if err != nil || len(got) < 50 || got[len(got)-1].EID != 400 {
		t.Errorf("%d findings, %v", len(got), err)
	}
}

func FuzzJournal(f *testing.F) {
	x, _ := entryOf(made(1))
	line, err := json.Marshal(x)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(line, '\n'))
	f.Add([]byte("{}\n{\"EID\":1,\"Finding\":null}\n"))
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		got, _ := read(bytes.NewReader(data), 1<<40)
		for i := range got {
			if got[i].Detail == nil || got[i].Kind != event.KindFinding || i > 0 && got[i].EID <= got[i-1].EID {
				t.Fatalf("read %+v", got[i])
			}
		}
	})
}
