package tables

import (
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
)

// TestTablesOfHosts reads a table of what happens on devices and in accounts: it has its own shared columns and none of a process's.
func TestTablesOfHosts(t *testing.T) {
	d := &Data{Store: store.NewStore(0, 1)}
	logSource := &event.LogSource{Name: "cloud:trail", Provider: "test"}
	d.Store.Add(
		event.Event{
			Kind: event.KindCall, API: event.APINamed("RunInstances"), LogSource: logSource, TimeNS: 5e9,
			Host:    &event.Host{Name: "4711", Kind: event.Account, Domain: "tenant-1"},
			Subject: &event.Subject{Principal: "ann", Kind: "role", Session: "s1", SourceAddress: "192.0.2.1", UserAgent: "cli/2"},
		},
		event.Event{
			Kind: event.KindCall, API: event.APINamed("reload"), LogSource: logSource, TimeNS: 6e9,
			Host: &event.Host{Name: "switch-1", Kind: event.Device},
		},
	)
	calls := eventView{Name: "cloud_calls", Kinds: []event.Kind{event.KindCall}, Shared: ofHosts}.table(d)
	read := func(table *Table, c ...Constraint) (out []map[string]string) {
		rows, err := table.Generate(t.Context(), &Query{Constraints: c})
		if err != nil {
			t.Fatal(err)
		}
		for r := range rows {
			row := make(map[string]string)
			for i := range table.Columns {
				row[table.Columns[i].Name] = r.Value(i).String()
			}
			out = append(out, row)
		}
		return out
	}
	rows := read(calls)
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	for name, want := range map[string][2]string{
		"host": {"4711", "switch-1"}, "host_kind": {"account", "device"}, "host_domain": {"tenant-1", ""}, "subject": {"ann", ""},
		"subject_kind": {"role", ""}, "subject_session": {"s1", ""}, "source_address": {"192.0.2.1", ""}, "user_agent": {"cli/2", ""},
		"api": {"RunInstances", "reload"}, "log_source": {"cloud:trail", "cloud:trail"},
	} {
		for i := range rows {
			if got, ok := rows[i][name]; !ok || got != want[i] {
				t.Errorf("%s of row %d is %q (%v), want %q", name, i, got, ok, want[i])
			}
		}
	}
	for _, c := range processColumns {
		if calls.ColumnIndex(c.Name) >= 0 {
			t.Errorf("the table has the column %s of a process", c.Name)
		}
	}
	if got := read(calls, Constraint{calls.ColumnIndex("host"), Equals, "switch-1"}); len(got) != 1 || got[0]["api"] != "reload" {
		t.Errorf("asked for one host: %v", got)
	}

	// A table of processes reads an event without one as empty and NULL.
	var actors []string
	for _, row := range read(apiCalls(d)) {
		actors = append(actors, row["actor_key"])
		for _, name := range []string{
			"process_key", "path", "cmdline", "uid", "user", "parent_path", "start_time_ns", "integrity_level", "ancestry",
		} {
			if row[name] != "" {
				t.Errorf("%s of an event without a process is %q", name, row[name])
			}
		}
	}
	if len(actors) != 2 || actors[0] != "ann@4711" || actors[1] != "switch-1" {
		t.Errorf("the actors are %q", actors)
	}
}
