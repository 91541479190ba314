package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
)

var testSource = &event.LogSource{Name: "test", Provider: "test"}

func made(k event.Kind, api, key, target, path string, timeNS int64) event.Event {
	e := event.Event{
		Kind: k, API: event.APINamed(api), LogSource: testSource, TimeNS: timeNS, Path: path,
		Process: &event.Process{Key: key, Path: path},
	}
	if target != "" {
		e.Target = &event.Process{Key: target, Path: "/target/" + target}
	}
	return e
}

// TestSelectAgainstBruteForce asks the store and a plain slice the same random questions, over a store that evicts.
func TestSelectAgainstBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := NewStore(6000, 1)
	apis := []string{"ptrace", "mprotect", "mmap", "setuid"}
	kindsUsed := []event.Kind{event.KindCall, event.KindPtrace, event.KindMemory, event.KindTokenChange}
	var all []event.Event
	for i := range 20_000 {
		k := rng.IntN(len(apis))
		e := made(kindsUsed[k], apis[k], fmt.Sprint("p", rng.IntN(300)), fmt.Sprint("t", rng.IntN(50)), fmt.Sprint("/usr/bin/X", rng.IntN(40)),
			int64(i)*1e6+rng.Int64N(5e6))
		if i%40 == 0 {
			e.Path = "/usr/" + strings.Repeat("y", 20_000) + e.Path // large ones close a chunk early
		}
		s.Add(e)
		e.EID = int64(i + 1)
		all = append(all, e)
	}
	held := make(map[int64]bool)
	for _, e := range s.Select(Query{Kinds: event.Kinds()}) {
		held[e.EID] = true
	}
	if len(held) == len(all) || len(held) < 1000 {
		t.Fatalf("the store holds %d of %d events: the test wants eviction", len(held), len(all))
	}
	for range 500 {
		q := Query{Kinds: kindsUsed[rng.IntN(2) : 2+rng.IntN(3)]}
		q.Index = Index(rng.IntN(indexes + 1))
		for range 1 + rng.IntN(3) {
			switch q.Index {
			case ByAPI:
				q.Keys = append(q.Keys, strings.ToUpper(apis[rng.IntN(len(apis))]))
			case ByProcess:
				q.Keys = append(q.Keys, fmt.Sprint("p", rng.IntN(320)))
			case ByTarget:
				q.Keys = append(q.Keys, fmt.Sprint("t", rng.IntN(60)))
			case ByLastPart:
				q.Keys = append(q.Keys, fmt.Sprint("x", rng.IntN(45)))
			case NoIndex:
			}
		}
		if rng.IntN(2) == 0 {
			q.MinNS = rng.Int64N(20e9)
		}
		if rng.IntN(2) == 0 {
			q.MaxNS = rng.Int64N(20e9) + 1
		}
		if rng.IntN(3) == 0 {
			q.MinEID = rng.Int64N(20_000)
		}
		if rng.IntN(3) == 0 {
			q.MaxEID = rng.Int64N(20_000) + 1
		}
		if rng.IntN(5) == 0 {
			q.Index, q.Keys = NoIndex, nil
			q.EIDs = []int64{rng.Int64N(20_000), rng.Int64N(20_000), 19_999}
		}
		var want []int64
		for i := range all {
			e := &all[i]
			if !held[e.EID] || !slices.Contains(q.Kinds, e.Kind) || !q.admits(e) {
				continue
			}
			if q.Index != NoIndex && !slices.ContainsFunc(q.Keys, func(k string) bool { return strings.EqualFold(k, keyOf(q.Index, e)) }) {
				continue
			}
			if q.EIDs != nil && !slices.Contains(q.EIDs, e.EID) {
				continue
			}
			want = append(want, e.EID)
		}
		var got []int64
		for _, e := range s.Select(q) {
			got = append(got, e.EID)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v: got %d events, want %d", q, len(got), len(want))
		}
	}
}

func TestFloodOfOneKindLeavesTheOthers(t *testing.T) {
	s := NewStore(5000, 1)
	s.Started(5)
	s.Add(made(event.KindPtrace, "ptrace", "a", "b", "/x", 10))
	for i := range 50_000 {
		s.Add(made(event.KindMemory, "mprotect", "a", "", "/x", int64(20+i)))
	}
	if got := len(s.Select(Query{Kinds: []event.Kind{event.KindPtrace}})); got != 1 {
		t.Errorf("%d ptrace events are left, want 1", got)
	}
	for _, st := range s.Stats() {
		switch st.Kind {
		case event.KindPtrace:
			if st.CoveredNS != 5 || st.Evicted != 0 {
				t.Errorf("ptrace: %+v, want covered since 5", st)
			}
		case event.KindMemory:
			if st.Events > st.Capacity+chunkSize || st.Events < st.Capacity || st.Added != 50_000 ||
				st.Evicted != 50_000-uint64(st.Events) || st.CoveredNS < 20+50_000-int64(st.Capacity)-chunkSize || st.CoveredNS > 50_020 {
				t.Errorf("memory: %+v", st)
			}
		default:
		}
	}
}

// TestLongCommandLinesEvict holds the store to its bound in bytes: many long command lines push out old ones, and of other kinds nothing.
func TestLongCommandLinesEvict(t *testing.T) {
	const bound = 4 << 20
	s := NewStore(0, 1)
	s.Limit(Limits{Bytes: bound})
	for i := range 500 {
		s.Add(made(event.KindMount, "mount", "p", "", "/x", int64(i)))
	}
	long := strings.Repeat("x", 4096)
	for i := range 4000 {
		e := made(event.KindProcessStart, "execve", fmt.Sprint(i), "", "/bin/x", int64(i+1))
		e.Process.Cmdline = long
		s.Add(e)
	}
	bytes := 0
	for _, st := range s.Stats() {
		bytes += st.Bytes
		switch {
		case st.Kind == event.KindMount && st.Events != 500:
			t.Errorf("%d of 500 mounts are left", st.Events)
		case st.Kind == event.KindProcessStart && st.Bytes < st.Limit:
			t.Errorf("the starts take %d bytes and may take %d", st.Bytes, st.Limit)
		}
	}
	if bytes > bound || bytes < bound/2 {
		t.Errorf("%d bytes are held, want at most %d", bytes, bound)
	}
}

func TestConcurrentReadersAndWriter(t *testing.T) {
	s := NewStore(3000, 100)
	var wg sync.WaitGroup
	done := make(chan struct{})
	for r := range 3 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				last := int64(0)
				q := Query{Kinds: []event.Kind{event.KindMemory, event.KindPtrace}}
				if r > 0 {
					q.Index, q.Keys = ByProcess, []string{fmt.Sprint("p", i%20)}
				}
				for _, e := range s.Select(q) {
					if e.EID <= last || e.Process == nil {
						t.Errorf("event %d after %d", e.EID, last)
						return
					}
					last = e.EID
				}
				s.Stats()
			}
		})
	}
	for i := range 40_000 {
		k := event.KindMemory
		if i%7 == 0 {
			k = event.KindPtrace
		}
		s.Add(made(k, "mprotect", fmt.Sprint("p", i%20), "", "/x", int64(i)))
	}
	close(done)
	wg.Wait()
}

func BenchmarkAdd(b *testing.B) {
	s := NewStore(0, 1)
	e := made(event.KindMemory, "mprotect", "3f2a1b4c.123.456", "", "/usr/bin/x", 1)
	b.ReportAllocs()
	for i := range b.N {
		e.TimeNS = int64(i)
		s.Add(e)
	}
}

// finding is one of a severity.
func finding(severity string, n int) event.Event {
	return event.Event{Kind: event.KindFinding, TimeNS: int64(n + 1), Detail: &event.Finding{Severity: severity, ID: fmt.Sprint(n)}}
}

// TestFindingsLeaveByDeliveryAndSeverity: those that were handed out go first, then the least grave; what is lost before is counted.
func TestFindingsLeaveByDeliveryAndSeverity(t *testing.T) {
	s := NewStore(1, 1) // the least that a kind may hold
	held := func(severity string) (n int) {
		for _, e := range s.Select(Query{Kinds: []event.Kind{event.KindFinding}}) {
			if e.Detail.(*event.Finding).Severity == severity {
				n++
			}
		}
		return n
	}
	unasked := func() uint64 { return s.Stats()[event.KindFinding].Unasked }
	s.Add(finding("high", 0))
	for i := range 3 * minQuota {
		s.Add(finding("low", 1+i))
	}
	if held("high") != 1 || held("low") != 3*minQuota || unasked() != 0 {
		t.Errorf("%d high and %d low are held, %d lost before anybody asked", held("high"), held("low"), unasked())
	}
	s.Handed(event.KindFinding, []int64{1})
	for i := range 3 * minQuota {
		s.Add(finding("low", 10_000+i))
	}
	lost := 6*minQuota - held("low")
	if held("high") != 1 || held("low") > undelivered*minQuota || lost == 0 || unasked() != uint64(lost) {
		t.Errorf("%d high and %d low are held, %d lost before anybody asked", held("high"), held("low"), unasked())
	}
	var all []int64
	for _, e := range s.Select(Query{Kinds: []event.Kind{event.KindFinding}}) {
		all = append(all, e.EID)
	}
	s.Handed(event.KindFinding, all)
	before := unasked()
	for i := range 2 * chunkSize {
		s.Add(finding("medium", 20_000+i))
	}
	if held("low") > minQuota || held("medium") != 2*chunkSize || held("high") != 1 || unasked() != before {
		t.Errorf("%d high, %d medium, %d low are held, %d lost before anybody asked", held("high"), held("medium"), held("low"), unasked())
	}
	if n := len(s.classes[event.KindFinding].handed); n > 2*minQuota {
		t.Errorf("%d are remembered as handed out", n)
	}
}

// TestHandedOutTooLate: what was evicted while it was being handed out is not remembered as such, and what is held still is.
func TestHandedOutTooLate(t *testing.T) {
	s := NewStore(0, 1)
	s.Limit(Limits{Events: 1})
	var all []int64
	for range 20 * minQuota {
		all = append(all, s.Add(event.Event{Kind: event.KindFinding, Detail: &event.Finding{Severity: "low"}}))
		if len(all)%minQuota == 0 {
			s.Handed(event.KindFinding, all) // most of them have gone
		}
	}
	c := &s.classes[event.KindFinding]
	if len(c.handed) > c.held || c.held == len(all) {
		t.Errorf("%d are remembered as handed out, of %d that are held of %d", len(c.handed), c.held, len(all))
	}
	for _, e := range s.Select(Query{Kinds: []event.Kind{event.KindFinding}}) {
		if _, ok := c.handed[e.EID]; !ok {
			t.Fatalf("finding %d was handed out and is held, and is not remembered so", e.EID)
		}
	}
}

// caused is a call of a program in a process tree.
func caused(tree uint32, path string, timeNS int64) event.Event {
	e := made(event.KindPtrace, "ptrace", path, "", "/x", timeNS)
	e.Tree, e.Process.Path = tree, path
	return e
}

// TestFloodEvictsItsOwnPast: neither one program of a tree, nor one tree with as many programs as it likes, pushes out what others did.
func TestFloodEvictsItsOwnPast(t *testing.T) {
	for _, flood := range []struct {
		name string
		of   func(i int) event.Event
	}{
		{"one program", func(i int) event.Event { return caused(1, "/tmp/flood", int64(100+i)) }},
		{"many programs", func(i int) event.Event { return caused(2, fmt.Sprint("/tmp/flood", i), int64(100+i)) }},
	} {
		t.Run(flood.name, func(t *testing.T) {
			s := NewStore(20_000, 1)
			s.Add(caused(1, "/usr/bin/gdb", 1))
			s.Add(caused(3, "/usr/bin/gdb", 2))
			for i := range 50_000 {
				s.Add(flood.of(i))
			}
			left := s.Select(Query{Kinds: []event.Kind{event.KindPtrace}, MaxNS: 99})
			if len(left) != 2 {
				t.Errorf("%d of 2 calls of others are left", len(left))
			}
			st := s.Stats()[event.KindPtrace]
			if st.Events > st.Capacity+chunkSize || st.CoveredNS < 100 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// TestNothingGoesUnlooked: the store says when an addition would evict what nobody has looked at.
func TestNothingGoesUnlooked(t *testing.T) {
	s := NewStore(2000, 1)
	looks := 0
	var seen int64
	for i := range 20_000 {
		batch := []event.Event{caused(uint32(i%5), fmt.Sprint("/bin/", i%7), int64(i+1))}
		if s.Endangered(batch) != nil {
			looks++
			for _, e := range s.Select(Query{Kinds: []event.Kind{event.KindPtrace}, MinEID: seen + 1}) {
				if e.EID != seen+1 {
					t.Fatalf("event %d went before anybody looked at it", seen+1)
				}
				seen = e.EID
			}
			s.Looked(event.KindPtrace, seen)
		}
		s.Add(batch...)
	}
	if n := s.Stats()[event.KindPtrace].Unlooked; n != 0 {
		t.Errorf("%d are counted as gone before", n)
	}
	before := s.Stats()[event.KindPtrace].Evicted
	for i := range 5000 {
		s.Add(caused(1, "/bin/flood", int64(30_000+i)))
	}
	if st := s.Stats()[event.KindPtrace]; st.Unlooked == 0 || st.Unlooked > st.Evicted-before {
		t.Errorf("of %d that went nobody looked at %d", st.Evicted-before, st.Unlooked)
	}
	if looks < 20_000/(minQuota+(1+programLanes+treeLanes)*chunkSize) || looks > 400 {
		t.Errorf("%d looks", looks)
	}
}

// TestSnapshotsCount: what a process's snapshots hold counts, whichever events bear them, and once.
func TestSnapshotsCount(t *testing.T) {
	const bound = 4 << 20
	s := NewStore(0, 1)
	s.Limit(Limits{Bytes: bound})
	long := strings.Repeat("d", 4000)
	for i := range 4000 {
		e := made(event.KindPtrace, "ptrace", "p", "", "/x", int64(i+1))
		e.Process.Path, e.Process.CWD = "/"+long, "/"+long
		s.Add(e)
	}
	st := s.Stats()[event.KindPtrace]
	if st.Bytes > bound || st.Bytes < st.Events*8000 {
		t.Errorf("%d events take %d bytes", st.Events, st.Bytes)
	}
	p := &event.Process{Key: "k", Path: "/" + long}
	before := s.Stats()[event.KindMount].Bytes
	for i := range 100 {
		s.Add(event.Event{Kind: event.KindMount, TimeNS: int64(i + 1), Process: p})
	}
	if took := s.Stats()[event.KindMount].Bytes - before; took > 100*rowBytes+len(long)+processRoom {
		t.Errorf("a process that a hundred events share takes %d bytes", took)
	}
}

const processRoom = 400
