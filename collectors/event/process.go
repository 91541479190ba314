package event

import "encoding/json"

// Process is a process as it was at one moment: a snapshot that never changes. A process that executes another program
// or changes its credentials gets a new snapshot with the same key, and events that happened before keep the old one.
type Process struct {
	// Key identifies the process over its whole life and after it: "<boot>.<pid>.<start>", where start is in clock
	// ticks since boot (Linux) or the native start time elsewhere. A recording without start times uses the time of the
	// process's first event.
	Key string

	Path    string // executable
	Cmdline string
	CWD     string
	Comm    string // the process's own name for itself: never to be trusted
	User    string // name of UID
	TTY     string

	ParentKey     string
	ParentPath    string // the creator's executable when it created this process
	ParentCmdline string
	// ParentContainerID is the container of the creator.
	ParentContainerID string
	// Ancestors holds executable paths from the creator up, nearest first, at most MaxAncestors. Siblings share it.
	Ancestors []string

	ContainerID      string
	ContainerRuntime string // "docker", "containerd", "cri-o", "podman", "lxc", "systemd-nspawn"; "" if unknown

	StartNS int64 // Unix nanoseconds, 0 if unknown
	PID     int64
	PPID    int64 // who the parent was when the snapshot was taken
	UID     int64 // -1 if unknown, as the others
	EUID    int64
	GID     int64
	EGID    int64
	AUID    int64 // audit uid: who logged in
	Session int64
	Depth   int32 // how many forks since the first process seen

	// Exe is the executable file's owner and mode, for allow-lists that must not trust a name.
	ExeUID  int64 // -1 if unknown
	ExeMode uint32

	lineage []string // what Children gives
}

// MaxAncestors is how many levels of ancestry a snapshot keeps.
const MaxAncestors = 8

// Ancestry gives the ancestors' executables as a JSON array, nearest first; "" if there are none.
func (p *Process) Ancestry() string {
	if len(p.Ancestors) == 0 {
		return ""
	}
	b, err := json.Marshal(p.Ancestors)
	if err != nil { // strings always marshal
		return ""
	}
	return string(b)
}

// Children gives what processes that p creates have as their Ancestors. All children of one snapshot share it, so it is
// made once; a snapshot is handed out by one goroutine, the one that makes children.
func (p *Process) Children() []string {
	if p.lineage == nil && (p.Path != "" || len(p.Ancestors) > 0) {
		n := min(len(p.Ancestors), MaxAncestors-1)
		p.lineage = append(append(make([]string, 0, n+1), p.Path), p.Ancestors[:n]...)
	}
	return p.lineage
}

// size estimates the bytes that a snapshot holds beside what it shares.
func (p *Process) size() int {
	return 320 + len(p.Key) + len(p.Cmdline)
}
