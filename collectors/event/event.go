// Package event holds what every collector produces and every table reads: typed events and the process context
// they happened in.
//
// An event never changes once it is stored; `api_calls`, `ptrace_events`, `memory_protections` and the
// other evented tables are views over the same events. The package imports nothing but the standard library and the
// names of things, so that a decoder, a table and a test share it on every operating system.
package event

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/conceal"
)

// Kind says what an event is about. Each kind has its own quota in the [Store], so that a flood of one cannot evict
// another.
type Kind uint8

// The kinds of event, in the order in which `collector_health` lists them.
const (
	KindCall           Kind = iota // an API call that no other kind describes
	KindProcessStart               // a program was executed (DC0032)
	KindProcessExit                // a process ended and left a living child behind
	KindPtrace                     // ptrace (DC0035, DC0020)
	KindProcessAccess              // another process was opened, read or written (DC0035)
	KindMemory                     // memory was made executable (DC0020)
	KindRemoteThread               // a thread was started in another process (DC0020)
	KindModuleLoad                 // a library or kernel module was loaded (DC0016)
	KindFileAccess                 // a watched file was opened (DC0055)
	KindFileChange                 // a file or its metadata changed (DC0039, DC0059, DC0061)
	KindMount                      // the mount table or a namespace changed
	KindTokenChange                // credentials or capabilities changed (DC0088)
	KindNetworkFlow                // a connection was made (DC0082, DC0085, DC0078)
	KindRegistryChange             // a registry key or value changed (DC0063)
	KindPipe                       // a named pipe was made or opened (DC0048)
	KindScriptBlock                // an interpreter ran a block of script (DC0029)
	KindLogon                      // a logon session began or ended (DC0002, DC0013)
	KindDirectory                  // a directory object changed (DC0066)
	KindService                    // a service changed (DC0060, DC0041)
	KindTask                       // a scheduled task changed
	KindRecord                     // a record of a log that no other kind describes
	KindFinding                    // a detection's finding

	KindCount = int(KindFinding) + 1
)

var kindNames = [KindCount]string{
	"call", "process_start", "process_exit", "ptrace", "process_access", "memory", "remote_thread", "module_load",
	"file_access", "file_change", "mount", "token_change", "network_flow", "registry_change", "pipe", "script_block",
	"logon", "directory", "service", "task", "record", "finding",
}

// String gives the kind's name as `collector_health` shows it.
func (k Kind) String() string {
	if int(k) < KindCount {
		return kindNames[k]
	}
	return "unknown"
}

// Kinds lists all kinds.
func Kinds() []Kind {
	all := make([]Kind, KindCount)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Outcome tells whether the call succeeded.
type Outcome uint8

// The outcomes. Some sources, such as an event log, record only that a call was made.
const (
	OutcomeUnknown Outcome = iota
	Success
	Failure
)

// Feed is where an event came from. Feeds are few and shared: compare by pointer.
type Feed struct {
	LogSource string // ATT&CK's own name, such as "auditd:SYSCALL"
	Provider  string // the native source, such as "audit" or "Microsoft-Windows-Sysmon"
}

// MaxArgs is how many raw arguments an event keeps: the first four of a call, which is what audit gives.
const MaxArgs = 4

// Event is one decoded API call. Collectors fill it and hand it to the pump; from then on it is immutable.
type Event struct {
	EID     int64 // given by the store: unique, growing, the rowid of every evented table
	TimeNS  int64 // Unix time in nanoseconds, as precise as the source
	Exit    int64 // what the call returned, unless NoExit
	API     *API
	Feed    *Feed
	Process *Process // the caller, or for KindProcessStart the new program; never nil in the store
	Target  *Process // the other process, nil if there is none
	Path    string   // the file, module or mount point that the call acts on, "" if none
	Detail  Detail   // what is particular to the kind, nil if the arguments say it all
	Args    [MaxArgs]uint64
	NArgs   uint8
	NoExit  bool // the source does not say what the call returned
	Kind    Kind
	Outcome Outcome
}

// Detail is the part of an event that only its kind has.
type Detail interface{ detail() }

// Exec is the detail of KindProcessStart.
type Exec struct {
	PreviousPath   string // what the process ran before, "" if unknown
	Reparented     bool   // the process's creator had ended before
	OwnerUID       int64  // owner of the executable, -1 if unknown
	Mode           uint32 // mode of the executable, 0 if unknown
	FileCaps       uint64 // capabilities gained from the file (BPRM_FCAPS), 0 if none
	conceal.Hidden        // what its command line hides and how; zero where that is not looked for
	ScriptPath     string // the script or the second file the kernel opened to run it, "" if none
	// ReportedPPID is the parent that a Windows process says it has, 0 if the source does not tell it apart from its creator. Where
	// they differ the event's target is that parent.
	ReportedPPID int64 `json:",omitempty"`
}

// Memory is the detail of KindMemory and of writes into another process's memory.
type Memory struct {
	Address, Size uint64
	Region        string // what lies there: "[vdso]", "[stack]", "[heap]", a file, "anonymous"; "" if unknown
}

// FileOpen is the detail of KindFileAccess.
type FileOpen struct {
	Flags uint32 // open(2) flags
	Mode  uint32
	UID   int64 // owner of the file, -1 if unknown
	Inode uint64
	Bytes int64 // written or read through it, 0 if the source does not count
}

// FileChange is the detail of KindFileChange.
type FileChange struct {
	Action  string // "attributes", "times", "mode", "create", "delete", "rename", "write"
	OldMode uint32 // mode as audit's PATH record gives it, 0 if unknown
	Mode    uint32 // the new mode for chmod, 0 if it did not change
	UID     int64  // owner of the file, -1 if unknown
	Inode   uint64
	// Times after the change, Unix nanoseconds, 0 if unknown.
	ATimeNS, MTimeNS, CTimeNS, BTimeNS int64
	OldBTimeNS                         int64  // time of creation before the change, 0 if unknown
	NewPath                            string // for a rename or a link
	Contents                           string // of a small stream, where the source shows it
	Hashes                             string // of a stream's contents
}

func (d *FileChange) size() int { return 64 + len(d.Contents) + len(d.Hashes) }

// Credentials is one side of a credential change.
type Credentials struct {
	UID, EUID, SUID, FSUID                     int64 // -1 if unknown
	GID, EGID, SGID, FSGID                     int64
	Permitted, Effective, Inheritable, Ambient uint64 // capability sets
	CapsKnown                                  bool
}

// TokenChange is the detail of KindTokenChange.
type TokenChange struct {
	Before, After Credentials
}

// Flow is the detail of KindNetworkFlow.
type Flow struct {
	Family        string // "inet", "inet6", "unix"
	Protocol      string // "tcp", "udp", "" if unknown
	LocalAddress  string
	RemoteAddress string // or the path of a unix socket
	LocalPort     uint16
	RemotePort    uint16
}

// Mount is the detail of KindMount.
type Mount struct {
	Source, FSType string
	Flags          uint64
}

// Exited is the detail of KindProcessExit: the living child is the event's target.
type Exited struct {
	LivedNS  int64 // how long the process lived, 0 if unknown
	NewPPID  int64 // who the child belongs to now, 0 if unknown
	ExitCode int64
}

// Finding is the detail of KindFinding: one latched row of a detection.
type Finding struct {
	Detection, Way, Strategy, Technique, Severity string
	Summary, ID                                   string
	EIDs                                          string // the chain's events, comma-separated, ascending
	Extra                                         string // the detection's own columns as a JSON object
}

func (*Exec) detail()        {}
func (*Memory) detail()      {}
func (*FileOpen) detail()    {}
func (*FileChange) detail()  {}
func (*TokenChange) detail() {}
func (*Flow) detail()        {}
func (*Mount) detail()       {}
func (*Exited) detail()      {}
func (*Finding) detail()     {}

// Object is the path whose last part the store indexes: the program started, else the file or process acted on; of a logon
// the logon process.
func (e *Event) Object() string {
	switch {
	case e.Kind == KindProcessStart:
		return e.Process.Path
	case e.Path != "":
		return e.Path
	case e.Target != nil:
		return e.Target.Path
	}
	if l, ok := e.Detail.(*Logon); ok {
		return l.LogonProcess
	}
	return ""
}

// LastPart gives a path's last part. Of a Windows path, which is any with a backslash that does not begin with a slash, it
// is in lower case, since case does not count there: one spelling finds it.
func LastPart(path string) string {
	if strings.HasPrefix(path, "/") || strings.IndexByte(path, '\\') < 0 {
		return path[strings.LastIndexByte(path, '/')+1:]
	}
	return strings.ToLower(Base(path))
}

// Base gives a Windows path's last part as it is written.
func Base(path string) string {
	i := len(path)
	for i > 0 && path[i-1] != '/' && path[i-1] != '\\' {
		i--
	}
	return path[i:]
}

// Size estimates the bytes of an event that nothing else shares.
func (e *Event) Size() int {
	n := len(e.Path)
	switch d := e.Detail.(type) {
	case nil:
	case *Finding:
		n += 256 + len(d.Summary) + len(d.EIDs) + len(d.Extra)
	case *Flow:
		n += 112 + len(d.RemoteAddress)
	case sized:
		n += d.size()
	default:
		n += 64
	}
	if e.Kind == KindProcessStart && e.Process != nil {
		n += e.Process.size() - 256 // most of it is what the quota is meant for
	}
	return max(n, 0)
}
