package tables

import (
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
)

// TestObjectsOfCalls: one name finds what a call is about, whatever kind it is, also by the index.
func TestObjectsOfCalls(t *testing.T) {
	store := store.NewStore(0, 1)
	setup := &event.Process{Key: "p", Path: `C:\a\Setup.exe`, Windows: &event.WindowsProcess{Integrity: "Medium"}}
	child := &event.Process{Key: "c", Path: `C:\b\tool.exe`, Creator: setup.AsCreator()}
	logSource := new(event.LogSource)
	add := func(e event.Event) {
		e.LogSource, e.API = logSource, event.APINamed("any")
		store.Add(e)
	}
	add(event.Event{Kind: event.KindProcessStart, Process: child, Detail: &event.Exec{}})
	add(event.Event{
		Kind: event.KindRegistryChange, Process: child, Path: `HKLM\x\EnableLUA`,
		Detail: &event.RegistryChange{Data: "DWORD (0x00000000)"},
	})
	add(event.Event{Kind: event.KindProcessAccess, Process: child, Target: setup, Detail: &event.ProcessAccess{}})
	add(event.Event{Kind: event.KindLogon, Process: child, Detail: &event.Logon{LogonProcess: "Chrome"}})
	add(event.Event{Kind: event.KindDirectory, Process: child, Detail: &event.DirectoryChange{Object: "o", Attribute: "{1} {2}"}})

	table := apiCalls(&Data{Store: store})
	for name, want := range map[string][]string{
		"TOOL.EXE":  {"tool.exe", "", "Medium"},
		"enablelua": {"EnableLUA", "data=DWORD (0x00000000)", "Medium"},
		"setup.exe": {"Setup.exe", "", "Medium"},
		"chrome":    {"Chrome", "", "Medium"},
		"":          {"", "object=o attribute={1} {2}", "Medium"},
	} {
		q := &Query{Constraints: []Constraint{{Column: table.ColumnIndex("object_name"), Op: Equals, Value: name}}}
		got := cells(t, table, q, "object_name", "arguments", "parent_integrity_level")
		if len(got) != 1 || !strings.EqualFold(got[0][0], want[0]) || !strings.HasSuffix(got[0][1], want[1]) || got[0][2] != want[2] {
			t.Errorf("object_name %q gives %q, want %q", name, got, want)
		}
	}
}
