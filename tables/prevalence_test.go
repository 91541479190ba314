package tables_test

import (
	"iter"
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/tables"
)

func TestPrevalence(t *testing.T) {
	all := []tables.Combination{
		{
			Kind: event.KindProcessStart, Path: "/usr/bin/curl", ParentPath: "/bin/sh", User: "web", Image: "docker", Seen: 7, Hours: 3, Days: 2,
			FirstNS: 100e9, LastNS: 900e9 + 5, Rare: true, New: true, SinceNS: 10e9, UntilNS: 50e9, NewestNS: 1010e9,
		},
		{Kind: event.KindFileAccess, Path: `C:\x\A.exe`, User: "root", Host: "pc", Seen: 1, Learning: true},
	}
	var asked tables.PrevalenceQuery
	table := named(t, &tables.Data{Prevalence: func(q *tables.PrevalenceQuery) iter.Seq[tables.Combination] {
		asked = *q
		var out []tables.Combination
		for _, c := range all {
			if q.Admits(c.Kind, c.Path, c.User) {
				out = append(out, c)
			}
		}
		return slices.Values(out)
	}}, "prevalence")
	got := rows(t, table, tables.Query{})
	if len(got) != 2 || asked.Kinds != nil || asked.Paths != nil || asked.Users != nil {
		t.Fatalf("%d rows, asked %+v", len(got), asked)
	}
	for i, want := range []map[string]string{
		{
			"kind": "process_start", "path": "/usr/bin/curl", "name": "curl", "parent_path": "/bin/sh", "user": "web", "container_image": "docker",
			"computer": "", "seen": "7", "hours": "3", "days": "2", "first_seen": "100", "last_seen": "900", "rare": "1", "new": "1",
			"learning":       "0",
			"learning_until": "50", "host_age": "1000",
		},
		{"kind": "file_access", "name": "a.exe", "computer": "pc", "rare": "0", "new": "0", "learning": "1", "host_age": "0"},
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
	for _, c := range []struct {
		column, value string
		want          int
	}{
		{"path", "/usr/bin/CURL", 1},
		{"path", "/usr/bin", 0},
		{"kind", "FILE_ACCESS", 1},
		{"kind", "nothing", 0},
		{"user", "root", 1},
		{"parent_path", "/bin/sh", 1},
	} {
		constraint := tables.Constraint{Column: table.ColumnIndex(c.column), Op: tables.Equals, Value: c.value}
		if got := rows(t, table, tables.Query{Constraints: []tables.Constraint{constraint}}); len(got) != c.want {
			t.Errorf("%s = %s: %d rows, asked %+v", c.column, c.value, len(got), asked)
		}
		if c.column != "parent_path" && len(asked.Paths)+len(asked.Kinds)+len(asked.Users) != 1 {
			t.Errorf("%s = %s asks %+v", c.column, c.value, asked)
		}
	}
	ids := make(map[int64]bool)
	seq, err := table.Generate(t.Context(), &tables.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for r := range seq {
		ids[r.RowID()] = true
	}
	if len(ids) != 2 {
		t.Errorf("row ids %v", ids)
	}
}
