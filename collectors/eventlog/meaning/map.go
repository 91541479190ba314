// Package meaning says which events the records of Windows' logs and traces are: who did what to whom.
package meaning

import (
	"strconv"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/conceal"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning/regcommand"
)

// Mapper turns records into typed events by provider and event id, and by the names of their fields. What it does not know
// becomes an event of the kind record, with all fields. It belongs to one goroutine.
type Mapper struct {
	// Drafts counts the events handed over; Incomplete counts script blocks of which parts were missing.
	Drafts, Incomplete uint64

	draft         collectors.Draft
	actor, parent collectors.Logged
	target        collectors.Logged
	parentActor   collectors.Actor
	names         names
	logSources    map[event.LogSource]*event.LogSource
	blocks        blocks
	trace         traceState
	hidden        hidden
}

// hidden keeps what command lines hide: programs are started by the same ones again and again.
type hidden map[string]conceal.Hidden

// in gives what a command line hides.
func (h *hidden) in(cmdline string) conceal.Hidden {
	const longest, most = 512, 4096
	if len(cmdline) > longest {
		return conceal.HiddenIn(cmdline)
	}
	known, ok := (*h)[cmdline]
	if !ok {
		if *h == nil || len(*h) >= most {
			*h = make(hidden)
		}
		known = conceal.HiddenIn(cmdline)
		(*h)[strings.Clone(cmdline)] = known
	}
	return known
}

// mapping fills the mapper's draft from a record. It reports false if the record is not what its id says.
type mapping func(m *Mapper, r *form.Record) bool

// family is what the events of a provider mean, by id. A provider has several names where Windows or a shipper calls it so.
type family struct {
	// source is ATT&CK's name of the log; "" where it names the log by its channel.
	source string
	Events map[uint32]mapping
}

// Families lists the providers that are known. A new one is a file with its events and a line here.
var Families = map[string]family{
	"Application Error":                                          {"", crashEvents},
	"Application Hang":                                           {"", hangEvents},
	"ESENT":                                                      {"", databaseEvents},
	linuxSysmon:                                                  {"WinEventLog:Sysmon", sysmonEvents},
	"Microsoft-Windows-Bits-Client":                              {"", bitsEvents},
	"Microsoft-Windows-DNS Client Events":                        {"", dnsEvents},
	"Microsoft-Windows-DNS-Client":                               {"", dnsEvents},
	"Microsoft-Windows-DistributedCOM":                           {"", comEvents},
	"Microsoft-Windows-Eventlog":                                 {"", eventlogEvents},
	"Microsoft-Windows-MF-FrameServer":                           {CameraSource, cameraEvents},
	"Microsoft-Windows-PowerShell":                               {"WinEventLog:PowerShell", powershellEvents},
	"Microsoft-Windows-PrintService":                             {"", printEvents},
	"Microsoft-Windows-Security-Auditing":                        {"WinEventLog:Security", SecurityEvents},
	"Microsoft-Windows-Service Control Manager":                  {"WinEventLog:System", serviceEvents},
	"Microsoft-Windows-Sysmon":                                   {"WinEventLog:Sysmon", sysmonEvents},
	"Microsoft-Windows-TaskScheduler":                            {"WinEventLog:TaskScheduler", taskEvents},
	"Microsoft-Windows-WMI-Activity":                             {"", wmiEvents},
	"Microsoft-Windows-WinRM":                                    {"", winrmEvents},
	"Microsoft-Windows-Windows Camera Frame Server":              {CameraSource, cameraEvents},
	"Microsoft-Windows-Windows Defender":                         {"", defenderEvents},
	"Microsoft-Windows-TerminalServices-LocalSessionManager":     {"", sessionEvents},
	"Microsoft-Windows-TerminalServices-RemoteConnectionManager": {"", connectionEvents},
	"MsiInstaller":                                               {"", installerEvents},
	"NTDS ISAM":                                                  {"", databaseEvents},
	"PowerShell":                                                 {"WinEventLog:PowerShell", powershellEvents},
	"PowerShellCore":                                             {"WinEventLog:PowerShell", powershellEvents},
	"Service Control Manager":                                    {"WinEventLog:System", serviceEvents},
	"Windows Error Reporting":                                    {"", reportEvents},
}

// FamilyOf gives what a provider's events mean; nothing for one that is not known.
func FamilyOf(provider string) family {
	if known, ok := Families[provider]; ok {
		return known
	}
	if t := tracesByName[provider]; t != nil {
		return family{t.source, t.events}
	}
	return family{}
}

// linuxSysmon is Sysmon's provider where there is no registry.
const linuxSysmon = "Linux-Sysmon"

// Map hands over the event of a record. A script block waits for all its parts.
func (m *Mapper) Map(r *form.Record, sink collectors.Sink) {
	name := provider(r)
	known := FamilyOf(name)
	m.begin(r)
	source := known.source
	if source == "" {
		source = "WinEventLog:" + r.Channel
	}
	m.draft.Event.LogSource = m.logSource(source, name)
	if f := known.Events[r.EventID]; f == nil || isHollow(name, r) || !f(m, r) {
		m.begin(r)
		m.draft.Event.LogSource = m.logSource(source, name)
		m.record(r)
	}
	if m.draft.Event.Kind == event.KindScriptBlock && m.join(m.emit(sink)) {
		return
	}
	m.emit(sink)(nil)
}

// isHollow tells whether a record lacks the values that its event has by name, so that nothing can be said of it: its form has them by
// place, and no template of so many is known, or not at all.
func isHollow(provider string, r *form.Record) bool {
	switch provider {
	case "Microsoft-Windows-Security-Auditing", "Microsoft-Windows-Sysmon", linuxSysmon:
	default:
		return false
	}
	for i := range r.Fields {
		if name := r.Fields[i].Name; name != "" && !strings.HasPrefix(name, "param") {
			return false
		}
	}
	return true
}

// Counts gives the counters.
func (m *Mapper) Counts() (drafts, incomplete uint64) { return m.Drafts, m.Incomplete }

// Waits tells whether parts of a script wait for others.
func (m *Mapper) Waits() bool { return len(m.blocks.order) > 0 }

// Flush hands over what still waited.
func (m *Mapper) Flush(sink collectors.Sink) {
	m.blocks.flush(m.emit(sink))
}

// emit gives a function that hands over an event of old instead of the present one, or the present one.
func (m *Mapper) emit(sink collectors.Sink) func(*pendingBlock) {
	return func(b *pendingBlock) {
		m.Drafts++
		if b == nil {
			if s, ok := m.draft.Event.Detail.(*event.ScriptBlock); ok {
				s.Hidden, s.Stream = conceal.HiddenIn(s.Text), conceal.StreamInScript(s.Text)
			}
			sink.Draft(&m.draft)
			m.requests(&m.draft.Event, &m.draft.Actor, sink)
			return
		}
		if b.block.Parts < b.block.Total {
			m.Incomplete++
		}
		b.block.Hidden, b.block.Stream = conceal.HiddenIn(b.block.Text), conceal.StreamInScript(b.block.Text)
		l := b.logged
		d := collectors.Draft{Event: b.event, Actor: b.actor}
		d.Actor.Logged = &l
		sink.Draft(&d)
		m.requests(&d.Event, &d.Actor, sink)
	}
}

// requests hands over what the command line of a program that starts, or a script that runs, asks of the registry.
func (m *Mapper) requests(e *event.Event, actor *collectors.Actor, sink collectors.Sink) {
	if e.LogSource.Provider == linuxSysmon {
		return
	}
	var found []regcommand.Request
	in, user := "command_line", hiveOf(actor.Logged.Facts.UserSID)
	switch d := e.Detail.(type) {
	case *event.Exec:
		found = regcommand.InCommand(actor.Cmdline, user)
		if strings.Contains(d.Signs, "encoded_command") {
			found = append(found, regcommand.InScript(conceal.EncodedCommand(actor.Cmdline), user)...)
		}
	case *event.ScriptBlock:
		switch d.What {
		case "error": // what went wrong, in words
		case "engine":
			found = regcommand.InCommand(d.Text, user)
		case "pipeline":
			in, found = "script", regcommand.InPipeline(d.Text, user)
		default:
			in, found = "script", regcommand.InScript(d.Text, user)
		}
	}
	for i := range found {
		r := &found[i]
		m.Drafts++
		sink.Draft(&collectors.Draft{
			Event: event.Event{
				Kind: event.KindRegistryRequest, TimeNS: e.TimeNS, LogSource: e.LogSource, NoExit: true, Path: r.Path(),
				Detail: &event.RegistryRequest{
					AskedIn: in, Action: r.Action, ValueName: r.ValueName, Data: r.Data, Type: m.names.keep(r.Type), NewName: r.NewName,
					Computer: m.names.keep(r.Computer),
				},
			},
			Actor: *actor, Target: collectors.Unknown(),
		})
	}
}

// hiveOf gives the name of a user's hive below HKU: that of SYSTEM is the one of nobody.
func hiveOf(sid string) string {
	if sid == "S-1-5-18" {
		return ".DEFAULT"
	}
	return sid
}

// begin makes an empty draft of the record's time and host. Its process is the one that logged the event.
func (m *Mapper) begin(r *form.Record) {
	m.actor, m.parent, m.target = collectors.Logged{Host: m.names.keep(r.Computer)}, collectors.Logged{}, collectors.Logged{}
	m.draft = collectors.Draft{Actor: collectors.Unknown(), Target: collectors.Unknown()}
	m.draft.Actor.Logged = &m.actor
	ev := &m.draft.Event
	ev.TimeNS, ev.NoExit = r.TimeNS, true
	switch { // audits say whether what they tell of succeeded
	case r.Keywords&auditFailure != 0:
		ev.Outcome = event.Failure
	case r.Keywords&auditSuccess != 0:
		ev.Outcome = event.Success
	}
	if ev.TimeNS == 0 {
		ev.TimeNS = parseUTC(r.Get("UtcTime"))
	}
}

const (
	auditFailure = 1 << 52 // WINEVENT_KEYWORD_AUDIT_FAILURE of winmeta.xml
	auditSuccess = 1 << 53
)

func (m *Mapper) logSource(name, provider string) *event.LogSource {
	k := event.LogSource{Name: name, Provider: provider}
	if s := m.logSources[k]; s != nil {
		return s
	}
	if m.logSources == nil || len(m.logSources) > 1024 {
		m.logSources = make(map[event.LogSource]*event.LogSource)
	}
	s := &event.LogSource{Name: strings.Clone(name), Provider: strings.Clone(provider)}
	m.logSources[*s] = s
	return s
}

// is sets the event's kind and API.
func (m *Mapper) is(k event.Kind, api string) *event.Event {
	m.draft.Event.Kind, m.draft.Event.API = k, event.APINamed(api)
	return &m.draft.Event
}

// gave sets what the call returned.
func (m *Mapper) gave(exit int64) { m.draft.Event.Exit, m.draft.Event.NoExit = exit, false }

// other makes the draft name a second process.
func (m *Mapper) other() *collectors.Actor {
	m.target.Host = m.actor.Host
	m.draft.Target.Logged = &m.target
	return &m.draft.Target
}

// parented makes the draft name the process's parent.
func (m *Mapper) parented() *collectors.Actor {
	m.parent.Host = m.actor.Host
	m.parentActor = collectors.Unknown()
	m.parentActor.Logged = &m.parent
	m.actor.Parent = &m.parentActor
	return &m.parentActor
}

// createdBy makes the draft name the process's creator, whatever parent it was given.
func (m *Mapper) createdBy() *collectors.Actor {
	creator := m.parented()
	m.actor.Parent, m.actor.Creator = nil, creator
	return creator
}

// record keeps all of a record that has no meaning of its own.
func (m *Mapper) record(r *form.Record) {
	ev := m.is(event.KindRecord, "")
	ev.API = nil
	if holdsCode(r) {
		ev = m.is(event.KindCall, "ReportEvent")
	}
	m.draft.Actor.PID = int64(r.PID)
	m.actor.Facts.UserSID = m.names.keep(r.UserSID)
	ev.Detail = m.whole(r)
}

// maxFieldText bounds what is kept of one field.
const maxFieldText = 64 << 10

func (m *Mapper) whole(r *form.Record) *event.Record {
	out := &event.Record{
		Channel: m.names.keep(r.Channel), Computer: m.actor.Host, UserSID: m.names.keep(r.UserSID), Message: clip(r.Message),
		RecordID: r.RecordID, EventID: r.EventID, Qualifiers: r.Qualifiers, Level: r.Level, Fields: make([]event.RecordField, len(r.Fields)),
	}
	for i, f := range r.Fields {
		out.Fields[i] = event.RecordField{Name: m.names.keep(f.Name), Value: clip(f.Value)}
	}
	return out
}

// clip clones a text, cut to what is kept of one field.
func clip(s string) string {
	if len(s) > maxFieldText {
		s = strings.ToValidUTF8(s[:maxFieldText], "")
	}
	return strings.Clone(s)
}

// names keeps one copy of each short text that comes often: programs, users, hosts.
type names map[string]string

const (
	maxNames    = 8192
	maxNameText = 512
)

func (n *names) keep(s string) string {
	if s == "" || s == "-" {
		return ""
	}
	if kept, ok := (*n)[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	if len(s) > maxNameText {
		return s
	}
	if *n == nil || len(*n) >= maxNames {
		*n = make(names)
	}
	(*n)[s] = s
	return s
}

// name keeps the first of the fields that is there and not "-".
func (m *Mapper) name(r *form.Record, fields ...string) string {
	return m.names.keep(first(r, fields...))
}

// long clones the first of the fields that is there and not "-".
func (m *Mapper) long(r *form.Record, fields ...string) string { return clip(first(r, fields...)) }

func first(r *form.Record, fields ...string) string {
	for _, f := range fields {
		if v := r.Get(f); v != "" && v != "-" {
			return v
		}
	}
	return ""
}

// number reads a decimal or hexadecimal number; 0 where it is none.
func number(s string) uint64 {
	s = strings.TrimSpace(s)
	base := 10
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		s, base = s[2:], 16
	}
	n, err := strconv.ParseUint(s, base, 64)
	if err != nil {
		return 0
	}
	return n
}

// pid reads a process id, 0 where there is none.
func pid(s string) int64 {
	if n := number(s); n < 1<<32 {
		return int64(n)
	}
	return 0
}

// account joins a domain and a name; "" for an account that is none.
func (m *Mapper) account(domain, name string) string {
	if name == "" || name == "-" {
		return ""
	}
	if domain == "" || domain == "-" {
		return m.names.keep(name)
	}
	// Kerberos's name has the domain, too.
	if n := len(name) - len(domain); n > 1 && name[n-1] == '@' && strings.EqualFold(name[n:], domain) {
		name = name[:n-1]
	}
	return m.names.keep(domain + `\` + name)
}

// words joins a list that an audit lays out over several lines.
func words(list string) string {
	if list == "-" {
		return ""
	}
	return strings.Join(strings.Fields(list), " ")
}

// parseUTC reads Sysmon's times, 0 where it is none.
func parseUTC(s string) int64 {
	if s == "" || s == "-" {
		return 0
	}
	t, err := time.Parse("2006-01-02 15:04:05.999999999", s)
	if err != nil || t.Year() < 1678 || t.Year() > 2261 {
		return 0
	}
	return t.UnixNano()
}
