package engine

import (
	"context"
	"iter"
	"os"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/procfs"
	"github.com/apiwatch/apiwatch/collectors/procfs/code"
	"github.com/apiwatch/apiwatch/collectors/procfs/descriptors"
	"github.com/apiwatch/apiwatch/tables"
)

// linuxState fills the tables of live state from /proc. What this program does itself is left out.
func linuxState(f *plan, host *procfs.Host) {
	own := int64(os.Getpid())
	f.mappings = func(ctx context.Context, q tables.MappingQuery) iter.Seq[tables.Mapping] {
		of := processes(host)
		found := host.Mappings(ctx, procfs.MappingQuery{Query: procfs.Query{PIDs: q.PIDs}, Pages: q.Pages})
		return converted(found, func(m procfs.Mapping) (tables.Mapping, bool) {
			if m.PID == own {
				return tables.Mapping{}, false
			}
			return tables.Mapping{
				PID: m.PID, Start: m.Start, End: m.End, Offset: m.Offset, Inode: m.Inode, Kind: m.Kind, Permissions: m.Permissions,
				Device: m.Device, Path: m.Path, Resident: m.Resident, PrivateDirty: m.PrivateDirty, Anonymous: m.Anonymous,
				Differing: m.Differing, Personality: m.Personality, Process: of(m.PID),
			}, true
		})
	}
	f.tracers = func(ctx context.Context, q tables.StateQuery) iter.Seq[tables.Tracing] {
		of, tracer := processes(host), processes(host)
		return converted(host.Tracers(ctx, procfs.Query{PIDs: q.PIDs}), func(t procfs.Tracing) (tables.Tracing, bool) {
			return tables.Tracing{
				PID: t.PID, ThreadID: t.ThreadID, TracerPID: t.Tracer, TracerThreadID: t.TracerThread, Stopped: t.Stopped,
				FirstSeenNS: t.FirstSeenNS, Process: of(t.PID), Tracer: tracer(t.Tracer),
			}, true
		})
	}
	f.codePatches = func(ctx context.Context, q tables.StateQuery) iter.Seq[tables.CodePatch] {
		of := processes(host)
		return converted(code.Scan(ctx, host, procfs.Query{PIDs: q.PIDs}), func(p code.Patch) (tables.CodePatch, bool) {
			if p.PID == own {
				return tables.CodePatch{}, false
			}
			return tables.CodePatch{
				PID: p.PID, Kind: p.Kind, Path: p.Path, Device: p.Device, Symbol: p.Symbol, Inode: p.Inode, Address: p.Address, Offset: p.Offset,
				Size: p.Size, Live: p.Live, File: p.File, FilePresent: p.FileIsPresent, Process: of(p.PID),
			}, true
		})
	}
	f.openFiles = func(ctx context.Context, q tables.StateQuery) iter.Seq[tables.OpenFile] {
		of, target := processes(host), processes(host)
		return converted(descriptors.Scan(ctx, host, procfs.Query{PIDs: q.PIDs}), func(h descriptors.Held) (tables.OpenFile, bool) {
			if h.PID == own {
				return tables.OpenFile{}, false
			}
			out := tables.OpenFile{
				PID: h.PID, ThreadID: h.ThreadID, FD: h.FD, TargetPID: h.Target, Class: h.Class, ToldBy: h.By, Path: h.Path, Access: h.Access,
				Device: h.Device, Inode: h.Inode, Process: of(h.PID),
			}
			if h.Target > 0 {
				out.Target = target(h.Target)
			}
			return out, true
		})
	}
}

// processes gives processes as they are now, nil for one that has ended. Rows come by process, so it keeps the last.
func processes(host *procfs.Host) func(pid int64) *event.Process {
	var last *event.Process
	return func(pid int64) *event.Process {
		if last == nil || last.PID != pid {
			last = nil
			if p, ok := host.Snapshot(pid); ok {
				last = p
			}
		}
		return last
	}
}
