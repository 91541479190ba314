package linuxsysmon

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/eventlog"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

var update = flag.Bool("update", false, "write the golden files anew")

const recordings = "../../testdata/decode/linuxsysmon/"

// sink keeps what comes as lines of JSON, without what is unknown.
type sink struct {
	t   *testing.T
	out strings.Builder
}

func (s *sink) Lifecycle(l collectors.Lifecycle) { s.line("lifecycle", l) }

func (s *sink) Draft(d *collectors.Draft) {
	e := &d.Event
	s.line(e.API.Name, map[string]any{
		"time_ns": e.TimeNS, "kind": e.Kind.String(), "source": e.LogSource.Name, "provider": e.LogSource.Provider, "path": e.Path,
		"detail": e.Detail, "actor": d.Actor,
	})
}

func (s *sink) line(name string, v any) {
	s.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		s.t.Fatal(err)
	}
	var m map[string]any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		s.t.Fatal(err)
	}
	prune(m)
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		s.t.Fatal(err)
	}
	fmt.Fprintf(&s.out, "%s %s", name, text.String())
}

func prune(m map[string]any) {
	for k, v := range m {
		switch x := v.(type) {
		case map[string]any:
			if prune(x); len(x) == 0 {
				delete(m, k)
			}
		case nil:
			delete(m, k)
		default:
			if s := fmt.Sprint(x); s == "" || s == "-1" || s == "false" || s == "0" && k != "UID" {
				delete(m, k)
			}
		}
	}
}

// TestGolden holds what every event becomes, in lines of a system log and in the JSON of a collector of such lines.
func TestGolden(t *testing.T) {
	for _, name := range []string{"events.log", "syslog.json"} {
		t.Run(name, func(t *testing.T) {
			head, err := os.ReadFile(recordings + name)
			if err != nil {
				t.Fatal(err)
			}
			if !Format.Recognise(head) || eventlog.Format.Recognise(head) {
				t.Errorf("taken for Sysmon for Linux: %v, for a log of Windows: %v", Format.Recognise(head), eventlog.Format.Recognise(head))
			}
			source := Format.Open(recordings+name, nil)
			if err := source.Open(t.Context(), func() {}); err != nil {
				t.Fatal(err)
			}
			defer source.Close()
			s := &sink{t: t}
			for err := error(nil); !errors.Is(err, io.EOF); err = source.Read() {
				source.Decode(s)
			}
			h := source.Health()[0]
			fmt.Fprintf(&s.out, "health %s %s received=%d decoded=%d lost=%d %s\n", h.Collector, h.State, h.Received, h.Decoded, h.Lost, h.Reason)
			golden := recordings + strings.TrimSuffix(name, filepath.Ext(name)) + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(s.out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.out.String(); got != string(want) {
				t.Errorf("it is\n%s\nand should be\n%s", got, want)
			}
		})
	}
}

// TestWindowsIsNotTaken holds that a log of Windows stays one, also where Linux's Sysmon is named in it.
func TestWindowsIsNotTaken(t *testing.T) {
	head := []byte(`<Event><System><Provider Name="Microsoft-Windows-Sysmon"/><EventID>1</EventID></System>` +
		`<EventData><Data Name="CommandLine">find Linux-Sysmon</Data></EventData></Event>`)
	if Format.Recognise(head) || !eventlog.Format.Recognise(head) {
		t.Errorf("taken for Sysmon for Linux: %v, for a log of Windows: %v", Format.Recognise(head), eventlog.Format.Recognise(head))
	}
}

// TestHostsAreKeptApart: users and ends of processes are those of the host that a record names.
func TestHostsAreKeptApart(t *testing.T) {
	b, err := os.ReadFile(recordings + "events.log")
	if err != nil {
		t.Fatal(err)
	}
	m, got := new(mapper), &hosts{seen: make(map[string]int)}
	for _, log := range [][]byte{b, bytes.ReplaceAll(b, []byte("web01"), []byte("web02"))} {
		r, err := form.NewReader(bytes.NewReader(log))
		if err != nil {
			t.Fatal(err)
		}
		_ = form.Each(r, func(rec *form.Record) bool {
			m.Map(rec, got)
			return true
		})
	}
	if n := got.seen["web01"]; n < 5 || got.seen["web02"] != n || len(got.seen) != 2 {
		t.Errorf("events by host: %v", got.seen)
	}
	if len(m.users) < 2 || m.users[userOf{m.on("web01"), "alice"}] != 1000 {
		t.Errorf("users are %v", m.users)
	}
}

type hosts struct{ seen map[string]int }

func (h *hosts) Lifecycle(l collectors.Lifecycle) { h.seen[l.Host.Name]++ }
func (h *hosts) Draft(d *collectors.Draft)        { h.seen[d.Event.On().Name]++ }

// FuzzMap lets a record's fields be anything: each event has its process, its API and its texts in UTF-8.
func FuzzMap(f *testing.F) {
	b, err := os.ReadFile(recordings + "events.log")
	if err != nil {
		f.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		f.Add(line)
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		_ = Format.Recognise(input)
		r, err := form.NewReader(bytes.NewReader(input))
		if err != nil {
			return
		}
		k := &check{t: t}
		m := new(mapper)
		_ = form.Each(r, func(rec *form.Record) bool {
			m.Map(rec, k)
			return true
		})
		m.Flush(k)
		if n, _ := m.Counts(); n != k.n {
			t.Fatalf("%d events counted, %d handed over", n, k.n)
		}
	})
}

type check struct {
	t *testing.T
	n uint64
}

func (c *check) Lifecycle(l collectors.Lifecycle) {
	if c.n++; l.PID <= 0 {
		c.t.Fatalf("an end without a process: %+v", l)
	}
}

func (c *check) Draft(d *collectors.Draft) {
	c.n++
	a := &d.Actor
	if a.PID <= 0 || d.Event.API == nil || d.Event.LogSource == nil {
		c.t.Fatalf("an event without process, API or log source: %+v", d)
	}
	for _, s := range []string{a.Path, a.Cmdline, a.User, a.CWD, d.Event.Path} {
		if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			c.t.Fatalf("a text is no UTF-8: %q", s)
		}
	}
}
