package tables

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// ThreadQuery says which threads a scan is asked for.
type ThreadQuery struct {
	// PIDs are the processes to look at; nil means all.
	PIDs []int64
	// Frames asks for UnbackedFrames and FirstFrame, which cost more than all the rest.
	Frames bool
}

// ThreadStart is a thread of a Windows process with where it began.
type ThreadStart struct {
	Process                       *event.Process
	ThreadID, CreatedNS           int64
	Start                         uint64
	Module, File                  string
	RegionType, Permissions       string
	Protection, InitialProtection string
	RegionStart, AllocationBase   uint64
	RegionSize                    int64
	PrivatePage                   int64 // -1 if unknown, as is UnbackedFrames
	UnbackedFrames                int64
	FirstFrame                    uint64
}

// ThreadScanner yields the threads of running processes, in bounded time.
type ThreadScanner func(ctx context.Context, q ThreadQuery) iter.Seq[ThreadStart]

func threadStarts(d *Data) *Table {
	type row = *ThreadStart
	owner := func(t row) *event.Process {
		if t.Process == nil {
			return noProcess
		}
		return t.Process
	}
	address := func(n uint64) string {
		if n == 0 {
			return ""
		}
		return hexText(n)
	}
	s := spec[row]{
		Name: "thread_starts",
		Description: "Threads of running processes with where they began, and what is there now: a thread that began outside every module " +
			"runs code that was put into memory. Programs that compile while they run (.NET, Java, browsers) have unbacked frames of their own.",
		Component: "DC0020 Process Modification",
		Examples: []string{
			"SELECT pid, path, thread_id, start_address, region_type, protection FROM thread_starts WHERE module = ''",
			"SELECT path, thread_id, module, unbacked_frames, unbacked_frame FROM thread_starts WHERE unbacked_frames > 0",
			"SELECT path, module, count(*) AS threads FROM thread_starts WHERE private_page = 1 GROUP BY path, module",
		},
		Columns: slices.Concat([]column[row]{
			optimized(bigint("pid", "Process id. Given one or more, only these processes are read.", func(t row) int64 { return owner(t).PID })),
			bigint("thread_id", "Thread id.", func(t row) int64 { return t.ThreadID }),
			known("thread_start_time", "When the thread was created, Unix seconds.", func(t row) (int64, bool) {
				return t.CreatedNS / int64(time.Second), t.CreatedNS > 0
			}),
			text("start_address", "Where the thread began, as its creator said, in hexadecimal.", func(t row) string { return hexText(t.Start) }),
			text("module", "Image that holds start_address; empty where none does: the thread is unbacked.", func(t row) string { return t.Module }),
			integer("unbacked", "1 if start_address lies outside every module.", func(t row) int64 { return b2i(t.Module == "") }),
			text("mapping_path", "File mapped at start_address that is no image; empty if none.", func(t row) string { return t.File }),
			text("region_type", "What is at start_address now: image, mapped (a file or shared memory), private or free (nothing any more).",
				func(t row) string { return t.RegionType }),
			text("permissions", "Rights on it now: r=read, w=write, x=execute, p=private or s=shared.", func(t row) string { return t.Permissions }),
			text("protection", "These rights as Windows names them, such as PAGE_EXECUTE_READ.", func(t row) string { return t.Protection }),
			text("initial_protection", "Protection that the memory was allocated with.", func(t row) string { return t.InitialProtection }),
			text("region_start", "First address of the region, in hexadecimal.", func(t row) string { return address(t.RegionStart) }),
			bigint("region_size", "Bytes of the region.", func(t row) int64 { return t.RegionSize }),
			text("allocation_base", "First address of the allocation or image that the region is part of, in hexadecimal.",
				func(t row) string { return address(t.AllocationBase) }),
			known("private_page", "1 if the page of the module at start_address was written to, as module stomping does and hooks do; "+
				"NULL if unknown.",
				func(t row) (int64, bool) { return id(t.PrivatePage) }),
			known("unbacked_frames", "How many addresses on the thread's stack look like returns into executable memory of no file, its place now "+
				"included. The thread is not stopped; the upper 64 KiB of the stack are read. NULL if the stack is not to be had (32-bit programs, "+
				"arm64).",
				func(t row) (int64, bool) { return id(t.UnbackedFrames) }),
			text("unbacked_frame", "The innermost of them, in hexadecimal.", func(t row) string { return address(t.FirstFrame) }),
		}, ownerColumns(func(t row) *event.Process { return t.Process }), []column[row]{
			text("user", "User of the process, DOMAIN\\name.", func(t row) string { return owner(t).User }),
			text("user_sid", "Security identifier of user.", func(t row) string { return owner(t).OnWindows().UserSID }),
			text("integrity_level", "Low, Medium, High or System.", func(t row) string { return owner(t).OnWindows().Integrity }),
		}),
	}
	pid, frames := positions(s.Columns, "pid")[0], positions(s.Columns, "unbacked_frames", "unbacked_frame")
	s.Rows = func(ctx context.Context, q *Query) (iter.Seq2[int64, row], error) {
		if d.ThreadStarts == nil {
			return nothing[row](), nil
		}
		want := ThreadQuery{PIDs: pidsOf(q, pid), Frames: slices.ContainsFunc(frames, q.Uses)}
		return scanOf(d.ThreadStarts(ctx, want), func(t row) int64 {
			return hashOf(uint64(owner(t).PID), uint64(t.ThreadID), uint64(t.CreatedNS))
		}), nil
	}
	return s.table()
}
