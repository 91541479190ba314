package tables

import (
	"context"
	"iter"
	"slices"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// OpenFile is a descriptor of a sensitive file, as it is now.
type OpenFile struct {
	Process, Target                     *event.Process // either may be nil, if it ended meanwhile
	PID, ThreadID, FD, TargetPID        int64          // TargetPID is 0 where there is none
	Class, ToldBy, Path, Access, Device string
	Inode                               uint64
}

// OpenFileScanner yields the descriptors of sensitive files, in bounded time.
type OpenFileScanner func(ctx context.Context, q StateQuery) iter.Seq[OpenFile]

func openSensitiveFiles(d *Data) *Table {
	type row = *OpenFile
	process := func(f row) *event.Process { return f.Process }
	holder, target := orNone(process), orNone(func(f row) *event.Process { return f.Target })
	s := spec[row]{
		Name: "open_sensitive_files",
		Description: "Who holds a sensitive file open now: another process's memory (/proc/PID/mem), the kernel's, a camera, a microphone, a " +
			"keyboard, a screen, a credential store. Files are told by what they are, not only by their names. What was mapped and then " +
			"closed, or is on its way through a socket, is not seen.",
		Component: "DC0055 File Access, DC0035 Process Access",
		Examples: []string{
			"SELECT pid, path, target_pid, target_path, access FROM open_sensitive_files WHERE class = 'process_memory'",
			"SELECT path, user, class, file_path FROM open_sensitive_files WHERE class IN ('video', 'sound', 'input', 'screen')",
			"SELECT path, user, file_path, told_by FROM open_sensitive_files WHERE class = 'credential_store' AND uid <> 0",
		},
		Columns: slices.Concat([]column[row]{
			optimized(bigint("pid", "Process id. Given one or more, only these processes are looked at.", func(f row) int64 { return f.PID })),
			bigint("fd", "Number of the descriptor.", func(f row) int64 { return f.FD }),
			bigint("thread_id", "The thread whose descriptor it is: pid, but for a thread that shares none with its process.",
				func(f row) int64 { return f.ThreadID }),
			text("class", "process_memory, kernel_memory (/dev/mem, /dev/kmem, /dev/port, /proc/kcore), video, sound, input (/dev/input, hidraw, "+
				"uinput, "+
				"usbmon), screen (/dev/fb*, /dev/vcs*) or credential_store (see word_lists).", func(f row) string { return f.Class }),
			text("told_by", "What the file was told by: device (its number), inode (the file itself, whatever it is called) or path (the path "+
				"alone).",
				func(f row) string { return f.ToldBy }),
			text("file_path", "Path of the file as the kernel writes it, seen from its mount; what was deleted ends in \" (deleted)\".",
				func(f row) string { return f.Path }),
			text("access", "read, write, read_write or path (O_PATH: it names the file, to be opened again). Empty if it was closed meanwhile.",
				func(f row) string { return f.Access }),
			text("device", "Of a device its number, as 81:0; else that of the file's file system, in hexadecimal as in rwx_mappings.",
				func(f row) string { return f.Device }),
			bigint("inode", "Inode of the file.", func(f row) int64 { return int64(f.Inode) }),
			known("target_pid", "The process whose memory it is; NULL if it has ended, cannot be told, or the file is another.",
				func(f row) (int64, bool) { return f.TargetPID, f.TargetPID > 0 }),
			text("target_process_key", "process_key of that process.", func(f row) string { return target(f).Key }),
			text("target_path", "Executable path of that process.", func(f row) string { return target(f).Path }),
			text("target_cmdline", "Command line of that process.", func(f row) string { return target(f).Cmdline }),
			known("target_uid", "User id of that process.", func(f row) (int64, bool) { return id(target(f).UID) }),
			text("target_container_id", "Container of that process.", func(f row) string { return target(f).ContainerID }),
			integer("is_child", "1 if the holder is the parent of that process.",
				func(f row) int64 { return b2i(f.Target != nil && f.Target.PPID == f.PID) }),
			integer("same_user", "1 if the holder and that process have the same user id.",
				func(f row) int64 { return b2i(f.Target != nil && f.Target.UID == holder(f).UID) }),
		}, ownerColumns(process), accountColumns(process)),
	}
	pid := positions(s.Columns, "pid")[0]
	s.Rows = func(ctx context.Context, q *Query) (iter.Seq2[int64, row], error) {
		if d.OpenFiles == nil {
			return nothing[row](), nil
		}
		return scanOf(d.OpenFiles(ctx, StateQuery{PIDs: pidsOf(q, pid)}), func(f row) int64 {
			return hashOf(uint64(f.ThreadID), uint64(f.FD))
		}), nil
	}
	return s.table()
}
