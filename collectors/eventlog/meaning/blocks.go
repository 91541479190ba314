package meaning

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// join takes a part of a script block, and hands over the blocks that are complete or have waited too long. It reports false
// for an event that need not wait.
func (m *Mapper) join(emit func(*pendingBlock)) bool {
	b, ok := m.draft.Event.Detail.(*event.ScriptBlock)
	if !ok || b.What != "block" {
		return false
	}
	if b.Total <= 1 || b.ID == "" {
		b.Parts, b.Total = 1, max(b.Total, 1)
		return false
	}
	key := m.actor.Host + "\x00" + b.ID
	w := m.blocks.waiting[key]
	if w == nil {
		if m.blocks.waiting == nil {
			m.blocks.waiting = make(map[string]*pendingBlock)
		}
		w = &pendingBlock{event: m.draft.Event, actor: m.draft.Actor, logged: m.actor, block: b, parts: make(map[int]string)}
		m.blocks.waiting[key] = w
		m.blocks.order = append(m.blocks.order, key)
	}
	if _, again := w.parts[b.Parts]; !again && w.bytes < maxScript {
		w.parts[b.Parts] = b.Text
		w.bytes += len(b.Text)
	}
	w.event.TimeNS = m.draft.Event.TimeNS
	if len(w.parts) >= w.block.Total {
		m.blocks.done(key, emit)
	}
	for len(m.blocks.order) > maxWaiting {
		m.blocks.done(m.blocks.order[0], emit)
	}
	return true
}

// done hands over a block with the parts that are there.
func (b *blocks) done(key string, emit func(*pendingBlock)) {
	w := b.waiting[key]
	delete(b.waiting, key)
	if i := slices.Index(b.order, key); i >= 0 {
		b.order = slices.Delete(b.order, i, i+1)
	}
	if w == nil {
		return
	}
	numbers := make([]int, 0, len(w.parts))
	for n := range w.parts {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var text strings.Builder
	text.Grow(w.bytes)
	for _, n := range numbers {
		text.WriteString(w.parts[n])
	}
	w.block.Text, w.block.Parts = text.String(), len(numbers)
	emit(w)
}

func (b *blocks) flush(emit func(*pendingBlock)) {
	for len(b.order) > 0 {
		b.done(b.order[0], emit)
	}
}
