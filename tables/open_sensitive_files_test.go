package tables_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/tables"
)

func TestOpenSensitiveFiles(t *testing.T) {
	holder := &event.Process{Key: "b.20.1", Path: "/tmp/x", PID: 20, UID: 1000, User: "dev", ContainerID: "c"}
	victim := &event.Process{Key: "b.10.1", Path: "/usr/bin/ssh-agent", Cmdline: "ssh-agent", PID: 10, PPID: 20, UID: 1000}
	all := []tables.OpenFile{
		{
			Process: holder, Target: victim, PID: 20, ThreadID: 21, FD: 3, TargetPID: 10, Class: "process_memory", ToldBy: "inode",
			Path: "/proc/10/mem", Access: "read_write", Device: "00:15", Inode: 9,
		},
		{PID: 30, ThreadID: 30, FD: 3, Class: "video", ToldBy: "device", Path: "/dev/x\ny", Device: "81:0"},
	}
	var asked tables.StateQuery
	table := named(t, &tables.Data{OpenFiles: func(_ context.Context, q tables.StateQuery) iter.Seq[tables.OpenFile] {
		asked = q
		return slices.Values(all)
	}}, "open_sensitive_files")
	got := rows(t, table, tables.Query{})
	if len(got) != 2 || asked.PIDs != nil {
		t.Fatalf("%d rows, asked %+v", len(got), asked)
	}
	for i, want := range []map[string]string{
		{
			"pid": "20", "thread_id": "21", "fd": "3", "class": "process_memory", "told_by": "inode", "file_path": "/proc/10/mem",
			"access": "read_write", "device": "00:15", "inode": "9", "target_pid": "10", "target_process_key": "b.10.1",
			"target_path": "/usr/bin/ssh-agent", "target_cmdline": "ssh-agent", "target_uid": "1000", "is_child": "1", "same_user": "1",
			"path": "/tmp/x", "user": "dev", "container_id": "c",
		},
		{
			"class": "video", "file_path": "/dev/x\ny", "target_pid": "", "target_path": "", "target_uid": "", "is_child": "0", "same_user": "0",
			"path": "", "uid": "",
		},
	} {
		for name, value := range want {
			if v, ok := got[i][name]; !ok || v != value {
				t.Errorf("row %d: %s is %q, want %q", i, name, v, value)
			}
		}
		if len(got[i]) != len(table.Columns) {
			t.Error("two columns bear one name")
		}
	}
	pid := table.ColumnIndex("pid")
	rows(t, table, tables.Query{Constraints: []tables.Constraint{{Column: pid, Op: tables.Equals, Value: "30"}}})
	if !table.Columns[pid].Optimized || !slices.Equal(asked.PIDs, []int64{30}) {
		t.Errorf("asked %+v", asked)
	}
}
