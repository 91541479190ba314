package osquery

import (
	"fmt"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
)

var logSource = &event.LogSource{Name: "auditd:SYSCALL", Provider: "audit"}

// hostile are texts that must come through every layer unharmed.
var hostile = []string{
	"", "plain", "it's", `"quoted"`, `back\slash`, "tab\tnew\nline", "nul\x00inside", "\x1b[31mred\x1b[0m", "bad\xff\xfeutf8",
	"ünïcode", "\u2028line", "100%_", "'; DROP TABLE x; --", "\uFFFD", "010", "-1",
}

// process is the i-th of some processes.
func process(i int) *event.Process {
	return &event.Process{
		Key: fmt.Sprintf("boot.%d.77", 100+i), PID: int64(100 + i), PPID: 1, UID: int64(i % 3), EUID: -1, GID: 0, EGID: 0, AUID: -1, Session: -1,
		Path: fmt.Sprintf("/usr/bin/Tool%d", i), Cmdline: hostile[i%len(hostile)], CWD: "/",
		Creator: &event.Creator{Path: "/sbin/init", Key: "boot.1.0", Ancestors: []string{"/sbin/init"}}, ExeUID: -1,
	}
}

// smallStore holds 300 events of three kinds by 20 processes.
func smallStore() *store.Store {
	s := store.NewStore(0, 1000)
	ptrace, mprotect, open := event.APINamed("ptrace"), event.APINamed("mprotect"), event.APINamed("openat")
	for i := range 300 {
		e := event.Event{
			TimeNS: int64(1_700_000_000+i) * 1e9, Exit: int64(i%5) - 2, LogSource: logSource, Process: process(i % 20), NArgs: 4,
			Args: [event.MaxArgs]uint64{uint64(i % 30), uint64(i), 0x7fff0000, 7},
		}
		switch i % 3 {
		case 0:
			e.Kind, e.API, e.Target = event.KindPtrace, ptrace, process((i+1)%20)
		case 1:
			e.Kind, e.API = event.KindMemory, mprotect
		case 2:
			e.Kind, e.API, e.Path = event.KindFileAccess, open, hostile[i%len(hostile)]
		}
		e.Outcome = event.Outcome(i % 3)
		s.Add(e)
	}
	return s
}

// bigStore holds n events of one kind, enough for the benchmark.
func bigStore(n int) *store.Store {
	s := store.NewStore(n*8, 1)
	processes := make([]*event.Process, 64)
	for i := range processes {
		processes[i] = process(i)
		processes[i].Cmdline = fmt.Sprintf("/usr/bin/tool%d --config /etc/tool/%d.conf --verbose", i, i)
	}
	mprotect := event.APINamed("mprotect")
	for i := range n {
		s.Add(event.Event{
			Kind: event.KindMemory, API: mprotect, TimeNS: int64(1_700_000_000_000_000_000 + i), LogSource: logSource, Outcome: event.Success,
			Process: processes[i%len(processes)], NArgs: 3, Args: [event.MaxArgs]uint64{0x7f0000000000 + uint64(i)<<12, 4096, 7},
		})
	}
	return s
}
