package event

import (
	"strconv"
	"strings"
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
	Hidden                 // what its text hides and how
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
	return AccessText(d.ObjectType, d.AccessMask)
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

// Process access rights that detections look at.
const (
	ProcessTerminate       = 0x0001
	ProcessCreateThread    = 0x0002
	ProcessVMOperation     = 0x0008
	ProcessVMRead          = 0x0010
	ProcessVMWrite         = 0x0020
	ProcessDupHandle       = 0x0040
	ProcessCreateProcess   = 0x0080
	ProcessSetInformation  = 0x0200
	ProcessSuspendResume   = 0x0800
	ProcessAllAccess       = 0x1fffff
	standardRightsAll      = 0x1f0000
	fileAllAccess          = 0x1f01ff
	keyAllAccess           = 0x0f003f
	accessSystemSecurity   = 0x01000000
	genericAll             = 0x10000000
	genericExecute         = 0x20000000
	genericWrite           = 0x40000000
	genericRead            = 0x80000000
	maximumAllowed         = 0x02000000
	rightDelete            = 0x00010000
	rightReadControl       = 0x00020000
	rightWriteDAC          = 0x00040000
	rightWriteOwner        = 0x00080000
	rightSynchronize       = 0x00100000
	serviceAllAccess       = 0x000f01ff
	serviceManagerAllAcces = 0x000f003f
)

var standardRights = []named{
	{rightDelete, "DELETE"},
	{rightReadControl, "READ_CONTROL"},
	{rightWriteDAC, "WRITE_DAC"},
	{rightWriteOwner, "WRITE_OWNER"},
	{rightSynchronize, "SYNCHRONIZE"},
	{accessSystemSecurity, "ACCESS_SYSTEM_SECURITY"},
	{maximumAllowed, "MAXIMUM_ALLOWED"},
	{genericAll, "GENERIC_ALL"},
	{genericExecute, "GENERIC_EXECUTE"},
	{genericWrite, "GENERIC_WRITE"},
	{genericRead, "GENERIC_READ"},
}

func withStandard(names ...named) []named { return append(names, standardRights...) }

var processRights = withStandard(
	named{ProcessAllAccess, "PROCESS_ALL_ACCESS"},
	named{ProcessTerminate, "PROCESS_TERMINATE"},
	named{ProcessCreateThread, "PROCESS_CREATE_THREAD"},
	named{0x0004, "PROCESS_SET_SESSIONID"},
	named{ProcessVMOperation, "PROCESS_VM_OPERATION"},
	named{ProcessVMRead, "PROCESS_VM_READ"},
	named{ProcessVMWrite, "PROCESS_VM_WRITE"},
	named{ProcessDupHandle, "PROCESS_DUP_HANDLE"},
	named{ProcessCreateProcess, "PROCESS_CREATE_PROCESS"},
	named{0x0100, "PROCESS_SET_QUOTA"},
	named{ProcessSetInformation, "PROCESS_SET_INFORMATION"},
	named{0x0400, "PROCESS_QUERY_INFORMATION"},
	named{ProcessSuspendResume, "PROCESS_SUSPEND_RESUME"},
	named{0x1000, "PROCESS_QUERY_LIMITED_INFORMATION"},
	named{0x2000, "PROCESS_SET_LIMITED_INFORMATION"},
)

var fileRights = withStandard(
	named{fileAllAccess, "FILE_ALL_ACCESS"},
	named{0x0001, "FILE_READ_DATA"},
	named{0x0002, "FILE_WRITE_DATA"},
	named{0x0004, "FILE_APPEND_DATA"},
	named{0x0008, "FILE_READ_EA"},
	named{0x0010, "FILE_WRITE_EA"},
	named{0x0020, "FILE_EXECUTE"},
	named{0x0040, "FILE_DELETE_CHILD"},
	named{0x0080, "FILE_READ_ATTRIBUTES"},
	named{0x0100, "FILE_WRITE_ATTRIBUTES"},
)

var keyRights = withStandard(
	named{keyAllAccess, "KEY_ALL_ACCESS"},
	named{0x0001, "KEY_QUERY_VALUE"},
	named{0x0002, "KEY_SET_VALUE"},
	named{0x0004, "KEY_CREATE_SUB_KEY"},
	named{0x0008, "KEY_ENUMERATE_SUB_KEYS"},
	named{0x0010, "KEY_NOTIFY"},
	named{0x0020, "KEY_CREATE_LINK"},
	named{0x0100, "KEY_WOW64_64KEY"},
	named{0x0200, "KEY_WOW64_32KEY"},
)

var tokenRights = withStandard(
	named{0x0001, "TOKEN_ASSIGN_PRIMARY"},
	named{0x0002, "TOKEN_DUPLICATE"},
	named{0x0004, "TOKEN_IMPERSONATE"},
	named{0x0008, "TOKEN_QUERY"},
	named{0x0010, "TOKEN_QUERY_SOURCE"},
	named{0x0020, "TOKEN_ADJUST_PRIVILEGES"},
	named{0x0040, "TOKEN_ADJUST_GROUPS"},
	named{0x0080, "TOKEN_ADJUST_DEFAULT"},
	named{0x0100, "TOKEN_ADJUST_SESSIONID"},
)

var serviceRights = withStandard(
	named{serviceAllAccess, "SERVICE_ALL_ACCESS"},
	named{0x0001, "SERVICE_QUERY_CONFIG"},
	named{0x0002, "SERVICE_CHANGE_CONFIG"},
	named{0x0004, "SERVICE_QUERY_STATUS"},
	named{0x0008, "SERVICE_ENUMERATE_DEPENDENTS"},
	named{0x0010, "SERVICE_START"},
	named{0x0020, "SERVICE_STOP"},
	named{0x0040, "SERVICE_PAUSE_CONTINUE"},
	named{0x0080, "SERVICE_INTERROGATE"},
	named{0x0100, "SERVICE_USER_DEFINED_CONTROL"},
)

var serviceManagerRights = withStandard(
	named{serviceManagerAllAcces, "SC_MANAGER_ALL_ACCESS"},
	named{0x0001, "SC_MANAGER_CONNECT"},
	named{0x0002, "SC_MANAGER_CREATE_SERVICE"},
	named{0x0004, "SC_MANAGER_ENUMERATE_SERVICE"},
	named{0x0008, "SC_MANAGER_LOCK"},
	named{0x0010, "SC_MANAGER_QUERY_LOCK_STATUS"},
	named{0x0020, "SC_MANAGER_MODIFY_BOOT_CONFIG"},
)

var logonTypes = []named{
	{0, "system"},
	{2, "interactive"},
	{3, "network"},
	{4, "batch"},
	{5, "service"},
	{7, "unlock"},
	{8, "network_cleartext"},
	{9, "new_credentials"},
	{10, "remote_interactive"},
	{11, "cached_interactive"},
	{12, "cached_remote_interactive"},
	{13, "cached_unlock"},
}

// LogonTypeText names a logon type; one without a name reads as its number.
func LogonTypeText(t uint32) string {
	for _, n := range logonTypes {
		if n.value == uint64(t) {
			return n.name
		}
	}
	return strconv.FormatUint(uint64(t), 10)
}

// IntegrityText names the level of an integrity SID, "S-1-16-12288", or of its text; "" for any other.
func IntegrityText(sid string) string {
	switch sid {
	case "S-1-16-0":
		return "Untrusted"
	case "S-1-16-4096":
		return "Low"
	case "S-1-16-8192":
		return "Medium"
	case "S-1-16-8448":
		return "MediumPlus"
	case "S-1-16-12288":
		return "High"
	case "S-1-16-16384":
		return "System"
	case "S-1-16-20480":
		return "Protected"
	}
	// As a rendered text has it, "Mandatory Label\High Mandatory Level".
	if name, ok := strings.CutSuffix(sid, " Mandatory Level"); ok {
		switch name = strings.ReplaceAll(name[strings.LastIndexByte(name, '\\')+1:], " ", ""); name {
		case "Untrusted", "Low", "Medium", "MediumPlus", "High", "System":
			return name
		case "ProtectedProcess":
			return "Protected"
		}
	}
	return ""
}

var windowsAPIs = []API{
	{"CreateProcess", "process", nil},
	{"ExitProcess", "process", nil},
	{"OpenProcess", "process", []Param{{"access", ProcessRights}}},
	{"CreateRemoteThread", "process", []Param{{"start_address", Hex}}},
	{"ProcessTampering", "process", nil},
	{"DuplicateHandle", "process", []Param{{"source_handle", Hex}, {"target_handle", Hex}}},
	{"CloseHandle", "other", []Param{{"handle", Hex}}},
	{"LoadLibrary", "module", nil},
	{"NtLoadDriver", "module", nil},
	{"CreateFile", "file", []Param{{"access", FileRights}}},
	{"DeleteFile", "file", nil},
	{"SetFileTime", "file", nil},
	{"ReadFile", "file", nil},
	{"RegOpenKeyEx", "registry", []Param{{"access", KeyRights}}},
	{"RegCreateKeyEx", "registry", nil},
	{"RegDeleteKey", "registry", nil},
	{"RegSetValueEx", "registry", nil},
	{"RegDeleteValue", "registry", nil},
	{"RegRenameKey", "registry", nil},
	{"CreateNamedPipe", "file", nil},
	{"ConnectNamedPipe", "file", nil},
	{"DnsQuery", "network", nil},
	{"accept", "network", nil},
	{"bind", "network", nil},
	{"listen", "network", nil},
	{"SetClipboardData", "other", nil},
	{"SetSystemTime", "other", nil},
	{"NtCreateTransaction", "file", nil},
	{"NtCommitTransaction", "file", nil},
	{"NtRollbackTransaction", "file", nil},
	{"ReportEvent", "other", nil},
	{"AdjustTokenPrivileges", "credentials", nil},
	{"LsaAddAccountRights", "credentials", nil},
	{"LsaRemoveAccountRights", "credentials", nil},
	{"PrivilegeCheck", "credentials", nil},
	{"PrivilegedServiceAuditAlarm", "credentials", nil},
	{"AssignPrimaryToken", "credentials", nil},
	{"SetSecurityInfo", "credentials", nil},
	{"LsaLogonUser", "credentials", []Param{{"logon_type", LogonType}}},
	{"LogoffSession", "credentials", nil},
	{"CreateProcessWithLogon", "credentials", nil},
	{"KerberosRequestTicket", "credentials", nil},
	{"CreateService", "service", nil},
	{"ChangeServiceConfig", "service", nil},
	{"ControlService", "service", nil},
	{"RegisterTask", "task", nil},
	{"ScriptBlock", "script", nil},
	{"AccessCheckAndAuditAlarm", "other", []Param{{"access", Hex}}},
	{"NetShareConnect", "file", []Param{{"access", FileRights}}},
	{"NetShareAdd", "file", nil},
	{"DirectoryModify", "directory", nil},
	{"DirectoryAccess", "directory", nil},
	{"DeleteObject", "other", []Param{{"handle", Hex}}},
	{"AuditSetSystemPolicy", "other", nil},
}

func init() {
	for i := range windowsAPIs {
		registry.m[windowsAPIs[i].Name] = &windowsAPIs[i]
	}
}

// WindowsShares divides a store's capacity for the logs of a Windows machine, in percent; see [Store.Apportion].
var WindowsShares = map[Kind]int{
	KindCall: 7, KindProcessStart: 14, KindProcessExit: 2, KindProcessAccess: 11, KindMemory: 4, KindRemoteThread: 2,
	KindModuleLoad: 9, KindFileAccess: 6, KindFileChange: 7, KindTokenChange: 5, KindNetworkFlow: 5, KindRegistryChange: 7,
	KindPipe: 2, KindScriptBlock: 5, KindLogon: 4, KindDirectory: 2, KindService: 1, KindTask: 1, KindRecord: 5, KindFinding: 1,
}
