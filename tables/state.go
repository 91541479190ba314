package tables

import (
	"encoding/binary"
	"hash/fnv"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names"
)

// Tables of state show what a live scan finds now. Without a scanner they are empty, and `collector_health` says so.

// scanOf runs a scan, with rows numbered by number, which must not change between scans.
func scanOf[R any](rows iter.Seq[R], number func(*R) int64) iter.Seq2[int64, *R] {
	return func(yield func(int64, *R) bool) {
		for r := range rows {
			if !yield(number(&r), &r) {
				return
			}
		}
	}
}

// hashOf makes a row's number of what identifies it.
func hashOf(parts ...uint64) int64 {
	h := fnv.New64a()
	var b [8]byte
	for _, p := range parts {
		binary.LittleEndian.PutUint64(b[:], p)
		_, _ = h.Write(b[:])
	}
	return int64(h.Sum64() & math.MaxInt64)
}

// hashOfText makes a number of a text, as a part for hashOf.
func hashOfText(s string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return int64(h.Sum64() & math.MaxInt64)
}

// pidsOf gives the processes that a query names; nil if it may want any.
func pidsOf(q *Query, column int) []int64 {
	if values, ok := q.EqualTo(column); ok {
		return parseInts(values)
	}
	return nil
}

// positions gives where columns stand.
func positions[R any](columns []column[R], names ...string) []int {
	var out []int
	for _, name := range names {
		for i := range columns {
			if columns[i].Name == name {
				out = append(out, i)
			}
		}
	}
	return out
}

// nothing is what a scan without a scanner finds.
func nothing[R any]() iter.Seq2[int64, R] { return func(func(int64, R) bool) {} }

// noScanner gives the health of state tables that nothing fills here.
func (d *Data) noScanner() []collectors.Health {
	var out []collectors.Health
	for _, t := range []struct {
		table  *Table
		filled bool
	}{
		{codePatches(d), d.CodePatches != nil},
		{openSensitiveFiles(d), d.OpenFiles != nil},
		{processTokens(d), d.Tokens != nil},
		{rwxMappings(d), d.Mappings != nil},
		{threadStarts(d), d.ThreadStarts != nil},
		{tracerState(d), d.Tracers != nil},
	} {
		if !t.filled {
			out = append(out, collectors.Health{
				Collector: "live_state", Item: t.table.Name, State: "off",
				Reason: "the table is empty: it shows running processes of " + strings.Join(collectors.Platforms(d.Feeds, t.table.Name), " and ") +
					", and no recording holds them",
			})
		}
	}
	return out
}

// ownerColumns describe the process that a row of state is of.
func ownerColumns[R any](of func(R) *event.Process) []column[R] {
	process := orNone(of)
	return []column[R]{
		text("process_key", "Identifies the process over its whole life: boot or computer, pid and start time.",
			func(r R) string { return process(r).Key }),
		text("path", "Executable path of the process.", func(r R) string { return process(r).Path }),
		text("name", "Last part of path.", func(r R) string { return event.LastPart(process(r).Path) }),
		text("cmdline", "Command line of the process.", func(r R) string { return process(r).Cmdline }),
		known("start_time", "When the process started, Unix seconds.", func(r R) (int64, bool) {
			return process(r).StartNS / int64(time.Second), process(r).StartNS > 0
		}),
		known("ppid", "Process id of the parent.", func(r R) (int64, bool) { return process(r).PPID, of(r) != nil }),
	}
}

// accountColumns say whose the process is that a row of state of Linux is of, and in which container.
func accountColumns[R any](of func(R) *event.Process) []column[R] {
	process := orNone(of)
	return append([]column[R]{
		known("uid", "User id of the process.", func(r R) (int64, bool) { return id(process(r).UID) }),
		text("user", "Name of uid.", func(r R) string { return process(r).User }),
	}, containerColumns(of)...)
}

// containerColumns tell the container that the process is in that a row of state is of.
func containerColumns[R any](of func(R) *event.Process) []column[R] {
	process := orNone(of)
	return []column[R]{
		text("container_id", "Container of the process: the id, or the machine's name for LXC and systemd-nspawn.",
			func(r R) string { return process(r).ContainerID }),
		text("container_runtime", "docker, containerd, cri-o, podman, runc, crun, lxc or systemd-nspawn.",
			func(r R) string { return process(r).ContainerRuntime }),
		text("container_name", "The container's name as its runtime has it; empty if unknown.",
			func(r R) string { return process(r).ContainerName }),
		text("container_image", "Image that the container was made of; empty if unknown.", func(r R) string { return process(r).ContainerImage }),
	}
}

// orNone gives an empty process for none.
func orNone[R any](of func(R) *event.Process) func(R) *event.Process {
	return func(r R) *event.Process {
		if p := of(r); p != nil {
			return p
		}
		return noProcess
	}
}

func hexText(n uint64) string { return names.Hex(n) }
