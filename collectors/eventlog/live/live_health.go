package live

import (
	"fmt"

	"github.com/apiwatch/apiwatch/collectors"
)

// Health says how every channel fares, and what Windows is not set to log.
func (l *Live) Health() []collectors.Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.system == nil { // why is known to who opened it
		return nil
	}
	open, same := 0, true
	sum := collectors.Health{Collector: "eventlog", Item: "source", State: "ok"}
	var rows []collectors.Health
	for _, g := range l.logs {
		h := collectors.Health{
			Collector: "eventlog", Item: channelItem + g.Path, State: g.state, Reason: g.reason, Received: g.received, Decoded: g.decoded,
			Lost:   g.lost,
			Detail: fmt.Sprintf("record=%d", g.place.Record),
		}
		switch {
		case g.sub != nil && g.disabled:
			h.State, h.Reason = "off", g.Disabled
		case g.sub != nil && g.note != "":
			h.State, h.Reason = "degraded", g.note
		}
		if g.sub != nil {
			open++
		}
		sum.Received, sum.Decoded, sum.Lost = sum.Received+g.received, sum.Decoded+g.decoded, sum.Lost+g.lost
		same = same && g.state == l.logs[0].state && g.reason == l.logs[0].reason
		rows = append(rows, h)
	}
	switch {
	case open == 0:
		sum.State, sum.Reason = "failed", "no channel can be read: "+l.logs[0].reason
		if same {
			rows = nil
		}
	case l.placing != nil:
		sum.State, sum.Reason = "degraded", l.placing.Error()
	}
	sum.Detail = fmt.Sprintf("channels=%d incomplete_scripts=%d", open, l.mapper.Incomplete)
	return append(append([]collectors.Health{sum}, rows...), l.reports...)
}

// channelItem is how the items of channels begin in the health rows.
const channelItem = "channel:"
