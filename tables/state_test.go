package tables_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/tables"
)

func named(t *testing.T, d *tables.Data, name string) *tables.Table {
	t.Helper()
	all := tables.All(d)
	i := slices.IndexFunc(all, func(table *tables.Table) bool { return table.Name == name })
	if i < 0 {
		t.Fatalf("no table %s", name)
	}
	return all[i]
}

// equals makes a query for some values of a column.
func equals(table *tables.Table, column string, values ...string) tables.Query {
	var q tables.Query
	for _, v := range values {
		q.Constraints = append(q.Constraints, tables.Constraint{Column: table.ColumnIndex(column), Op: tables.Equals, Value: v})
	}
	return q
}

// checkRow holds a row to every column of its table: a column without a wanted value is an error.
func checkRow(t *testing.T, table *tables.Table, got, want map[string]string) {
	t.Helper()
	for _, c := range table.Columns {
		value, ok := want[c.Name]
		if !ok || got[c.Name] != value {
			t.Errorf("%s is %q, want %q", c.Name, got[c.Name], value)
		}
	}
	if len(got) != len(table.Columns) {
		t.Error("two columns bear one name")
	}
}

func holder() *event.Process {
	return &event.Process{
		Key: "pc.900.5", Path: `C:\Temp\odd.exe`, Cmdline: "odd", User: `PC\ann`, PID: 900, PPID: 4, StartNS: 5_999_999_999, UID: -1,
		Windows: &event.WindowsProcess{UserSID: "S-1-5-21-7", Integrity: "Medium"},
	}
}

func TestProcessTokens(t *testing.T) {
	var asked tables.TokenQuery
	d := &tables.Data{Tokens: func(_ context.Context, q tables.TokenQuery) iter.Seq[tables.Token] {
		asked = q
		return slices.Values([]tables.Token{
			{Process: holder(), Type: "primary", User: `PC\ann`, UserSID: "S-1-5-21-7", Session: -1},
			{
				Process: holder(), ThreadID: 902, Type: "impersonation", Level: "delegation", User: `NT AUTHORITY\SYSTEM`, UserSID: "S-1-5-18",
				Integrity: "System",
				Elevation: "full", Source: "Advapi", Session: 0, LogonID: 0x3e7, OriginID: 0x51, ID: 0xabc, Elevated: true, Restricted: true,
				AppContainer: true,
				UIAccess:     true, Enabled: "SeTcbPrivilege", Disabled: "SeDebugPrivilege", Adjusted: "SeAuditPrivilege", GroupsEnabled: "S-1-1-0",
				GroupsDenyingOnly: "S-1-5-32-544",
			},
		})
	}}
	table := named(t, d, "process_tokens")
	got := rows(t, table, tables.Query{})
	if len(got) != 2 || asked.PIDs != nil || !asked.Threads {
		t.Fatalf("%d rows, asked for %+v", len(got), asked)
	}
	checkRow(t, table, got[1], map[string]string{
		"pid": "900", "thread_id": "902", "token_type": "impersonation", "impersonation_level": "delegation", "user": `NT AUTHORITY\SYSTEM`,
		"user_sid": "S-1-5-18", "process_user": `PC\ann`, "process_user_sid": "S-1-5-21-7", "integrity_level": "System", "elevation": "full",
		"elevated": "1",
		"logon_id": "0x3e7", "origin_logon_id": "0x51", "session": "0", "token_source": "Advapi", "token_id": "0xabc",
		"enabled_privileges":  "SeTcbPrivilege",
		"disabled_privileges": "SeDebugPrivilege", "adjusted_privileges": "SeAuditPrivilege", "groups": "S-1-1-0", "deny_groups": "S-1-5-32-544",
		"restricted": "1", "app_container": "1", "ui_access": "1", "process_key": "pc.900.5", "path": `C:\Temp\odd.exe`, "name": "odd.exe",
		"cmdline":    "odd",
		"start_time": "5", "ppid": "4",
	})
	if p := got[0]; p["thread_id"] != "" || p["session"] != "" || p["origin_logon_id"] != "" || p["elevated"] != "0" {
		t.Errorf("the process's own token: %v", p)
	}
	q := equals(table, "pid", "900", "7")
	q.Constraints = append(q.Constraints, equals(table, "token_type", "primary").Constraints...)
	if got := rows(t, table, q); len(got) != 1 || !slices.Equal(asked.PIDs, []int64{900, 7}) || asked.Threads {
		t.Errorf("%d rows, asked for %+v", len(got), asked)
	}
	if got := rows(t, table, equals(table, "token_type", "impersonation")); len(got) != 1 || !asked.Threads {
		t.Errorf("%d rows, asked for %+v", len(got), asked)
	}
}

func TestThreadStarts(t *testing.T) {
	var asked tables.ThreadQuery
	d := &tables.Data{ThreadStarts: func(_ context.Context, q tables.ThreadQuery) iter.Seq[tables.ThreadStart] {
		asked = q
		return slices.Values([]tables.ThreadStart{
			{
				Process: holder(), ThreadID: 901, CreatedNS: 6_999_999_999, Start: 0x30100, File: `C:\data.bin`, RegionType: "mapped",
				Permissions: "r-xs",
				Protection:  "PAGE_EXECUTE_READ", InitialProtection: "PAGE_READWRITE", RegionStart: 0x30000, AllocationBase: 0x20000, RegionSize: 4096,
				PrivatePage: -1, UnbackedFrames: 2, FirstFrame: 0x30106,
			},
			{
				Process: holder(), ThreadID: 903, Start: 0x1000, Module: `C:\Windows\System32\ntdll.dll`, RegionType: "image", PrivatePage: 1,
				UnbackedFrames: -1,
			},
		})
	}}
	table := named(t, d, "thread_starts")
	got := rows(t, table, tables.Query{})
	if len(got) != 2 || asked.PIDs != nil || !asked.Frames {
		t.Fatalf("%d rows, asked for %+v", len(got), asked)
	}
	checkRow(t, table, got[0], map[string]string{
		"pid": "900", "thread_id": "901", "thread_start_time": "6", "start_address": "0x30100", "module": "", "unbacked": "1",
		"mapping_path": `C:\data.bin`,
		"region_type":  "mapped", "permissions": "r-xs", "protection": "PAGE_EXECUTE_READ", "initial_protection": "PAGE_READWRITE",
		"region_start": "0x30000",
		"region_size":  "4096", "allocation_base": "0x20000", "private_page": "", "unbacked_frames": "2", "unbacked_frame": "0x30106",
		"process_key": "pc.900.5",
		"path":        `C:\Temp\odd.exe`, "name": "odd.exe", "cmdline": "odd", "start_time": "5", "ppid": "4", "user": `PC\ann`,
		"user_sid":        "S-1-5-21-7",
		"integrity_level": "Medium",
	})
	if p := got[1]; p["unbacked"] != "0" || p["private_page"] != "1" || p["unbacked_frames"] != "" || p["unbacked_frame"] != "" ||
		p["thread_start_time"] != "" {
		t.Errorf("a thread of a module: %v", p)
	}
	q := equals(table, "pid", "900")
	q.Used = make([]bool, len(table.Columns))
	q.Used[table.ColumnIndex("module")] = true
	if rows(t, table, q); !slices.Equal(asked.PIDs, []int64{900}) || asked.Frames {
		t.Errorf("asked for %+v", asked)
	}
	q.Used[table.ColumnIndex("unbacked_frame")] = true
	if rows(t, table, q); !asked.Frames {
		t.Error("the stacks are not asked for, though a column needs them")
	}
}

// Row ids tell rows apart and stay from scan to scan.
func TestStateRowIDs(t *testing.T) {
	tokens := []tables.Token{
		{Process: holder()},
		{Process: holder(), ThreadID: 901},
		{Process: holder(), ThreadID: 902},
		{Process: &event.Process{PID: 12}},
	}
	d := &tables.Data{Tokens: func(context.Context, tables.TokenQuery) iter.Seq[tables.Token] { return slices.Values(tokens) }}
	ids := func() (out []int64) {
		seq, err := named(t, d, "process_tokens").Generate(t.Context(), &tables.Query{})
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
		t.Error("row ids change between scans")
	}
	slices.Sort(first)
	if len(slices.Compact(first)) != len(tokens) || first[0] < 0 {
		t.Errorf("row ids %v", first)
	}
}

// An empty table of state is explained, and one that has a scanner is not.
func TestStateWithoutScanner(t *testing.T) {
	missing := func(d *tables.Data) (out []string) {
		for _, row := range rows(t, named(t, d, "collector_health"), tables.Query{}) {
			if row["collector"] == "live_state" {
				if row["state"] != "off" || !strings.Contains(row["reason"], "windows") {
					t.Errorf("%v", row)
				}
				out = append(out, row["item"])
			}
		}
		return out
	}
	d := &tables.Data{Feeds: []collectors.Feed{{Platform: "windows", Deliveries: []collectors.Delivery{
		{Table: "process_tokens"},
		{Table: "rwx_mappings"},
		{Table: "thread_starts"},
		{Table: "tracer_state"},
		{Table: "open_sensitive_files"},
		{Table: "code_patches"},
	}}}}
	if got := missing(d); !slices.Equal(got, []string{
		"code_patches", "open_sensitive_files", "process_tokens", "rwx_mappings",
		"thread_starts",
		"tracer_state",
	}) {
		t.Errorf("explained are %v", got)
	}
	for _, name := range missing(d) {
		if got := rows(t, named(t, d, name), tables.Query{}); len(got) != 0 {
			t.Errorf("%s has rows of nothing", name)
		}
	}
	d.Tokens = func(context.Context, tables.TokenQuery) iter.Seq[tables.Token] {
		return slices.Values([]tables.Token(nil))
	}
	if got := missing(d); !slices.Equal(got, []string{
		"code_patches", "open_sensitive_files", "rwx_mappings", "thread_starts",
		"tracer_state",
	}) {
		t.Errorf("explained are %v", got)
	}
}
