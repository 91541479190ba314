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

var testFeed = &event.Feed{LogSource: "test", Provider: "test"}

func made(k event.Kind, api, key, target, path string, timeNS int64) event.Event {
	e := event.Event{Kind: k, API: event.APINamed(api), Feed: testFeed, TimeNS: timeNS, Path: path, Process: &event.Process{Key: key, Path: path}}
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
			if !held[e.EID] || !slices.Contains(q.Kinds, e.Kind) || !within(&q, e) {
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

func within(q *Query, e *event.Event) bool {
	return (q.MinNS == 0 || e.TimeNS >= q.MinNS) && (q.MaxNS == 0 || e.TimeNS <= q.MaxNS) &&
		(q.MinEID == 0 || e.EID >= q.MinEID) && (q.MaxEID == 0 || e.EID <= q.MaxEID)
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
				st.Evicted != 50_000-uint64(st.Events) || st.CoveredNS != st.OldestNS {
				t.Errorf("memory: %+v", st)
			}
		default:
		}
	}
}

// TestBytesAreBounded holds the store to its bound in bytes, whatever it is in a row that is long: old rows go.
func TestBytesAreBounded(t *testing.T) {
	long := strings.Repeat("x", 4000)
	for name, lengthen := range map[string]func(*event.Event, string){
		"command line": func(e *event.Event, s string) { e.Process.Cmdline = s },
		"path":         func(e *event.Event, s string) { e.Process.Path = s },
		"folder":       func(e *event.Event, s string) { e.Process.CWD = s },
		"file":         func(e *event.Event, s string) { e.Path = s },
		"creator":      func(e *event.Event, s string) { e.Process.Creator = &event.Creator{Cmdline: s} },
		"detail":       func(e *event.Event, s string) { e.Detail = &event.Exec{ScriptPath: s} },
		"host":         func(e *event.Event, s string) { e.Host = &event.Host{Name: s} },
	} {
		t.Run(name, func(t *testing.T) {
			s := NewStore(0, 1)
			s.Limit(Limits{Bytes: 4 << 20})
			for i := range 4000 {
				e := made(event.KindProcessStart, "execve", fmt.Sprint(i), "", "/bin/x", int64(i+1))
				lengthen(&e, fmt.Sprint(i, long))
				s.Add(e)
			}
			st := s.Stats()[event.KindProcessStart]
			if held := heldBytes(s); held > 4<<20*5/4 || st.Bytes > 4<<20*9/8 || st.Events < 500 || st.Evicted != uint64(4000-st.Events) {
				t.Errorf("%d bytes are taken: %+v", held, st)
			}
		})
	}
}

// heldBytes counts what a store's chunks hold.
func heldBytes(s *Store) (n int) {
	for k := range s.classes {
		for _, c := range s.classes[k].chunks {
			n += besideBlock + cap(c.data)
		}
	}
	return n
}

// TestKindsBorrowBytes lets one kind take what others leave, and give it back when they want it.
func TestKindsBorrowBytes(t *testing.T) {
	s := NewStore(0, 1)
	s.Limit(Limits{Bytes: 4 << 20})
	add := func(k event.Kind, n int) {
		for i := range n {
			s.Add(event.Event{Kind: k, Feed: testFeed, TimeNS: int64(i + 1), Path: fmt.Sprint(i, strings.Repeat("x", 1000))})
		}
	}
	add(event.KindMemory, 6000)
	if st := s.Stats()[event.KindMemory]; st.Bytes < 3<<20 || st.Bytes < 2*st.Limit {
		t.Errorf("one kind alone takes %d bytes", st.Bytes)
	}
	add(event.KindPtrace, 200)
	if st := s.Stats(); st[event.KindPtrace].Events != 200 || st[event.KindMemory].Events == 0 || s.bytes > 4<<20 {
		t.Errorf("of the other %d events are left, of the first %d; %d bytes", st[event.KindPtrace].Events, st[event.KindMemory].Events, s.bytes)
	}
	add(event.KindMemory, 6000)
	if st := s.Stats(); st[event.KindPtrace].Events != 200 {
		t.Errorf("a flood of one kind left %d events of another, which kept to its share", st[event.KindPtrace].Events)
	}
	sum := 0
	for _, st := range s.Stats() {
		sum += st.Bytes
	}
	if got := s.bytes; sum < got || sum > got+1<<20 {
		t.Errorf("%d bytes are told of, %d are counted", sum, got)
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
	batch := []event.Event{made(event.KindMemory, "mprotect", "3f2a1b4c.123.456", "", "/usr/bin/x", 1)}
	b.ReportAllocs()
	for i := range b.N {
		batch[0].TimeNS = int64(i)
		s.Add(batch...)
	}
}

// BenchmarkAddProcess adds starts of processes, each of its own.
func BenchmarkAddProcess(b *testing.B) {
	s := NewStore(0, 1)
	parent := &event.Process{Key: "3f2a1b4c.1.1", Path: "/usr/bin/make", Cmdline: "make -j8 all"}
	batch := make([]event.Event, 256)
	for i := range batch {
		p := parent.Copy()
		p.Key, p.Cmdline, p.Creator = fmt.Sprint("3f2a1b4c.", i, ".456"), fmt.Sprint("cc -c -o file", i, ".o file", i, ".c"), parent.AsCreator()
		batch[i] = event.Event{Kind: event.KindProcessStart, API: event.APINamed("execve"), Feed: testFeed, Process: p, Detail: &event.Exec{OwnerUID: 0, Mode: 0o755}}
	}
	b.ReportAllocs()
	for i := 0; i < b.N; i += len(batch) {
		s.Add(batch...)
	}
}

// BenchmarkScan reads every event of a kind.
func BenchmarkScan(b *testing.B) {
	for _, k := range []event.Kind{event.KindMemory, event.KindProcessStart} {
		b.Run(k.String(), func(b *testing.B) {
			s := NewStore(0, 1)
			for i := range 20_000 {
				s.Add(made(k, "mprotect", fmt.Sprint("p", i/4), "", "/usr/bin/x", int64(i)))
			}
			b.ReportAllocs()
			n := 0
			for n < b.N {
				n += len(s.Select(Query{Kinds: []event.Kind{k}}))
			}
		})
	}
}
