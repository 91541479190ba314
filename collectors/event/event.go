// Package event holds what every collector produces and every table reads: typed events and the process context
// they happened in.
//
// An event never changes once it is stored; `api_calls`, `ptrace_events`, `memory_protections` and the
// other evented tables are views over the same events. The package imports nothing but the standard library and the
// names of things, so that a decoder, a table and a test share it on every operating system.
package event

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event/wire"
)

// Outcome tells whether the call succeeded.
type Outcome uint8

// The outcomes. Some sources, such as an event log, record only that a call was made.
const (
	OutcomeUnknown Outcome = iota
	Success
	Failure
)

// LogSource is where an event came from. They are few and shared: compare by pointer.
type LogSource struct {
	Name     string // ATT&CK's own name, such as "auditd:SYSCALL"
	Provider string // the native source, such as "audit" or "Microsoft-Windows-Sysmon"
}

// MaxArgs is how many raw arguments an event keeps: the first four of a call, which is what audit gives.
const MaxArgs = 4

// Event is one decoded API call. Collectors fill it and hand it to the pump; from then on it is immutable.
type Event struct {
	EID       int64 // given by the store: unique, growing, the rowid of every evented table
	TimeNS    int64 // Unix time in nanoseconds, as precise as the source
	Exit      int64 // what the call returned, unless NoExit
	API       *API
	LogSource *LogSource
	Host      *Host    `json:",omitempty"` // what it happened on; nil for this machine
	Subject   *Subject `json:",omitempty"` // who did it, where that is no process; nil if not told
	Process   *Process // the caller, or for KindProcessStart the new program; nil where none is told of
	Target    *Process // the other process, nil if there is none
	Path      string   // the file, module or mount point that the call acts on, "" if none
	Detail    Detail   // what is particular to the kind, nil if the arguments say it all
	Args      [MaxArgs]uint64
	NArgs     uint8
	NoExit    bool // the source does not say what the call returned
	Kind      Kind
	Outcome   Outcome
	// Tree tells the events of one process tree from those of others, so that a flood of them pushes out its own past first; 0 if unknown.
	Tree uint32 `json:"-"`
}

// Detail is the part of an event that only its kind has.
type Detail interface {
	number() uint8      // of its type, in what is encoded
	code(c *wire.Coder) // writes its fields, or reads them
}

// Object is the path whose last part the store indexes: the program started, else the file or process acted on; of a logon
// the logon process.
func (e *Event) Object() string {
	if of := e.Kind.Descriptor().Object; of != nil {
		return of(e)
	}
	return objectActedOn(e)
}

func objectActedOn(e *Event) string {
	switch {
	case e.Path != "":
		return e.Path
	case e.Target != nil:
		return e.Target.Path
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

// Size estimates the bytes that an event holds and nothing that came before it. The goroutine that stores events calls it, once for each:
// what several share is counted with the first.
func (e *Event) Size() int {
	n := len(e.Path) + e.Process.size() + e.Target.size()
	if e.Subject != nil {
		n += subjectBytes + len(e.Subject.Principal) + len(e.Subject.UserAgent)
	}
	switch d := e.Detail.(type) {
	case nil:
	case sized:
		n += d.size()
	default:
		n += 64
	}
	return n
}

// subjectBytes is what a subject takes beside its texts.
const subjectBytes = 80

// sized is a detail that says what it holds.
type sized interface{ size() int }
