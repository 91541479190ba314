package procfs

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Reading a process's command line or mappings takes that process's memory-map lock, which can be held for as long as a
// file system takes to answer; kernels before 4.17 even wait for a FUSE file that is mapped there (CVE-2018-1120). A
// reader must not be held up by the process it watches, so such reads run in a goroutine that can be left behind.
const (
	patience = 100 * time.Millisecond
	maxHeld  = 64 // processes left waiting for, each with a thread
)

// ErrHeld says that a process holds up whoever reads it.
var ErrHeld = errors.New("the process holds up its readers; trying again when it lets go")

type guard struct {
	mu   sync.Mutex
	held map[int64]int
}

// Held counts the processes that hold up a reader now.
func (p *FS) Held() int {
	p.guard.mu.Lock()
	defer p.guard.mu.Unlock()
	return len(p.guard.held)
}

// guarded calls read and waits for it as long as it makes progress. A process that held up a read before is not read
// again until that read has come back.
func guarded[T any](g *guard, pid int64, read func(progress *atomic.Uint64) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	g.mu.Lock()
	refused := g.held[pid] > 0 || len(g.held) >= maxHeld
	g.mu.Unlock()
	if refused {
		var zero T
		return zero, ErrHeld
	}
	var (
		progress  atomic.Uint64
		abandoned bool // under g.mu
		done      = make(chan result, 1)
	)
	go func() {
		v, err := read(&progress)
		done <- result{v, err}
		g.mu.Lock()
		defer g.mu.Unlock()
		if abandoned {
			if g.held[pid]--; g.held[pid] == 0 {
				delete(g.held, pid)
			}
		}
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for seen := uint64(0); ; {
		select {
		case r := <-done:
			return r.value, r.err
		case <-timer.C:
		}
		if now := progress.Load(); now != seen {
			seen = now
			timer.Reset(patience)
			continue
		}
		g.mu.Lock()
		select {
		case r := <-done:
			g.mu.Unlock()
			return r.value, r.err
		default:
		}
		abandoned = true
		if g.held == nil {
			g.held = make(map[int64]int)
		}
		g.held[pid]++
		g.mu.Unlock()
		var zero T
		return zero, ErrHeld
	}
}
