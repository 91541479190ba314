package live

import (
	"maps"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
)

// progress is how far the channels were read: as it was handed over, as it was stored, and as it may be kept, because somebody looked
// at what was stored. Who never asks for marks lets it be kept as soon as it is stored.
type progress struct {
	passed map[string]Place // handed over and not yet stored
	stored map[string]Place
	kept   map[string]Place // to be written down
	dirty  bool             // since it was last written

	asked bool
	last  uint64 // mark given
	marks []mark
}

// mark is what was stored when a mark was asked for.
type mark struct {
	number uint64
	places map[string]Place
}

// maxMarks bounds the marks that wait. One that is forgotten is made up for by the next.
const maxMarks = 64

func begin(places map[string]Place) progress {
	return progress{passed: make(map[string]Place), stored: maps.Clone(places), kept: places}
}

// store takes over what was handed over, except of channels that are held back.
func (p *progress) store(held func(channel string) bool) {
	for channel, place := range p.passed {
		if held(channel) {
			continue
		}
		p.stored[channel] = place
		if !p.asked {
			p.kept[channel], p.dirty = place, true
		}
		delete(p.passed, channel)
	}
}

func (p *progress) mark() uint64 {
	p.asked = true
	p.last++
	if len(p.marks) == maxMarks {
		p.marks = p.marks[1:]
	}
	p.marks = append(p.marks, mark{p.last, maps.Clone(p.stored)})
	return p.last
}

func (p *progress) evaluated(number uint64) {
	n := 0
	for n < len(p.marks) && p.marks[n].number <= number {
		n++
	}
	if n == 0 {
		return
	}
	if places := p.marks[n-1].places; !maps.Equal(places, p.kept) {
		p.kept, p.dirty = places, true
	}
	p.marks = append([]mark(nil), p.marks[n:]...)
}

// holdScripts is how long a channel of PowerShell's is held back at most while a script waits for its other parts.
const holdScripts = time.Minute

var _ collectors.Keeper = (*Live)(nil)

// Stored implements [collectors.Keeper], as do the other methods. Where parts of a script wait for others, their channel stays where it
// was: they are nowhere but in memory.
func (l *Live) Stored() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.options.now()
	switch {
	case !l.mapper.Waits():
		l.waits = time.Time{}
	case l.waits.IsZero():
		l.waits = now
	}
	hold := !l.waits.IsZero() && now.Sub(l.waits) < holdScripts
	l.progress.store(func(channel string) bool { return hold && strings.Contains(channel, "PowerShell") })
}

// Flush hands over the scripts whose parts wait for others.
func (l *Live) Flush(sink collectors.Sink) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mapper.Flush(sink)
}

// Handed gives a mark for what is stored now.
func (l *Live) Handed() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.progress.mark()
}

// Evaluated takes what a mark stands for as read.
func (l *Live) Evaluated(upTo uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.evaluated(upTo)
}
