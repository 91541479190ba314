package flood

import "time"

// Limiter allows something so often within a time.
type Limiter []time.Time

// Allow tells whether it may be done now, and then counts it.
func (l *Limiter) Allow(now time.Time, most int, within time.Duration) bool {
	recent := (*l)[:0]
	for _, t := range *l {
		if now.Sub(t) < within {
			recent = append(recent, t)
		}
	}
	*l = recent
	if len(*l) >= most {
		return false
	}
	*l = append(*l, now)
	return true
}
