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

// limitMemory sets from where on memory is spared rather than time: for a collector whose store may take so many bytes.
func limitMemory(f *plan) {
	limit := f.memory
	if limit == 0 {
		limit = collectorMemory[f.family] + int64(max(0, f.storeBytes-store.DefaultBytes))
	}
	debug.SetMemoryLimit(limit)
}
