package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
)

// TestFloodsAreTold: of a kind that evicts while little of it is kept, and of no other.
func TestFloodsAreTold(t *testing.T) {
	now := time.Unix(1_772_443_000, 0)
	ago := func(d time.Duration) int64 { return now.Add(-d).UnixNano() }
	var told []string
	f := floods{tell: func(kind string, seconds int64) { told = append(told, fmt.Sprint(kind, " ", seconds)) }}
	quiet := store.Stats{Kind: event.KindProcessStart, Evicted: 5, CoveredNS: ago(time.Hour)}
	f.look([]store.Stats{{Kind: event.KindMemory, CoveredNS: ago(time.Second)}, quiet}, now)
	if len(told) != 0 {
		t.Errorf("before anything was evicted: %q", told)
	}
	flood := store.Stats{Kind: event.KindMemory, Evicted: 9000, CoveredNS: ago(4 * time.Second)}
	f.look([]store.Stats{flood, quiet}, now)
	f.look([]store.Stats{flood, quiet}, now) // it has ended
	if len(told) != 1 || told[0] != event.KindMemory.String()+" 4" {
		t.Errorf("told is %q", told)
	}
}
