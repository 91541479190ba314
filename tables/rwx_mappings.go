package tables

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// MappingQuery says which mappings a scan is asked for.
type MappingQuery struct {
	// PIDs are the processes to look at; nil means all.
	PIDs []int64
	// Pages asks for Resident, PrivateDirty and Anonymous, which cost more than all the rest.
	Pages bool
}

// Mapping is a suspicious mapping of a process, as it is now.
type Mapping struct {
	Process                           *event.Process // may be nil, if it ended meanwhile
	PID                               int64
	Start, End, Offset, Inode         uint64
	Kind                              string
	Permissions, Device, Path         string
	Resident, PrivateDirty, Anonymous int64 // bytes, -1 if unknown
	// Of Linux only.
	Differing, Personality int64 // -1 if unknown
	// Of Windows only.
	Protection, InitialProtection, RegionType string
	AllocationBase                            uint64
}

func (m *Mapping) process() *event.Process {
	if m.Process == nil {
		return noProcess
	}
	return m.Process
}

func rwxMappings(d *Data) *Table {
	type row = *Mapping
	address := func(get func(row) uint64) func(row) string {
		return func(m row) string { return fmt.Sprintf("0x%08x", get(m)) }
	}
	s := spec[row]{
		Name: "rwx_mappings",
		Description: "Memory of running processes that is executable and should not be, as a live scan finds it: writable code, " +
			"code without a file, " +
			"code of a memfd or a deleted file, and code that no longer is what its file holds.",
		Component: "DC0020 Process Modification",
		Examples: []string{
			"SELECT pid, path, kind, start, permissions, mapping_path FROM rwx_mappings WHERE kind <> 'deleted_executable'",
			"SELECT path, kind, count(*) AS mappings, sum(private_dirty) AS bytes FROM rwx_mappings GROUP BY path, kind",
			"SELECT p.name, m.kind, m.start, m.\"end\" FROM processes p JOIN rwx_mappings m ON m.pid = p.pid WHERE p.name = 'sshd'",
		},
		Columns: slices.Concat([]column[row]{
			optimized(bigint("pid", "Process id. Given one or more, only these processes are scanned.", func(m row) int64 { return m.PID })),
			text("kind", "rwx (writable and executable, whatever it maps), memfd_executable, anonymous_executable, deleted_executable or "+
				"modified_code (a file's code or the vDSO, written to since it was mapped, as debuggers, uprobes and, on Windows, "+
				"hooks of security products do, too; a vDSO also if its bytes are not those of other processes). Of several the first counts.",
				func(m row) string { return m.Kind }),
			text("permissions", "r=read, w=write, x=execute, p=private or s=shared.", func(m row) string { return m.Permissions }),
			text("start", "First address, in hexadecimal.", address(func(m row) uint64 { return m.Start })),
			text("end", "Address after the last, in hexadecimal.", address(func(m row) uint64 { return m.End })),
			bigint("size", "Bytes from start to end.", func(m row) int64 { return int64(m.End - m.Start) }),
			text("mapping_path", "File mapped, with \" (deleted)\" if it has lost its name, or the kernel's name of the region; empty if anonymous.",
				func(m row) string { return m.Path }),
			bigint("offset", "Offset into the file.", func(m row) int64 { return int64(m.Offset) }),
			text("device", "Major and minor number of the file's device, in hexadecimal.", func(m row) string { return m.Device }),
			bigint("inode", "Inode of the file, 0 if there is none.", func(m row) int64 { return int64(m.Inode) }),
			integer("pseudo", "1 if mapping_path is the kernel's name of a region, such as [heap].", func(m row) int64 {
				return b2i(m.Inode == 0 && strings.HasPrefix(m.Path, "["))
			}),
			known("resident", "Bytes in memory (Rss).", func(m row) (int64, bool) { return id(m.Resident) }),
			known("private_dirty", "Bytes written to that no other process shares (Private_Dirty); "+
				"includes those of a file that was itself written lately.",
				func(m row) (int64, bool) { return id(m.PrivateDirty) }),
			known("anonymous", "Bytes that no file holds (Anonymous): of a file's mapping, what was written to since.",
				func(m row) (int64, bool) { return id(m.Anonymous) }),
			known("differing", "Linux: of [vdso], how many bytes are not those that most processes of the same ABI have there: 0 where a "+
				"breakpoint was set "+
				"and taken back; NULL of other memory, and if nobody can tell. Other code is compared in code_patches.",
				func(m row) (int64, bool) { return id(m.Differing) }),
			known("read_implies_exec", "Linux: 1 if the process's personality makes memory executable that it only asked to read "+
				"(READ_IMPLIES_EXEC): much of what is shown is then not asked for. NULL if unknown.",
				func(m row) (int64, bool) { return b2i(m.Personality&readImpliesExec != 0), m.Personality >= 0 }),
			text("protection", "Windows: permissions as Windows names them, such as PAGE_EXECUTE_READWRITE; empty elsewhere.",
				func(m row) string { return m.Protection }),
			text("initial_protection", "Windows: protection that the memory was allocated with.", func(m row) string { return m.InitialProtection }),
			text("region_type", "Windows: private, mapped or image.", func(m row) string { return m.RegionType }),
			text("allocation_base", "Windows: first address of the allocation or image that the mapping is part of, in hexadecimal.",
				func(m row) string {
					if m.AllocationBase == 0 {
						return ""
					}
					return address(func(m row) uint64 { return m.AllocationBase })(m)
				}),
		}, ownerColumns(func(m row) *event.Process { return m.Process }), []column[row]{
			known("uid", "User id of the process.", func(m row) (int64, bool) { return id(m.process().UID) }),
			text("user", "Name of uid, or DOMAIN\\name.", func(m row) string { return m.process().User }),
			text("parent_path", "Executable path of the process that created it, where known.",
				func(m row) string { return m.process().ParentPath() }),
		}, containerColumns(func(m row) *event.Process { return m.Process }), []column[row]{
			text("user_sid", "Windows: security identifier of the process's user.", func(m row) string { return m.process().OnWindows().UserSID }),
			text("integrity_level", "Windows: Low, Medium, High or System.", func(m row) string { return m.process().OnWindows().Integrity }),
		}),
	}
	pid, costly := positions(s.Columns, "pid")[0], positions(s.Columns, "resident", "private_dirty", "anonymous")
	s.Rows = func(ctx context.Context, q *Query) (iter.Seq2[int64, row], error) {
		if d.Mappings == nil {
			return nothing[row](), nil
		}
		want := MappingQuery{PIDs: pidsOf(q, pid), Pages: slices.ContainsFunc(costly, q.Uses)}
		return scanOf(d.Mappings(ctx, want), func(m row) int64 { return hashOf(uint64(m.PID), m.Start) }), nil
	}
	return s.table()
}

// readImpliesExec is READ_IMPLIES_EXEC of personality(2).
const readImpliesExec = 0x0400000

// Scanner yields the suspicious mappings of running processes.
type Scanner func(ctx context.Context, q MappingQuery) iter.Seq[Mapping]
