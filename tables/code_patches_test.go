package tables_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/tables"
)

func TestCodePatches(t *testing.T) {
	process := &event.Process{Key: "b.20.1", Path: "/usr/sbin/sshd", PID: 20, UID: 0, User: "root"}
	all := []tables.CodePatch{
		{
			Process: process, PID: 20, Kind: "patch", Path: "/usr/lib/libcrypto.so.3", Device: "08:01", Symbol: "RSA_public_decrypt+0x4", Inode: 7,
			Address: 0x7f0000001000, Offset: 0x1000, Size: 40, Live: []byte{0xff, 0x25}, File: []byte{0x55, 0x48}, FilePresent: true,
		},
		{PID: 21, Kind: "deleted_file", Path: "/usr/bin/x (deleted)", Address: 0x400000, Size: 4096},
	}
	var asked tables.StateQuery
	table := named(t, &tables.Data{CodePatches: func(_ context.Context, q tables.StateQuery) iter.Seq[tables.CodePatch] {
		asked = q
		return slices.Values(all)
	}}, "code_patches")
	got := rows(t, table, tables.Query{})
	if len(got) != 2 || asked.PIDs != nil {
		t.Fatalf("%d rows, asked %+v", len(got), asked)
	}
	for i, want := range []map[string]string{
		{
			"pid": "20", "kind": "patch", "mapping_path": "/usr/lib/libcrypto.so.3", "address": "0x7f0000001000", "offset": "4096", "size": "40",
			"symbol": "RSA_public_decrypt+0x4", "live_bytes": "ff25", "file_bytes": "5548", "file_present": "1", "device": "08:01", "inode": "7",
			"path": "/usr/sbin/sshd", "user": "root", "uid": "0",
		},
		{"kind": "deleted_file", "file_present": "0", "live_bytes": "", "symbol": "", "path": "", "uid": ""},
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
	rows(t, table, tables.Query{Constraints: []tables.Constraint{{Column: pid, Op: tables.Equals, Value: "20"}}})
	if !table.Columns[pid].Optimized || !slices.Equal(asked.PIDs, []int64{20}) {
		t.Errorf("asked %+v", asked)
	}
}
