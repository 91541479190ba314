package event

import (
	"github.com/apiwatch/apiwatch/collectors/conceal"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

// Access rights, logon types and token elevation are those of the Windows SDK: winnt.h, processthreadsapi.h, ntsecapi.h.

// WindowsProcess is what only a Windows process has. It never changes, and snapshots share it.
type WindowsProcess struct {
	Host      string // the computer, as its log names it
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

// ProcessAccess is the detail of KindProcessAccess where the source tells which rights were granted.
type ProcessAccess struct {
	Granted   uint32 // PROCESS_* rights, or THREAD_* where a thread was opened
	ThreadID  int64  `json:",omitempty"` // the thread that was opened, 0 where it was the process itself
	CallTrace string // the caller's stack, "C:\Windows\SYSTEM32\ntdll.dll+9d4c4|UNKNOWN(…)"
}

// RemoteThread is the detail of KindRemoteThread.
type RemoteThread struct {
	StartAddress               uint64
	StartModule, StartFunction string // "" where the address lies in no module
	ThreadID                   int64
}

// ModuleLoad is the detail of KindModuleLoad; the module is the event's path.
type ModuleLoad struct {
	OriginalFileName, Company, Product, Description string
	Hashes, Signature, SignatureStatus              string
	Signed, SignedKnown                             bool
	Driver                                          bool // loaded into the kernel
}

// RegistryChange is the detail of KindRegistryChange; the key, with the value's name behind it, is the event's path.
type RegistryChange struct {
	Action    string // "create_key", "delete_key", "set_value", "delete_value", "rename"
	ValueName string
	Data      string // what the value was set to, as the source shows it
	OldData   string
	Type      string // "REG_SZ", …; "" where the source does not say
	NewName   string // of a rename
	Access    uint32 `json:",omitempty"` // the rights used, where a handle is all that the source tells of
}

// Pipe is the detail of KindPipe; the pipe is the event's path.
type Pipe struct {
	Action string // "create", "connect"
}

// ScriptBlock is the detail of KindScriptBlock; the script's file is the event's path.
type ScriptBlock struct {
	What            string // "block", "pipeline", "engine", "amsi"
	ID              string // of the block, for all its parts
	Text            string // what ran
	Command         string // the command of a pipeline
	HostApplication string // command line of the program that hosts the interpreter
	HostName        string
	EngineVersion   string
	Parts, Total    int    // how many parts of the block the log had
	Stream          string // the alternate data stream that it names, ":name"
	conceal.Hidden         // what its text hides and how
}

// Logon is the detail of KindLogon. The subject, who asked for it, is the event's process and its user.
type Logon struct {
	Action                    string // "logon", "failure", "logoff", "explicit_credentials", "privileges", "ticket", "service_ticket", …
	Type                      uint32 // 2 interactive, 3 network, …; 0 if unknown
	User, UserSID             string // who logged on
	LogonID                   uint64 // the new session
	LinkedLogonID             uint64 // the session's other half under User Account Control
	SourceAddress             string
	SourcePort                uint16
	Workstation               string
	Package, LogonProcess     string // "NTLM", "Kerberos", "Negotiate"; "seclogo", "NtLmSsp", …
	Status, SubStatus         uint64
	Privileges                string
	Service                   string // service or target of a ticket or of explicit credentials
	TicketEncryption, Options uint64
	Elevated, ElevatedKnown   bool
	RestrictedAdmin           bool
	Impersonation             string
	KeyLength                 uint64
	Groups                    string `json:",omitempty"` // security identifiers, separated by spaces
	FailureReason             string `json:",omitempty"` // in words
}

// Privileges is the detail of KindTokenChange where privileges of a Windows token were changed or used.
type Privileges struct {
	Action            string // "adjust", "use", "assign"
	Enabled, Disabled string // privilege names, separated by spaces
	Service, Object   string // what a privilege was used for
	ObjectType        string `json:",omitempty"`
	AccessMask        uint32 `json:",omitempty"` // the rights asked for on the object
	User              string // whose token it is
	LogonID           uint64
}

// Rights names the rights asked for on the object; "" where there are none.
func (d *Privileges) Rights() string {
	if d.AccessMask == 0 {
		return ""
	}
	return windows.AccessText(d.ObjectType, d.AccessMask)
}

// ObjectAccess is the detail of handles to secured objects: files, keys, processes, services, the SAM.
type ObjectAccess struct {
	Action     string // "request", "access", "close", "duplicate", "permissions"
	Type       string // "File", "Key", "Process", "SAM_USER", …
	Server     string // who manages the object, "Security", "SC Manager", …
	Handle     uint64
	AccessMask uint32
	AccessList string // as the log lists it, where there is no mask
	Privileges string // used to get it
	Share      string // for a network share: its name
	Remote     string // and who asked
	RemotePort uint16
}

// DirectoryChange is the detail of KindDirectory: an object of the directory or of the local accounts.
type DirectoryChange struct {
	Action              string // "create", "modify", "add_member", "reset_password", "add_sid_history", …
	Object, ObjectClass string // name and class, "user", "group", "computer", "domainDNS"
	ObjectSID           string
	Attribute, Value    string // what was changed and to what
	Operation           string // "add", "delete"
	Member              string // of a group
}

// Service is the detail of KindService; the service's program is the event's path.
type Service struct {
	Action, Name, Type, Start, Account string
	Detail                             string // what changed, for an action that is none of "create"
}

// Task is the detail of KindTask; the task's program is the event's path.
type Task struct {
	Action, Name string
	Command      string // program and arguments, from its definition
	Content      string // the definition, XML
	User         string // whom it runs as
	Requires     string // privileges that its token must have, separated by spaces
	Result       string `json:",omitempty"` // what an action or a start ended with

	program string
}

// NamedFlow is a [Flow] of which the source tells names: of the hosts, or what was asked of DNS.
type NamedFlow struct {
	Flow
	RemoteHost string
	Results    string // what DNS answered
	Status     string // DNS status, "0" for success
	URL        string `json:",omitempty"` // what was asked for, where the source tells it
	Inbound    bool
}

// Record is the detail of KindRecord and of calls that a log tells of in words of its own.
type Record struct {
	Channel, Computer string
	UserSID, Message  string
	RecordID          uint64
	EventID           uint32
	Level             uint8
	Fields            []RecordField
}

// RecordField is one field of a record.
type RecordField struct{ Name, Value string }

func (*ProcessAccess) detail()   {}
func (*RemoteThread) detail()    {}
func (*ModuleLoad) detail()      {}
func (*RegistryChange) detail()  {}
func (*Pipe) detail()            {}
func (*ScriptBlock) detail()     {}
func (*Logon) detail()           {}
func (*Privileges) detail()      {}
func (*ObjectAccess) detail()    {}
func (*DirectoryChange) detail() {}
func (*Service) detail()         {}
func (*Task) detail()            {}
func (*NamedFlow) detail()       {}
func (*Record) detail()          {}

// sized is a detail that says what it holds.
type sized interface{ size() int }

func (d *ProcessAccess) size() int { return 32 + len(d.CallTrace) }
func (d *RegistryChange) size() int {
	return 96 + len(d.Data) + len(d.OldData) + len(d.NewName) + len(d.ValueName)
}
func (d *ScriptBlock) size() int     { return 144 + len(d.Text) + len(d.HostApplication) }
func (d *Logon) size() int           { return 336 + len(d.Privileges) + len(d.Groups) }
func (d *Privileges) size() int      { return 128 + len(d.Enabled) + len(d.Disabled) + len(d.Object) }
func (d *ObjectAccess) size() int    { return 160 + len(d.AccessList) + len(d.Privileges) }
func (d *DirectoryChange) size() int { return 128 + len(d.Object) + len(d.Value) + len(d.Member) }
func (d *Service) size() int         { return 96 + len(d.Detail) }
func (d *Task) size() int            { return 96 + len(d.Command) + len(d.Content) }
func (d *NamedFlow) size() int       { return 176 + len(d.Results) + len(d.RemoteHost) + len(d.URL) }
func (d *ModuleLoad) size() int      { return 128 + len(d.Hashes) }
func (d *Record) size() int {
	n := 120 + len(d.Message)
	for i := range d.Fields {
		n += 32 + len(d.Fields[i].Name) + len(d.Fields[i].Value)
	}
	return n
}

// StatusName names the status of a logon: Kerberos's for a ticket, else Windows'. "" where it is success or has no name here.
func (l *Logon) StatusName(status uint64) string {
	if l.Package == "Kerberos" && status < 0x80 {
		return windows.KerberosErrorName(status)
	}
	return windows.StatusName(status)
}
