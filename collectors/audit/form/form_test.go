package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
)

const recordings = "../../../testdata/decode/"

// formats are those of this package, and translators what reads them.
var (
	formats     = []*collectors.Format{Laurel, GoAudit, Auditbeat, Ausearch, MaxPatrol, Aureport, Journal, JournalExport, Quoted, Records}
	translators = []func() translator{
		newLaurel, newGoAudit, newAuditbeat, newAusearch, newMaxPatrol, newAureport, newJournal, newJournalExport, newQuoted,
		newRecords,
	}
)

// sink keeps each event as JSON.
type sink struct {
	t      *testing.T
	events []string
}

func (s *sink) Lifecycle(collectors.Lifecycle) {}

func (s *sink) Draft(d *collectors.Draft) {
	e := &d.Event
	text, err := json.Marshal(map[string]any{
		"time_ns": e.TimeNS, "kind": e.Kind.String(), "api": e.API.Name, "args": e.Args[:e.NArgs], "exit": e.Exit, "outcome": e.Outcome,
		"path": e.Path, "detail": e.Detail, "actor": d.Actor, "target": d.Target, "in_namespace": d.TargetInNamespace, "unplaced": d.Unplaced,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.events = append(s.events, string(text))
}

// decode gives the events of a recording, and what was wrong with it.
func decode(t *testing.T, f *collectors.Format, path string) ([]string, collectors.Health) {
	t.Helper()
	source := f.Open(path, nil)
	if err := source.Open(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	s := &sink{t: t}
	for {
		err := source.Read()
		source.Decode(s)
		if errors.Is(err, io.EOF) {
			return s.events, source.Health()[0]
		}
	}
}

// TestSameEvents holds that a form's events are those of the log that it was made of, but for what the form does not hold: each
// field of a call's event that differs, and why.
func TestSameEvents(t *testing.T) {
	const named, hostsNames = "the form names the user", "users of the host stand by their names alone"
	abstract := "the tool drops what stands before and behind the name"
	want, _ := decode(t, &audit.Format, recordings+"audit/calls.log")
	for _, x := range []struct {
		file    string
		format  *collectors.Format
		differs map[string]string // by a field, or a call and a field
	}{
		{"laurel.json", Laurel, map[string]string{"actor.User": named}},
		{"go-audit.json", GoAudit, map[string]string{"actor.User": named}},
		{"records.json", Records, nil},
		{"auditbeat.json", Auditbeat, map[string]string{"actor.User": named, "connect detail.RemoteAddress": abstract}},
		{"ausearch.txt", Ausearch, map[string]string{
			"actor.User": named, "connect detail.RemoteAddress": abstract,
			"setresuid actor.UID": hostsNames, "setresuid actor.EUID": hostsNames, "setresuid actor.SUID": hostsNames,
			"setresuid actor.FSUID":      hostsNames,
			"setresuid detail.After.UID": hostsNames, "setresuid detail.After.EUID": hostsNames, "setresuid detail.After.SUID": hostsNames,
			"setresuid detail.After.FSUID": hostsNames, "setresuid args": hostsNames,
			"openat2 detail.Flags": "ausearch takes the octal number for a hexadecimal one",
			"openat2 args":         "AT_FDCWD is -100 of 32 bits in most calls",
		}},
	} {
		t.Run(x.file, func(t *testing.T) {
			got, health := decode(t, x.format, recordings+"auditform/"+x.file)
			if health.State != "ok" || health.Lost != 0 {
				t.Errorf("health is %+v", health)
			}
			if len(got) != len(want) {
				t.Fatalf("%d events, want %d", len(got), len(want))
			}
			seen := make(map[string]bool)
			for i := range got {
				g, w := flat(t, got[i]), flat(t, want[i])
				for _, field := range slices.Sorted(maps.Keys(w)) {
					if g[field] == w[field] {
						continue
					}
					at := w["api"] + " " + field
					if x.differs[field] != "" {
						at = field
					}
					if seen[at] = true; x.differs[at] == "" {
						t.Errorf("event %d, %s: %s is %s, want %s", i+1, w["api"], field, g[field], w[field])
					}
				}
			}
			for at, why := range x.differs {
				if !seen[at] {
					t.Errorf("%s does not differ, but is listed: %s", at, why)
				}
			}
		})
	}
}

// flat gives the fields of an event by their places.
func flat(t *testing.T, event string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	var walk func(at string, v any)
	walk = func(at string, v any) {
		if m, ok := v.(map[string]any); ok {
			for k, v := range m {
				walk(strings.TrimPrefix(at+"."+k, "."), v)
			}
			return
		}
		out[at] = fmt.Sprint(v)
	}
	d := json.NewDecoder(strings.NewReader(event))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	walk("", v)
	return out
}

// TestRecords holds what each form's oddities become: hand-made events beside the lines of audit.log that they stand for.
func TestRecords(t *testing.T) {
	files, err := filepath.Glob(recordings + "auditform/*.records")
	if err != nil || len(files) < len(formats) {
		t.Fatalf("%d files in %s, want one a form: %v", len(files), recordings, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			input := strings.TrimSuffix(file, ".records")
			b, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			var translate translator
			for i, f := range formats {
				if f.Recognise(b) {
					translate = translators[i]()
				}
			}
			if translate == nil {
				t.Fatal("it is of no form")
			}
			var out strings.Builder
			record := func(line []byte) { fmt.Fprintf(&out, "%s\n", strings.ReplaceAll(string(line), "\x1d", "␝")) }
			n := 0
			for line := range bytes.Lines(b) {
				n++
				if err := translate(line, record); err != nil {
					fmt.Fprintf(&out, "# line %d: %v\n", n, err)
				}
			}
			_ = translate(nil, record)
			if *update {
				if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, expected := strings.Split(out.String(), "\n"), strings.Split(string(want), "\n")
			for i := range max(len(got), len(expected)) {
				if i >= len(got) || i >= len(expected) || got[i] != expected[i] {
					t.Fatalf("from line %d on it is\n%s\nand should be\n%s", i+1, strings.Join(got[min(i, len(got)):], "\n"),
						strings.Join(expected[min(i, len(expected)):], "\n"))
				}
			}
		})
	}
}

var update = flag.Bool("update", false, "write the golden files anew")
