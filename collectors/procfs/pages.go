package procfs

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
)

// An entry of /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst).
const (
	pagemapEntry = 8
	pagePresent  = 1 << 63
	pageSwapped  = 1 << 62
	pageOfFile   = 1 << 61 // or of shared memory
	pageGuard    = 1 << 58
	pageWPByUser = 1 << 57
)

// PageSize is that of memory.
var PageSize = uint64(os.Getpagesize())

// CodeRegion is an executable private mapping of a file.
type CodeRegion struct {
	Start, End, Offset, Inode uint64
	Device, Path              string // as maps has them
	// Pages are the addresses of pages in memory that are no longer the file's, ascending; those beyond maxPages are left out.
	Pages []uint64
	// Cut says that there are more of them.
	Cut bool
}

// maxPages bounds the pages of one region.
const maxPages = 4096

// Lost tells whether the file has lost the name that it had when it was mapped, by what maps says alone.
func (r *CodeRegion) Lost() bool { return strings.HasSuffix(r.Path, deletedSuffix) }

// Name is the path of the file without what the kernel adds.
func (r *CodeRegion) Name() string { return strings.TrimSuffix(r.Path, deletedSuffix) }

// Code gives the executable private mappings of files that a process has, as far as pages of them were written to or the file has lost its
// name. Memory that only looks like a file is left out.
func (p *FS) Code(ctx context.Context, pid int64, progress *atomic.Uint64) ([]CodeRegion, error) {
	maps, err := openStream(p.Path(pid, "maps"))
	if err != nil {
		return nil, fmt.Errorf("reading mappings of process %d: %w", pid, err)
	}
	defer maps.Close()
	pagemap, err := openStream(p.Path(pid, "pagemap"))
	if err != nil {
		return nil, fmt.Errorf("reading pages of process %d: %w", pid, err)
	}
	defer pagemap.Close()
	entries := buffers.Get().(*buffer)
	defer buffers.Put(entries)
	l := newLineReader(maps, progress, ctx.Err)
	defer l.release()
	var out []CodeRegion
	for {
		line, ok := l.next()
		if !ok {
			return out, l.failure()
		}
		r, ok := parseRegion(line)
		if !ok || !r.executable() || r.inode == 0 || r.permissions[3] != 'p' || r.memory() {
			continue
		}
		c := CodeRegion{Start: r.start, End: r.end, Offset: r.offset, Inode: r.inode}
		modifiedPages(pagemap, entries[:], &r, progress, ctx.Err, func(page uint64) bool {
			if c.Cut = len(c.Pages) == maxPages; !c.Cut {
				c.Pages = append(c.Pages, page)
			}
			return !c.Cut
		})
		if len(c.Pages) == 0 && !bytes.HasSuffix(r.path, []byte(deletedSuffix)) {
			continue
		}
		if len(out) == MaxOfProcess {
			return out, fmt.Errorf("process %d has %w: more than %d regions of changed code", pid, ErrTooMany, MaxOfProcess)
		}
		c.Device, c.Path = string(r.device), string(r.path)
		out = append(out, c)
	}
}

// memory tells whether a region's file is memory that no directory names.
func (r *region) memory() bool {
	name, deleted := bytes.CutSuffix(r.path, []byte(deletedSuffix))
	return string(name) == devZero || deleted && (bytes.HasPrefix(name, []byte(memfdPrefix)) || bytes.HasPrefix(name, []byte(sysvPrefix)) ||
		string(name) == anonHugepage)
}

// modified tells whether a region may hold pages that are not its file's, by the process's pagemap.
func modified(pagemap io.ReaderAt, b []byte, r *region, progress *atomic.Uint64, stop func() error) (is bool) {
	modifiedPages(pagemap, b, r, progress, stop, func(uint64) bool { is = true; return false })
	return is
}

// modifiedPages calls f with the address of each page of a region that may not be its file's, until f says that it is enough.
func modifiedPages(pagemap io.ReaderAt, b []byte, r *region, progress *atomic.Uint64, stop func() error, f func(page uint64) bool) {
	for page, last := r.start/PageSize, r.end/PageSize; page < last; {
		if stop() != nil {
			return
		}
		want := min(last-page, uint64(len(b))/pagemapEntry)
		n, err := pagemap.ReadAt(b[:want*pagemapEntry], int64(page*pagemapEntry))
		progress.Add(1)
		n /= pagemapEntry
		for i := range n {
			if isModified(binary.LittleEndian.Uint64(b[i*pagemapEntry:])) && !f((page+uint64(i))*PageSize) {
				return
			}
		}
		if n == 0 || err != nil {
			return
		}
		page += uint64(n)
	}
}

// isModified tells whether an entry of pagemap is a page of memory or swap that belongs to no file.
func isModified(v uint64) bool {
	return v&(pagePresent|pageSwapped) != 0 && v&(pageOfFile|pageGuard) == 0 && (v&pagePresent != 0 || v&pageWPByUser == 0)
}
