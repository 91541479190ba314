package engine

import (
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
)

// littleKept is what must at least be kept of a kind: most analytics look back no further.
const littleKept = 30 * time.Second

// floods tells of kinds of event that drive each other out of the store.
type floods struct {
	tell    func(kind string, seconds int64) // nil for nobody
	evicted [event.KindCount]uint64
}

// look compares the store with what it was at the last look.
func (f *floods) look(now []store.Stats, at time.Time) {
	if f.tell == nil {
		return
	}
	for i := range now {
		s := &now[i]
		evicting := s.Evicted > f.evicted[s.Kind]
		f.evicted[s.Kind] = s.Evicted
		kept := time.Duration(at.UnixNano() - s.CoveredNS)
		if s.Kind == event.KindFinding || s.Kind == event.KindAuditChange || !evicting || s.CoveredNS == 0 || kept > littleKept {
			continue
		}
		f.tell(s.Kind.String(), int64(max(kept, 0)/time.Second))
	}
}
