package procfs

import (
	"context"
	"fmt"
	"iter"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Tracing is a thread that another one traces now (ptrace(2)).
type Tracing struct {
	PID, ThreadID int64
	// Tracer is the process that traces it, TracerThread the thread of it that does: no other may.
	Tracer, TracerThread int64
	// Stopped says that the thread is held in a tracing stop.
	Stopped bool
	// FirstSeenNS is when a scan first found it so, Unix nanoseconds: it is traced at least since then.
	FirstSeenNS int64
}

// traced identifies a tracing over scans. Numbers of threads are used again, so who traces whom counts from the first of scans
// in a row that all find it.
type traced struct{ thread, tracer int64 }

// tracings remembers since when scans have found each tracing.
type tracings struct {
	mu    sync.Mutex
	since map[traced]int64
}

// Tracers scans for threads that are traced. All threads are looked at: a tracer may hold a process by any of them.
func (h *Host) Tracers(ctx context.Context, q Query) iter.Seq[Tracing] {
	found, status := Scan(ctx, h.fs, "tracers", q, h.fs.tracers)
	return func(yield func(Tracing) bool) {
		now := time.Now().UnixNano()
		seen := make(map[traced]int64)
		whole := true
		Reporting(h, found, status)(func(t Tracing) bool {
			key := traced{t.ThreadID, t.TracerThread}
			t.FirstSeenNS = h.tracings.first(key, now)
			seen[key] = t.FirstSeenNS
			whole = yield(t)
			return whole
		})
		if whole && q.PIDs == nil && !status.Truncated {
			h.tracings.only(seen)
		}
	}
}

// first gives since when a tracing is known.
func (t *tracings) first(key traced, now int64) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if since, ok := t.since[key]; ok {
		return since
	}
	if t.since == nil || len(t.since) >= maxOfScan {
		t.since = make(map[traced]int64)
	}
	t.since[key] = now
	return now
}

// only forgets all other tracings.
func (t *tracings) only(seen map[traced]int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.since = seen
}

// tracers gives the threads of a process that are traced.
func (p *FS) tracers(ctx context.Context, pid int64, progress *atomic.Uint64) ([]Tracing, error) {
	s, err := p.Status(pid)
	if err != nil {
		return nil, err
	}
	var out []Tracing
	if t, ok := p.tracing(pid, pid, &s); ok {
		out = append(out, t)
	}
	if s.Threads <= 1 {
		return out, nil
	}
	d, err := os.Open(p.Path(pid, "task"))
	if err != nil {
		return out, fmt.Errorf("listing threads of process %d: %w", pid, err)
	}
	defer d.Close()
	for {
		names, err := d.Readdirnames(1024)
		for _, name := range names {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			progress.Add(1)
			tid, err := strconv.ParseInt(name, 10, 64)
			if err != nil || tid == pid {
				continue
			}
			s, err := p.Status(tid)
			if err != nil || s.TGID != pid {
				continue // it has ended
			}
			if t, ok := p.tracing(pid, tid, &s); ok {
				if len(out) == MaxOfProcess {
					return out, fmt.Errorf("process %d has %w: more than %d traced threads", pid, ErrTooMany, MaxOfProcess)
				}
				out = append(out, t)
			}
		}
		if err != nil || len(names) == 0 {
			return out, nil
		}
	}
}

// tracing tells who traces a thread by what its status says. The kernel names the thread that traces it.
func (p *FS) tracing(pid, tid int64, s *Status) (Tracing, bool) {
	if s.TracerPID <= 0 {
		return Tracing{}, false
	}
	t := Tracing{PID: pid, ThreadID: tid, Tracer: s.TracerPID, TracerThread: s.TracerPID, Stopped: s.TracingStop}
	if tracer, err := p.Status(s.TracerPID); err == nil && tracer.TGID > 0 {
		t.Tracer = tracer.TGID
	}
	return t, true
}
