package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/scripts/racing"
)

func TestJudge(t *testing.T) {
	tenfold := Measure{Unit: "events/s"}.atLeast(value, 1000).atLeast(ratio, 10)
	half := Measure{Unit: "%"}.atMost(ratio, 0.5)
	for _, test := range []struct {
		name string
		m    Measure
		v    float64
		them float64
		met  bool
		goal string
	}{
		{"both conditions hold", tenfold, 2000, 200, true, "≥ 1,000 events/s, ≥ 10.0 ×"},
		{"the value is too small", tenfold, 900, 10, false, "≥ 1,000 events/s, ≥ 10.0 ×"},
		{"the ratio is too small", tenfold, 2000, 201, false, "≥ 1,000 events/s, ≥ 10.0 ×"},
		{"no rival: the ratio does not count", tenfold, 2000, 0, true, "≥ 1,000 events/s, ≥ 10.0 ×"},
		{"just half", half, 2.5, 5, true, "≤ 0.50 ×"},
		{"more than half", half, 2.6, 5, false, "≤ 0.50 ×"},
	} {
		m := test.m
		m.Value = test.v
		if test.them != 0 {
			m = m.against("them", test.them)
		}
		if m = m.judge(); m.Met != test.met || m.Goal != test.goal {
			t.Errorf("%s: met %v, goal %q", test.name, m.Met, m.Goal)
		}
	}
	if m := (Measure{NotRun: "no root"}).atMost(value, 1).judge(); m.Met {
		t.Error("what did not run has met its goal")
	}
}

// A goal that nothing was compared for is not met in silence: a live measure without its rival has no ratio, and says so.
func TestRatioWithoutRivalIsNotMet(t *testing.T) {
	m := Measure{Unit: "%", Value: 1}.atMost(ratio, 0.5).judge()
	if m.Met {
		t.Error("a goal that is nothing but a ratio is met without a rival")
	}
}

func TestGroupNamesWhatDidNotRun(t *testing.T) {
	g := group{
		name: "g", measures: []Measure{{Name: "first", Unit: "s", How: "by hand."}, {Name: "second", Unit: "s"}},
		run: func(_ context.Context, _ *config, set func(Measure)) error {
			set(Measure{Name: "first", Value: 3, How: "twice"}.against("them", 6))
			return errors.New("the seat is taken")
		},
	}
	got := g.measure(t.Context(), &config{log: io.Discard})
	if len(got) != 2 || got[0].NotRun != "" || got[0].Ratio != 0.5 || got[0].How != "by hand: twice" || got[1].NotRun != "the seat is taken" {
		t.Errorf("%+v", got)
	}
	var out strings.Builder
	if err := write(&out, got); err != nil {
		t.Fatal(err)
	}
	const want = "first   3.00 s   them 6.00  0.50 ×\n    by hand: twice\nsecond  not run\n    not run: the seat is taken\n" +
		"2 measures: 0 goals met, 0 missed; 1 not run\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestTurnsAlternate(t *testing.T) {
	var order []string
	us, them := []float64{3, 1, 2}, []float64{30, 50, 40}
	next := func(who string, values *[]float64) func() (float64, error) {
		return func() (float64, error) {
			order = append(order, who)
			v := (*values)[0]
			*values = (*values)[1:]
			return v, nil
		}
	}
	a, b, err := turns(t.Context(), 3, next("us", &us), next("them", &them))
	if err != nil || a != 2 || b != 40 {
		t.Errorf("medians %v and %v, %v", a, b, err)
	}
	if !slices.Equal(order, []string{"us", "them", "us", "them", "us", "them"}) {
		t.Errorf("order %v", order)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.5: "0.50", 12.34: "12.3", 999.96: "1000.0", 1000: "1,000", 1234567: "1,234,567",
		-1500: "-1,500",
	} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %q, want %q", v, got, want)
		}
	}
}

// Every event of the embedded sample is decoded as one, or the comparison would be with nothing.
func TestSamplesAreDecoded(t *testing.T) {
	events := readEvents(calls)
	if len(events) != 2 {
		t.Fatalf("%d events", len(events))
	}
	for _, api := range []string{"mprotect", "execve"} {
		which := withCall(events, api)
		if len(which) != 1 {
			t.Fatalf("%s: %d events", api, len(which))
		}
		f := newFeeder(which)
		for range 10 {
			f.round()
		}
		if f.sink.events != 10 || f.n != 10 {
			t.Errorf("%s: %d of %d events", api, f.sink.events, f.n)
		}
	}
}

func TestFullStoreIsFull(t *testing.T) {
	racing.Pointless(t, "it runs in one goroutine")
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	store, what, err := fullStore(t.Context(), &config{root: root})
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, s := range store.Stats() {
		held += s.Events
	}
	for _, k := range linuxKinds {
		if s := store.Stats()[k.kind]; s.Events < s.Capacity*9/10 && s.Evicted == 0 {
			t.Errorf("%s: %d of %d", k.kind, s.Events, s.Capacity)
		}
	}
	if held < 80_000 {
		t.Errorf("%d events: %s", held, what)
	}
}
