package sqlite

import (
	"slices"
	"sync"
	"sync/atomic"
)

// registry gives numbers to Go's values, by which C's memory refers to them. Looking one up takes no lock: SQLite asks for its
// cursor at every column of every row.
type registry[T any] struct {
	mu    sync.Mutex // of writers
	free  []uintptr
	slots atomic.Pointer[[]T] // replaced as a whole; number 0 stays unused
}

func (r *registry[T]) add(v T) uintptr {
	r.mu.Lock()
	defer r.mu.Unlock()
	slots := make([]T, 1, 8)
	if now := r.slots.Load(); now != nil {
		slots = slices.Clone(*now)
	}
	n := uintptr(len(slots))
	if some := len(r.free); some > 0 {
		n, r.free = r.free[some-1], r.free[:some-1]
		slots[n] = v
	} else {
		slots = append(slots, v)
	}
	r.slots.Store(&slots)
	return n
}

func (r *registry[T]) get(n uintptr) (v T) {
	if slots := r.slots.Load(); slots != nil && n < uintptr(len(*slots)) {
		v = (*slots)[n]
	}
	return v
}

func (r *registry[T]) remove(n uintptr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	slots := slices.Clone(*r.slots.Load())
	var none T
	slots[n] = none
	r.free = append(r.free, n)
	r.slots.Store(&slots)
}

func (r *registry[T]) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.slots.Load() == nil {
		return 0
	}
	return len(*r.slots.Load()) - 1 - len(r.free)
}

var (
	conns   registry[*Conn]
	cursors registry[Cursor]
)

// InUse counts what is open in this process, for tests that look for leaks.
func InUse() (connections, scans int) { return conns.size(), cursors.size() }
