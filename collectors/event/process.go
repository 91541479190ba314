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
	User    string // name of UID
	TTY     string

	// Creator is the process that created this one, as it was then; nil if unknown. Siblings share it.
	Creator *Creator

	ContainerID      string
	ContainerRuntime string // "docker", "containerd", "cri-o", "podman", "runc", "crun", "lxc", "systemd-nspawn"; "" if unknown
	ContainerName    string // "" if unknown
	ContainerImage   string // "" if unknown

	StartNS int64 // Unix nanoseconds, 0 if unknown
	PID     int64
	PPID    int64 // who the parent was when the snapshot was taken
	UID     int64 // -1 if unknown, as the others
	EUID    int64
	GID     int64
	EGID    int64
	AUID    int64 // audit uid: who logged in
	Session int64

	// Exe is the executable file's owner and mode, for allow-lists that must not trust a name.
	ExeUID  int64 // -1 if unknown
	ExeMode uint32
	// Elsewhere says that it is not the file that lies under Path on the host: something is mounted over it where the process is.
	Elsewhere bool `json:",omitempty"`

	// Windows is what only a Windows process has, nil elsewhere.
	Windows *WindowsProcess

	asCreator *Creator // what AsCreator gives
	counted   bool     // see [Event.Size]
}

// Creator is what a process keeps of the one that created it.
type Creator struct {
	Key, Path, Cmdline, ContainerID string
	User                            string
	Windows                         *WindowsProcess // nil elsewhere
	// Ancestors holds executable paths from the creator itself up, nearest first, at most MaxAncestors.
	Ancestors []string
}

// MaxAncestors is how many levels of ancestry a snapshot keeps.
const MaxAncestors = 8

var noCreator Creator

func (p *Process) creator() *Creator {
	if p.Creator == nil {
		return &noCreator
	}
	return p.Creator
}

// ParentKey is the creator's key, "" if unknown, as are the others.
func (p *Process) ParentKey() string { return p.creator().Key }

// ParentPath is the creator's executable.
func (p *Process) ParentPath() string { return p.creator().Path }

// ParentCmdline is the creator's command line.
func (p *Process) ParentCmdline() string { return p.creator().Cmdline }

// ParentUser is the creator's user, as far as it was known when the child was made.
func (p *Process) ParentUser() string { return p.creator().User }

// ParentOnWindows gives the creator's Windows facts, which are zero where it has none.
func (p *Process) ParentOnWindows() *WindowsProcess {
	if w := p.creator().Windows; w != nil {
		return w
	}
	return &noWindows
}

// ParentContainerID is the creator's container.
func (p *Process) ParentContainerID() string { return p.creator().ContainerID }

// Ancestors gives executable paths from the creator up, nearest first.
func (p *Process) Ancestors() []string { return p.creator().Ancestors }

// Ancestry gives the ancestors' executables as a JSON array, nearest first; "" if there are none.
func (p *Process) Ancestry() string {
	if len(p.Ancestors()) == 0 {
		return ""
	}
	b, err := json.Marshal(p.Ancestors())
	if err != nil { // strings always marshal
		return ""
	}
	return string(b)
}

// Copy gives a snapshot to be changed.
func (p *Process) Copy() *Process {
	c := *p
	c.asCreator, c.counted = nil, false
	return &c
}

// AsCreator gives p as its children keep it. It is made once; the goroutine that makes children calls it, and no other.
func (p *Process) AsCreator() *Creator {
	if p.asCreator == nil {
		n := min(len(p.Ancestors()), MaxAncestors-1)
		p.asCreator = &Creator{
			Key: p.Key, Path: p.Path, Cmdline: p.Cmdline, ContainerID: p.ContainerID, User: p.User, Windows: p.Windows,
			Ancestors: append(append(make([]string, 0, n+1), p.Path), p.Ancestors()[:n]...),
		}
	}
	return p.asCreator
}

// size estimates the bytes that a snapshot holds beside what it shares.
func (p *Process) size() int {
	if p == nil || p.counted {
		return 0
	}
	p.counted = true
	n := processBytes + len(p.Key) + len(p.Path) + len(p.Cmdline) + len(p.CWD)
	if p.Windows != nil {
		n += 160
	}
	return n
}

// processBytes is what a process takes beside its texts, with its share of its creator.
const processBytes = 288

// WindowsProcess is what only a Windows process has. It never changes, and snapshots share it.
type WindowsProcess struct {
	UserSID   string
	LogonID   uint64 // logon session, 0 if unknown
	Integrity string // "Untrusted", "Low", "Medium", "MediumPlus", "High", "System", "Protected", "AppContainer"; "" if unknown
	Elevation string // "default", "full", "limited"; "" if unknown
	// What the executable says of itself, which renaming it does not change.
	OriginalFileName, Company, Product, Description string
	Hashes                                          string // "SHA256=…,IMPHASH=…" as the source gives them
	// CreatorPID is who created it, ReportedPPID the parent that it says it has, each 0 where no source tells it as such.
	CreatorPID, ReportedPPID int64
	ReportedKey              string // the reported parent's key
}

var noWindows WindowsProcess

// OnWindows gives the process's Windows facts, which are zero where it has none.
func (p *Process) OnWindows() *WindowsProcess {
	if p == nil || p.Windows == nil {
		return &noWindows
	}
	return p.Windows
}
