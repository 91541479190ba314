package detect

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// maxLatched bounds how many finding ids of one detection are remembered beyond those that its statements still return.
const maxLatched = 4096

// latches remembers which findings were reported, as long as a statement returns them and for a while after.
type latches struct {
	of    map[uint64]latch // by a digest of the finding's id
	limit int              // when to look for what is not returned any more
}

// latch is when a finding was returned last.
type latch struct {
	way *way
	run uint32
}

var seed = maphash.MakeSeed()

// again tells whether a finding is known, and notes that the way returns it still.
func (l *latches) again(id string, w *way) bool {
	key := maphash.String(seed, id)
	if _, ok := l.of[key]; !ok {
		return false
	}
	l.of[key] = latch{w, w.runs}
	return true
}

// add tells whether a finding is new, and remembers it.
func (l *latches) add(id string, w *way) bool {
	key := maphash.String(seed, id)
	if _, ok := l.of[key]; ok {
		return false
	}
	if l.of == nil {
		l.of = make(map[uint64]latch)
	}
	l.of[key] = latch{w, w.runs}
	return true
}

// bound forgets the oldest of those that no statement returns any more, beyond [maxLatched].
func (l *latches) bound() {
	if len(l.of) <= max(l.limit, 2*maxLatched) {
		return
	}
	type past struct {
		key uint64
		ago uint32
	}
	var gone []past
	for key, x := range l.of {
		if ago := x.way.runs - x.run; ago > 1 {
			gone = append(gone, past{key, ago})
		}
	}
	if n := len(gone) - maxLatched; n > 0 {
		slices.SortFunc(gone, func(a, b past) int { return cmp.Compare(b.ago, a.ago) })
		for _, x := range gone[:n] {
			delete(l.of, x.key)
		}
	}
	l.limit = 2 * len(l.of)
}
