package etw

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
)

// Health says how the session fares, and why a provider is off.
func (s *Live) Health() []collectors.Health {
	received, dropped := s.queue.counts()
	s.mu.Lock()
	defer s.mu.Unlock()
	lost, buffers := s.last.eventsLost+s.lost.eventsLost, s.last.realTimeBuffersLost+s.lost.realTimeBuffersLost
	h := collectors.Health{
		Collector: "etw", Item: sessionHealth, State: s.state, Reason: s.reason, Received: received, Decoded: s.drafts.Load(),
		Lost: lost + dropped,
		Detail: fmt.Sprintf("events_lost=%d realtime_buffers_lost=%d log_buffers_lost=%d queue_lost=%d passed_over=%d damaged=%d "+
			"undescribed=%d stopped=%d disabled=%d buffers=%d free=%d",
			lost, buffers, s.last.logBuffersLost+s.lost.logBuffersLost, dropped, s.passed.Load(), s.undecoded.Load(), s.undescribed.Load(), s.stops,
			s.disabled,
			s.last.buffers, s.last.free),
	}
	if h.State == "ok" {
		var why []string
		if s.stops+s.disabled > 0 && time.Since(s.stoppedAt) < stopQuietFor {
			why = append(why, fmt.Sprintf("another program stopped the session %d times and disabled providers %d times, last at %s: it was "+
				"started again",
				s.stops, s.disabled, s.stoppedAt.UTC().Format(time.RFC3339)))
		}
		if h.Lost > 0 || buffers > 0 {
			why = append(why, "events were lost: the machine is busier than the session's buffers and the reader bear")
		}
		if len(why) > 0 {
			h.State = "degraded"
		}
		if s.protected != "" {
			why = append(why, s.protected)
		}
		h.Reason = strings.Join(why, "; ")
	}
	return append([]collectors.Health{h}, s.providerHealth()...)
}

// providerHealth gives a row for each provider; s.mu is held.
func (s *Live) providerHealth() []collectors.Health {
	var out []collectors.Health
	for i := range s.requests {
		f := s.providers[s.requests[i].guid]
		h := collectors.Health{Collector: "etw", Item: "provider:" + s.requests[i].name, State: "ok", Received: f.received.Load()}
		switch {
		case s.state != "ok":
			h.State, h.Reason = "off", "the session is off"
		case f.refused != "":
			h.State, h.Reason = "off", f.refused
		case f.asked >= maxAsked:
			h.State, h.Reason = "degraded", "another program disables it again and again"
		case f.doubt != "":
			h.State, h.Reason = "degraded", f.doubt
		}
		out = append(out, h)
	}
	left := make([]string, 0, len(s.opt.Leave))
	for name := range s.opt.Leave {
		left = append(left, name)
	}
	slices.Sort(left)
	for _, name := range left {
		out = append(out, collectors.Health{Collector: "etw", Item: "provider:" + name, State: "ok", Detail: "not asked for: " +
			s.opt.Leave[name]})
	}
	return out
}
