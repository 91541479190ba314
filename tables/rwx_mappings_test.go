package tables_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/tables"
)

func rwxTable(t *testing.T, d *tables.Data) *tables.Table {
	t.Helper()
	for _, table := range tables.All(d) {
		if table.Name == "rwx_mappings" {
			return table
		}
	}
	t.Fatal("no table rwx_mappings")
	return nil
}

// scanned is what a scan finds; asked is what the table asked for.
func scanned(asked *tables.MappingQuery) *tables.Data {
	process := &event.Process{
		Key: "b.40.7", Path: "/usr/bin/node", Cmdline: "node \"x\"", User: "web", ContainerID: "c1", ContainerRuntime: "lxc",
		StartNS: 5_999_999_999, PID: 40, PPID: 1, UID: 33,
	}
	all := []tables.Mapping{
		{
			Process: process, PID: 40, Start: 0x400000, End: 0x402000, Offset: 4096, Inode: 9, Kind: "rwx", Permissions: "rwxp", Device: "08:01",
			Path: "/usr/bin/node", Resident: 4096, PrivateDirty: 0, Anonymous: -1,
			Differing: -1, Personality: 0x0440000,
		},
		{
			PID: 41, Start: 0xffffffffff600000, End: 0xffffffffff601000, Kind: "anonymous_executable", Permissions: "r-xp", Device: "00:00",
			Path: "[heap]", Resident: -1, PrivateDirty: -1, Anonymous: -1, Differing: 2, Personality: -1,
		},
		{Process: process, PID: 41, Start: 0x400000, End: 0x401000, Kind: "rwx", Permissions: "rwxp", Device: "00:00"},
	}
	return &tables.Data{Mappings: func(_ context.Context, q tables.MappingQuery) iter.Seq[tables.Mapping] {
		*asked = q
		return slices.Values(all)
	}}
}

func rows(t *testing.T, table *tables.Table, q tables.Query) []map[string]string {
	t.Helper()
	seq, err := table.Generate(t.Context(), &q)
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for r := range seq {
		row := make(map[string]string)
		for i, c := range table.Columns {
			row[c.Name] = r.Value(i).String()
		}
		out = append(out, row)
	}
	return out
}

func TestRWXMappings(t *testing.T) {
	var asked tables.MappingQuery
	table := rwxTable(t, scanned(&asked))
	got := rows(t, table, tables.Query{})
	if len(got) != 3 || asked.PIDs != nil || !asked.Pages {
		t.Fatalf("%d rows, asked for %+v", len(got), asked)
	}
	for name, want := range map[string]string{
		"pid": "40", "kind": "rwx", "permissions": "rwxp", "start": "0x00400000", "end": "0x00402000", "size": "8192",
		"mapping_path": "/usr/bin/node",
		"offset":       "4096", "device": "08:01", "inode": "9", "pseudo": "0", "resident": "4096", "private_dirty": "0", "anonymous": "",
		"process_key": "b.40.7",
		"differing":   "", "read_implies_exec": "1",
		"path": "/usr/bin/node", "name": "node", "cmdline": "node \"x\"", "uid": "33", "user": "web", "start_time": "5", "ppid": "1",
		"parent_path":  "",
		"container_id": "c1", "container_runtime": "lxc",
	} {
		if value, ok := got[0][name]; !ok || value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
	if len(got[0]) != len(table.Columns) {
		t.Error("two columns bear one name")
	}
	gone := got[1]
	if gone["start"] != "0xffffffffff600000" || gone["pseudo"] != "1" || gone["uid"] != "" || gone["differing"] != "2" ||
		gone["read_implies_exec"] != "" || gone["ppid"] != "" ||
		gone["start_time"] != "" || gone["path"] != "" {
		t.Errorf("a process that has ended: %v", gone)
	}
}

func TestRWXMappingsPushDown(t *testing.T) {
	var asked tables.MappingQuery
	table := rwxTable(t, scanned(&asked))
	pid := table.ColumnIndex("pid")
	if !table.Columns[pid].Optimized {
		t.Error("pid is not optimized: an IN would scan once a value")
	}
	got := rows(t, table, tables.Query{Constraints: []tables.Constraint{
		{Column: pid, Op: tables.Equals, Value: "41"}, {Column: pid, Op: tables.Equals, Value: "7"}, {Column: pid, Op: tables.Limit, Value: "1"},
	}})
	if !slices.Equal(asked.PIDs, []int64{41, 7}) || len(got) != 2 {
		t.Errorf("asked for %+v, got %d rows", asked, len(got))
	}
	rows(t, table, tables.Query{Constraints: []tables.Constraint{{Column: pid, Op: tables.GreaterThan, Value: "41"}}})
	if asked.PIDs != nil {
		t.Errorf("a range asks for %v only", asked.PIDs)
	}
	rows(t, table, tables.Query{Constraints: []tables.Constraint{{Column: pid, Op: tables.Equals, Value: "x"}}})
	if asked.PIDs != nil {
		t.Errorf("no number asks for %v only", asked.PIDs)
	}
	for name, want := range map[string]bool{"kind": false, "cmdline": false, "resident": true, "private_dirty": true, "anonymous": true} {
		used := make([]bool, len(table.Columns))
		used[table.ColumnIndex(name)] = true
		rows(t, table, tables.Query{Used: used})
		if asked.Pages != want {
			t.Errorf("reading %s counts pages: %v", name, asked.Pages)
		}
	}
}

func TestRWXMappingsRowID(t *testing.T) {
	var asked tables.MappingQuery
	table := rwxTable(t, scanned(&asked))
	ids := func() (out []int64) {
		seq, err := table.Generate(t.Context(), &tables.Query{})
		if err != nil {
			t.Fatal(err)
		}
		for r := range seq {
			out = append(out, r.RowID())
		}
		return out
	}
	first := ids()
	if !slices.Equal(first, ids()) {
		t.Error("row ids change between queries")
	}
	slices.Sort(first)
	if len(slices.Compact(first)) != 3 || first[0] < 0 {
		t.Errorf("row ids %v", first)
	}
	if got := rows(t, rwxTable(t, &tables.Data{}), tables.Query{}); len(got) != 0 {
		t.Error("rows without a scanner")
	}
}
