package meaning

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// Trace is an ETW provider whose events have kinds of their own, and what a session must ask of it to get them. An ETW
// event whose properties have names is a [Record] like any other: its provider, id, header's process and fields say it all.
//
// No event of any documented provider tells of GetKeyState and GetKeyboardState, messages between windows, GetLocaleInfo and
// GetTimeZoneInformation, the clocks (QueryPerformanceCounter, GetTickCount), NtQueryInformationProcess, or of the class that COM
// activates: what they do must be seen by something else.
//
// GUIDs, ids, properties and keywords are those of the providers' manifests, as published in
// https://github.com/repnz/etw-providers-docs and https://github.com/jdu2600/Windows10EtwEvents.
type Trace struct {
	Name, GUID string // the GUID in braces and lower case
	// Keywords ask for the classes of event that hold those of Events.
	Keywords uint64
	// Verbose says that the events are of a level above information (4).
	Verbose bool
	// Stacks are the events that are worth a caller's stack.
	Stacks []uint32

	source string // log source, ATT&CK's name
	events map[uint32]mapping
}

// Events lists the ids that have a meaning, ascending: what a session needs, and no more.
func (t *Trace) Events() []uint32 {
	ids := make([]uint32, 0, len(t.events))
	for id := range t.events {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Has tells whether an event has a meaning.
func (t *Trace) Has(id uint32) bool { return t.events[id] != nil }

var traces = []*Trace{
	kernelProcess, kernelAPICalls, threatIntelligence, kernelFile, kernelRegistry, rpcCalls, win32k, dotNET, amsi, directorySAM,
}

// Traces lists the ETW providers that are known.
func Traces() []*Trace { return traces }

var tracesByName, tracesByGUID = func() (map[string]*Trace, map[string]*Trace) {
	byName, byGUID := make(map[string]*Trace), make(map[string]*Trace)
	for _, t := range traces {
		t.source = "etw:" + t.Name
		byName[t.Name], byGUID[t.GUID] = t, t
	}
	return byName, byGUID
}()

// provider gives a record's provider by name; a trace may tell its GUID only.
func provider(r *form.Record) string {
	if r.Provider == "" && r.ProviderGUID != "" {
		if t := tracesByGUID[r.ProviderGUID]; t != nil {
			return t.Name
		}
	}
	return r.Provider
}

// traced makes the process of the event's header the actor: it is the one that made the call.
func (m *Mapper) traced(r *form.Record) {
	a := &m.draft.Actor
	if a.PID = int64(r.PID); r.PID == 1<<32-1 { // the header has no process
		a.PID = 0
	}
	m.actor.Facts.UserSID = m.names.keep(r.UserSID)
}

// outcome tells whether an NTSTATUS is a success, where the record has the field.
func (m *Mapper) outcome(r *form.Record, field string) {
	s, ok := r.Lookup(field)
	if !ok || s == "" {
		return
	}
	ev := &m.draft.Event
	status := int32(number(s))
	m.gave(int64(status))
	ev.Outcome = event.Success
	if status < 0 {
		ev.Outcome = event.Failure
	}
}

// args sets the event's arguments.
func args(ev *event.Event, values ...uint64) {
	ev.NArgs = uint8(copy(ev.Args[:], values))
}

// timeOf reads a FILETIME, which a trace's XML shows as a time and some tools as a number of 100 ns since 1601; 0 if it is none.
func timeOf(s string) int64 {
	if ns, ok := form.ParseTime(s); ok {
		return ns
	}
	const epoch = 116444736000000000 // 1970 as a FILETIME
	n := number(s)
	if n <= epoch || n > epoch+1<<56 {
		return 0
	}
	return int64(n-epoch) * 100
}

// boundedCache forgets everything when it is full: what it holds is asked for soon or never.
type boundedCache[K comparable, V any] struct{ m map[K]V }

const maxCached = 8192

func (c *boundedCache[K, V]) put(k K, v V) {
	if c.m == nil || len(c.m) >= maxCached {
		c.m = make(map[K]V)
	}
	c.m[k] = v
}

func (c *boundedCache[K, V]) get(k K) (V, bool) {
	v, ok := c.m[k]
	return v, ok
}

func (c *boundedCache[K, V]) forget(k K) { delete(c.m, k) }

type hostNumber struct {
	host   string
	number uint64
}

// traceState is what the mapper keeps between ETW events.
type traceState struct {
	fresh boundedCache[hostNumber, int64]  // processes created whose first thread has not been seen, and their creator
	files boundedCache[hostNumber, string] // names by file key
	keys  boundedCache[hostNumber, string] // registry names by key object
	// Which volume each host has as C:, "\Device\HarddiskVolume3": the one that Windows lies on.
	system boundedCache[string, string]
}

func (m *Mapper) at(n uint64) hostNumber { return hostNumber{m.actor.Host, n} }

// volume is how the kernel names a disk's volume, before its number.
const volume = `\Device\HarddiskVolume`

// onSystemVolume gives a path on the volume of Windows as programs write it. A recording does not tell which volume that is: it is the one
// that the system's own programs are started from.
func (m *Mapper) onSystemVolume(s string) string {
	if len(s) < len(volume) || !strings.EqualFold(s[:len(volume)], volume) {
		return s
	}
	n := strings.IndexByte(s[len(volume):], '\\')
	if n <= 0 {
		return s
	}
	device, rest := s[:len(volume)+n], s[len(volume)+n:]
	const system = `\Windows\System32\`
	known, ok := m.trace.system.get(m.actor.Host)
	if !ok && len(rest) > len(system) && strings.EqualFold(rest[:len(system)], system) {
		known = strings.Clone(device)
		m.trace.system.put(m.actor.Host, known)
	}
	if known == "" || !strings.EqualFold(device, known) {
		return s
	}
	return "C:" + rest
}

// ntPath gives a path of the kernel as programs write it, as far as the machine's volumes are known.
func (m *Mapper) ntPath(s string) string {
	if s == "" || s == "-" {
		return ""
	}
	if rest, ok := strings.CutPrefix(s, `\??\`); ok {
		s = rest
	} else if len(s) > 12 && strings.EqualFold(s[:12], `\SystemRoot\`) {
		s = `C:\Windows\` + s[12:]
	}
	return m.names.keep(m.onSystemVolume(s))
}

// directorySAM tells of the local accounts' server itself. No event of it, or of any provider that is documented, tells of
// DsAddSidHistory: the call to the domain controller is seen by [rpcCalls] as drsuapi.IDL_DRSAddSidHistory, its effect by
// Security 4765.
var directorySAM = &Trace{
	Name: "Microsoft-Windows-Directory-Services-SAM", GUID: "{0d4fdc09-8c27-494a-bda0-505e4fd8adae}",
	events: map[uint32]mapping{16965: samRemote, 16968: samRemote},
}

// samRemote is for a remote client that may not call SAM (16965), or may only because the restriction just audits (16968).
func samRemote(m *Mapper, r *form.Record) bool {
	sid := m.name(r, "ClientSID", "ClientSid")
	if sid == "" {
		return false
	}
	m.actor.Facts.UserSID = sid
	ev := m.is(event.KindCall, "samr.SamrConnect")
	ev.Outcome = event.Success
	if r.EventID == 16965 {
		ev.Outcome = event.Failure
	}
	ev.Path, ev.Detail = m.name(r, "ClientNetworkAddress"), m.whole(r)
	return true
}
