package tables

import (
	"slices"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

func memoryProtections(d *Data) *Table {
	argument := func(e ev, name string) uint64 { v, _ := e.Argument(name); return v }
	return eventView{
		Name: "memory_protections",
		Description: "Memory made executable: mmap of anonymous or writable executable memory, mprotect and pkey_mprotect to executable, " +
			"shmat with SHM_EXEC, and memfd_create, which makes a file without a path; on Windows VirtualAllocEx, VirtualProtectEx and " +
			"MapViewOfSection on another process, and the local ones, where the kernel's trace tells of them.",
		Component: "DC0020 Process Modification",
		Kinds:     []event.Kind{event.KindMemory},
		Examples: []string{
			"SELECT time, path, api, protection, length FROM memory_protections WHERE is_rwx = 1",
			"SELECT path, count(*) AS calls FROM memory_protections GROUP BY path ORDER BY calls DESC",
		},
		Columns: slices.Concat([]column[ev]{
			text("address", "Start of the memory in hexadecimal; for mmap what the kernel chose.", func(e ev) string {
				switch m := e.Detail.(type) {
				case *event.Memory:
					return names.Hex(m.Address)
				case *event.Call:
					return names.Hex(m.Address)
				}
				if e.API != nil && (e.API.Name == "mmap" || e.API.Name == "mmap2") && e.Outcome == event.Success {
					return names.Hex(uint64(e.Exit))
				}
				if a := argument(e, "addr"); a != 0 {
					return names.Hex(a)
				}
				return ""
			}),
			bigint("length", "Its length in bytes.", func(e ev) int64 {
				switch m := e.Detail.(type) {
				case *event.Memory:
					return int64(m.Size)
				case *event.Call:
					return int64(m.Size)
				}
				return int64(argument(e, "length"))
			}),
			text("protection", "The protection asked for, such as PROT_READ|PROT_EXEC or PAGE_EXECUTE_READWRITE; empty for memfd_create.",
				func(e ev) string {
					if p, ok := e.Argument("protect"); ok {
						return windows.PageProtection(p)
					}
					if p, ok := e.Argument("prot"); ok {
						return linux.Prot(p)
					}
					if p, ok := e.Argument("shmflg"); ok {
						return linux.ShmFlags(p)
					}
					return ""
				}),
			text("old_protection", "Windows: the protection before, where the source tells it.", func(e ev) string {
				if p, ok := e.Argument("old_protect"); ok {
					return windows.PageProtection(p)
				}
				return ""
			}),
			text("flags", "Flags of mmap or memfd_create by name; on Windows the type of the allocation.", func(e ev) string {
				if e.API == nil {
					return ""
				}
				for i, p := range e.API.Params {
					if (p.Name == "flags" || p.Name == "type") && i < int(e.NArgs) {
						return p.Text(e.Args[i])
					}
				}
				return ""
			}),
			integer("is_executable", "1 if the memory became executable.", func(e ev) int64 { _, x := accessOfMemory(e); return b2i(x) }),
			integer("is_rwx", "1 if it is writable and executable at once.", func(e ev) int64 {
				w, x := accessOfMemory(e)
				return b2i(w && x)
			}),
			integer("is_anonymous", "1 if mmap mapped no file.", func(e ev) int64 {
				return b2i(e.API != nil && (e.API.Name == "mmap" || e.API.Name == "mmap2") && argument(e, "flags")&linux.MapAnonymous != 0)
			}),
			text("call_trace", "Windows: the caller's stack, as in process_accesses.", ev.CallTrace),
		}, targetColumns),
	}.table(d)
}

// accessOfMemory tells whether a call left memory writable and executable.
func accessOfMemory(e ev) (write, execute bool) {
	if p, ok := e.Argument("protect"); ok {
		return windows.PageAccess(p)
	}
	if p, ok := e.Argument("shmflg"); ok {
		return p&linux.ShmReadOnly == 0, p&linux.ShmExec != 0
	}
	p, _ := e.Argument("prot")
	return p&linux.ProtWrite != 0, p&linux.ProtExec != 0
}
