package osquerytables

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v3/process"

	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/tables"
)

// processes is osquery's table of the processes that run now. A row reads only what the query asks for, so a process
// that ends meanwhile shows empty texts and NULLs.
func processes() sqlhost.Backend {
	type proc = *process.Process
	str := func(get func(proc) (string, error)) func(proc) string {
		return func(p proc) string { s, _ := get(p); return s }
	}
	id := func(get func(proc) ([]int32, error), i int) func(proc) (int64, bool) {
		return func(p proc) (int64, bool) {
			ids, err := get(p)
			if err != nil || i >= len(ids) {
				return 0, false
			}
			return int64(uint32(ids[i])), true
		}
	}
	memory := func(get func(*process.MemoryInfoStat) uint64) func(proc) (int64, bool) {
		return func(p proc) (int64, bool) {
			m, err := p.MemoryInfo()
			if err != nil || m == nil {
				return 0, false
			}
			return int64(get(m)), true
		}
	}
	cpuTime := func(system bool) func(proc) (int64, bool) {
		return func(p proc) (int64, bool) {
			t, err := p.Times()
			if err != nil {
				return 0, false
			}
			seconds := t.User
			if system {
				seconds = t.System
			}
			return int64(seconds * 1000), true
		}
	}
	disk := func(get func(*process.IOCountersStat) uint64) func(proc) (int64, bool) {
		return func(p proc) (int64, bool) {
			c, err := p.IOCounters()
			if err != nil || c == nil {
				return 0, false
			}
			return int64(get(c)), true
		}
	}
	uids, gids := proc.Uids, proc.Gids
	t := &table[proc]{
		name: "processes",
		columns: []column[proc]{
			bigint("pid", "Process id.", func(p proc) int64 { return int64(p.Pid) }),
			text("name", "The process's own name.", str(proc.Name)),
			text("path", "Path of the executable.", func(p proc) string { return withoutDeleted(executable(p)) }),
			text("cmdline", "Command line.", str(proc.Cmdline)),
			text("state", "State, one letter.", state),
			text("cwd", "Working directory.", str(proc.Cwd)),
			text("root", "Root directory.", func(p proc) string { return link(p, "root") }),
			known("uid", "Real user id.", id(uids, 0)),
			known("gid", "Real group id.", id(gids, 0)),
			known("euid", "Effective user id.", id(uids, 1)),
			known("egid", "Effective group id.", id(gids, 1)),
			known("suid", "Saved user id.", id(uids, 2)),
			known("sgid", "Saved group id.", id(gids, 2)),
			integer("on_disk", "1 if the executable still exists, 0 if not, -1 if unknown.", onDisk),
			bigint("wired_size", "Bytes that cannot be paged out; 0 on Linux, as in osquery.", func(proc) int64 { return 0 }),
			known("resident_size", "Bytes of private memory used.", memory(func(m *process.MemoryInfoStat) uint64 { return m.RSS })),
			known("total_size", "Bytes of virtual memory.", memory(func(m *process.MemoryInfoStat) uint64 { return m.VMS })),
			known("user_time", "CPU time in user space, milliseconds.", cpuTime(false)),
			known("system_time", "CPU time in the kernel, milliseconds.", cpuTime(true)),
			known("disk_bytes_read", "Bytes read from disk.", disk(func(c *process.IOCountersStat) uint64 { return c.ReadBytes })),
			known("disk_bytes_written", "Bytes written to disk.", disk(func(c *process.IOCountersStat) uint64 { return c.WriteBytes })),
			known("start_time", "When the process started, Unix seconds.", func(p proc) (int64, bool) {
				ms, err := p.CreateTime()
				return ms / 1000, err == nil
			}),
			known("parent", "Process id of the parent.", func(p proc) (int64, bool) {
				n, err := p.Ppid()
				return int64(n), err == nil
			}),
			known("pgroup", "Process group; NULL where it cannot be had.", func(p proc) (int64, bool) { return statField(p, 5) }),
			known("threads", "Threads.", func(p proc) (int64, bool) {
				n, err := p.NumThreads()
				return int64(n), err == nil
			}),
			known("nice", "Nice level, -20 to 20.", func(p proc) (int64, bool) { return statField(p, 19) }),
		},
		rows: func(ctx context.Context, q *tables.Query) (iter.Seq2[int64, proc], error) {
			pids, err := wantedPIDs(ctx, q)
			if err != nil {
				return nil, err
			}
			return func(yield func(int64, proc) bool) {
				for _, pid := range pids {
					if ctx.Err() != nil || !yield(int64(pid), &process.Process{Pid: pid}) {
						return
					}
				}
			}, nil
		},
	}
	t.columns[0].Optimized = true
	for i := range t.columns {
		if n := t.columns[i].Name; n == "threads" || n == "nice" {
			t.columns[i].Type = tables.Integer
		}
	}
	return t
}

// wantedPIDs gives the processes that exist among those that the query names, all if it names none.
func wantedPIDs(ctx context.Context, q *tables.Query) ([]int32, error) {
	if values, ok := q.EqualTo(0); ok {
		var pids []int32
		for _, v := range values {
			n, err := strconv.ParseInt(v, 10, 32)
			if err != nil {
				pids = nil
				ok = false
				break
			}
			if exists, err := process.PidExistsWithContext(ctx, int32(n)); n > 0 && err == nil && exists {
				pids = append(pids, int32(n))
			}
		}
		if ok {
			slices.Sort(pids)
			return slices.Compact(pids), nil
		}
	}
	pids, err := process.PidsWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	slices.Sort(pids)
	return pids, nil
}

const deleted = " (deleted)"

// executable is the path as the system gives it: Linux marks a file that is gone.
func executable(p *process.Process) string {
	if s := link(p, "exe"); s != "" {
		return s
	}
	s, _ := p.Exe()
	return s
}

func withoutDeleted(path string) string { return strings.TrimSuffix(path, deleted) }

func onDisk(p *process.Process) int64 {
	path := executable(p)
	switch _, err := os.Lstat(path); {
	case path == "":
		return -1
	case err == nil:
		return 1
	}
	return 0
}

// link reads a symbolic link of /proc; empty where there is none.
func link(p *process.Process, name string) string {
	s, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(int(p.Pid)), name))
	if err != nil {
		return ""
	}
	return s
}

// state is the letter of proc_pid_stat(5).
func state(p *process.Process) string {
	if f := stat(p); len(f) > 0 {
		return f[0]
	}
	return ""
}

// statField gives a numeric field of proc_pid_stat(5), counted from 1 as the manual does.
func statField(p *process.Process, field int) (int64, bool) {
	f := stat(p)
	if field-3 >= len(f) {
		return 0, false
	}
	n, err := strconv.ParseInt(f[field-3], 10, 64)
	return n, err == nil
}

// stat gives the fields after the name, which may itself hold spaces and brackets: the first is field 3.
func stat(p *process.Process) []string {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(int(p.Pid)), "stat"))
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
}
