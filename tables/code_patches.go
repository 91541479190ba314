package tables

import (
	"context"
	"encoding/hex"
	"iter"
	"slices"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// CodePatch is code of a process that is not what its file holds, as it is now.
type CodePatch struct {
	Process                    *event.Process // may be nil, if it ended meanwhile
	PID                        int64
	Kind, Path, Device, Symbol string
	Inode, Address, Offset     uint64
	Size                       int64
	Live, File                 []byte // the first bytes
	FilePresent                bool
}

// CodeScanner yields the code of running processes that is not its file's, in bounded time.
type CodeScanner func(ctx context.Context, q StateQuery) iter.Seq[CodePatch]

func codePatches(d *Data) *Table {
	type row = *CodePatch
	process := func(p row) *event.Process { return p.Process }
	s := spec[row]{
		Name: "code_patches",
		Description: "Code of running processes that is not what the file holds that it was loaded from: where, in which function, which bytes " +
			"over which. The file compared with is the one that is mapped, whatever lies under its path now. A change of the file itself, " +
			"and code that was mapped anew without a file (see rwx_mappings), is none.",
		Component: "DC0020 Process Modification",
		Examples: []string{
			"SELECT pid, path, mapping_path, symbol, live_bytes, file_bytes FROM code_patches WHERE kind = 'patch'",
			"SELECT pid, address, offset, symbol FROM code_patches WHERE pid = 1",
			"SELECT DISTINCT path, mapping_path FROM code_patches WHERE kind IN ('deleted_file', 'replaced_file')",
		},
		Columns: slices.Concat([]column[row]{
			optimized(bigint("pid", "Process id. Given one or more, only these processes are compared.", func(p row) int64 { return p.PID })),
			text("kind", "patch; breakpoint (one instruction that stops the program, as debuggers and uprobes set it); relocation (places that the "+
				"file asks its loader to fill in, all of a mapping in one row); unverified (written to, and the file cannot be read: as root it can); "+
				"deleted_file and replaced_file (the file is gone or another lies under its path: no change of the code by itself).",
				func(p row) string { return p.Kind }),
			text("mapping_path", "File that the code was loaded from, as in rwx_mappings.", func(p row) string { return p.Path }),
			text("address", "Where it is in memory, in hexadecimal.", func(p row) string { return hexText(p.Address) }),
			bigint("offset", "Where it is in the file.", func(p row) int64 { return int64(p.Offset) }),
			bigint("size", "Bytes from the first that differs to the last; of deleted_file and replaced_file those mapped.",
				func(p row) int64 { return p.Size }),
			text("symbol", "Function that it begins in, by the file's symbols, as name+0x12; empty where none is named.",
				func(p row) string { return p.Symbol }),
			text("live_bytes", "The first bytes in memory, at most 32, in hexadecimal.", func(p row) string { return hex.EncodeToString(p.Live) }),
			text("file_bytes", "The same bytes of the file.", func(p row) string { return hex.EncodeToString(p.File) }),
			integer("file_present", "1 if the file still has its name, 0 if it was deleted or replaced.",
				func(p row) int64 { return b2i(p.FilePresent) }),
			text("device", "Major and minor number of the file's device, in hexadecimal.", func(p row) string { return p.Device }),
			bigint("inode", "Inode of the file.", func(p row) int64 { return int64(p.Inode) }),
		}, ownerColumns(process), accountColumns(process)),
	}
	pid := positions(s.Columns, "pid")[0]
	s.Rows = func(ctx context.Context, q *Query) (iter.Seq2[int64, row], error) {
		if d.CodePatches == nil {
			return nothing[row](), nil
		}
		return scanOf(d.CodePatches(ctx, StateQuery{PIDs: pidsOf(q, pid)}), func(p row) int64 {
			return hashOf(uint64(p.PID), p.Address, uint64(len(p.Kind)))
		}), nil
	}
	return s.table()
}
