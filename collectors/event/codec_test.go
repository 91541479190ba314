package event

import (
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// fill gives a value's fields something of their types, whatever they are.
func fill(rng *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				fill(rng, f)
			}
		}
	case reflect.String:
		v.SetString([]string{"", "x", "a text", `C:\some\program.exe`, strings.Repeat("long ", rng.IntN(100))}[rng.IntN(5)])
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(rng.Uint64()) >> rng.IntN(64))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rng.Uint64() >> (64 - rng.IntN(v.Type().Bits()+1)))
	case reflect.Slice:
		if n := rng.IntN(4); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(rng, v.Index(i))
			}
		}
	default:
		panic("the codec's test knows no " + v.Type().String())
	}
}

func filled[T any](rng *rand.Rand) *T {
	t := new(T)
	v := reflect.ValueOf(t).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.CanSet() && f.Kind() != reflect.Pointer {
			fill(rng, f)
		}
	}
	return t
}

func someProcess(rng *rand.Rand) *Process {
	p := filled[Process](rng)
	if rng.IntN(2) == 0 {
		p.Windows = filled[WindowsProcess](rng)
	}
	if rng.IntN(2) == 0 {
		p.Creator = filled[Creator](rng)
		p.Creator.Windows = p.Windows
	}
	return p
}

// someEvent gives an event of a kind with a detail of a type, nil for none.
func someEvent(rng *rand.Rand, k Kind, of *DetailType) Event {
	e := Event{
		Exit: int64(rng.Uint64()), Path: []string{"", "/bin/ls"}[rng.IntN(2)], NArgs: uint8(rng.IntN(MaxArgs + 1)), NoExit: rng.IntN(2) == 0,
		Outcome: Outcome(rng.IntN(3)), Kind: k, API: APINamed([]string{"ptrace", "OpenProcess", "made up"}[rng.IntN(3)]), Feed: knownFeed(Feed{"a", "b"}),
	}
	for i := range e.NArgs {
		e.Args[i] = rng.Uint64() >> rng.IntN(64)
	}
	if of != nil {
		e.Detail = of.New()
		fill(rng, reflect.ValueOf(e.Detail).Elem())
	}
	if rng.IntN(4) > 0 {
		e.Process = someProcess(rng)
	}
	if rng.IntN(2) == 0 {
		e.Target = someProcess(rng)
	}
	if rng.IntN(3) == 0 {
		e.Host = filled[Host](rng)
	}
	if rng.IntN(3) == 0 {
		e.Subject = filled[Subject](rng)
	}
	if rng.IntN(5) == 0 {
		e.API, e.Feed = nil, nil
	}
	return e
}

// someEvents gives events of every kind with each of its details.
func someEvents(rng *rand.Rand) (all []Event) {
	for _, d := range descriptors {
		for range 20 {
			all = append(all, someEvent(rng, d.Kind, nil))
			for i := range d.Details {
				all = append(all, someEvent(rng, d.Kind, &d.Details[i]))
			}
		}
	}
	return all
}

// TestRoundTrip writes events of every kind, whatever their fields hold, and reads them back: in any order, into events used before, and
// from a block that a second writer gives byte by byte.
func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	all := someEvents(rng)
	var w, again Encoder
	w.Begin(nil)
	again.Begin(nil)
	var at []int
	for i := range all {
		before := all[i]
		at = append(at, w.Event(&all[i]))
		again.Event(&all[i])
		if !reflect.DeepEqual(before, all[i]) {
			t.Fatalf("writing event %d changed it", i)
		}
	}
	if string(w.Data()) != string(again.Data()) {
		t.Error("two writers give different blocks")
	}
	b, err := NewBlock(w.Data())
	if err != nil {
		t.Fatal(err)
	}
	used := new(Event)
	for _, i := range rng.Perm(len(all)) {
		fresh := Event{Kind: all[i].Kind}
		used.Kind = all[i].Kind
		for _, e := range []*Event{&fresh, used} {
			if err := b.Event(at[i], e); err != nil {
				t.Fatalf("event %d: %v", i, err)
			}
			if e.ActorKey() != all[i].ActorKey() || e.Caller().ParentKey() != all[i].Caller().ParentKey() ||
				e.Caller().OnWindows().UserSID != all[i].Caller().OnWindows().UserSID {
				t.Errorf("event %d read in pieces is another", i)
			}
			if e.Resolve(); e.Process == &noProcess {
				e.Process = nil
			}
			if !reflect.DeepEqual(*e, all[i]) {
				t.Fatalf("event %d:\ngot  %+v\n     %+v\nwant %+v\n     %+v", i, *e, e.Detail, all[i], all[i].Detail)
			}
		}
	}
}

// FuzzDecode reads blocks that nobody wrote: reading ends, with an error or an event, and takes memory in proportion.
func FuzzDecode(f *testing.F) {
	rng := rand.New(rand.NewPCG(5, 6))
	var w Encoder
	for _, d := range descriptors {
		w.Begin(nil)
		at := 0
		for i := range d.Details {
			e := someEvent(rng, d.Kind, &d.Details[i])
			at = w.Event(&e)
		}
		f.Add(append([]byte(nil), w.Data()...), at)
	}
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		b, err := NewBlock(data)
		if err != nil {
			return
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, at := range []int{at, 1, len(data) / 2, len(data) - 1} {
			e := new(Event)
			if b.Event(at, e) == nil {
				e.Resolve()
				_ = e.Arguments()
				_ = e.Object()
			}
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > uint64(1<<20+1000*len(data)) {
			t.Errorf("%d bytes took %d to read", len(data), n)
		}
	})
}
