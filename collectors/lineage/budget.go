package lineage

// budget is a token bucket over event time.
type budget struct {
	tokens, aSecond float64
	lastNS          int64
}

func (b *budget) fill(nowNS int64) {
	switch {
	case nowNS > b.lastNS:
		b.tokens = min(questionsBurst, b.tokens+float64(nowNS-b.lastNS)/1e9*b.aSecond)
		b.lastNS = nowNS
	case nowNS < b.lastNS-SteppedNS:
		b.lastNS = nowNS
	}
}

// takeUnlikely is for a question that may well find nobody, as one that has ended and may have been waited for: it is asked while many
// are left, and costs as much as several, so that a flood of short lives brings next to none.
func (b *budget) takeUnlikely(nowNS int64) bool {
	b.fill(nowNS)
	if b.tokens < questionsBurst/2 {
		return false
	}
	b.tokens -= costUnlikely
	return true
}

func (b *budget) take(nowNS int64) bool {
	b.fill(nowNS)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
