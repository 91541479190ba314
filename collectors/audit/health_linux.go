package audit

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/netlink"
)

// recent gives the reason and the problems of late.
func (s *Live) recent() []string {
	if s.reason != "" {
		return append([]string{s.reason}, s.problems.Recent()...)
	}
	return s.problems.Recent()
}

// Health reports the socket, the kernel, each rule, and what of the machine's state keeps us from seeing.
func (s *Live) Health() []collectors.Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	var received netlink.Stats
	if s.receiver != nil {
		received = s.receiver.Stats()
	}
	row := func(item, state, reason string) collectors.Health {
		return collectors.Health{Collector: s.Name(), Item: item, State: state, Reason: reason}
	}

	socket := row("socket", "ok", s.reason)
	if s.mode == modeOff {
		socket.State = "off"
		if s.failed {
			socket.State = "failed"
		}
	} else if what := s.recent(); len(what) > 0 {
		socket.State, socket.Reason = "degraded", strings.Join(what, "; ")
	}
	socket.Received, socket.Lost = received.Datagrams, received.Forged+received.Cut
	socket.Detail = fmt.Sprintf("mode=%s owner=%d share=%s forged=%d cut=%d reseated=%d yielded=%d reenabled=%d rules_readded=%d leftovers=%d",
		s.mode, s.owner, s.opt.Share, received.Forged, received.Cut, s.counts.reseated, s.counts.yielded, s.counts.reenabled,
		s.counts.readded, s.counts.leftovers)
	out := []collectors.Health{socket}
	if s.mode == modeOff {
		return out
	}

	decoded := s.decoder.Stats()
	decoder := row("decoder", "ok", "")
	decoder.Received, decoder.Decoded, decoder.Lost, decoder.Detail = decoded.Records, decoded.Events, decoded.Lost(), decoded.String()
	if decoder.Reason = decoded.Unnamed(); decoder.Reason != "" {
		decoder.State = "degraded"
	}
	out = append(out, decoder)

	overruns := row("receive_buffer", "ok", "")
	overruns.Lost = received.Overruns
	overruns.Detail = fmt.Sprintf("enobufs=%d", received.Overruns)
	if received.Overruns > 0 {
		overruns.State, overruns.Reason = "degraded", "the socket overflowed: each time an unknown number of records was lost"
	}
	out = append(out, overruns)
	if s.control == nil {
		for _, r := range s.rules {
			out = append(out, row("rule:"+r.rule.Name, "off", cmp.Or(socket.Reason, "rules cannot be added here")))
		}
		return out
	}

	kernel := row("kernel", "ok", "")
	kernel.Lost = s.lost
	kernel.Detail = fmt.Sprintf("unowned=%d enabled=%d failure=%d backlog=%d backlog_limit=%d backlog_wait_time=%d rate_limit=%d",
		s.unowned, s.last.Enabled, s.last.Failure, s.last.Backlog, s.last.BacklogLimit, s.last.WaitTime, s.last.RateLimit)
	if kernel.Lost > 0 {
		kernel.State, kernel.Reason = "degraded", "the kernel threw records away because its backlog was full: raise the backlog limit"
	}
	out = append(out, kernel)

	tasks := row("processes", "ok", "")
	switch {
	case s.others.silenceTasks > 0:
		tasks.State, tasks.Reason = "degraded", "a rule `-a task,never` keeps processes from being audited at all: remove it from "+
			"/etc/audit/rules.d, load the rules, and restart what runs"
	case s.tasksBlind:
		tasks.Reason = "auditing was off when we came: processes that were started before it was first switched on stay unseen until " +
			"they are restarted; boot with audit=1"
	}
	out = append(out, tasks)
	others := row("rules_of_others", "ok", "")
	others.Detail = fmt.Sprintf("rules=%d never=%d exclude=%d", s.others.rules, s.others.never, s.others.exclude)
	if s.others.never+s.others.exclude > 0 {
		others.State, others.Reason = "degraded", "other rules of this machine hide calls or kinds of record (auditctl -l: never, exclude): "+
			"what they hide is not seen"
	}
	out = append(out, others)
	for _, r := range s.rules {
		h := row("rule:"+r.rule.Name, r.state, r.reason)
		h.Received = r.gauge.Received()
		h.Detail = r.rule.commandLine()
		h.Moot = r.state == "off" && (r.reason == NoFolder || r.reason == NoCalls)
		out = append(out, h)
	}
	return out
}
