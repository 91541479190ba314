package procfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
)

// What a scan is bounded by.
const (
	DefaultBudget = 2 * time.Second
	MaxOfProcess  = 2_000  // rows of one process
	maxOfScan     = 50_000 // rows
)

// ErrTooMany says that a process has more of what is looked for than is shown.
var ErrTooMany = errors.New("too many")

// errUnseen says that a living process shows no mappings.
var errUnseen = errors.New("no mappings are shown")

// Query says which processes a scan looks at, and for how long.
type Query struct {
	// PIDs are the processes to look at; nil means all.
	PIDs []int64
	// Budget bounds the whole scan; 0 stands for [DefaultBudget].
	Budget time.Duration
}

// ScanStatus tells what a scan could not see. It is whole when the iteration has ended.
type ScanStatus struct {
	Item      string // as `collector_health` shows it
	Listed    int    // processes to look at
	Scanned   int
	Vanished  int
	Denied    int // not permitted: ptrace access is needed
	Held      int // hold up their readers
	Unseen    int // show no mappings though they live
	Failed    int
	Truncated bool // the scan stopped early, or left rows out
	Reason    string
	Elapsed   time.Duration
}

func (s *ScanStatus) truncate(format string, args ...any) {
	if !s.Truncated {
		s.Truncated, s.Reason = true, fmt.Sprintf(format, args...)
	}
}

// Health makes a row of `collector_health` of it.
func (s *ScanStatus) Health() collectors.Health {
	h := collectors.Health{
		Collector: "procfs", Item: s.Item, State: "ok",
		Received: uint64(s.Listed), Decoded: uint64(s.Scanned), Lost: uint64(max(0, s.Listed-s.Scanned-s.Vanished)),
		Detail: fmt.Sprintf("vanished=%d denied=%d held=%d unseen=%d failed=%d elapsed_ms=%d",
			s.Vanished, s.Denied, s.Held, s.Unseen, s.Failed, s.Elapsed.Milliseconds()),
	}
	switch {
	case s.Reason != "":
		h.State, h.Reason = "degraded", s.Reason
	case s.Held > 0:
		h.State, h.Reason = "degraded", fmt.Sprintf("%d processes hold up whoever reads them; look at them", s.Held)
	case s.Unseen > 0:
		h.State = "degraded"
		h.Reason = fmt.Sprintf("living processes that show no mappings, so that what they hold is unknown: %d; look at them", s.Unseen)
	case s.Denied > 0:
		h.State, h.Reason = "degraded", fmt.Sprintf("processes that may not be read: %d; run as root or with CAP_SYS_PTRACE", s.Denied)
	}
	return h
}

// Scan reads processes one after the other, ascending by pid, each under the guard, within a budget, and yields what read finds. read gives
// what it found before an error, too, and counts its progress. The status is whole when the iteration has ended; iterate once.
func Scan[R any](ctx context.Context, p *FS, item string, q Query,
	read func(ctx context.Context, pid int64, progress *atomic.Uint64) ([]R, error),
) (iter.Seq[R], *ScanStatus) {
	status := &ScanStatus{Item: item}
	return func(yield func(R) bool) {
		begin := time.Now()
		defer func() { status.Elapsed = time.Since(begin) }()
		budget := q.Budget
		if budget <= 0 {
			budget = DefaultBudget
		}
		ctx, cancel := context.WithTimeout(ctx, budget)
		defer cancel()
		pids := slices.Compact(slices.Sorted(slices.Values(q.PIDs)))
		if q.PIDs == nil {
			var err error
			if pids, err = p.PIDs(); err != nil {
				status.truncate("%v", err)
				return
			}
		}
		status.Listed = len(pids)
		total := 0
		for i, pid := range pids {
			if ctx.Err() != nil {
				status.truncate("the time allowed, %v, ended after %d of %d processes", budget, i, len(pids))
				return
			}
			if pid <= 0 {
				status.Vanished++
				continue
			}
			found, err := guarded(&p.guard, pid, func(progress *atomic.Uint64) ([]R, error) { return read(ctx, pid, progress) })
			status.count(pid, err)
			for _, r := range found {
				if total++; total > maxOfScan {
					status.truncate("there are more than %d %s to tell of", maxOfScan, item)
					return
				}
				if !yield(r) {
					return
				}
			}
		}
	}, status
}

func (s *ScanStatus) count(pid int64, err error) {
	switch {
	case err == nil:
		s.Scanned++
	case gone(err):
		s.Vanished++
	case errors.Is(err, fs.ErrPermission):
		s.Denied++
	case errors.Is(err, ErrHeld):
		s.Held++
	case errors.Is(err, errUnseen):
		s.Unseen++
	case errors.Is(err, ErrTooMany):
		s.Scanned++
		s.truncate("%v", err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		s.truncate("the time allowed ended while reading process %d", pid)
	default:
		s.Failed++
		s.truncate("%v", err)
	}
}

// Reporting gives what a scan finds; its status goes to the host's Health when it has ended.
func Reporting[R any](h *Host, found iter.Seq[R], status *ScanStatus) iter.Seq[R] {
	return func(yield func(R) bool) {
		found(yield)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.scans == nil {
			h.scans = make(map[string]*ScanStatus)
		}
		h.scans[status.Item] = status
	}
}
