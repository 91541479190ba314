// Package flood tells how many records a rule brings and who brings most of them, so that a rule that floods another owner's log can leave
// out one user or program and still see the others.
package flood

import (
	"bytes"
	"strconv"
	"sync"
	"time"

	"github.com/apiwatch/apiwatch/collectors/audit/text"
)

const (
	// tooLong is for how many checks a rule may exceed its rate, unless it does so tenfold.
	tooLong = 3
	// maxActors is how many are told apart between two checks.
	maxActors = 256
)

// Actor is who makes calls.
type Actor struct {
	UID  uint32
	Path string // the program's
}

// Gauge counts a rule's records. Any goroutine may use it.
type Gauge struct {
	mu        sync.Mutex
	received  uint64 // ever
	by        map[Actor]uint64
	processes map[uint32]uint64
	counted   uint64 // at the last check
	countedAt time.Time
	over      int
}

// Add counts a SYSCALL record that stands for n.
func (g *Gauge) Add(body []byte, n uint64) {
	uid, ok := strconv.ParseUint(string(field(body, " uid=")), 10, 32)
	pid, _ := strconv.ParseUint(string(field(body, " pid=")), 10, 32)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.received += n
	if ok != nil {
		return
	}
	if _, known := g.processes[uint32(pid)]; known || len(g.processes) < maxActors {
		if g.processes == nil {
			g.processes = make(map[uint32]uint64)
		}
		g.processes[uint32(pid)] += n
	}
	who := Actor{UID: uint32(uid), Path: path(field(body, " exe="))}
	if _, known := g.by[who]; known || len(g.by) < maxActors {
		if g.by == nil {
			g.by = make(map[Actor]uint64)
		}
		g.by[who] += n
	}
}

func field(body []byte, name string) []byte {
	_, value, _ := bytes.Cut(body, []byte(name))
	if len(value) > 1 && value[0] == '"' {
		quoted, _, _ := bytes.Cut(value[1:], []byte{'"'})
		return value[:len(quoted)+1] // a blank may stand in it
	}
	value, _, _ = bytes.Cut(value, []byte{' '})
	return value
}

// path reads a string of the kernel's, "" if it is none.
func path(value []byte) string {
	if len(value) > 0 && value[0] == '"' {
		return string(value[1:])
	}
	decoded, ok := text.AppendHex(nil, value)
	if !ok {
		return ""
	}
	return string(decoded)
}

// Received is how many records there were.
func (g *Gauge) Received() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.received
}

// Busiest tells which process brought most records since the last check, and how many a second.
func (g *Gauge) Busiest(now time.Time) (pid uint32, rate float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var most uint64
	for p, n := range g.processes {
		if n > most || n == most && p < pid {
			pid, most = p, n
		}
	}
	return pid, float64(most) / max(now.Sub(g.countedAt).Seconds(), 0.001)
}

// Check tells whether the rule brings more than so many records a second since too long, and by whom they were since the last check.
func (g *Gauge) Check(now time.Time, limit float64) (rate float64, by map[Actor]uint64, over bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	first := g.countedAt.IsZero()
	rate = float64(g.received-g.counted) / max(now.Sub(g.countedAt).Seconds(), 0.001)
	by = g.by
	g.by, g.processes, g.counted, g.countedAt = nil, nil, g.received, now
	switch {
	case first || rate <= limit:
		g.over = 0
		return rate, by, false
	case rate <= 10*limit && g.over+1 < tooLong:
		g.over++
		return rate, by, false
	}
	g.over = 0
	return rate, by, true
}

// Without takes out of the records those of some, and gives the rate of the rest.
func Without(by map[Actor]uint64, rate float64, some func(Actor) bool) float64 {
	var all, rest uint64
	for who, n := range by {
		all += n
		if some(who) {
			delete(by, who)
		} else {
			rest += n
		}
	}
	if all == rest {
		return rate
	}
	return rate * float64(rest) / float64(all)
}

// Most tells whom to leave out so that the rest stays below the limit, or is at most half: a user, or of root's programs one. One user's
// calls are no reason to see nobody's, and root is too many to be left out as a whole.
func Most(by map[Actor]uint64, rate, limit float64) (who Actor, ok bool) {
	var all uint64
	users := make(map[uint32]uint64)
	for a, n := range by {
		all += n
		users[a.UID] += n
	}
	enough := func(n uint64) bool {
		rest := float64(all-n) / float64(max(all, 1))
		return n > 0 && (rest*rate <= limit || rest <= 0.5)
	}
	for uid, n := range users {
		if uid != 0 && enough(n) {
			if !ok || n > users[who.UID] || n == users[who.UID] && uid < who.UID {
				who, ok = Actor{UID: uid}, true
			}
		}
	}
	if ok {
		return who, true
	}
	for a, n := range by {
		if a.UID == 0 && a.Path != "" && enough(n) && (!ok || n > by[who]) {
			who, ok = a, true
		}
	}
	return who, ok
}
