package procfs

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// readFile reads the beginning of a file without the runtime's poller, which costs two more system calls a file.
func readFile(path string, b []byte) (int, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	n, err := unix.Read(fd, b)
	for errors.Is(err, unix.EINTR) {
		n, err = unix.Read(fd, b)
	}
	_ = unix.Close(fd)
	return max(n, 0), err
}

func readLink(path string, b []byte) (int, error) {
	return unix.Readlink(path, b)
}

// stream is a file read piece by piece, at any place.
type stream struct{ fd int }

func openStream(path string) (stream, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	return stream{fd}, err
}

// Read is io.Reader's.
func (s stream) Read(b []byte) (int, error) {
	n, err := unix.Read(s.fd, b)
	if n == 0 && err == nil {
		return 0, io.EOF
	}
	return max(n, 0), err
}

// ReadAt reads once, and may read less than asked.
func (s stream) ReadAt(b []byte, offset int64) (int, error) {
	n, err := unix.Pread(s.fd, b, offset)
	return max(n, 0), err
}

// procmapQuery is struct procmap_query of include/uapi/linux/fs.h.
type procmapQuery struct {
	size, flags, address       uint64
	start, end                 uint64
	vmaFlags, pageSize, offset uint64
	inode                      uint64
	major, minor               uint32
	nameSize, buildIDSize      uint32
	name, buildID              uint64
}

// ioctlProcmapQuery is PROCMAP_QUERY, _IOWR('f', 17, struct procmap_query), of Linux 6.11 and later.
const ioctlProcmapQuery = 3<<30 | uintptr(unsafe.Sizeof(procmapQuery{}))<<16 | 'f'<<8 | 17

// mapping asks maps for the mapping at an address, however many there are. ok is false where the kernel cannot be asked so.
func (s stream) mapping(address uint64) (path []byte, mapped, ok bool) {
	name := new([unix.PathMax]byte)
	var pin runtime.Pinner
	pin.Pin(name)
	defer pin.Unpin()
	q := procmapQuery{address: address, nameSize: uint32(len(name))}
	q.size, q.name = uint64(unsafe.Sizeof(q)), uint64(uintptr(unsafe.Pointer(&name[0])))
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s.fd), ioctlProcmapQuery, uintptr(unsafe.Pointer(&q)))
	if errno != 0 {
		return nil, false, errno == unix.ENOENT
	}
	return bytes.TrimRight(name[:min(int(q.nameSize), len(name))], "\x00"), true, true
}

// Close is io.Closer's.
func (s stream) Close() error { return unix.Close(s.fd) }

// clocks gives the wall clock's reading at boot, in Unix nanoseconds.
func clocks() (int64, bool) {
	var wall, boot unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot) != nil || unix.ClockGettime(unix.CLOCK_REALTIME, &wall) != nil {
		return 0, false
	}
	return wall.Nano() - boot.Nano(), true
}
