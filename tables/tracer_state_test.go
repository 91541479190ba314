package tables_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/tables"
)

func TestTracerState(t *testing.T) {
	const attach, seize, poke = 16, 0x4206, 4
	tracer := &event.Process{Key: "b.20.1", Path: "/usr/bin/gdb", Cmdline: "gdb -p 10", PID: 20, UID: 1000, User: "dev"}
	other := &event.Process{Key: "b.30.1", Path: "/tmp/x", PID: 30, UID: 0}
	victim := &event.Process{Key: "b.10.1", Path: "/usr/bin/ssh-agent", PID: 10, PPID: 1, UID: 1000, ContainerID: "c"}
	child := &event.Process{Key: "b.40.1", Path: "/bin/true", PID: 40, PPID: 20, UID: 1000}
	s := store.NewStore(0, 1)
	call := func(seconds int64, by, of *event.Process, request uint64, outcome event.Outcome) event.Event {
		return event.Event{
			Kind: event.KindPtrace, TimeNS: seconds * 1e9, Process: by, Target: of, Args: [4]uint64{request}, NArgs: 4, Outcome: outcome,
		}
	}
	s.Add(
		call(100, tracer, victim, attach, event.Success), call(200, tracer, victim, seize, event.Success),
		call(300, tracer, victim, attach, event.Failure), call(310, tracer, victim, poke, event.Success),
		call(320, other, victim, attach, event.Success), call(50, child, tracer, 0, event.Success),
	)
	all := []tables.Tracing{
		{Process: victim, Tracer: tracer, PID: 10, ThreadID: 11, TracerPID: 20, TracerThreadID: 21, Stopped: true, FirstSeenNS: 900e9},
		{Process: child, Tracer: tracer, PID: 40, ThreadID: 40, TracerPID: 20, TracerThreadID: 20, FirstSeenNS: 901e9},
		{PID: 60, ThreadID: 60, TracerPID: 70, TracerThreadID: 70, FirstSeenNS: 902e9},
	}
	var asked tables.StateQuery
	table := named(t, &tables.Data{Store: s, Tracers: func(_ context.Context, q tables.StateQuery) iter.Seq[tables.Tracing] {
		asked = q
		return slices.Values(all)
	}}, "tracer_state")
	got := rows(t, table, tables.Query{})
	if len(got) != 3 || asked.PIDs != nil {
		t.Fatalf("%d rows, asked %+v", len(got), asked)
	}
	for i, want := range []map[string]string{
		{
			"pid": "10", "thread_id": "11", "tracer_pid": "20", "tracer_thread_id": "21", "stopped": "1", "is_child": "0", "since": "200",
			"since_source": "event", "attach_eid": "2", "path": "/usr/bin/ssh-agent", "tracer_path": "/usr/bin/gdb", "tracer_name": "gdb",
			"tracer_cmdline": "gdb -p 10", "tracer_user": "dev", "tracer_uid": "1000", "same_container": "0", "container_id": "c",
		},
		{"is_child": "1", "since": "50", "since_source": "event", "attach_eid": "6", "same_container": "1"},
		{"since": "902", "since_source": "scan", "attach_eid": "", "path": "", "tracer_path": "", "uid": "", "tracer_uid": "", "is_child": "0"},
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
	rows(t, table, tables.Query{Constraints: []tables.Constraint{{Column: pid, Op: tables.Equals, Value: "40"}}})
	if !table.Columns[pid].Optimized || !slices.Equal(asked.PIDs, []int64{40}) {
		t.Errorf("asked %+v", asked)
	}
}
