package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
)

// record is an audit record as the kernel sends it. Its stamp is "audit(1700000000.000:1000000000): ", so that another
// time and number of the same width can be written over it.
type record struct {
	typ  uint16
	body []byte
}

const stamp = "audit(1700000000.000:1000000000): "

//go:embed calls.log
var calls []byte

// readEvents reads the events of an audit.log, each its records.
func readEvents(raw []byte) [][]record {
	types := make(map[string]uint16)
	for t := range uint16(3000) {
		types[audit.TypeName(t)] = t
	}
	var out [][]record
	var last string
	for line := range bytes.Lines(raw) {
		name, rest, ok := bytes.Cut(bytes.TrimSpace(line), []byte(" msg="))
		end := bytes.Index(rest, []byte("): "))
		if name, is := bytes.CutPrefix(name, []byte("type=")); ok && is && end > 0 || bytes.HasSuffix(rest, []byte("):")) {
			if end < 0 {
				end, rest = len(rest)-2, append(bytes.Clone(rest), ' ')
			}
			if id := string(rest[:end]); id != last {
				last = id
				out = append(out, nil)
			}
			e := &out[len(out)-1]
			*e = append(*e, record{types[string(name)], append([]byte(stamp), rest[end+3:]...)})
		}
	}
	return out
}

// counting takes decoded events and drops them.
type counting struct{ events int }

func (c *counting) Draft(*collectors.Draft)        { c.events++ }
func (c *counting) Lifecycle(collectors.Lifecycle) {}

// feeder sends events again and again, each time with the next number.
type feeder struct {
	events  [][]record
	records int
	decoder *audit.Decoder
	sink    counting
	n       int
}

func newFeeder(events [][]record) *feeder {
	f := &feeder{events: events}
	for _, e := range events {
		f.records += len(e)
	}
	f.decoder = audit.NewDecoder(&f.sink)
	return f
}

func (f *feeder) round() {
	for _, e := range f.events {
		f.n++
		for _, r := range e {
			strconv.AppendInt(r.body[6:6], int64(1_700_000_000+f.n/10_000), 10)
			strconv.AppendInt(r.body[21:21], int64(1_000_000_000+f.n), 10)
			ms := f.n / 10 % 1000
			r.body[17], r.body[18], r.body[19] = byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10)
			f.decoder.Record(r.typ, r.body)
		}
	}
}

// perSecond runs f for a while and gives how often a second.
func perSecond(f func()) float64 {
	const long = 400 * time.Millisecond
	n, start := 0, time.Now()
	for time.Since(start) < long {
		for range 16 {
			f()
		}
		n += 16
	}
	return float64(n) / time.Since(start).Seconds()
}

func decode(ctx context.Context, c *config, set func(Measure)) error {
	raw, err := os.ReadFile(filepath.Join(c.root, "testdata", "decode", "audit", "calls.log"))
	if err != nil {
		return fmt.Errorf("reading records: %w", err)
	}
	frequent := readEvents(calls)
	for _, s := range []struct {
		name  string
		which [][]record
	}{
		{"decode_mprotect", withCall(frequent, "mprotect")}, {"decode_execve", withCall(frequent, "execve")}, {"decode_mixture", readEvents(raw)},
	} {
		if len(s.which) == 0 {
			return errors.New("the records have no event for " + s.name)
		}
		f := newFeeder(s.which)
		f.round()
		var theirs func() (float64, error)
		rival := goLibaudit(s.which)
		if rival != nil {
			theirs = func() (float64, error) { return perSecond(rival), nil }
		}
		ours, them, err := turns(ctx, 2*c.rounds+1, func() (float64, error) { return perSecond(f.round), nil }, theirs)
		if err != nil {
			return err
		}
		if f.sink.events < f.n*9/10 {
			return fmt.Errorf("only %d of %d events were decoded", f.sink.events, f.n)
		}
		n, records := float64(len(s.which)), float64(f.records)
		m := Measure{Name: s.name + "_events", Value: ours * n, How: fmt.Sprintf("%d events, %d records", len(s.which), f.records)}
		r := Measure{Name: s.name + "_records", Value: ours * records}
		if rival != nil {
			m, r = m.against("go-libaudit", them*n), r.against("go-libaudit", them*records)
		}
		set(m)
		set(r)
		if s.name != "decode_mixture" {
			set(Measure{Name: s.name + "_allocations", Value: testing.AllocsPerRun(2000, f.round) / records})
		}
	}
	return nil
}

// withCall gives the events of a system call that were decoded as one.
func withCall(events [][]record, api string) [][]record {
	var out [][]record
	for _, e := range events {
		var got named
		d := audit.NewDecoder(&got)
		for _, r := range e {
			d.Record(r.typ, r.body)
		}
		d.Flush()
		if got == named(api) {
			out = append(out, e)
		}
	}
	return out
}

// named remembers the call of the last event.
type named string

func (n *named) Draft(d *collectors.Draft)      { *n = named(d.Event.API.Name) }
func (n *named) Lifecycle(collectors.Lifecycle) {}
