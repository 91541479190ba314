// Package collectors is the contract between native sources and what uses them: a source reads records, a decoder turns their
// bytes into a [Draft], and the pump adds the processes' context, counts, and stores.
//
// A recording is one more source. Replay, tests and production share everything after the first read.
package collectors

import (
	"context"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Draft is a decoded event whose processes are still what the record says of them: numbers and names. The pump turns it
// into an [event.Event]. Decoders reuse one Draft for all events of a batch, so nothing may keep a pointer to it.
type Draft struct {
	// Event lacks EID, Process and Target. Strings in it are safe to keep.
	Event event.Event
	Actor Actor
	// Target is the other process, if Target.PID is not 0.
	Target Actor
	// TargetInNamespace says that Target.PID was read from a system call's argument and so counts in the caller's pid
	// namespace.
	TargetInNamespace bool
	// Unplaced says that Event.Path may not be where the file lies that a call opened: the caller named it by a directory it
	// holds open, or by a link. The event's Exit is its descriptor.
	Unplaced bool
	// File is the file that an execution started, or that an Unplaced call opened; none where the record does not tell.
	File FileID
}

// Actor is what one record says of a process. Numbers are -1 where it is silent; strings are "".
type Actor struct {
	PID, PPID                  int64
	UID, EUID, SUID, FSUID     int64
	GID, EGID, SGID, FSGID     int64
	AUID, Session              int64
	Path, Comm, TTY, CWD, User string
	// Cmdline is set where the record itself holds it: an execution, or a process title.
	Cmdline string
	// CmdlineCut says that Cmdline may be truncated, so that what is already known of the process is better.
	CmdlineCut bool
	// Parent is what the record says of the process PPID beside its number; nil for nothing.
	Parent *Actor `json:",omitempty"`
	// Logged is set where the process is known from a log that names processes itself, as event logs of Windows do; nil
	// for a process of this machine. The decoder may reuse what it points to.
	Logged *Logged `json:",omitempty"`
}

// Logged is what a log of Windows says of a process beside its number. The host is not asked about such a process.
type Logged struct {
	Host string // the computer that the log is of
	Key  string // what identifies the process, "" where the log has only its number
	// StartNS is when the process was created, 0 if unknown.
	StartNS int64
	// Parent is the parent that the process says it has, Creator who truly created it, each nil if not told: a creator may give
	// its child another parent. Where only one is told it stands for both.
	Parent, Creator *Actor
	// Facts are what else is told; empty fields are unknown. Facts.Host is ignored.
	Facts event.WindowsProcess
}

// Unknown is an actor of whom nothing is known.
func Unknown() Actor {
	return Actor{PID: 0, PPID: -1, UID: -1, EUID: -1, SUID: -1, FSUID: -1, GID: -1, EGID: -1, SGID: -1, FSGID: -1, AUID: -1, Session: -1}
}

// Lifecycle is a message about a process that is no API call of its own: what the process connector sends.
type Lifecycle struct {
	Kind     LifecycleKind
	PID      int64 // the process concerned (a thread group; threads are left out)
	PPID     int64 // Fork: the process that forked. Exit: the parent at exit, where known
	BootNS   int64 // when, nanoseconds since boot, sleep included (CLOCK_BOOTTIME)
	TimeNS   int64 // when, Unix nanoseconds
	UID, GID int64 // SetID: the new effective ids, -1 where unchanged
	Code     int64 // Exit: exit code as wait(2) gives it
	// Host is whose process it is; nil for this machine's.
	Host *event.Host `json:",omitempty"`
}

// LifecycleKind says what happened to a process.
type LifecycleKind uint8

// The kinds of lifecycle message.
const (
	Forked LifecycleKind = iota + 1
	Executed
	Exited
	SetID
	SetSession
	Traced
	Renamed
)

// Sink takes what a source decodes.
type Sink interface {
	// Draft takes an event; d may be reused as soon as it returns.
	Draft(d *Draft)
	// Lifecycle takes a message about a process. The pump applies forks at once and all others after the round's drafts.
	Lifecycle(l Lifecycle)
}

// Health is one fact about a source, a stage or the store, for `collector_health`.
type Health struct {
	Collector string // "audit", "process_connector", "store"
	Item      string // what of it: "socket", "rule:ptrace", "memory"
	State     string // "ok", "degraded", "off", "failed"
	Reason    string // why, and what to do; if ok, what is worth knowing all the same
	Received  uint64
	Decoded   uint64
	Lost      uint64
	// Detail holds further counters as name=value pairs, for people.
	Detail string
	// Moot says that it is off because there is nothing on this machine that it could see.
	Moot bool
}

// Source is a native feed or a recording.
//
// The pump works in rounds: it waits for any source's wake, lets some milliseconds pass so that records gather, calls Read
// on every source in the listed order, then Decode on every source in the reverse order. The process connector is listed
// after audit: every fork that an audit record depends on is then known before the record is decoded.
type Source interface {
	// Name is the collector's name in `collector_health`.
	Name() string
	// Open starts the feed. From then on the source calls wake when something is waiting: at least once after each Read
	// that something follows, or of a [Waiter] after each Await. It is called from any goroutine and never blocks.
	Open(ctx context.Context, wake func()) error
	// Read takes in what is waiting, up to a bound, without blocking. io.EOF says that a recording has ended.
	Read() error
	// Decode hands over what Read took in.
	Decode(sink Sink)
	// Health reports the source's state now; it is safe to call at any time.
	Health() []Health
	// Close ends the feed and puts back whatever it changed on the machine.
	Close() error
}

// Waiter is a source that calls wake once, and again only after it was asked to: a busy pump comes again without being woken,
// and each wake-up costs as much as many records.
type Waiter interface {
	Source
	// Await asks for a wake-up when something is waiting, which may be the case already.
	Await()
}

// Keeper is a source that keeps how far it was read, so that the next run goes on there. What was stored counts as read once somebody has
// looked at it; who never asks Handed lets it count at once.
type Keeper interface {
	Source
	// Flush hands over what still waits for more, at the end of a run.
	Flush(sink Sink)
	// Stored says that all that was handed over is stored. The pump says so after each round.
	Stored()
	// Handed gives a mark that stands for all that is stored now, and Evaluated says that all that a mark stands for was looked at. Both are
	// safe to call at any time.
	Handed() uint64
	Evaluated(mark uint64)
}
