package engine

import (
	"runtime/debug"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
)

// A collector's queries make garbage in bursts beside a store that is kept: near the limit the runtime collects early and gives pages
// back, rather than let the burst stay resident. The limits are what a full store of the default size leaves that much room in, with the
// processes that are known beside it: more of them on Windows, whose logs tell of many computers. They are soft.
var collectorMemory = [...]int64{event.Linux: 42 << 20, event.Windows: 76 << 20}

// limitMemory sets from where on memory is spared rather than time: for a collector whose store may take so many bytes, or as the plan of
// a replay says, which before that lets memory grow to five times of what is held. What a small recording holds is little: to look through
// it again and again would take longer.
func limitMemory(f *plan) {
	if f.memory != 0 {
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(f.memory)
		return
	}
	debug.SetMemoryLimit(collectorMemory[f.family] + int64(max(0, f.storeBytes-store.DefaultBytes)))
}
