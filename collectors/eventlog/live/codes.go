package live

import (
	"errors"
	"fmt"
)

// CallError is a call of Windows that failed.
type CallError struct {
	Call string
	Code uint32 // as GetLastError gives it
	Text string // the system's own words for it
}

func (e *CallError) Error() string { return fmt.Sprintf("%s: %s (error %d)", e.Call, e.Text, e.Code) }

// Error codes that say what to do next, from the SDK's winerror.h.
const (
	codeAccessDenied       = 5
	codeServiceDisabled    = 1058
	codeServiceNotActive   = 1062
	codeNotFound           = 1168
	codeServiceUnavailable = 1722 // RPC_S_SERVER_UNAVAILABLE
	codeRPCFailed          = 1726
	codeInvalidBound       = 1734
	codeChannelNotFound    = 15007
	codeResultStale        = 15011 // the log was cleared or overwritten under us
	codeInvalidPosition    = 15012
)

// codeOf gives the code of an error, 0 if it has none.
func codeOf(err error) uint32 {
	if e, ok := errors.AsType[*CallError](err); ok {
		return e.Code
	}
	return 0
}

// gone tells whether a code says that the record of a bookmark is no longer there.
func gone(code uint32) bool {
	return code == codeNotFound || code == codeResultStale || code == codeInvalidPosition
}
