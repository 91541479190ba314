package procfs

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// resolveCached is RESOLVE_CACHED (include/uapi/linux/openat2.h).
const resolveCached = 0x20

// The kernel's means are known to be missing once a kernel has refused them (5.12 and 5.6).
var noResolveCached, noOpenat2 atomic.Bool

// StatFile looks at a file of the reader's own mount namespace by its absolute path, without opening it and without
// waiting for its file system. Unless follow is set, a symbolic link at the end is itself what is looked at.
func StatFile(path string, follow bool) (File, error) {
	return statAt(unix.AT_FDCWD, path, follow, 0, path)
}

// statLink looks at what a link such as /proc/PID/exe stands for: the kernel has it at hand.
func statLink(path string) (File, error) {
	return statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC|unix.AT_NO_AUTOMOUNT)
}

// alive tells whether a process is there.
func (p *FS) alive(pid int64) bool {
	return unix.Access(p.Path(pid, "stat"), unix.F_OK) == nil
}

// StatFile looks at a file as a process names it, in its root directory and mount namespace: an absolute path or one
// relative to its working directory. With a pid of 0 the path is the reader's own.
//
// A relative path that leads over an absolute symbolic link is resolved in the reader's root.
func (p *FS) StatFile(pid int64, path string, follow bool) (File, error) {
	if pid == 0 {
		return StatFile(path, follow)
	}
	base, resolve := "cwd", uint64(0)
	if strings.HasPrefix(path, "/") {
		base, resolve = "root", unix.RESOLVE_IN_ROOT
	}
	base = p.Path(pid, base)
	dir, err := unix.Open(base, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return File{}, fmt.Errorf("looking at %q of process %d: %w", path, pid, err)
	}
	defer unix.Close(dir)
	return statAt(dir, path, follow, resolve, base+"/"+strings.TrimLeft(path, "/"))
}

// statAt resolves path from dir. Where the kernel is older than openat2, fallback is what to look at.
func statAt(dir int, path string, follow bool, resolve uint64, fallback string) (File, error) {
	if path == "" {
		return File{}, errors.New("looking at a file: its path is empty")
	}
	if noOpenat2.Load() {
		flags := unix.AT_STATX_DONT_SYNC | unix.AT_NO_AUTOMOUNT
		if !follow {
			flags |= unix.AT_SYMLINK_NOFOLLOW
		}
		return statx(unix.AT_FDCWD, fallback, flags)
	}
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: resolve}
	if !follow {
		how.Flags |= unix.O_NOFOLLOW
	}
	if !noResolveCached.Load() {
		how.Resolve |= resolveCached
	}
	var fd int
	err := error(unix.EAGAIN)
	for range 3 { // a rename anywhere can disturb a look-up for a moment
		if fd, err = unix.Openat2(dir, path, &how); !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			break
		}
	}
	switch {
	case err == nil:
		defer unix.Close(fd)
		return statx(fd, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC)
	case errors.Is(err, unix.EAGAIN):
		return File{}, fmt.Errorf("looking at %q: %w", path, ErrUncached)
	case errors.Is(err, unix.EINVAL) && how.Resolve&resolveCached != 0:
		noResolveCached.Store(true)
		return statAt(dir, path, follow, resolve, fallback)
	case errors.Is(err, unix.ENOSYS):
		noOpenat2.Store(true)
		return statAt(dir, path, follow, resolve, fallback)
	}
	return File{}, fmt.Errorf("looking at %q: %w", path, err)
}

func statx(dir int, path string, flags int) (File, error) {
	var s unix.Statx_t
	if err := unix.Statx(dir, path, flags, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &s); err != nil {
		return File{}, fmt.Errorf("looking at %q: %w", path, err)
	}
	f := File{
		ATimeNS: nanoseconds(s.Atime), MTimeNS: nanoseconds(s.Mtime), CTimeNS: nanoseconds(s.Ctime),
		UID: int64(s.Uid), GID: int64(s.Gid), Inode: s.Ino, Device: uint64(s.Dev_major)<<32 | uint64(s.Dev_minor),
		Links: s.Nlink, Mode: uint32(s.Mode),
	}
	if s.Mask&unix.STATX_BTIME != 0 {
		f.BTimeNS = nanoseconds(s.Btime)
	}
	return f, nil
}

func nanoseconds(t unix.StatxTimestamp) int64 { return t.Sec*1e9 + int64(t.Nsec) }
