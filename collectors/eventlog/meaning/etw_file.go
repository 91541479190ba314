package meaning

import (
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// kernelFile is the kernel's account of files made, deleted, renamed and linked, and of extended attributes (ZwSetEaFile and
// ZwQueryEaFile). The latter name a file by its key only: its path is known if the session also asks for names
// (keyword 0x10, event 10), or the file was made before its eyes.
var kernelFile = &Trace{
	Name: "Microsoft-Windows-Kernel-File", GUID: "{edd08927-9cc4-4e65-b970-c2560fb5c289}",
	Keywords: 0x20 | 0x400 | 0x800 | 0x1000, // FILEIO (for 33 and 34), DELETE_PATH, RENAME_SETLINK_PATH, CREATE_NEW_FILE
	events: map[uint32]mapping{
		26: tracedFile("delete", "DeleteFile"), 27: tracedFile("rename", "MoveFileEx"), 28: tracedFile("link", "CreateHardLink"),
		30: tracedFile("create", "CreateFile"), 33: tracedEA("NtSetEaFile"), 34: tracedEA("NtQueryEaFile"),
	},
}

// fileName teaches which file a key stands for.
func (m *Mapper) fileName(r *form.Record, name string) {
	for _, field := range [...]string{"FileKey", "FileObject"} {
		if key := number(r.Get(field)); key != 0 && name != "" {
			m.trace.files.put(m.at(key), name)
		}
	}
}

func (m *Mapper) fileOf(r *form.Record) string {
	for _, field := range [...]string{"FileKey", "FileObject"} {
		if name, ok := m.trace.files.m[m.at(number(r.Get(field)))]; ok {
			return name
		}
	}
	return ""
}

func tracedFile(action, api string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		path := m.ntPath(first(r, "FilePath", "FileName"))
		if path == "" {
			return false
		}
		m.traced(r)
		ev := m.is(event.KindFileChange, api)
		x := &event.FileChange{Action: action, UID: -1}
		ev.Path, ev.Outcome, ev.Detail = path, event.Success, x
		if action == "rename" || action == "link" { // the path is the new one
			x.NewPath = path
			if old := m.fileOf(r); old != "" {
				ev.Path = old
			}
		}
		m.fileName(r, path)
		return true
	}
}

func tracedEA(api string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		m.traced(r)
		ev := m.is(event.KindCall, api)
		if api == "NtSetEaFile" {
			ev.Kind = event.KindFileChange
			ev.Detail = &event.FileChange{Action: "extended_attributes", UID: -1}
		} else {
			ev.Detail = m.call(r)
		}
		ev.Path = m.fileOf(r)
		return true
	}
}
