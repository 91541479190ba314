package etw

import (
	"errors"
	"fmt"
)

// status is a Windows error code as the trace functions return it.
type status uint32

// The codes that say something that can be acted on (winerror.h).
const (
	errAccessDenied    status = 5
	errNotSupported    status = 50
	errInvalid         status = 87
	errNotImplemented  status = 120
	errNoProcedure     status = 127
	errAlreadyExists   status = 183
	errNoResources     status = 1450
	errNoInstance      status = 4201
	errElementNotFound status = 1168
)

// errPretended is for a system that says it began a session and has none.
var errPretended = errors.New("the session that Windows says it began is not there: this system has no event tracing, as Wine has none")

func (s status) Error() string {
	switch s {
	case errAccessDenied:
		return "access is denied"
	case errNotSupported, errNotImplemented, errNoProcedure:
		return "this Windows does not have it"
	case errInvalid:
		return "a parameter is refused"
	case errAlreadyExists:
		return "a session of that name is there"
	case errNoResources:
		return "there are as many sessions as there may be"
	case errNoInstance:
		return "there is no such session"
	case errElementNotFound:
		return "the system has no description of it"
	}
	return fmt.Sprintf("Windows error %d", uint32(s))
}

// advice says what to do about an error of starting a session, "" where nothing is known.
func advice(err error) string {
	switch {
	case errors.Is(err, errPretended):
		return "nothing can be done"
	case errors.Is(err, errAccessDenied):
		return "run as LocalSystem, as an administrator or as a member of Performance Log Users"
	case errors.Is(err, errNoResources):
		return "stop a session that nobody needs (logman query -ets)"
	case errors.Is(err, errNotSupported), errors.Is(err, errNotImplemented), errors.Is(err, errNoProcedure):
		return "event tracing needs Windows 8.1 or later"
	}
	return "is another program using the session apiwatch?"
}

// refusal says why a provider is not enabled, and what to do.
func refusal(provider string, err error) string {
	switch {
	case provider == protectedProvider && errors.Is(err, errAccessDenied):
		return "only a protected process (PPL, signed through an early-launch antimalware driver) may have it: calls into other processes' " +
			"memory are seen by Sysmon 8 and 10 and by Microsoft-Windows-Kernel-Audit-API-Calls"
	case errors.Is(err, errAccessDenied):
		return "access is denied: run as LocalSystem"
	case errors.Is(err, errNoResources):
		return "eight sessions have it already, which is all that Windows allows: stop one (logman query -ets)"
	}
	return err.Error()
}

const protectedProvider = "Microsoft-Windows-Threat-Intelligence"

// sessionStats is what Windows counts of a session.
type sessionStats struct {
	id                  uint16
	eventsLost          uint64
	realTimeBuffersLost uint64
	logBuffersLost      uint64
	buffers, free       uint64
}

// consumer takes an event; its data is the caller's.
type consumer func(e rawEvent, data []byte, more func(yield func(extended) bool))

// system is what the source needs of Windows. Errors are or wrap a [status].
type system interface {
	// claim keeps other processes of this program from the session while this one lives: errAlreadyExists or errAccessDenied if one has it.
	claim(name string) error
	release()
	// start begins a real-time session. It ends one of the same name first: a crashed run's.
	start(name string) (handle uint64, err error)
	stop(name string) error
	query(name string) (sessionStats, error)
	// enable asks a provider for its events.
	enable(handle uint64, r *request) error
	// enabled gives a provider's TRACE_GUID_INFO.
	enabled(provider GUID) ([]byte, error)
	// open makes ready to read a session's events, process delivers them until the session ends or close is called.
	open(name string, put consumer) error
	process() error
	close()
	// describe gives an event's TRACE_EVENT_INFO.
	describe(e *rawEvent) ([]byte, error)
	// protect lets nobody but the system itself stop the session; it may not be had.
	protect() error
	unprotect()
	modules(pid uint32) []Module
	devices() devices
	computer() string
	pid() uint32
}
