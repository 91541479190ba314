// Package prevalence learns how often a host has seen what its programs do: each combination of a kind of event, program, parent's program,
// user and container image, with how many hours and days of it, and when first and last.
//
// It is what "rare" and "new" mean. Hours and days count, so that nobody makes himself common within minutes; what was seen on several days
// stays when room is short, so that a flood of combinations that nobody saw before forgets its own kind first. Times are those of events,
// so a replay learns the same as the host did.
package prevalence

import (
	"hash/maphash"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
)

const (
	// MaxEntries bounds how many combinations are remembered. Real hosts have some thousands.
	MaxEntries = 32_768
	// MaxBytes bounds what they take.
	MaxBytes = 8 << 20
	// Learning is for how long from its first event on a host knows too little to call anything rare or new: a week holds what is done
	// weekly.
	Learning = 7 * 24 * time.Hour
	// CommonDays is on how many days something must be seen that is no longer rare. Three lie more than a day apart.
	CommonDays = 3
	// NewFor is for how long after it was first seen something is new.
	NewFor = 24 * time.Hour

	reserve = 8 // one part in so many of the room is for what was seen on one day only
)

// Combination is what was seen, and how often.
type Combination struct {
	Kind                                event.Kind
	Path, ParentPath, User, Image, Host string
	Seen                                uint64 // events
	Hours, Days                         uint32 // in which there was any
	FirstNS, LastNS                     int64
}

// entryBytes is what an entry takes beside its texts.
const entryBytes = 200

func (c *Combination) size() int {
	return entryBytes + len(c.Path) + len(c.ParentPath) + len(c.User) + len(c.Image) + len(c.Host)
}

// entry is a combination in its place.
type entry struct {
	Combination
	hash     uint64
	hour     int64 // the last one that is counted, since 1970
	older    int32 // in its list, -1 for none
	newer    int32
	lasting  bool // in the list of what was seen on several days
	occupied bool
}

// list orders entries by the hour in which they were last seen.
type list struct {
	oldest, newest int32
	n, bytes       int
}

// Learner remembers combinations, in memory of a fixed bound. It is safe for concurrent use.
type Learner struct {
	// Now is the clock beyond which no event counts as later; nil for a replay, whose clock the events are.
	Now func() time.Time

	mu       sync.RWMutex
	seed     maphash.Seed
	slots    []int32 // places of entries + 1, by their hash
	entries  []entry
	free     []int32
	once     list // seen on one day
	lasting  list
	limit    int // entries
	maxBytes int

	sinceNS, newestNS int64
	events            uint64
	forgotten         uint64 // of those seen on one day
	forgottenLasting  uint64
	changed           bool
	err               error // of the file
}

// New makes a learner that knows nothing, within bounds: 0 stands for [MaxEntries] and [MaxBytes].
func New(entries, bytes int) *Learner {
	if entries <= 0 {
		entries = MaxEntries
	}
	if bytes <= 0 {
		bytes = MaxBytes
	}
	return &Learner{
		seed: maphash.MakeSeed(), limit: entries, maxBytes: bytes, once: list{oldest: -1, newest: -1}, lasting: list{oldest: -1, newest: -1},
		slots: make([]int32, 64),
	}
}

// Learn takes events as they are stored.
func (l *Learner) Learn(events []event.Event) {
	latest := int64(1<<63 - 1)
	if l.Now != nil {
		latest = l.Now().UnixNano()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range events {
		e := &events[i]
		if e.Process == nil || e.Kind == event.KindFinding || e.TimeNS <= 0 {
			continue
		}
		l.learn(e, min(e.TimeNS, latest))
	}
}

const hourNS = int64(time.Hour)

func (l *Learner) learn(e *event.Event, ns int64) {
	l.events++
	l.changed = true
	if l.sinceNS == 0 || ns < l.sinceNS {
		l.sinceNS = ns
	}
	l.newestNS = max(l.newestNS, ns)
	p := e.Process
	key := Combination{Kind: e.Kind, Path: p.Path, ParentPath: p.ParentPath(), User: p.User, Image: imageOf(p)}
	if e.Host != nil {
		key.Host = e.Host.Name
	}
	hash := l.hash(&key)
	if at := l.find(&key, hash); at >= 0 {
		l.count(at, ns)
		return
	}
	key.Path, key.ParentPath, key.User = strings.Clone(key.Path), strings.Clone(key.ParentPath), strings.Clone(key.User)
	key.Image, key.Host = strings.Clone(key.Image), strings.Clone(key.Host)
	key.Seen, key.Hours, key.Days, key.FirstNS, key.LastNS = 1, 1, 1, ns, ns
	l.add(key, hash)
}

// imageOf gives the image of a process's container: its runtime stands for it where nobody tells of the image.
func imageOf(p *event.Process) string {
	if p.ContainerImage != "" {
		return p.ContainerImage
	}
	return p.ContainerRuntime
}

// count counts an event of a known combination.
func (l *Learner) count(at int32, ns int64) {
	x := &l.entries[at]
	x.Seen++
	x.FirstNS, x.LastNS = min(x.FirstNS, ns), max(x.LastNS, ns)
	hour := ns / hourNS
	if hour <= x.hour { // what comes late counts no hour
		return
	}
	x.Hours++
	if hour/24 > x.hour/24 {
		x.Days++
	}
	x.hour = hour
	l.unlink(at)
	x.lasting = x.Days > 1
	l.link(at)
}

// hash makes a number of what a combination is of. Its seed is this run's own: nobody can choose paths that collide.
func (l *Learner) hash(c *Combination) uint64 {
	h := uint64(c.Kind)
	for _, s := range [...]string{c.Path, c.ParentPath, c.User, c.Image, c.Host} {
		h *= 0x9e3779b97f4a7c15
		if s != "" {
			h ^= maphash.String(l.seed, s)
		}
		h = h<<31 | h>>33
	}
	return h
}

// find gives the place of a combination, -1 if it is not known.
func (l *Learner) find(c *Combination, hash uint64) int32 {
	mask := uint64(len(l.slots) - 1)
	for i := hash & mask; l.slots[i] != 0; i = (i + 1) & mask {
		x := &l.entries[l.slots[i]-1]
		if x.hash == hash && x.Path == c.Path && x.ParentPath == c.ParentPath && x.User == c.User && x.Image == c.Image && x.Host == c.Host &&
			x.Kind == c.Kind {
			return l.slots[i] - 1
		}
	}
	return -1
}

// add remembers a combination that is not known, as the newest of its list, and forgets others where there is no room.
func (l *Learner) add(c Combination, hash uint64) {
	for l.once.n+l.lasting.n > 0 && (l.once.n+l.lasting.n >= l.limit || l.once.bytes+l.lasting.bytes+c.size() > l.maxBytes) {
		l.forget()
	}
	var at int32
	if n := len(l.free); n > 0 {
		at, l.free = l.free[n-1], l.free[:n-1]
	} else {
		at = int32(len(l.entries))
		l.entries = append(l.entries, entry{})
	}
	l.entries[at] = entry{Combination: c, hash: hash, hour: c.LastNS / hourNS, lasting: c.Days > 1, occupied: true}
	l.link(at)
	if 2*(l.once.n+l.lasting.n) > len(l.slots) {
		l.slots = make([]int32, 2*len(l.slots))
		for i := range l.entries {
			if l.entries[i].occupied {
				l.place(int32(i))
			}
		}
		return
	}
	l.place(at)
}

func (l *Learner) place(at int32) {
	mask := uint64(len(l.slots) - 1)
	i := l.entries[at].hash & mask
	for l.slots[i] != 0 {
		i = (i + 1) & mask
	}
	l.slots[i] = at + 1
}

// forget makes room: of what was seen on one day only, unless that has but its reserve, the longest unseen.
func (l *Learner) forget() {
	at := l.once.oldest
	if small := l.once.n <= l.limit/reserve && l.once.bytes <= l.maxBytes/reserve; l.lasting.n > 0 && (at < 0 || small) {
		at = l.lasting.oldest
		l.forgottenLasting++
	} else {
		l.forgotten++
	}
	l.unlink(at)
	x := &l.entries[at]
	mask := uint64(len(l.slots) - 1)
	i := x.hash & mask
	for l.slots[i] != at+1 {
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; l.slots[j] != 0; j = (j + 1) & mask { // no hole may part others from where they belong
		if home := l.entries[l.slots[j]-1].hash & mask; (j-home)&mask >= (j-i)&mask {
			l.slots[i], i = l.slots[j], j
		}
	}
	l.slots[i] = 0
	*x = entry{}
	l.free = append(l.free, at)
}

func (l *Learner) listOf(x *entry) *list {
	if x.lasting {
		return &l.lasting
	}
	return &l.once
}

func (l *Learner) link(at int32) {
	x := &l.entries[at]
	in := l.listOf(x)
	x.older, x.newer = in.newest, -1
	if in.newest >= 0 {
		l.entries[in.newest].newer = at
	} else {
		in.oldest = at
	}
	in.newest = at
	in.n++
	in.bytes += x.size()
}

func (l *Learner) unlink(at int32) {
	x := &l.entries[at]
	in := l.listOf(x)
	if x.older >= 0 {
		l.entries[x.older].newer = x.newer
	} else {
		in.oldest = x.newer
	}
	if x.newer >= 0 {
		l.entries[x.newer].older = x.older
	} else {
		in.newest = x.older
	}
	in.n--
	in.bytes -= x.size()
}

// Known is since when a learner has learned, and until when; zero if it has seen nothing.
type Known struct{ SinceNS, NewestNS int64 }

// UntilNS is when the learning ends that must come first.
func (k Known) UntilNS() int64 { return k.SinceNS + int64(Learning) }

// Learning tells whether it is still on.
func (k Known) Learning() bool { return k.NewestNS < k.UntilNS() }

// Rare tells whether a combination is seldom seen here.
func (k Known) Rare(c *Combination) bool { return !k.Learning() && c.Days < CommonDays }

// New tells whether a combination was first seen lately, and after the learning.
func (k Known) New(c *Combination) bool {
	return c.FirstNS >= k.UntilNS() && k.NewestNS-c.FirstNS < int64(NewFor)
}

// Known tells how much the learner can know.
func (l *Learner) Known() Known {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return Known{l.sinceNS, l.newestNS}
}

// All yields every combination that admit admits, each with its place. admit is called under the lock: it must not come back here.
func (l *Learner) All(admit func(*Combination) bool) iter.Seq[Combination] {
	l.mu.RLock()
	var out []Combination
	for i := range l.entries {
		if x := &l.entries[i]; x.occupied && admit(&x.Combination) {
			out = append(out, x.Combination)
		}
	}
	l.mu.RUnlock()
	return func(yield func(Combination) bool) {
		for i := range out {
			if !yield(out[i]) {
				return
			}
		}
	}
}
