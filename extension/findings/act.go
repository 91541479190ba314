package findings

import (
	"slices"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// sameAct is within what time findings about the same process belong to one act.
const sameAct = 10 * time.Second

// OneAct tells whether two findings are about one act: the same process does it or suffers it, at about the same time. An injection is
// found by whoever looks at the write, at the memory and at what runs there then.
func OneAct(a, b *event.Event) bool {
	if d := a.TimeNS - b.TimeNS; max(d, -d) > int64(sameAct) {
		return false
	}
	for _, p := range []*event.Process{a.Process, a.Target} {
		for _, q := range []*event.Process{b.Process, b.Target} {
			if p != nil && q != nil && p.Key != "" && p.Key == q.Key {
				return true
			}
		}
	}
	return false
}

// Acts puts findings of one act together, the gravest first, and the acts in the order of their first findings. all are by ascending event
// id.
func Acts(all []*event.Event) [][]*event.Event {
	var acts [][]*event.Event
	open := 0 // acts before this one are too old to go on
	for _, e := range all {
		at := -1
		for i := len(acts) - 1; i >= open && at < 0; i-- {
			if slices.ContainsFunc(acts[i], func(o *event.Event) bool { return OneAct(o, e) }) {
				at = i
			}
		}
		if at < 0 {
			acts = append(acts, []*event.Event{e})
			open = max(open, len(acts)-maxOpen)
			continue
		}
		acts[at] = append(acts[at], e)
	}
	for _, act := range acts {
		slices.SortStableFunc(act, func(a, b *event.Event) int { return rankOf(b) - rankOf(a) })
	}
	return acts
}

// maxOpen bounds how many acts are looked at for whether a finding belongs to them.
const maxOpen = 64

func rankOf(e *event.Event) int {
	if d, ok := e.Detail.(*event.Finding); ok {
		return d.Rank()
	}
	return -1
}
