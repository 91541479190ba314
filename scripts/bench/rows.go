package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	osquerygo "github.com/osquery/osquery-go"
	"github.com/osquery/osquery-go/plugin/table"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/extension/osquery"
	"github.com/apiwatch/apiwatch/extension/osquerytest"
	"github.com/apiwatch/apiwatch/tables"
)

const socketRows = 50_000

// socketColumns are the 20 columns of api_calls that are asked for.
var socketColumns = []string{
	"time", "time_ns", "eid", "api", "success", "exit", "category", "arguments", "pid", "process_key", "path", "name", "cmdline", "cwd", "uid",
	"ppid", "parent_path", "ancestry", "log_source", "provider",
}

// rows sends 50,000 rows of api_calls to a test host, from our service and from osquery-go's server as it is by default.
func rows(ctx context.Context, c *config, set func(Measure)) error {
	all := tables.All(&tables.Data{Store: callsStore(socketRows)})
	i := slices.IndexFunc(all, func(t *tables.Table) bool { return t.Name == "api_calls" })
	calls := all[i]
	q := &tables.Query{Used: make([]bool, len(calls.Columns))}
	for i, col := range calls.Columns {
		q.Used[i] = slices.Contains(socketColumns, col.Name)
	}

	socket := filepath.Join(c.dir, "rows")
	h, err := osquerytest.Listen(socket, osquerytest.Options{})
	if err != nil {
		return err
	}
	defer h.Close()
	stop, err := serve(ctx, h, socket, all)
	if err != nil {
		return err
	}
	defer stop()

	server, err := osquerygo.NewExtensionManagerServer("rival", socket, osquerygo.ServerTimeout(10*time.Second),
		osquerygo.ServerPingInterval(time.Hour))
	if err != nil {
		return fmt.Errorf("starting osquery-go's server: %w", err)
	}
	var definitions []table.ColumnDefinition
	for _, name := range socketColumns {
		definitions = append(definitions, table.TextColumn(name))
	}
	type answer = []map[string]string
	server.RegisterPlugin(table.NewPlugin("rival_calls", definitions, func(ctx context.Context, _ table.QueryContext) (answer, error) {
		seq, err := calls.Generate(ctx, q)
		if err != nil {
			return nil, err
		}
		var out []map[string]string
		for row := range seq {
			m := make(map[string]string, len(socketColumns))
			for i, used := range q.Used {
				if used {
					m[calls.Columns[i].Name] = row.Value(i).String()
				}
			}
			out = append(out, m)
		}
		return out, nil
	}))
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Run() // it says that it was shut down
	}()
	defer func() {
		_ = server.Shutdown(context.WithoutCancel(ctx))
		<-served
	}()
	if err := registered(ctx, h, "rival"); err != nil {
		return err
	}

	fetch := func(name string) func() (float64, error) {
		return func() (float64, error) {
			t := remote(h, name)
			if t == nil {
				return 0, errors.New("the test host has no table " + name)
			}
			start := time.Now()
			got, err := h.Generate(ctx, name, t.Context(used(t, socketColumns)))
			if err != nil {
				return 0, err
			}
			if len(got) != socketRows || len(got[0]) < len(socketColumns) {
				return 0, fmt.Errorf("%d rows of %d columns came, want %d of %d", len(got), len(got[0]), socketRows, len(socketColumns))
			}
			return time.Since(start).Seconds(), nil
		}
	}
	ours, theirs, err := turns(ctx, c.rounds, fetch("api_calls"), fetch("rival_calls"))
	if err != nil {
		return err
	}
	set(Measure{Name: "socket_rows", Value: ours}.against("osquery-go", theirs))
	return nil
}

func used(t *osquerytest.Table, columns []string) *tables.Query {
	q := &tables.Query{Used: make([]bool, len(t.Columns()))}
	for i, col := range t.Columns() {
		q.Used[i] = slices.Contains(columns, col.Name)
	}
	return q
}

// callsStore holds n calls of 64 processes.
func callsStore(n int) *store.Store {
	s := store.NewStore(n*8, 1)
	logSource := &event.LogSource{Name: "auditd:SYSCALL", Provider: "audit"}
	processes := make([]*event.Process, 64)
	for i := range processes {
		processes[i] = &event.Process{
			Key: fmt.Sprintf("9a3f.%d.77", 100+i), PID: int64(100 + i), PPID: 1, UID: int64(i % 3), EUID: -1, AUID: -1, Session: -1, ExeUID: -1,
			Path: fmt.Sprintf("/usr/bin/tool%d", i), Cmdline: fmt.Sprintf("/usr/bin/tool%d --config /etc/tool/%d.conf --verbose", i, i),
			CWD: "/", Creator: &event.Creator{Path: "/sbin/init", Key: "9a3f.1.0", Ancestors: []string{"/sbin/init"}},
		}
	}
	mprotect := event.APINamed("mprotect")
	for i := range n {
		s.Add(event.Event{
			Kind: event.KindMemory, API: mprotect, TimeNS: 1_700_000_000_000_000_000 + int64(i), LogSource: logSource, Outcome: event.Success,
			Process: processes[i%len(processes)], NArgs: 3, Args: [event.MaxArgs]uint64{0x7f0000000000 + uint64(i)<<12, 4096, 7},
		})
	}
	return s
}

// serve offers tables to a test host as the extension does.
func serve(ctx context.Context, h *osquerytest.Host, socket string, all []*tables.Table) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	served := make(chan struct{})
	go func() {
		defer close(served)
		// An error shows as a registration that does not come.
		_ = osquery.Serve(ctx, osquery.Options{Socket: socket, Tables: all, Logger: slog.New(slog.DiscardHandler), Version: "bench"})
	}()
	stop = func() {
		cancel()
		<-served
	}
	if err := registered(ctx, h, "apiwatch"); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

func registered(ctx context.Context, h *osquerytest.Host, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	_, err := h.Wait(ctx, name)
	return err
}

// remote gives a registered table, nil if there is none.
func remote(h *osquerytest.Host, name string) *osquerytest.Table {
	for _, t := range h.Tables() {
		if t.Name() == name {
			return t
		}
	}
	return nil
}
