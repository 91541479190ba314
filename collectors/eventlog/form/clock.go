package form

import "github.com/apiwatch/apiwatch/collectors/eventlog/form/moment"

// ParseTime reads a time of event XML or JSON, see [moment.Parse].
func ParseTime(s string) (int64, bool) { return moment.Parse(s) }

// clock knows the zones of hosts whose records have the time of their own clock, as far as other times in their records tell.
type clock map[string]int64

const quarter = 15 * 60 * 1_000_000_000 // zones differ by quarters of an hour

// learn takes a time of a host's clock and the same moment in UTC, or one soon after it if late is true. It gives how far the clock is
// before UTC, as far as that is known.
func (c *clock) learn(host string, local, utc int64, late bool) int64 {
	off := local - utc + quarter/2
	if off < 0 {
		off -= quarter - 1
	}
	had, known := (*c)[host]
	off = off / quarter * quarter
	switch {
	case off > 14*4*quarter || off < -14*4*quarter || known && off == had:
		return had
	case known && late && off-had <= quarter && off-had >= -quarter: // a record that came late by minutes does not move the clock
		return had
	}
	if *c == nil || len(*c) > 4096 {
		*c = make(clock)
	}
	(*c)[host] = off
	return off
}

// settle makes UTC of a record's local time, by its own UtcTime or what was learnt of its host.
func (c *clock) settle(b *builder, stats *Stats) {
	r := &b.rec
	if r.TimeNS != 0 && !b.local {
		return
	}
	if said, ok := b.value("UtcTime"); ok {
		if u, ok := moment.Parse(said); ok {
			if r.TimeNS == 0 {
				r.TimeNS, b.local = u, false
				return
			}
			t := r.TimeNS - c.learn(r.Computer, r.TimeNS, u, false)
			if r.TimeNS, b.local = t, false; u-t < 1e9 && u-t > -2e9 { // it has the rest of the second, too
				r.TimeNS = u
			}
			return
		}
	}
	if !b.local {
		return // no time at all
	}
	off, known := (*c)[r.Computer]
	if !known {
		stats.Local++
		return
	}
	r.TimeNS, b.local = r.TimeNS-off, false
}
