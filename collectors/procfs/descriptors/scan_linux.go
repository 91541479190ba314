package descriptors

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
	"github.com/apiwatch/apiwatch/collectors/procfs"
)

// Scan looks at the descriptors of processes. Nothing is opened but folders of /proc: a device or a file system is not asked.
func Scan(ctx context.Context, h *procfs.Host, q procfs.Query) iter.Seq[Held] {
	s := &scanner{host: h, fs: h.FS(), procs: make(map[uint64]bool)}
	s.classes = s.known()
	found, status := procfs.Scan(ctx, s.fs, "descriptors", q, s.process)
	return procfs.Reporting(h, found, status)
}

// scanner is one scan. A process that holds up its reader is left behind, reader and all, so what changes is under the lock.
type scanner struct {
	host    *procfs.Host
	fs      *procfs.FS
	classes Classes
	own     uint64 // the device of our proc file system

	mu    sync.Mutex
	procs map[uint64]bool // which devices are proc file systems
}

// known gathers what descriptors are compared with. What is not to be had is told by less.
func (s *scanner) known() Classes {
	var c Classes
	root := s.fs.Mount() + "/"
	if devices, err := os.ReadFile(root + "devices"); err == nil {
		c.Majors = Majors(devices)
	}
	if f, err := look(unix.AT_FDCWD, root+"kcore"); err == nil {
		c.Kcore = f.File.Inode
	}
	if f, err := look(unix.AT_FDCWD, root); err == nil {
		s.own = f.File.Device
	}
	c.Stores = make(map[collectors.FileID]bool)
	add := func(path string) {
		if f, err := procfs.StatFile(path, true); err == nil { // what is held open is at hand
			c.Stores[f.ID()] = true
		}
	}
	whole, ofHome := linux.NamedStores()
	for _, path := range whole {
		if f, err := look(unix.AT_FDCWD, path); err == nil { // in folders of root's
			c.Stores[f.File] = true
		}
	}
	passwd, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return c
	}
	for _, home := range homes(passwd) {
		for _, path := range ofHome {
			add(home + "/" + path)
		}
	}
	return c
}

// process looks at the descriptors of one process, and of those of its threads that have descriptors of their own.
func (s *scanner) process(ctx context.Context, pid int64, progress *atomic.Uint64) ([]Held, error) {
	var out []Held
	err := s.table(ctx, pid, pid, progress, &out)
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		return out, err
	}
	var st unix.Stat_t
	if unix.Stat(s.fs.Path(pid, "task"), &st) == nil && st.Nlink <= 3 { // ".", ".." and one thread
		return out, err
	}
	d, openErr := os.Open(s.fs.Path(pid, "task"))
	if openErr != nil {
		return out, openErr
	}
	defer d.Close()
	for {
		names, readErr := d.Readdirnames(1024)
		for _, name := range names {
			progress.Add(1)
			tid, parseErr := strconv.ParseInt(name, 10, 64)
			if parseErr != nil || tid == pid || sameTable(pid, tid) {
				continue
			}
			if own := s.table(ctx, pid, tid, progress, &out); own != nil && !errors.Is(own, fs.ErrNotExist) {
				err = own
			}
			if len(out) >= procfs.MaxOfProcess || ctx.Err() != nil {
				return out, err
			}
		}
		if readErr != nil || len(names) == 0 {
			return out, err
		}
	}
}

// sameTable tells whether two threads share their descriptors, which nearly all do.
func sameTable(pid, tid int64) bool {
	const files = 2 // KCMP_FILES (include/uapi/linux/kcmp.h)
	r, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(pid), uintptr(tid), files, 0, 0, 0)
	return errno == 0 && r == 0 || errno == unix.ENOSYS || errno == unix.EPERM
}

// table looks at the descriptors of one thread.
func (s *scanner) table(ctx context.Context, pid, tid int64, progress *atomic.Uint64, out *[]Held) error {
	path := s.fs.Path(tid, "fd")
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("listing descriptors of process %d: %w", pid, err)
	}
	defer d.Close()
	var link [unix.PathMax + len(deletedSuffix)]byte
	var unread error
	for {
		names, readErr := d.Readdirnames(1024)
		for _, name := range names {
			if err := ctx.Err(); err != nil {
				return err
			}
			progress.Add(1)
			n, err := unix.Readlinkat(int(d.Fd()), name, link[:])
			if err != nil {
				if !errors.Is(err, fs.ErrNotExist) { // it was closed
					unread = fmt.Errorf("reading descriptor %s of process %d: %w", name, pid, err)
				}
				continue
			}
			if n == 0 || link[0] != '/' { // sockets, pipes and such have no path
				continue
			}
			f, err := look(int(d.Fd()), name)
			if err != nil {
				if !errors.Is(err, fs.ErrNotExist) {
					unread = fmt.Errorf("looking at descriptor %s of process %d: %w", name, pid, err)
				}
				continue
			}
			f.Link = string(link[:n])
			f.Procfs = f.Mode.IsRegular() && s.procfs(f.File.Device, path+"/"+name)
			held, ok := s.held(pid, tid, name, &f)
			if !ok {
				continue
			}
			if len(*out) >= procfs.MaxOfProcess {
				return fmt.Errorf("process %d has %w: more than %d sensitive descriptors", pid, procfs.ErrTooMany, procfs.MaxOfProcess)
			}
			*out = append(*out, held)
		}
		if readErr != nil || len(names) == 0 {
			return unread
		}
	}
}

// held makes a row of a descriptor that is sensitive.
func (s *scanner) held(pid, tid int64, name string, f *Facts) (Held, bool) {
	h := Held{PID: pid, ThreadID: tid, Path: f.Link, Inode: f.File.Inode}
	if h.Class, h.By = s.classes.Of(f); h.Class == "" {
		return h, false
	}
	var err error
	if h.FD, err = strconv.ParseInt(name, 10, 64); err != nil {
		return h, false
	}
	if h.Class == ProcessMemory {
		var is bool
		if h.Target, is = s.memory(pid, f); !is || h.Target == pid {
			return h, false
		}
	}
	if h.Device = fmt.Sprintf("%02x:%02x", f.File.Device>>32, uint32(f.File.Device)); h.By == ByDevice {
		h.Device = fmt.Sprintf("%d:%d", f.Major, f.Minor)
	}
	if info, err := os.ReadFile(s.fs.Path(tid, "fdinfo/"+name)); err == nil {
		h.Access = access(info)
	}
	return h, true
}

// procfs tells whether a device is a proc file system, by one file of it.
func (s *scanner) procfs(device uint64, path string) bool {
	if device>>32 != 0 { // a real device
		return false
	}
	s.mu.Lock()
	is, known := s.procs[device]
	s.mu.Unlock()
	if known {
		return is
	}
	var st unix.Statfs_t
	is = unix.Statfs(path, &st) == nil && st.Type == unix.PROC_SUPER_MAGIC
	s.mu.Lock()
	defer s.mu.Unlock()
	s.procs[device] = is
	return is
}

// look asks the kernel what a name stands for, without asking the file system behind it.
func look(dir int, name string) (Facts, error) {
	var s unix.Statx_t
	err := unix.Statx(dir, name, unix.AT_NO_AUTOMOUNT|unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE|unix.STATX_MODE|unix.STATX_INO, &s)
	if err != nil {
		return Facts{}, err
	}
	f := Facts{
		Mode: fs.FileMode(s.Mode & 0o777), Major: s.Rdev_major, Minor: s.Rdev_minor,
		File: collectors.FileID{Device: uint64(s.Dev_major)<<32 | uint64(s.Dev_minor), Inode: s.Ino},
	}
	switch s.Mode & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFCHR:
		f.Mode |= fs.ModeDevice | fs.ModeCharDevice
	default:
		f.Mode |= fs.ModeIrregular
	}
	return f, nil
}

// firstListed is from where on inodes of procfs are those of its fixed entries, such as slabinfo (PROC_DYNAMIC_FIRST in fs/proc/generic.c).
const firstListed = 0xf0000000

// memory gives the process whose memory a file of procfs is, 0 if that has ended or cannot be told; is says whether it is one's at all.
func (s *scanner) memory(holder int64, f *Facts) (target int64, is bool) {
	link, ended := strings.CutSuffix(f.Link, deletedSuffix)
	pid, end := named(link)
	switch {
	case ended:
		return 0, pid > 0
	case f.File.Device != s.own:
		return s.elsewhere(holder, pid, link, f), pid > 0 || f.File.Inode < firstListed
	case pid > 0 && s.sameFile(s.fs.Mount()+"/"+end, f):
		return s.group(pid), true
	}
	target = s.host.MemoryOwner(f.File) // mounted by itself, under another name
	return target, target > 0 || pid > 0
}

// elsewhere gives the process whose memory a file of another proc file system is, which may count processes otherwise: the one that has
// that number somewhere and was started at that time.
func (s *scanner) elsewhere(holder, pid int64, link string, f *Facts) int64 {
	path := s.fs.Path(holder, "root") + link
	if pid <= 0 || !s.sameFile(path, f) {
		return 0
	}
	text, err := os.ReadFile(strings.TrimSuffix(path, "mem") + "stat")
	if err != nil {
		return 0
	}
	there, err := procfs.ParseStat(text)
	if err != nil {
		return 0
	}
	pids, err := s.fs.PIDs()
	if err != nil {
		return 0
	}
	for _, n := range pids {
		here, err := s.fs.Stat(n)
		if err != nil || here.StartTicks != there.StartTicks || here.Comm != there.Comm {
			continue
		}
		if status, err := s.fs.Status(n); err == nil && slices.Contains(status.NSPID, pid) {
			return n
		}
	}
	return 0
}

func (s *scanner) sameFile(path string, f *Facts) bool {
	other, err := look(unix.AT_FDCWD, path)
	return err == nil && other.File == f.File
}

// group gives the process that a thread is of.
func (s *scanner) group(tid int64) int64 {
	if status, err := s.fs.Status(tid); err == nil && status.TGID > 0 {
		return status.TGID
	}
	return tid
}
