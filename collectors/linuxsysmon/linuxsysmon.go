// Package linuxsysmon reads the events of Sysmon for Linux, which writes them to the system's log as the XML that Windows has: package
// form reads their records, in whatever form they were kept, and this one says which events of Linux they are.
package linuxsysmon

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// Provider is the name that its events bear.
const Provider = "Linux-Sysmon"

// Format is a log of Sysmon for Linux.
var Format = collectors.Format{
	Name: "log of Sysmon for Linux (its events as XML, alone or in a system log's lines or JSON)", Platforms: []string{"linux"},
	Recognise: recognise,
	Open: func(path string, _ collectors.Facts) collectors.Source {
		return eventlog.NewFileOf(path, "linux_sysmon", new(mapper))
	},
}

func recognise(head []byte) bool {
	if !bytes.Contains(head, []byte(Provider)) {
		return false
	}
	r := form.First(head)
	return r != nil && r.Provider == Provider
}

var logSource = &event.LogSource{Name: "linux:Sysmon", Provider: Provider}

// mapper turns records into the events that audit and the process connector would have told of. It belongs to one goroutine.
type mapper struct {
	drafts uint64
	draft  collectors.Draft
	parent collectors.Actor
	users  map[userOf]int64 // as starts of programs tell
	names  map[string]string
	hosts  map[string]*event.Host
	host   *event.Host // of the record; nil where it names none
}

// userOf is a user's name, on a host.
type userOf struct {
	host *event.Host
	name string
}

// Counts implements [eventlog.Mapper], as do the other methods.
func (m *mapper) Counts() (drafts, incomplete uint64) { return m.drafts, 0 }

// Flush has nothing that waits.
func (m *mapper) Flush(collectors.Sink) {}

// events are those of Sysmon for Linux (its manifest, sysmon -s). 4, 16 and 255 tell of Sysmon itself.
var events = map[uint32]func(m *mapper, r *form.Record) bool{
	1: start, 3: connection, 9: rawRead, 11: created, 23: deleted, 26: deleted,
}

const processEnd = 5

// Map hands over the event of a record. Records of others in the same log are left to the log's own collector.
func (m *mapper) Map(r *form.Record, sink collectors.Sink) {
	if r.Provider != Provider {
		return
	}
	pid := number(r.Get("ProcessId"))
	m.host = m.on(r.Computer)
	if r.EventID == processEnd {
		if pid > 0 {
			m.drafts++
			sink.Lifecycle(collectors.Lifecycle{Kind: collectors.Exited, PID: pid, TimeNS: r.TimeNS, UID: -1, GID: -1, Host: m.host})
		}
		return
	}
	of := events[r.EventID]
	if of == nil || pid <= 0 {
		return
	}
	m.draft = collectors.Draft{Actor: collectors.Unknown(), Target: collectors.Unknown()}
	ev, a := &m.draft.Event, &m.draft.Actor
	ev.TimeNS, ev.LogSource, ev.Outcome, ev.NoExit, ev.Host = r.TimeNS, logSource, event.Success, true, m.host
	a.PID, a.Path, a.User = pid, m.image(r.Get("Image")), m.name(r.Get("User"))
	a.UID = m.uid(a.User)
	if of(m, r) {
		m.drafts++
		sink.Draft(&m.draft)
	}
}

func (m *mapper) is(k event.Kind, api string, detail event.Detail) {
	m.draft.Event.Kind, m.draft.Event.API, m.draft.Event.Detail = k, event.APINamed(api), detail
}

func start(m *mapper, r *form.Record) bool {
	a := &m.draft.Actor
	m.is(event.KindProcessStart, "execve", &event.Exec{OwnerUID: -1})
	a.Cmdline, a.CWD = text(r, "CommandLine"), m.name(r.Get("CurrentDirectory"))
	if n, ok := id(r.Get("TerminalSessionId")); ok {
		a.Session = n
	}
	// The id of the logon is that of the real user.
	if uid, ok := id(r.Get("LogonId")); ok {
		a.UID = uid
		if a.User != "" {
			if m.users == nil || len(m.users) > 4096 {
				m.users = make(map[userOf]int64)
			}
			m.users[userOf{m.host, a.User}] = uid
		}
	}
	if ppid := number(r.Get("ParentProcessId")); ppid > 0 {
		a.PPID = ppid
		p := &m.parent
		*p = collectors.Unknown()
		p.PID, p.Path, p.Cmdline, p.User = ppid, m.image(r.Get("ParentImage")), text(r, "ParentCommandLine"), m.name(r.Get("ParentUser"))
		p.UID = m.uid(p.User)
		a.Parent = p
	}
	return true
}

func connection(m *mapper, r *form.Record) bool {
	f := &event.NamedFlow{RemoteHost: m.name(r.Get("DestinationHostname")), Inbound: strings.EqualFold(r.Get("Initiated"), "false")}
	local, remote, api := "Source", "Destination", "connect"
	if f.Inbound { // the source is who called
		local, remote, api = remote, local, "accept"
		f.RemoteHost = m.name(r.Get("SourceHostname"))
	}
	f.Protocol = m.name(r.Get("Protocol"))
	f.LocalAddress, f.LocalPort = m.name(r.Get(local+"Ip")), uint16(number(r.Get(local+"Port")))
	f.RemoteAddress, f.RemotePort = m.name(r.Get(remote+"Ip")), uint16(number(r.Get(remote+"Port")))
	switch {
	case strings.Contains(f.RemoteAddress, ":"):
		f.Family = "inet6"
	case f.RemoteAddress != "":
		f.Family = "inet"
	}
	m.is(event.KindNetworkFlow, api, f)
	return true
}

// rawRead is for a block device that was opened as a file.
func rawRead(m *mapper, r *form.Record) bool {
	m.is(event.KindFileAccess, "open", &event.FileOpen{UID: -1})
	m.draft.Event.Path = m.name(r.Get("Device"))
	return m.draft.Event.Path != ""
}

func created(m *mapper, r *form.Record) bool { return m.change(r, "creat", "create") }

func deleted(m *mapper, r *form.Record) bool { return m.change(r, "unlink", "delete") }

func (m *mapper) change(r *form.Record, api, action string) bool {
	m.is(event.KindFileChange, api, &event.FileChange{Action: action, UID: -1})
	m.draft.Event.Path = text(r, "TargetFilename")
	return m.draft.Event.Path != ""
}

// uid gives a user's number, -1 where it is not known: root's is the same everywhere, others' are told when they start programs.
func (m *mapper) uid(user string) int64 {
	if uid, ok := m.users[userOf{m.host, user}]; ok {
		return uid
	}
	if user == "root" {
		return 0
	}
	return -1
}

// maxHosts bounds how many hosts are kept.
const maxHosts = 4096

// on gives a host: the numbers of processes and users are its own.
func (m *mapper) on(computer string) *event.Host {
	if computer == "" || computer == "-" {
		return nil
	}
	h := m.hosts[computer]
	if h == nil {
		if m.hosts == nil || len(m.hosts) >= maxHosts {
			m.hosts = make(map[string]*event.Host)
		}
		h = &event.Host{Name: strings.Clone(computer), Kind: event.Computer}
		m.hosts[h.Name] = h
	}
	return h
}

// image gives a program's path. One that Sysmon could not find is its name alone, which is no path.
func (m *mapper) image(s string) string {
	if !strings.HasPrefix(s, "/") {
		return ""
	}
	return m.name(s)
}

// name keeps one copy of a text that comes often.
func (m *mapper) name(s string) string {
	if s == "" || s == "-" {
		return ""
	}
	if kept, ok := m.names[s]; ok {
		return kept
	}
	if m.names == nil || len(m.names) > 8192 {
		m.names = make(map[string]string)
	}
	s = strings.Clone(s)
	m.names[s] = s
	return s
}

// text gives a field that comes once.
func text(r *form.Record, field string) string {
	if s := r.Get(field); s != "-" {
		return strings.Clone(s)
	}
	return ""
}

// id reads the number of a user or session; false where it is unset, as the kernel writes it.
func id(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && n < 1<<32-1
}

func number(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 0 || n >= 1<<32 {
		return 0
	}
	return n
}
