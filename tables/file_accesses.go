package tables

import (
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

func fileAccesses(d *Data) *Table {
	open := func(e ev) *event.FileOpen {
		if f, ok := e.Detail.(*event.FileOpen); ok {
			return f
		}
		return &event.FileOpen{UID: -1}
	}
	return eventView{
		Name:        "file_accesses",
		Description: "Opens of watched files, such as /proc/PID/mem for writing.",
		Component:   "DC0055 File Access",
		Kinds:       []event.Kind{event.KindFileAccess},
		LastPart:    "file_name",
		Examples: []string{
			"SELECT time, path, file, flags FROM file_accesses WHERE file LIKE '/proc/%/mem'",
		},
		Columns: []column[ev]{
			text("file", "The file opened, as an absolute path.", func(e ev) string { return e.Path }),
			text("file_name", "Last part of file, in lower case on Windows.", func(e ev) string { return event.LastPart(e.Path) }),
			text("flags", "Flags of open by name; empty where the source does not say.", func(e ev) string {
				if _, ok := e.Detail.(*event.FileOpen); !ok {
					return ""
				}
				return linux.OpenFlags(uint64(open(e).Flags))
			}),
			integer("is_write", "1 if it was opened for writing.", func(e ev) int64 {
				const write = 0x2 | 0x4 | 0x10000 | 0x40000000 | 0x10000000 // write, append, delete, GENERIC_WRITE, GENERIC_ALL
				return b2i(open(e).Flags&linux.OpenAccessMode != 0 || detailOf[event.ObjectAccess](e).AccessMask&write != 0)
			}),
			text("access_rights", "Windows: the rights asked for or used, by name.", func(e ev) string {
				if x, ok := e.Detail.(*event.ObjectAccess); ok {
					return windows.AccessText(x.Type, x.AccessMask)
				}
				return ""
			}),
			text("share", "Windows: the network share the file was reached through, empty if none.",
				func(e ev) string { return detailOf[event.ObjectAccess](e).Share }),
			text("remote_address", "Windows: who reached it through the share.",
				func(e ev) string { return detailOf[event.ObjectAccess](e).Remote }),
			known("file_uid", "Owner of the file.", func(e ev) (int64, bool) { return id(open(e).UID) }),
			bigint("inode", "Inode of the file, 0 if unknown.", func(e ev) int64 { return int64(open(e).Inode) }),
			known("bytes", "Bytes written or read through it; NULL where the source does not count.", func(e ev) (int64, bool) {
				return open(e).Bytes, open(e).Bytes > 0
			}),
			known("target_pid", "For a file under /proc/PID: that process.", func(e ev) (int64, bool) { return target(e).PID, e.Target != nil }),
			text("target_process_key", "Its process_key.", func(e ev) string { return target(e).Key }),
			text("target_process_path", "Its executable path.", func(e ev) string { return target(e).Path }),
			known("target_uid", "Its user id.", func(e ev) (int64, bool) { return id(target(e).UID) }),
			text("target_user", "Its user.", func(e ev) string { return target(e).User }),
			integer("is_child", "1 if the caller created that process.", isChild),
		},
	}.table(d)
}
