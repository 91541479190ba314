package code

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/procfs"
)

// Scan compares the code of processes with its files.
func Scan(ctx context.Context, h *procfs.Host, q procfs.Query) iter.Seq[Patch] {
	found, status := procfs.Scan(ctx, h.FS(), "code", q, func(ctx context.Context, pid int64, progress *atomic.Uint64) ([]Patch, error) {
		return process(ctx, h.FS(), pid, progress)
	})
	return procfs.Reporting(h, found, status)
}

// errBudget says that a process has more changed code than is compared.
var errBudget = fmt.Errorf("%w: more than %d MiB of code were written to", procfs.ErrTooMany, maxBytesProcess>>20)

// process compares one process.
func process(ctx context.Context, p *procfs.FS, pid int64, progress *atomic.Uint64) ([]Patch, error) {
	of := p.Speaker(pid)
	regions, err := p.Code(ctx, of, progress)
	if len(regions) == 0 {
		return nil, err
	}
	mem, memErr := os.Open(p.Path(of, "mem"))
	if memErr != nil {
		return nil, fmt.Errorf("opening the memory of process %d: %w", pid, memErr)
	}
	defer mem.Close()
	c := comparison{fs: p, pid: pid, of: of, mem: mem, progress: progress, objects: make(map[collectors.FileID]*object)}
	for i := range regions {
		if ctx.Err() != nil {
			return c.out, ctx.Err()
		}
		if regionErr := c.region(&regions[i]); regionErr != nil && err == nil {
			err = fmt.Errorf("comparing code of process %d: %w", pid, regionErr)
		}
		if len(c.out) >= procfs.MaxOfProcess {
			return c.out[:procfs.MaxOfProcess], fmt.Errorf("process %d has %w: more than %d patches", pid, procfs.ErrTooMany, procfs.MaxOfProcess)
		}
	}
	return c.out, err
}

// comparison is that of one process. It shares nothing with others: one that holds up its reader is left behind.
type comparison struct {
	fs       *procfs.FS
	objects  map[collectors.FileID]*object
	pid      int64
	of       int64 // the thread by which it is seen
	mem      io.ReaderAt
	progress *atomic.Uint64
	compared int // bytes
	out      []Patch
}

// region compares one region.
func (c *comparison) region(r *procfs.CodeRegion) error {
	present := true
	base := Patch{PID: c.pid, Path: r.Path, Device: r.Device, Inode: r.Inode, Address: r.Start, Offset: r.Offset}
	if r.Lost() {
		if kind := c.lost(r); kind != "" {
			present = false
			p := base
			p.Kind, p.Size = kind, int64(r.End-r.Start)
			c.out = append(c.out, p)
		}
	}
	base.FileIsPresent = present
	if len(r.Pages) == 0 {
		return nil
	}
	f, id, err := c.mapped(r)
	if err != nil {
		base.Kind, base.Address, base.Size = KindUnverified, r.Pages[0], int64(len(r.Pages))*int64(procfs.PageSize)
		base.Offset += base.Address - r.Start
		c.out = append(c.out, base)
		return nil
	}
	defer f.Close()
	o := c.objects[id]
	if o == nil {
		o = newObject(f)
		c.objects[id] = o
	}
	o.source.ReaderAt = f
	return c.pages(r, f, o, base)
}

// pages compares the pages of a region that were written to.
func (c *comparison) pages(r *procfs.CodeRegion, f io.ReaderAt, o *object, base Patch) error {
	var unread error
	relocations := base
	relocations.Kind = KindRelocation
	patches := 0
	for i := 0; i < len(r.Pages); {
		run := 1 // pages in a row
		for i+run < len(r.Pages) && r.Pages[i+run] == r.Pages[i]+uint64(run)*procfs.PageSize && run < 64 {
			run++
		}
		at, size := r.Pages[i], run*int(procfs.PageSize)
		i += run
		if c.compared += size; c.compared > maxBytesProcess {
			return errBudget
		}
		c.progress.Add(1)
		live, file := make([]byte, size), make([]byte, size)
		offset := r.Offset + at - r.Start
		if n, err := c.mem.ReadAt(live, int64(at)); n < size {
			if err != nil && !errors.Is(err, io.EOF) {
				unread = err
			}
			live, file = live[:n], file[:n]
		}
		if err := zeroFilled(f, file, offset); err != nil {
			unread = err
			continue
		}
		found, first, relocated := differences(live, file, func(i int) bool { return o.filledIn(offset + uint64(i)) })
		if relocated > 0 {
			if relocations.Size == 0 {
				relocations.Address, relocations.Offset = at+uint64(first), offset+uint64(first)
			}
			relocations.Size += int64(relocated)
		}
		for j := range found {
			d := &found[j]
			if patches++; patches > maxPatches {
				return fmt.Errorf("%w: %s has more than %d patches", procfs.ErrTooMany, strconv.QuoteToASCII(r.Path), maxPatches)
			}
			p := base
			p.Kind, p.Address, p.Offset, p.Size = KindPatch, at+uint64(d.at), offset+uint64(d.at), int64(len(d.live))
			if breakpoint(o.machine, d) {
				p.Kind = KindBreakpoint
			}
			p.Symbol, p.Live, p.File = o.symbol(p.Offset), shown(d.live), shown(d.file)
			c.out = append(c.out, p)
		}
	}
	if relocations.Size > 0 {
		c.out = append(c.out, relocations)
	}
	if r.Cut {
		return errBudget
	}
	return unread
}

// maxShown is how many bytes of a patch a row has.
const maxShown = 32

func shown(b []byte) []byte { return bytes.Clone(b[:min(len(b), maxShown)]) }

// lost tells what became of a file whose mapping the kernel calls deleted; "" if it only bears such a name, or nobody can tell.
func (c *comparison) lost(r *procfs.CodeRegion) string {
	if f, err := c.fs.StatFile(c.of, r.Path, false); err == nil && f.Inode == r.Inode {
		return ""
	}
	switch _, err := c.fs.StatFile(c.of, r.Name(), false); {
	case err == nil:
		return KindReplaced
	case errors.Is(err, fs.ErrNotExist):
		return KindDeleted
	case errors.Is(err, procfs.ErrUncached):
		return KindDeleted // whether something lies there now is not worth waiting for
	}
	return ""
}

// mapped opens the file of a region: a regular one, for devices may act when they are opened.
func (c *comparison) mapped(r *procfs.CodeRegion) (*os.File, collectors.FileID, error) {
	path := c.fs.Path(c.of, fmt.Sprintf("map_files/%x-%x", r.Start, r.End))
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, collectors.FileID{}, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, collectors.FileID{}, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, collectors.FileID{}, fs.ErrInvalid
	}
	f, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", fd), os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOATIME, 0)
	if errors.Is(err, fs.ErrPermission) { // O_NOATIME is the owner's
		f, err = os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", fd), os.O_RDONLY|unix.O_NONBLOCK, 0)
	}
	return f, collectors.FileID{Device: st.Dev, Inode: st.Ino}, err
}
