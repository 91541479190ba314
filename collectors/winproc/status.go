package winproc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
)

// ScanStatus tells what a scan could not see. It is whole when the iteration has ended.
type ScanStatus struct {
	Listed        int // processes to look at
	Scanned       int
	Vanished      int // ended meanwhile, or never were
	Denied        int // refused to be opened or read
	Unsupported   int // this Windows lacks the call
	Failed        int
	ThreadsDenied int // threads that refused, of processes that did not
	Truncated     bool
	Reason        string
	Elapsed       time.Duration
	// Privileged says that SeDebugPrivilege was held, so that those who refused are protected processes.
	Privileged bool
}

func (s *ScanStatus) truncate(format string, args ...any) {
	if !s.Truncated {
		s.Truncated, s.Reason = true, fmt.Sprintf(format, args...)
	}
}

func (s *ScanStatus) count(pid int64, err error) {
	switch {
	case err == nil:
		s.Scanned++
	case errors.Is(err, fs.ErrNotExist):
		s.Vanished++
	case errors.Is(err, fs.ErrPermission):
		s.Denied++
	case errors.Is(err, errors.ErrUnsupported):
		s.Unsupported++
	case errors.Is(err, errTooMany):
		s.Scanned++
		s.truncate("process %d: %v", pid, err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		s.truncate("the time allowed ended while reading process %d", pid)
	default:
		s.Failed++
		if s.Reason == "" {
			s.Reason = fmt.Sprintf("process %d: %v", pid, err)
		}
	}
}

// health makes a row of `collector_health` of it.
func (s *ScanStatus) health(item string) collectors.Health {
	h := collectors.Health{
		Collector: "winproc", Item: item, State: "ok",
		Received: uint64(s.Listed), Decoded: uint64(s.Scanned), Lost: uint64(max(0, s.Listed-s.Scanned-s.Vanished)),
		Detail: fmt.Sprintf("vanished=%d denied=%d unsupported=%d failed=%d threads_denied=%d elapsed_ms=%d",
			s.Vanished, s.Denied, s.Unsupported, s.Failed, s.ThreadsDenied, s.Elapsed.Milliseconds()),
	}
	switch {
	case s.Reason != "":
		h.State, h.Reason = "degraded", s.Reason
	case s.Unsupported > 0:
		h.State, h.Reason = "degraded", fmt.Sprintf("%d processes cannot be read: this system lacks the call", s.Unsupported)
	case s.Denied+s.ThreadsDenied > 0 && !s.Privileged:
		h.State, h.Reason = "degraded", fmt.Sprintf("%d processes and %d threads of others may not be read: run as LocalSystem, or elevated "+
			"as a user who holds SeDebugPrivilege", s.Denied, s.ThreadsDenied)
	case s.Denied+s.ThreadsDenied > 0:
		// Nobody but a protected process may read them, so there is nothing to do and nothing degraded.
		h.Reason = fmt.Sprintf("%d processes and %d threads are protected (such as lsass and security products) and let nobody read them",
			s.Denied, s.ThreadsDenied)
	}
	return h
}
