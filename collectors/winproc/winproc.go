// Package winproc reads what Windows says of running processes: executable memory, access tokens and the threads with
// where they began.
//
// Calls stand in *_windows.go behind [System] and decide nothing. What the answers mean, what is looked at and when to
// stop is decided by code that is tested on every operating system.
package winproc

import (
	"errors"
	"time"
)

// System is what this package asks of Windows. Open gives this machine's.
//
// Errors answer to errors.Is: fs.ErrPermission where the caller may not, fs.ErrNotExist where the process or thread has
// ended, errors.ErrUnsupported where Windows (or what stands in for it) lacks the call.
type System interface {
	// Processes lists what runs, with its threads. It needs no right over any of them.
	Processes() ([]Entry, error)
	// Image gives the executable of a process in device form, also of one that may not be opened; "" if unknown.
	Image(pid int64) string
	// Process opens a process. Without memory, it is for its token and command line only, which more processes allow.
	Process(pid int64, memory bool) (Process, error)
	// Thread opens a thread.
	Thread(id int64) (Thread, error)
	// Account names a security identifier, as "DOMAIN\name". It may ask other machines and so take long.
	Account(sid string) (string, error)
	// Drives maps device names to drive letters, "\Device\HarddiskVolume3" to "C:".
	Drives() map[string]string
	// Missing tells whether there surely is no file under a device path.
	Missing(path string) bool
	// DebugPrivilege tells whether this process holds SeDebugPrivilege, enabled, so that only protected processes refuse it.
	DebugPrivilege() bool
}

// Process is an opened process.
type Process interface {
	Close() error
	Cmdline() (string, error)
	// Wow64 tells whether its code is of another machine type than Windows itself.
	Wow64() bool
	Token() (Token, error)
	// Region gives the region that holds an address; io.EOF behind the last.
	Region(address uint64) (Region, error)
	// File names the file mapped at an address, in device form.
	File(address uint64) (string, error)
	// Pages gives the state of the pages at addresses, in the order of addresses.
	Pages(addresses []uint64, states []PageState) error
	// Read copies memory, all of b or nothing.
	Read(address uint64, b []byte) error
}

// Thread is an opened thread.
type Thread interface {
	Close() error
	// Start is where the thread began, as whoever created it said.
	Start() (uint64, error)
	// Token is the token that the thread impersonates by; false if it acts as its process.
	Token() (Token, bool, error)
	// Stack tells where the thread is. It is not stopped for that: while it runs the answer may be stale.
	Stack() (Stack, error)
}

// Entry is a process that runs.
type Entry struct {
	PID, PPID int64
	Name      string // last part of the executable's path
	Session   int64  // of Terminal Services
	Created   int64  // FILETIME: 100 ns since 1601; 0 if unknown
	Threads   []ThreadEntry
}

// ThreadEntry is one thread of an Entry.
type ThreadEntry struct {
	ID      int64
	Created int64 // FILETIME
}

// Stack is where a thread is: its program counter and its stack pointer.
type Stack struct{ PC, SP uint64 }

// The processes that have no executable: the idle loop and the kernel.
const (
	idlePID   = 0
	kernelPID = 4
)

// unixEpoch is 1970 as a FILETIME.
const unixEpoch = 116_444_736_000_000_000

// unixNS gives Unix nanoseconds for a FILETIME, 0 for what lies before 1970 or is unknown.
func unixNS(filetime int64) int64 {
	if filetime <= unixEpoch || filetime-unixEpoch > (1<<63-1)/100 {
		return 0
	}
	return (filetime - unixEpoch) * 100
}

const defaultBudget = 2 * time.Second

// errTooMany says that a process has more of something than is looked at.
var errTooMany = errors.New("too many")
