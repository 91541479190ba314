package collectors

import "github.com/apiwatch/apiwatch/collectors/event"

// Host answers what records do not say: from the running system, or from what a recording wrote down of it. An answer
// that is not to be had is the zero value.
type Host interface {
	// BootID tells this boot from others; "0" where unknown.
	BootID() string
	// Walk gives every process running now.
	Walk() []ProcessFacts
	// Process gives one running process.
	Process(pid int64) (ProcessFacts, bool)
	// Container gives the container that a running process is in.
	Container(pid int64) Container
	// User gives the name of a user id.
	User(uid int64) string
	// Region tells what lies at an address of a running process's memory.
	Region(pid int64, address uint64) string
	// File gives the metadata of a path as a running process sees it.
	File(pid int64, path string) (FileFacts, bool)
	// Executable tells which file a running process runs, and which lies under its path on the host.
	Executable(pid int64, path string) ExecutableFacts
	// Descriptor gives the path of the file that a running process opened, as long as it keeps it open; of another process's memory as
	// long as that one runs, if the file is known.
	Descriptor(pid, fd int64, file FileID) string
	// GlobalPID translates a pid that counts in the pid namespace of a running process.
	GlobalPID(caller, pid int64) int64
}

// ProcessFacts is what the system says of a running process.
type ProcessFacts struct {
	PID        int64  `json:"pid"`
	PPID       int64  `json:"ppid"`
	StartTicks int64  `json:"start_ticks"` // since boot, 1/100 s
	StartNS    int64  `json:"start_ns"`    // Unix nanoseconds
	Path       string `json:"path,omitempty"`
	Cmdline    string `json:"cmdline,omitempty"`
	CWD        string `json:"cwd,omitempty"`
	Comm       string `json:"comm,omitempty"`
	TTY        string `json:"tty,omitempty"`
	UID        int64  `json:"uid"`
	EUID       int64  `json:"euid"`
	GID        int64  `json:"gid"`
	EGID       int64  `json:"egid"`
	AUID       int64  `json:"auid"`
	Session    int64  `json:"session"`
	ExeUID     int64  `json:"exe_uid"` // owner of the executable, -1 if unknown
	ExeMode    uint32 `json:"exe_mode,omitempty"`
	// Elsewhere says that the executable is not the file that lies under its path on the host.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// Credentials are all of its ids and capabilities; nil where the source has only those above.
	Credentials *event.Credentials `json:"credentials,omitempty"`
	Container
}

// Container names a container.
type Container struct {
	ID      string `json:"container_id,omitempty"`
	Runtime string `json:"container_runtime,omitempty"`
	Name    string `json:"container_name,omitempty"`
	Image   string `json:"container_image,omitempty"`
}

// FileFacts is the metadata of a file; times are Unix nanoseconds, 0 if unknown.
type FileFacts struct {
	UID                                int64  `json:"uid"`
	Mode                               uint32 `json:"mode"`
	ATimeNS, MTimeNS, CTimeNS, BTimeNS int64
}

// FileID is what tells a file from all others; the zero value is of none.
type FileID struct {
	Device uint64 `json:"device,omitempty"` // major number in the upper half, minor in the lower
	Inode  uint64 `json:"inode,omitempty"`
}

// ExecutableFacts are of a process's executable.
type ExecutableFacts struct {
	Run    FileID `json:"run"`              // what the process runs; none if it is gone
	Host   FileID `json:"host"`             // what lies under the path on the host; none if nothing does, or nobody knows
	Absent bool   `json:"absent,omitempty"` // nothing does
}

// NoHost knows nothing: for recordings that hold records only.
type NoHost struct{}

// BootID gives "0".
func (NoHost) BootID() string { return "0" }

// Walk gives nothing, as do the others.
func (NoHost) Walk() []ProcessFacts { return nil }

// Process knows none.
func (NoHost) Process(int64) (ProcessFacts, bool) { return ProcessFacts{}, false }

// Container knows none.
func (NoHost) Container(int64) Container { return Container{} }

// User knows none but root.
func (NoHost) User(uid int64) string {
	if uid == 0 {
		return "root"
	}
	return ""
}

// Region knows none.
func (NoHost) Region(int64, uint64) string { return "" }

// File knows none.
func (NoHost) File(int64, string) (FileFacts, bool) { return FileFacts{}, false }

// Executable knows none.
func (NoHost) Executable(int64, string) ExecutableFacts { return ExecutableFacts{} }

// Descriptor knows none.
func (NoHost) Descriptor(int64, int64, FileID) string { return "" }

// GlobalPID takes the pid as it is.
func (NoHost) GlobalPID(_, pid int64) int64 { return pid }
