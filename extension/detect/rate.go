package detect

// ratePerHour is how many findings of one process an analytic may make in an hour: who looks into one has seen all, and a process that
// makes thousands must not bury those of others. What is beyond is counted.
const ratePerHour = 20

// rates counts the findings of each process.
type rates struct {
	of    map[string]*rate
	order []string // oldest first
}

// rate is how many findings a process may still have.
type rate struct {
	left   float64
	lastNS int64
}

// allow tells whether one more finding of a process may be reported, and counts it then. Of no more than the last [maxLatched] processes
// is that known.
func (r *rates) allow(process string, timeNS int64) bool {
	p := r.of[process]
	if p == nil {
		if r.of == nil {
			r.of = make(map[string]*rate)
		}
		p = &rate{left: ratePerHour, lastNS: timeNS}
		r.of[process] = p
		if r.order = append(r.order, process); len(r.order) > maxLatched {
			delete(r.of, r.order[0])
			r.order = r.order[1:]
		}
	}
	const hour = 3600e9
	if passed := timeNS - p.lastNS; passed > 0 {
		p.left = min(ratePerHour, p.left+float64(passed)/hour*ratePerHour)
		p.lastNS = timeNS
	}
	if p.left < 1 {
		return false
	}
	p.left--
	return true
}
