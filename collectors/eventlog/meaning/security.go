package meaning

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

// SecurityEvents are the events of Microsoft-Windows-Security-Auditing that have a kind of their own; their fields are those
// of the provider's manifest (wevtutil gp Microsoft-Windows-Security-Auditing /ge).
var SecurityEvents = map[uint32]mapping{
	4616: securityTime,
	4624: securityLogon("logon"), 4625: securityLogon("failure"), 4634: securityLogoff, 4647: securityLogoff,
	4648: securityExplicit, 4672: securityPrivileged, 4768: securityTicket("ticket"), 4769: securityTicket("service_ticket"),
	4770: securityTicket("renewed_ticket"), 4771: securityTicket("ticket"), 4776: securityValidation,
	4627: securityGroups("groups", "GroupMembership"), 4964: securityGroups("special_groups", "SidList"),
	4778: securityStation("reconnect"), 4779: securityStation("disconnect"), 4800: securityStation("lock"), 4801: securityStation("unlock"),
	4802: securityStation("screen_saver_on"), 4803: securityStation("screen_saver_off"),
	4656: securityObject("request"), 4661: securityObject("request"), 4663: securityObject("access"), 4660: securityObject("delete"),
	4658: securityObject("close"), 4690: securityDuplicate, 4670: securityPermissions, 4907: securityAuditing,
	4657: securityRegistry, 4662: securityDirectoryAccess,
	4704: securityRight("assign_right"), 4705: securityRight("remove_right"), 4717: securityRight("assign_right"),
	4718: securityRight("remove_right"),
	4719: securityPolicy,
	4673: securityPrivilege("use"), 4674: securityPrivilege("use"), 4696: securityAssign, 4703: securityAdjust,
	4688: securityProcess, 4689: securityExit,
	4697: securityService,
	4698: securityTask("create"), 4699: securityTask("delete"), 4700: securityTask("enable"), 4701: securityTask("disable"),
	4702: securityTask("update"),
	4720: securityAccount("create", "user"), 4722: securityAccount("enable", "user"), 4723: securityAccount("change_password", "user"),
	4724: securityAccount("reset_password", "user"), 4725: securityAccount("disable", "user"), 4726: securityAccount("delete", "user"),
	4728: securityAccount("add_member", "group"), 4729: securityAccount("remove_member", "group"),
	4732: securityAccount("add_member", "group"), 4733: securityAccount("remove_member", "group"),
	4738: securityAccount("modify", "user"), 4741: securityAccount("create", "computer"), 4742: securityAccount("modify", "computer"),
	4756: securityAccount("add_member", "group"), 4757: securityAccount("remove_member", "group"),
	4727: securityAccount("create", "group"), 4730: securityAccount("delete", "group"), 4731: securityAccount("create", "group"),
	4734: securityAccount("delete", "group"), 4735: securityAccount("modify", "group"), 4737: securityAccount("modify", "group"),
	4740: securityAccount("lock", "user"), 4743: securityAccount("delete", "computer"), 4754: securityAccount("create", "group"),
	4755: securityAccount("modify", "group"), 4758: securityAccount("delete", "group"), 4767: securityAccount("unlock", "user"),
	4794: securityAccount("reset_password", "restore_mode_administrator"),
	4798: securityEnumeration("user"), 4799: securityEnumeration("group"), 4765: securityAccount("add_sid_history", "user"),
	4766: securityAccount("add_sid_history", "user"), 4781: securityAccount("rename", "user"),
	5136: securityDirectory("modify"), 5137: securityDirectory("create"), 5138: securityDirectory("undelete"), 5139: securityDirectory("move"),
	5141: securityDirectory("delete"),
	5140: securityShare, 5142: securityShareAdd, 5143: securityCall("NetShareSetInfo", "ShareLocalPath"),
	5144: securityCall("NetShareDel", "ShareLocalPath"),
	5145: securityShare,
	4692: securityCall("CryptProtectData", "MasterKeyId"), 4693: securityCall("CryptUnprotectData", "MasterKeyId"),
	4694: securityCall("CryptProtectData", "DataDescription"), 4695: securityCall("CryptUnprotectData", "DataDescription"),
	5376: securityCall("CredBackupCredentials", "BackupFileName"), 5377: securityCall("CredRestoreCredentials", "BackupFileName"),
	5379: securityCall("CredEnumerate", "TargetName"), 5381: securityCall("VaultEnumerateItems", "Resource"),
	5382: securityCall("VaultGetItem", "Resource"),
	5154: securitySocket("listen"), 5155: securitySocket("listen"), 5158: securitySocket("bind"), 5159: securitySocket("bind"),
	5156: securityConnection, 5157: securityConnection,
	4985: securityTransaction,
}

// subject makes the record's subject the actor: its user, its session and its process, where the record names one.
func (m *Mapper) subject(r *form.Record) {
	a := &m.draft.Actor
	a.PID, a.Path = pid(first(r, "ProcessId", "ProcessID", "ClientProcessId")), m.name(r, "ProcessName", "Application")
	a.User = m.account(r.Get("SubjectDomainName"), r.Get("SubjectUserName"))
	m.actor.Facts.UserSID, m.actor.Facts.LogonID = m.name(r, "SubjectUserSid"), number(r.Get("SubjectLogonId"))
}

// session makes the actor a logon session without a process.
func (m *Mapper) session(r *form.Record) {
	m.subject(r)
	m.draft.Actor.PID, m.draft.Actor.Path = 0, ""
}

func securityProcess(m *Mapper, r *form.Record) bool {
	a, f := &m.draft.Actor, &m.actor.Facts
	a.PID, a.Path, a.Cmdline = pid(r.Get("NewProcessId")), m.name(r, "NewProcessName"), m.long(r, "CommandLine")
	if a.PID == 0 {
		return false
	}
	ev := m.is(event.KindProcessStart, "CreateProcess")
	ev.Outcome = event.Success
	m.actor.StartNS = ev.TimeNS
	creator := m.account(r.Get("SubjectDomainName"), r.Get("SubjectUserName"))
	a.User = m.account(r.Get("TargetDomainName"), r.Get("TargetUserName"))
	f.LogonID, f.UserSID = number(r.Get("TargetLogonId")), m.name(r, "TargetUserSid")
	if a.User == "" { // the new process is its creator's user
		a.User, f.UserSID, f.LogonID = creator, m.name(r, "SubjectUserSid"), number(r.Get("SubjectLogonId"))
	}
	f.Integrity = windows.IntegrityText(first(r, "MandatoryLabel"))
	switch r.Get("TokenElevationType") {
	case "%%1936", "TokenElevationTypeDefault (1)":
		f.Elevation = "default"
	case "%%1937", "TokenElevationTypeFull (2)":
		f.Elevation = "full"
	case "%%1938", "TokenElevationTypeLimited (3)":
		f.Elevation = "limited"
	}
	p := m.createdBy()
	p.PID, p.Path, p.User = pid(first(r, "ProcessId", "CreatorProcessId")), m.name(r, "ParentProcessName", "CreatorProcessName"), creator
	m.parent.Facts.LogonID, m.parent.Facts.UserSID = number(r.Get("SubjectLogonId")), m.name(r, "SubjectUserSid")
	ev.Detail = &event.Exec{OwnerUID: -1, Hidden: m.hidden.in(a.Cmdline)}
	return true
}

func securityExit(m *Mapper, r *form.Record) bool {
	m.subject(r)
	ev := m.is(event.KindProcessExit, "ExitProcess")
	ev.Outcome = event.Success
	if status := first(r, "Status", "ExitStatus"); status != "" {
		m.gave(int64(int32(number(status))))
	}
	ev.Detail = &event.Exited{ExitCode: ev.Exit}
	return true
}

func securityTime(m *Mapper, r *form.Record) bool {
	m.subject(r)
	m.is(event.KindCall, "SetSystemTime").Detail = m.whole(r)
	return true
}

// securityTransaction tells of a transaction of the file system. Its states are those of KTM: 52 committed, 56 rolled back.
func securityTransaction(m *Mapper, r *form.Record) bool {
	m.subject(r)
	api := "NtCreateTransaction"
	switch r.Get("NewState") {
	case "52":
		api = "NtCommitTransaction"
	case "56":
		api = "NtRollbackTransaction"
	}
	m.is(event.KindCall, api).Detail = m.whole(r)
	m.draft.Event.Outcome = event.Success
	return true
}

func (m *Mapper) logon(r *form.Record, action, api string) *event.Logon {
	m.subject(r)
	ev := m.is(event.KindLogon, api)
	l := &event.Logon{
		Action: action, Type: uint32(number(r.Get("LogonType"))),
		User:    m.account(r.Get("TargetDomainName"), r.Get("TargetUserName")),
		UserSID: m.name(r, "TargetUserSid", "TargetSid"), LogonID: number(r.Get("TargetLogonId")),
		LinkedLogonID: number(r.Get("TargetLinkedLogonId")),
		SourceAddress: m.name(r, "IpAddress"), SourcePort: uint16(number(r.Get("IpPort"))),
		Workstation: m.name(r, "WorkstationName", "Workstation"), Package: m.name(r, "AuthenticationPackageName", "PackageName"),
		LogonProcess: strings.TrimSpace(m.name(r, "LogonProcessName")),
		Status:       number(r.Get("Status")), SubStatus: number(r.Get("SubStatus")), KeyLength: number(r.Get("KeyLength")),
		RestrictedAdmin: yes(r.Get("RestrictedAdminMode")),
	}
	l.FailureReason = m.names.keep(windows.FailureText(first(r, "FailureReason")))
	if v := r.Get("ElevatedToken"); v != "" {
		l.Elevated, l.ElevatedKnown = yes(v), true
	}
	switch r.Get("ImpersonationLevel") {
	case "%%1831", "Anonymous":
		l.Impersonation = "anonymous"
	case "%%1832", "Identification":
		l.Impersonation = "identification"
	case "%%1833", "Impersonation":
		l.Impersonation = "impersonation"
	case "%%1840", "Delegation":
		l.Impersonation = "delegation"
	}
	ev.Args[0], ev.NArgs, ev.Detail = uint64(l.Type), 1, l
	return l
}

// yes reads the message ids that audits use for yes and no, %%1842 and %%1843.
func yes(s string) bool { return s == "%%1842" || strings.EqualFold(s, "yes") }

func securityLogon(action string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		m.logon(r, action, "LsaLogonUser")
		m.draft.Event.Outcome = event.Success
		if action == "failure" {
			m.draft.Event.Outcome = event.Failure
		}
		return true
	}
}

func securityLogoff(m *Mapper, r *form.Record) bool {
	m.logon(r, "logoff", "LogoffSession")
	m.draft.Actor.User = m.account(r.Get("TargetDomainName"), r.Get("TargetUserName"))
	m.actor.Facts.LogonID, m.actor.Facts.UserSID = number(r.Get("TargetLogonId")), m.name(r, "TargetUserSid")
	return true
}

func securityExplicit(m *Mapper, r *form.Record) bool {
	l := m.logon(r, "explicit_credentials", "CreateProcessWithLogon")
	l.Service = m.name(r, "TargetServerName", "TargetInfo")
	m.draft.Event.NArgs = 0
	return true
}

func securityPrivileged(m *Mapper, r *form.Record) bool {
	l := m.logon(r, "privileges", "LsaLogonUser")
	m.draft.Actor.PID, m.draft.Actor.Path = 0, ""
	l.User, l.UserSID, l.LogonID = m.draft.Actor.User, m.actor.Facts.UserSID, m.actor.Facts.LogonID
	l.Privileges = words(r.Get("PrivilegeList"))
	m.draft.Event.NArgs = 0
	return true
}

func securityTicket(action string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		l := m.logon(r, action, "KerberosRequestTicket")
		m.draft.Actor.PID, m.draft.Actor.Path = 0, ""
		m.draft.Actor.User = l.User
		l.Service, l.Package = m.name(r, "ServiceName"), "Kerberos"
		l.TicketEncryption, l.Options = number(r.Get("TicketEncryptionType")), number(r.Get("TicketOptions"))
		m.draft.Event.NArgs = 0
		if l.Status != 0 {
			m.draft.Event.Outcome = event.Failure
		}
		return true
	}
}

func securityValidation(m *Mapper, r *form.Record) bool {
	l := m.logon(r, "validation", "LsaLogonUser")
	m.draft.Actor.PID, m.draft.Actor.Path = 0, ""
	m.draft.Event.NArgs = 0
	m.draft.Event.Outcome = event.Success
	if l.Status != 0 {
		m.draft.Event.Outcome = event.Failure
	}
	return true
}

func securityObject(action string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		m.subject(r)
		x := &event.ObjectAccess{
			Action: action, Type: m.name(r, "ObjectType"), Server: m.name(r, "ObjectServer"), Handle: number(r.Get("HandleId")),
			AccessMask: uint32(number(r.Get("AccessMask"))), Privileges: words(r.Get("PrivilegeList")),
		}
		x.AccessList = m.names.keep(words(r.Get("AccessList")))
		if x.AccessMask == 0 {
			x.AccessMask = windows.AccessMask(x.AccessList)
		}
		if r.EventID == 4663 && x.Type == "Key" && x.AccessMask&keyWrites != 0 {
			return m.keyWritten(r, x)
		}
		ev := m.objectCall(x, action)
		ev.Path, ev.Detail = m.name(r, "ObjectName"), x
		if m.draft.Target.Logged != nil { // the object is a process, of which only the program is named
			m.draft.Target.Path, ev.Path = ev.Path, ""
		}
		return true
	}
}

// keyWrites are the rights that change a key: set a value, make a key below it, make a link, delete, change its owner or access.
const keyWrites = 0x2 | 0x4 | 0x20 | 0x10000 | 0x40000 | 0x80000

// keyWritten is for a key whose handle was used to change it. Which value became what 4657 tells, if that is audited.
func (m *Mapper) keyWritten(r *form.Record, x *event.ObjectAccess) bool {
	ev := m.is(event.KindRegistryChange, "RegOpenKeyEx")
	ev.Args[0], ev.NArgs = uint64(x.AccessMask), 1
	ev.Path = registryPath(first(r, "ObjectName"), "")
	ev.Detail = &event.RegistryChange{Action: "write_access", Access: x.AccessMask}
	return true
}

// objectCall gives the kind and the API of access to an object.
func (m *Mapper) objectCall(x *event.ObjectAccess, action string) *event.Event {
	var ev *event.Event
	switch {
	case action == "close":
		ev = m.is(event.KindCall, "CloseHandle")
		ev.Args[0], ev.NArgs = x.Handle, 1
		return ev
	case action == "delete":
		ev = m.is(event.KindCall, "DeleteObject") // only its handle is told
		ev.Args[0], ev.NArgs = x.Handle, 1
		return ev
	case x.Type == "Process":
		ev = m.is(event.KindProcessAccess, "OpenProcess")
		m.other()
	case x.Type == "Key":
		ev = m.is(event.KindCall, "RegOpenKeyEx")
	case x.Type == "File" || x.Type == "Device":
		ev = m.is(event.KindFileAccess, "CreateFile")
	default:
		ev = m.is(event.KindCall, "AccessCheckAndAuditAlarm")
	}
	ev.Args[0], ev.NArgs = uint64(x.AccessMask), 1
	return ev
}

// securityDuplicate is for a handle that one process has of another's: the process that got it acts on the one whose it was.
// Which of the two made the call is not told.
func securityDuplicate(m *Mapper, r *form.Record) bool {
	m.subject(r)
	m.draft.Actor.PID = pid(r.Get("TargetProcessId"))
	m.other().PID = pid(r.Get("SourceProcessId"))
	x := &event.ObjectAccess{Action: "duplicate", Handle: number(r.Get("SourceHandleId"))}
	ev := m.is(event.KindCall, "DuplicateHandle")
	ev.Args[0], ev.Args[1], ev.NArgs, ev.Detail = x.Handle, number(r.Get("TargetHandleId")), 2, x
	return true
}

func securityPermissions(m *Mapper, r *form.Record) bool {
	m.subject(r)
	ev := m.is(event.KindCall, "SetSecurityInfo")
	ev.Path, ev.Detail = m.name(r, "ObjectName"), m.whole(r)
	return true
}

func securityRegistry(m *Mapper, r *form.Record) bool {
	m.subject(r)
	c := &event.RegistryChange{
		ValueName: m.name(r, "ObjectValueName"), Data: m.long(r, "NewValue"), OldData: m.long(r, "OldValue"),
		Type: registryType(first(r, "NewValueType", "OldValueType")),
	}
	ev := m.is(event.KindRegistryChange, "RegSetValueEx")
	ev.Outcome = event.Success
	c.Action = "set_value"
	if op := r.Get("OperationType"); op == "%%1906" || strings.Contains(op, "deleted") {
		c.Action = "delete_value"
		ev.API = event.APINamed("RegDeleteValue")
	}
	ev.Path, ev.Detail = registryPath(r.Get("ObjectName"), c.ValueName), c
	return true
}

// registryPath gives a kernel's key name as Sysmon does: HKLM and HKU, the present control set, and the value behind it.
func registryPath(key, value string) string {
	for _, root := range [...][2]string{
		{`\REGISTRY\MACHINE\SYSTEM\ControlSet001\`, `HKLM\System\CurrentControlSet\`},
		{`\REGISTRY\MACHINE\`, `HKLM\`},
		{`\REGISTRY\USER\`, `HKU\`},
	} {
		if n := len(root[0]); len(key) > n && strings.EqualFold(key[:n], root[0]) {
			key = root[1] + key[n:]
			break
		}
	}
	if value != "" {
		key += `\` + value
	}
	return strings.Clone(key)
}

// registryType reads the message ids of the types, %%1872 REG_NONE and the ones behind it.
func registryType(s string) string {
	types := [...]string{
		"REG_NONE", "REG_SZ", "REG_EXPAND_SZ", "REG_BINARY", "REG_DWORD", "REG_DWORD_BIG_ENDIAN", "REG_LINK", "REG_MULTI_SZ",
		"REG_RESOURCE_LIST", "REG_FULL_RESOURCE_DESCRIPTOR", "REG_RESOURCE_REQUIREMENTS_LIST", "REG_QWORD",
	}
	if id, ok := strings.CutPrefix(s, "%%"); ok {
		if n := number(id); n >= 1872 && n-1872 < uint64(len(types)) {
			return types[n-1872]
		}
	}
	if strings.HasPrefix(s, "REG_") {
		return strings.Clone(s)
	}
	return ""
}

func securityPrivilege(action string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		m.subject(r)
		ev := m.is(event.KindTokenChange, "PrivilegeCheck")
		if r.EventID == 4674 {
			ev.API = event.APINamed("PrivilegedServiceAuditAlarm")
		}
		p := &event.Privileges{
			Action: action, Enabled: m.names.keep(words(r.Get("PrivilegeList"))), Service: m.name(r, "Service", "ObjectServer"),
			User: m.draft.Actor.User, LogonID: m.actor.Facts.LogonID,
		}
		if name := first(r, "ObjectName"); name != "" {
			p.Object = m.names.keep(strings.TrimLeft(first(r, "ObjectType")+" ", " ") + name)
		}
		if mask := first(r, "AccessMask"); mask != "" { // a list, in spite of its name
			p.ObjectType = m.name(r, "ObjectType")
			if p.AccessMask = windows.AccessMask(mask); p.AccessMask == 0 {
				p.AccessMask = uint32(number(mask))
			}
		}
		ev.Detail = p
		return true
	}
}

func securityAdjust(m *Mapper, r *form.Record) bool {
	m.subject(r)
	ev := m.is(event.KindTokenChange, "AdjustTokenPrivileges")
	ev.Outcome = event.Success
	ev.Detail = &event.Privileges{
		Action: "adjust", Enabled: m.names.keep(words(r.Get("EnabledPrivilegeList"))),
		Disabled: m.names.keep(words(r.Get("DisabledPrivilegeList"))),
		User:     m.account(r.Get("TargetDomainName"), r.Get("TargetUserName")), LogonID: number(r.Get("TargetLogonId")),
	}
	return true
}

func securityAssign(m *Mapper, r *form.Record) bool {
	m.subject(r)
	t := m.other()
	t.PID, t.Path = pid(r.Get("TargetProcessId")), m.name(r, "TargetProcessName")
	ev := m.is(event.KindTokenChange, "AssignPrimaryToken")
	ev.Detail = &event.Privileges{
		Action: "assign", User: m.account(r.Get("TargetDomainName"), r.Get("TargetUserName")), LogonID: number(r.Get("TargetLogonId")),
	}
	return true
}

func securityService(m *Mapper, r *form.Record) bool {
	m.subject(r)
	ev := m.is(event.KindService, "CreateService")
	ev.Outcome = event.Success
	ev.Path = m.long(r, "ServiceFileName")
	ev.Detail = &event.Service{
		Action: "create", Name: m.long(r, "ServiceName"), Type: serviceType(r.Get("ServiceType")), Start: serviceStart(r.Get("ServiceStartType")),
		Account: m.name(r, "ServiceAccount"),
	}
	return true
}

func securityTask(action string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		m.subject(r)
		ev := m.is(event.KindTask, "RegisterTask")
		ev.Outcome = event.Success
		t := &event.Task{Action: action, Name: m.long(r, "TaskName"), Content: m.long(r, "TaskContent", "TaskContentNew")}
		t.Define()
		ev.Detail = t
		ev.Path = t.Program()
		return true
	}
}

func securityPolicy(m *Mapper, r *form.Record) bool {
	m.session(r)
	m.is(event.KindCall, "AuditSetSystemPolicy").Detail = m.whole(r)
	return true
}

func securityShare(m *Mapper, r *form.Record) bool {
	m.session(r)
	x := &event.ObjectAccess{
		Action: "access", Type: "File", Share: m.name(r, "ShareName"), AccessMask: uint32(number(r.Get("AccessMask"))),
		Remote: m.name(r, "IpAddress"), RemotePort: uint16(number(r.Get("IpPort"))), AccessList: m.names.keep(words(r.Get("AccessList"))),
	}
	ev := m.is(event.KindFileAccess, "NetShareConnect")
	if r.EventID == 5145 {
		ev.API = event.APINamed("CreateFile")
	}
	ev.Args[0], ev.NArgs = uint64(x.AccessMask), 1
	ev.Path, ev.Detail = x.Share, x
	if file := first(r, "RelativeTargetName"); file != "" && file != `\` {
		ev.Path = m.names.keep(x.Share + `\` + strings.TrimPrefix(file, `\`))
		if strings.HasSuffix(x.Share, `\IPC$`) { // what it holds are named pipes
			ev.API = event.APINamed("ConnectNamedPipe")
		}
	}
	return true
}

func securityShareAdd(m *Mapper, r *form.Record) bool {
	m.session(r)
	ev := m.is(event.KindCall, "NetShareAdd")
	ev.Path, ev.Detail = m.name(r, "ShareLocalPath"), m.whole(r)
	return true
}

func securityConnection(m *Mapper, r *form.Record) bool {
	m.subject(r)
	ev := m.is(event.KindNetworkFlow, "connect")
	ev.Outcome = event.Success
	if r.EventID == 5157 { // the platform blocked it
		ev.Outcome = event.Failure
	}
	f := new(event.NamedFlow)
	local, remote := "Source", "Dest"
	if d := r.Get("Direction"); d == "%%14592" || strings.EqualFold(d, "Inbound") {
		f.Inbound = true
		ev.API = event.APINamed("accept")
	}
	f.LocalAddress, f.LocalPort = m.name(r, local+"Address"), uint16(number(r.Get(local+"Port")))
	f.RemoteAddress, f.RemotePort = m.name(r, remote+"Address"), uint16(number(r.Get(remote+"Port")))
	f.Family = addressFamily(f.RemoteAddress)
	switch p := r.Get("Protocol"); p {
	case "6":
		f.Protocol = "tcp"
	case "17":
		f.Protocol = "udp"
	case "1", "58":
		f.Protocol = "icmp"
	default:
		f.Protocol = m.names.keep(p)
	}
	ev.Detail = f
	return true
}
