package detect

import "github.com/apiwatch/apiwatch/collectors/event"

// ratePerHour is how many findings of one process an analytic may make, live, in an hour of the events' time: who looks into one has seen
// all, and a process that makes thousands must not bury those of others. What is beyond is counted. Each severity has its own, so that many
// light ones hide no grave one.
const ratePerHour = 20

// rates counts the findings of each process.
type rates struct {
	of    map[rated]*rate
	order []rated // oldest first
}

// rated is what is held to a rate.
type rated struct{ process, severity string }

// rate is how many findings a process may still have.
type rate struct {
	left   float64
	lastNS int64
}

// allow tells whether one more finding of its process may be reported, and counts it then. Of no more than the last [maxLatched] processes
// is that known; who is not known is held to none.
func (r *rates) allow(f *event.Event) bool {
	if f.Process == nil || f.Process.Key == "" {
		return true
	}
	who := rated{process: f.Process.Key}
	if d, ok := f.Detail.(*event.Finding); ok {
		who.severity = d.Severity
	}
	p := r.of[who]
	if p == nil {
		if r.of == nil {
			r.of = make(map[rated]*rate)
		}
		p = &rate{left: ratePerHour, lastNS: f.TimeNS}
		r.of[who] = p
		if r.order = append(r.order, who); len(r.order) > maxLatched {
			delete(r.of, r.order[0])
			r.order = r.order[1:]
		}
	}
	const hour = 3600e9
	if passed := f.TimeNS - p.lastNS; passed > 0 {
		p.left = min(ratePerHour, p.left+float64(passed)/hour*ratePerHour)
		p.lastNS = f.TimeNS
	}
	if p.left < 1 {
		return false
	}
	p.left--
	return true
}
