package lineage

import "time"

// Asking the host takes time, in which nothing else is done: a process with 65,000 mappings makes one question last 35 ms. So time is
// what is rationed, and everybody's apart from everybody else's: who makes us ask much is left unasked about, and nobody else.
const (
	// Of a second, how much time may be spent on the questions of one actor, about processes that start and about what calls did.
	// The latter are asked of nobody else, the former seldom tell more than the parent's past does.
	processesNS, callsNS = 1_000_000, 10_000_000
	burst                = 20 // seconds' worth that is there at once
	treeActors           = 8  // a tree may take as much as so many actors
	maxActors            = 64 // of one tree that are told apart; beyond, they share
	costUnlikely         = 10 // times of a question that may well find nobody
)

// tree is what descends from one process that init started, or from one login: whom the system tells apart, however many processes
// they start and under how many ids (a user namespace has 65,536 of them).
type tree struct {
	id   uint32
	size int // processes of it that are known
	purse
	actors map[requester]*purse
}

// newTree begins a tree.
func (l *Lineage) newTree() *tree {
	l.trees++
	return &tree{id: l.trees}
}

// purse holds what may be spent.
type purse struct{ processes, calls budget }

// question says what is asked about.
type question uint8

const (
	aboutProcess  question = iota // that starts, or is seen first
	aboutUnlikely                 // one that has ended and may have been waited for
	aboutCall                     // what a call did: to whom, to which file, at what place in memory
)

// requester is who makes us ask: a program of a user, in a tree.
type requester struct {
	uid     int64
	program string
}

// purseOf gives the purse of an actor in the tree.
func (t *tree) purseOf(a requester) *purse {
	p := t.actors[a]
	if p == nil {
		if t.actors == nil {
			t.actors = make(map[requester]*purse)
		}
		if len(t.actors) >= maxActors {
			a = requester{}
			if p = t.actors[a]; p != nil {
				return p
			}
		}
		p = new(purse)
		t.actors[a] = p
	}
	return p
}

// ask puts a question of an actor if time is left for it, and counts it. now is the event's time.
func (l *Lineage) ask(by asker, now int64, put func()) bool {
	all, own := &by.tree.purse, by.tree.purseOf(by.requester)
	ofTree, ofOne, rate, cost := &all.processes, &own.processes, int64(processesNS), int64(1)
	switch by.about {
	case aboutCall:
		ofTree, ofOne, rate = &all.calls, &own.calls, callsNS
	case aboutUnlikely:
		cost = costUnlikely
	case aboutProcess:
	}
	ofTree.fill(now, treeActors*rate)
	ofOne.fill(now, rate)
	// What may well be in vain is asked while much is left.
	least := int64(0)
	if by.about == aboutUnlikely {
		least = burst * rate / 2
	}
	if ofOne.left <= least || ofTree.left <= least {
		if by.about == aboutCall {
			l.stats.Unasked++
		} else {
			l.stats.Skipped++
		}
		return false
	}
	l.stats.HostQuestions++
	if l.Clock == nil {
		put()
		return true
	}
	begin := l.Clock()
	put()
	spent := cost * int64(l.Clock().Sub(begin))
	ofOne.left -= spent
	ofTree.left -= spent
	return true
}

// budget is time left to ask in, filled as events' time goes on.
type budget struct{ left, last int64 } // nanoseconds

func (b *budget) fill(now, aSecond int64) {
	switch {
	case b.last == 0:
		b.left, b.last = burst*aSecond, now
	case now > b.last:
		passed := min(now-b.last, burst*int64(time.Second))
		b.left = min(burst*aSecond, b.left+passed/1000*aSecond/1e6)
		b.last = now
	case now < b.last-SteppedNS:
		b.last = now
	}
}
