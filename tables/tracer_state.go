package tables

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
	"github.com/apiwatch/apiwatch/collectors/store"
)

// StateQuery says which processes a scan is asked for.
type StateQuery struct {
	// PIDs are the processes to look at; nil means all.
	PIDs []int64
}

// Tracing is a thread that is traced, as it is now.
type Tracing struct {
	Process, Tracer                          *event.Process // either may be nil, if it ended meanwhile
	PID, ThreadID, TracerPID, TracerThreadID int64
	Stopped                                  bool
	FirstSeenNS                              int64
	attach                                   attach
}

// attach is the call by which a tracing began, as far as it is stored.
type attach struct {
	asked bool
	event *event.Event // nil if none is known
}

// TracerScanner yields the threads that are traced, in bounded time.
type TracerScanner func(ctx context.Context, q StateQuery) iter.Seq[Tracing]

func tracerState(d *Data) *Table {
	type row = *Tracing
	process := func(t row) *event.Process { return t.Process }
	tracer := orNone(func(t row) *event.Process { return t.Tracer })
	traced := orNone(process)
	s := spec[row]{
		Name: "tracer_state",
		Description: "Who is traced by whom now (ptrace): debuggers, strace, and whoever holds another process to change it. One row for each " +
			"traced thread.",
		Component: "DC0035 Process Access",
		Examples: []string{
			"SELECT pid, path, tracer_pid, tracer_path, since, since_source FROM tracer_state GROUP BY pid",
			"SELECT pid, path, user, tracer_path, tracer_user FROM tracer_state WHERE uid <> tracer_uid",
			"SELECT path, tracer_path FROM tracer_state WHERE is_child = 0 AND stopped = 1",
		},
		Columns: slices.Concat([]column[row]{
			optimized(bigint("pid", "Process id of the traced process. Given one or more, only these processes are looked at.",
				func(t row) int64 { return t.PID })),
			bigint("thread_id", "The thread that is traced; a tracer takes hold of each thread by itself.", func(t row) int64 { return t.ThreadID }),
			bigint("tracer_pid", "Process id of the tracer.", func(t row) int64 { return t.TracerPID }),
			bigint("tracer_thread_id", "The tracer's thread that traces: no other may.", func(t row) int64 { return t.TracerThreadID }),
			integer("stopped", "1 if the tracer holds the thread in a stop.", func(t row) int64 { return b2i(t.Stopped) }),
			integer("is_child", "1 if the tracer is the parent of the process, as it is of what a debugger or strace started itself.",
				func(t row) int64 { return b2i(t.Process != nil && t.Process.PPID == t.TracerPID) }),
			bigint("since", "Since when it is known to be traced, Unix seconds: the time of the call that began it, where that is stored, else "+
				"when a "+
				"scan first found it so.", func(t row) int64 {
				if e := attachOf(d.Store, t); e != nil {
					return e.TimeNS / int64(time.Second)
				}
				return t.FirstSeenNS / int64(time.Second)
			}),
			text("since_source", "What since is the time of: event (the call) or scan.", func(t row) string {
				if attachOf(d.Store, t) != nil {
					return "event"
				}
				return "scan"
			}),
			known("attach_eid", "Event id of the call that began it, as in ptrace_events; NULL if none is stored.", func(t row) (int64, bool) {
				if e := attachOf(d.Store, t); e != nil {
					return e.EID, true
				}
				return 0, false
			}),
		}, ownerColumns(process), accountColumns(process), []column[row]{
			text("tracer_process_key", "process_key of the tracer.", func(t row) string { return tracer(t).Key }),
			text("tracer_path", "Executable path of the tracer.", func(t row) string { return tracer(t).Path }),
			text("tracer_name", "Last part of tracer_path.", func(t row) string { return event.LastPart(tracer(t).Path) }),
			text("tracer_cmdline", "Command line of the tracer.", func(t row) string { return tracer(t).Cmdline }),
			known("tracer_uid", "User id of the tracer.", func(t row) (int64, bool) { return id(tracer(t).UID) }),
			text("tracer_user", "Name of tracer_uid.", func(t row) string { return tracer(t).User }),
			text("tracer_container_id", "Container of the tracer.", func(t row) string { return tracer(t).ContainerID }),
			integer("same_container", "1 if both are in the same container, or both in none.",
				func(t row) int64 { return b2i(tracer(t).ContainerID == traced(t).ContainerID) }),
		}),
	}
	pid := positions(s.Columns, "pid")[0]
	s.Rows = func(ctx context.Context, q *Query) (iter.Seq2[int64, row], error) {
		if d.Tracers == nil {
			return nothing[row](), nil
		}
		return scanOf(d.Tracers(ctx, StateQuery{PIDs: pidsOf(q, pid)}), func(t row) int64 {
			return hashOf(uint64(t.ThreadID), uint64(t.TracerThreadID))
		}), nil
	}
	return s.table()
}

// attachOf gives the newest stored call by which the tracer took hold of the process, or the process let itself be traced.
func attachOf(s *store.Store, t *Tracing) *event.Event {
	if t.attach.asked || s == nil || t.Process == nil || t.Tracer == nil {
		return t.attach.event
	}
	t.attach.asked = true
	kinds := []event.Kind{event.KindPtrace}
	newest := func(i store.Index, key string, admits func(e ev, action string) bool) {
		for _, e := range slices.Backward(s.Select(store.Query{Kinds: kinds, Index: i, Keys: []string{key}})) {
			if e.Outcome != event.Failure && admits(e, linux.PtraceAction(e.Args[0])) {
				if t.attach.event == nil || t.attach.event.EID < e.EID {
					t.attach.event = e
				}
				return
			}
		}
	}
	newest(store.ByTarget, t.Process.Key, func(e ev, action string) bool { return action == "attach" && e.Caller().Key == t.Tracer.Key })
	newest(store.ByProcess, t.Process.Key, func(_ ev, action string) bool { return action == "trace_me" && t.Process.PPID == t.TracerPID })
	return t.attach.event
}
