package procfs

import (
	"errors"

	"github.com/apiwatch/apiwatch/collectors"
)

// File is what statx(2) says of a file. Times are Unix nanoseconds, 0 where the file system has none.
type File struct {
	ATimeNS, MTimeNS, CTimeNS, BTimeNS int64

	UID, GID int64
	Inode    uint64
	Device   uint64 // major number in the upper half, minor in the lower
	Links    uint32
	Mode     uint32 // type and permissions
}

// ID tells the file from all others.
func (f *File) ID() collectors.FileID { return collectors.FileID{Device: f.Device, Inode: f.Inode} }

// ErrUncached says that a file cannot be looked up without waiting for its file system, which may be remote or a
// hostile user's own. Right after a process used the file it is not to be expected elsewhere.
var ErrUncached = errors.New("the file's name is not in the kernel's cache")
