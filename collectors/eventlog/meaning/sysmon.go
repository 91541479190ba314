package meaning

import (
	"strconv"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

// sysmonEvents are the events of Sysmon's manifest (sysmon -m, schema 4.90). 16, its configuration, and 255, its errors, tell
// of no call.
var sysmonEvents = map[uint32]mapping{
	1: sysmonProcess, 2: sysmonTimes, 3: sysmonConnection, 4: sysmonState, 5: sysmonExit, 6: sysmonModule, 7: sysmonModule, 8: sysmonThread,
	9: sysmonRawRead, 10: sysmonAccess, 11: sysmonFile("create"), 12: sysmonKey, 13: sysmonKey, 14: sysmonKey,
	15: sysmonFile("create_stream"), 16: kept{object: []string{"Configuration"}}.event, 17: sysmonPipe, 18: sysmonPipe,
	19: sysmonSubscription("Name"), 20: sysmonSubscription("Destination"), 21: sysmonSubscription("Consumer"), 22: sysmonQuery,
	23: sysmonFile("delete"),
	24: sysmonCall("SetClipboardData"), 25: sysmonCall("ProcessTampering"), 26: sysmonFile("delete"), 27: sysmonFile("create"),
	28: sysmonFile("delete"), 29: sysmonFile("create"), 255: kept{object: []string{"ID"}}.event,
}

// sysmonActor fills an actor from the fields that begin with a prefix.
func (m *Mapper) sysmonActor(a *collectors.Actor, r *form.Record, guid, id, image, user string) {
	a.PID, a.Path, a.User = pid(orMessage(r, id)), m.sysmonImage(r.Get(image)), m.name(r, user)
	key := r.Get(guid)
	if key == "" && strings.HasSuffix(guid, "Guid") {
		key = r.Get(strings.TrimSuffix(guid, "Guid") + "GUID")
	}
	a.Logged.Key = m.sysmonKey(key)
	a.Logged.StartNS = guidStart(a.Logged.Key)
}

func (m *Mapper) sysmonImage(image string) string {
	if image == "<unknown process>" || image == "?" {
		return ""
	}
	return m.names.keep(image)
}

// orMessage gives a field, or what the rendered text says of it: some shippers drop the fields whose names they use
// themselves, such as EventType and ProcessId.
func orMessage(r *form.Record, field string) string {
	if v := r.Get(field); v != "" || r.Message == "" {
		return v
	}
	for line := range strings.Lines(r.Message) {
		if name, value, ok := strings.Cut(line, ": "); ok && name == field {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

const noGUID = "{00000000-0000-0000-0000-000000000000}"

// sysmonKey gives the key that a ProcessGuid is, in lower case and braces whatever the form made of it.
func (m *Mapper) sysmonKey(guid string) string {
	if len(guid) == 36 {
		guid = "{" + guid + "}"
	}
	if len(guid) != len(noGUID) || guid[0] != '{' || guid == noGUID {
		return ""
	}
	return m.names.keep(form.NormalGUID(guid))
}

// guidStart gives the process's creation that a ProcessGuid holds after the machine's part, in seconds; 0 if it holds none.
func guidStart(key string) int64 {
	if len(key) != len(noGUID) {
		return 0
	}
	n, err := strconv.ParseUint(key[15:19]+key[10:14], 16, 32)
	if err != nil || n == 0 {
		return 0
	}
	return int64(n) * 1e9
}

func (m *Mapper) sysmonSelf(r *form.Record) {
	m.sysmonActor(&m.draft.Actor, r, "ProcessGuid", "ProcessId", "Image", "User")
	m.draft.Event.Outcome = event.Success
}

func sysmonProcess(m *Mapper, r *form.Record) bool {
	m.sysmonSelf(r)
	a, f := &m.draft.Actor, &m.actor.Facts
	if a.Path == "" && a.PID == 0 {
		return false
	}
	ev := m.is(event.KindProcessStart, "CreateProcess")
	if ns := parseUTC(r.Get("UtcTime")); ns != 0 {
		m.actor.StartNS = ns
	}
	a.Cmdline, a.CWD = m.long(r, "CommandLine"), m.name(r, "CurrentDirectory")
	if s, ok := r.Lookup("TerminalSessionId"); ok {
		a.Session = int64(uint32(number(s)))
	}
	f.LogonID, f.Integrity = number(r.Get("LogonId")), m.name(r, "IntegrityLevel")
	if level := windows.IntegrityText(f.Integrity); level != "" {
		f.Integrity = level
	}
	f.OriginalFileName, f.Company, f.Product = m.name(r, "OriginalFileName"), m.name(r, "Company"), m.name(r, "Product")
	f.Description, f.Hashes = m.name(r, "Description"), m.name(r, "Hashes")
	m.sysmonActor(m.parented(), r, "ParentProcessGuid", "ParentProcessId", "ParentImage", "ParentUser")
	m.parentActor.Cmdline = m.long(r, "ParentCommandLine")
	ev.Detail = &event.Exec{OwnerUID: -1, Hidden: m.hidden.in(a.Cmdline)}
	return true
}

func sysmonExit(m *Mapper, r *form.Record) bool {
	m.sysmonSelf(r)
	ev := m.is(event.KindProcessExit, "ExitProcess")
	x := &event.Exited{}
	if start := m.actor.StartNS; start > 0 && start < ev.TimeNS {
		x.LivedNS = ev.TimeNS - start
	}
	ev.Detail = x
	return true
}

// stampUTC reads a time that a file was given, which may be the epoch or long before: that is no unknown time, and 0 is.
func stampUTC(s string) int64 {
	if ns := parseUTC(s); ns != 0 || len(s) < 10 {
		return ns
	}
	switch _, err := time.Parse(time.DateOnly, s[:10]); {
	case err != nil:
		return 0
	case s[:4] >= "1970":
		return 1
	}
	return -1
}

func sysmonTimes(m *Mapper, r *form.Record) bool {
	m.sysmonSelf(r)
	ev := m.is(event.KindFileChange, "SetFileTime")
	ev.Path = m.name(r, "TargetFilename")
	ev.Detail = &event.FileChange{
		Action: "times", UID: -1, BTimeNS: stampUTC(r.Get("CreationUtcTime")), OldBTimeNS: stampUTC(r.Get("PreviousCreationUtcTime")),
	}
	return true
}

func sysmonFile(action string) mapping {
	api := "CreateFile"
	if action == "delete" {
		api = "DeleteFile"
	}
	return func(m *Mapper, r *form.Record) bool {
		m.sysmonSelf(r)
		ev := m.is(event.KindFileChange, api)
		ev.Path = m.name(r, "TargetFilename")
		if r.EventID == 27 || r.EventID == 28 { // Sysmon blocked it
			ev.Outcome = event.Failure
		}
		c := &event.FileChange{Action: action, UID: -1, BTimeNS: parseUTC(r.Get("CreationUtcTime"))}
		if r.EventID == 15 {
			c.Contents, c.Hashes = m.long(r, "Contents"), m.name(r, "Hash", "Hashes")
		}
		ev.Detail = c
		return true
	}
}

func sysmonRawRead(m *Mapper, r *form.Record) bool {
	m.sysmonSelf(r)
	ev := m.is(event.KindFileAccess, "ReadFile")
	ev.Path = m.name(r, "Device")
	ev.Detail = &event.ObjectAccess{Action: "access", Type: "Device", AccessMask: 1}
	return true
}

func sysmonConnection(m *Mapper, r *form.Record) bool {
	m.sysmonSelf(r)
	ev := m.is(event.KindNetworkFlow, "connect")
	f := &event.NamedFlow{RemoteHost: m.name(r, "DestinationHostname"), Inbound: strings.EqualFold(r.Get("Initiated"), "false")}
	local, remote := "Source", "Destination"
	if f.Inbound { // the source is who called
		local, remote = remote, local
		f.RemoteHost = m.name(r, "SourceHostname")
		ev.API = event.APINamed("accept")
	}
	f.Protocol = m.name(r, "Protocol")
	f.LocalAddress, f.LocalPort = m.name(r, local+"Ip"), uint16(number(r.Get(local+"Port")))
	f.RemoteAddress, f.RemotePort = m.name(r, remote+"Ip"), uint16(number(r.Get(remote+"Port")))
	f.Family = addressFamily(f.RemoteAddress)
	ev.Detail = f
	return true
}

func addressFamily(address string) string {
	switch {
	case strings.Contains(address, ":"):
		return "inet6"
	case address != "":
		return "inet"
	}
	return ""
}

func sysmonQuery(m *Mapper, r *form.Record) bool {
	m.sysmonSelf(r)
	ev := m.is(event.KindNetworkFlow, "DnsQuery")
	f := &event.NamedFlow{RemoteHost: m.name(r, "QueryName"), Results: m.long(r, "QueryResults"), Status: m.name(r, "QueryStatus")}
	f.Protocol = "dns"
	if f.Status != "" && f.Status != "0" {
		ev.Outcome = event.Failure
	}
	ev.Detail = f
	return true
}

func sysmonModule(m *Mapper, r *form.Record) bool {
	m.sysmonSelf(r)
	ev := m.is(event.KindModuleLoad, "LoadLibrary")
	mod := &event.ModuleLoad{
		OriginalFileName: m.name(r, "OriginalFileName"), Company: m.name(r, "Company"), Product: m.name(r, "Product"),
		Description: m.name(r, "Description"), Hashes: m.name(r, "Hashes"), Signature: m.name(r, "Signature"),
		SignatureStatus: m.name(r, "SignatureStatus"),
	}
	signed, ok := r.Lookup("Signed")
	mod.SignedKnown, mod.Signed = ok && signed != "" && signed != "-", strings.EqualFold(signed, "true")
	if r.EventID == 6 {
		mod.Driver, m.draft.Actor.PID, m.draft.Actor.Path = true, systemPID, "System"
		ev.API = event.APINamed("NtLoadDriver")
	}
	ev.Path, ev.Detail = m.name(r, "ImageLoaded"), mod
	return true
}

// systemPID is the kernel's process.
const systemPID = 4

func sysmonThread(m *Mapper, r *form.Record) bool {
	m.sysmonActor(&m.draft.Actor, r, "SourceProcessGuid", "SourceProcessId", "SourceImage", "SourceUser")
	m.sysmonActor(m.other(), r, "TargetProcessGuid", "TargetProcessId", "TargetImage", "TargetUser")
	ev := m.is(event.KindRemoteThread, "CreateRemoteThread")
	ev.Outcome = event.Success
	t := &event.RemoteThread{
		StartAddress: number(r.Get("StartAddress")), StartModule: m.name(r, "StartModule"), StartFunction: m.name(r, "StartFunction"),
		ThreadID: pid(r.Get("NewThreadId")),
	}
	ev.Args[0], ev.NArgs, ev.Detail = t.StartAddress, 1, t
	return true
}

func sysmonAccess(m *Mapper, r *form.Record) bool {
	m.sysmonActor(&m.draft.Actor, r, "SourceProcessGuid", "SourceProcessId", "SourceImage", "SourceUser")
	m.sysmonActor(m.other(), r, "TargetProcessGuid", "TargetProcessId", "TargetImage", "TargetUser")
	ev := m.is(event.KindProcessAccess, "OpenProcess")
	ev.Outcome = event.Success
	x := &event.ProcessAccess{Granted: uint32(number(r.Get("GrantedAccess"))), CallTrace: m.long(r, "CallTrace")}
	ev.Args[0], ev.NArgs, ev.Detail = uint64(x.Granted), 1, x
	return true
}

func sysmonKey(m *Mapper, r *form.Record) bool {
	m.sysmonSelf(r)
	var c event.RegistryChange
	api := ""
	switch orMessage(r, "EventType") {
	case "CreateKey":
		c.Action, api = "create_key", "RegCreateKeyEx"
	case "DeleteKey":
		c.Action, api = "delete_key", "RegDeleteKey"
	case "SetValue":
		c.Action, api = "set_value", "RegSetValueEx"
	case "DeleteValue":
		c.Action, api = "delete_value", "RegDeleteValue"
	case "RenameKey", "RenameValue":
		c.Action, api = "rename", "RegRenameKey"
	default:
		return false
	}
	ev := m.is(event.KindRegistryChange, api)
	ev.Path = m.name(r, "TargetObject")
	if strings.HasSuffix(c.Action, "_value") {
		c.ValueName = event.Base(ev.Path)
	}
	c.Data, c.NewName = m.long(r, "Details"), m.name(r, "NewName")
	switch kind, _, _ := strings.Cut(c.Data, " ("); kind {
	case "DWORD":
		c.Type = "REG_DWORD"
	case "QWORD":
		c.Type = "REG_QWORD"
	case "Binary Data":
		c.Type = "REG_BINARY"
	}
	ev.Detail = &c
	return true
}

func sysmonPipe(m *Mapper, r *form.Record) bool {
	m.sysmonSelf(r)
	if r.EventID == 17 {
		m.is(event.KindPipe, "CreateNamedPipe").Detail = &event.Pipe{Action: "create"}
	} else {
		m.is(event.KindPipe, "ConnectNamedPipe").Detail = &event.Pipe{Action: "connect"}
	}
	m.draft.Event.Path = m.name(r, "PipeName")
	return true
}

// sysmonCall is for an event that no table but api_calls shows: it keeps its record.
func sysmonCall(api string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		m.sysmonSelf(r)
		m.is(event.KindCall, api).Detail = m.whole(r)
		return true
	}
}

// sysmonState is for Sysmon's own service, started or stopped.
func sysmonState(m *Mapper, r *form.Record) bool {
	m.serviceSelf(r)
	m.is(event.KindService, "ControlService").Detail = &event.Service{
		Action: "state", Name: "Sysmon",
		Detail: strings.ToLower(m.name(r, "State")),
	}
	return true
}

// sysmonSubscription is for a part of a permanent WMI subscription: a filter, a consumer or what binds them. One field tells
// what matters most of it; texts stand in quotes.
func sysmonSubscription(field string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		api := "IWbemServices::PutInstance"
		if strings.EqualFold(r.Get("Operation"), "Deleted") {
			api = "IWbemServices::DeleteInstance"
		}
		kept{api: api, user: []string{"User"}, outcome: event.Success}.event(m, r)
		m.draft.Actor.PID = 0 // Sysmon logs it, which did not ask
		m.draft.Event.Path = clip(strings.Trim(r.Get(field), ` "`))
		return true
	}
}
