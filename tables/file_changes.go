package tables

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
)

func fileChanges(d *Data) *Table {
	change := func(e ev) *event.FileChange {
		if f, ok := e.Detail.(*event.FileChange); ok {
			return f
		}
		return &event.FileChange{UID: -1}
	}
	seconds := func(get func(*event.FileChange) int64) func(ev) (int64, bool) {
		return func(e ev) (int64, bool) { ns := get(change(e)); return ns / 1e9, ns != 0 }
	}
	mode := func(get func(*event.FileChange) uint32) func(ev) string {
		return func(e ev) string {
			if m := get(change(e)); m != 0 {
				return linux.FileMode(uint64(m))
			}
			return ""
		}
	}
	targetPath := text("target_path", "The file changed, as an absolute path.", func(e ev) string { return e.Path })
	return eventView{
		Name:        "file_changes",
		Description: "Changes of files and their metadata: time stamps set, set-id bits given, watched files written, renamed or removed.",
		Component:   "DC0039 File Creation, DC0059 File Metadata, DC0061 File Modification",
		Kinds:       []event.Kind{event.KindFileChange},
		LastPart:    "target_name",
		Examples: []string{
			"SELECT time, path, target_path, new_mode FROM file_changes WHERE action = 'mode'",
			"SELECT time, cmdline, target_path, time - target_mtime AS back FROM file_changes WHERE action = 'times' " +
				"AND time - target_mtime > 86400",
		},
		Columns: []column[ev]{
			text("action", "times, mode, create, create_stream, write, rename or delete.", func(e ev) string { return change(e).Action }),
			targetPath, matching(targetPath),
			text("target_name", "Last part of target_path, in lower case on Windows.", func(e ev) string { return event.LastPart(e.Path) }),
			optimized(text("target_extension", "Ending of target_name in lower case without the dot, empty if it has none; a stream's is its own.",
				func(e ev) string { return extension(e.Path) })),
			text("contents", "Windows: what a small alternate data stream holds.", func(e ev) string { return change(e).Contents }),
			text("hashes", "Windows: hashes of what a new stream holds.", func(e ev) string { return change(e).Hashes }),
			text("new_path", "Where it was renamed to.", func(e ev) string { return change(e).NewPath }),
			text("old_mode", "Its mode before, in octal; empty if unknown.", mode(func(f *event.FileChange) uint32 { return f.OldMode })),
			text("new_mode", "The mode asked for, in octal; empty for other actions.", mode(func(f *event.FileChange) uint32 { return f.Mode })),
			integer("is_setid", "1 if the new mode has the set-user-id or set-group-id bit.",
				func(e ev) int64 { return b2i(change(e).Mode&linux.SetIDBits != 0) }),
			known("target_uid", "Owner of the file.", func(e ev) (int64, bool) { return id(change(e).UID) }),
			bigint("inode", "Inode of the file, 0 if unknown.", func(e ev) int64 { return int64(change(e).Inode) }),
			known("target_atime", "Time of last access after the change, Unix seconds; NULL if it could not be read.",
				seconds(func(f *event.FileChange) int64 { return f.ATimeNS })),
			known("target_mtime", "Time of last modification after the change.", seconds(func(f *event.FileChange) int64 { return f.MTimeNS })),
			known("target_ctime", "Time of last change of metadata, which cannot be set.",
				seconds(func(f *event.FileChange) int64 { return f.CTimeNS })),
			known("target_btime", "Time of the file's creation, where the file system keeps it.",
				seconds(func(f *event.FileChange) int64 { return f.BTimeNS })),
			known("old_btime", "Windows: time of the file's creation before the change.",
				seconds(func(f *event.FileChange) int64 { return f.OldBTimeNS })),
		},
	}.table(d)
}

// extension gives the ending of a path's last part, "" for none; what is longer than 12 characters is none.
func extension(path string) string {
	name := event.LastPart(path)
	i := strings.LastIndexByte(name, '.')
	if i < 0 || len(name)-i > 13 || strings.ContainsAny(name[i:], ": ") {
		return ""
	}
	return strings.ToLower(name[i+1:])
}
