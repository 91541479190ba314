package audit

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

var update = flag.Bool("update", false, "write the golden files anew")

const goldens = "../../testdata/decode/audit"

// dump writes drafts as lines of JSON, leaving out what is unknown.
type dump struct {
	bytes.Buffer
	t *testing.T
}

func (b *dump) Lifecycle(collectors.Lifecycle) {}

func (b *dump) Draft(d *collectors.Draft) { b.WriteString(draftLine(b.t, d)) }

func draftLine(t *testing.T, d *collectors.Draft) string {
	e := &d.Event
	fields := map[string]any{
		"time_ns": e.TimeNS, "kind": e.Kind.String(), "api": e.API.Name, "args": e.RawArguments(), "arguments": e.Arguments(),
		"outcome": [...]string{"unknown", "success", "failure"}[e.Outcome],
		"actor":   known(t, d.Actor),
	}
	if e.Exit != 0 {
		fields["exit"] = e.Exit
	}
	if e.Path != "" {
		fields["path"] = e.Path
	}
	if e.Detail != nil {
		fields[fmt.Sprintf("%T", e.Detail)[len("*event."):]] = known(t, e.Detail)
	}
	if e.Host != nil {
		fields["host"] = e.Host.Name
	}
	if x, ok := e.Detail.(*event.Exec); ok && e.Kind == event.KindProcessStart {
		fields["argv"] = x.ArgumentsOf(d.Actor.Cmdline)
	}
	if d.Target.PID != 0 {
		fields["target"] = known(t, d.Target)
		fields["target_in_namespace"] = d.TargetInNamespace
	}
	if want := map[bool]*event.LogSource{false: logSource, true: changeSource}; e.LogSource != want[e.Kind == event.KindAuditChange] {
		t.Errorf("the log source is %v", *e.LogSource)
	}
	return jsonOf(t, fields) + "\n"
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

// known gives the fields of v that say something.
func known(t *testing.T, v any) map[string]any {
	t.Helper()
	var all map[string]any
	d := json.NewDecoder(strings.NewReader(jsonOf(t, v)))
	d.UseNumber()
	if err := d.Decode(&all); err != nil {
		t.Fatal(err)
	}
	prune(all)
	return all
}

func prune(m map[string]any) {
	for k, v := range m {
		switch x := v.(type) {
		case map[string]any:
			if prune(x); len(x) == 0 {
				delete(m, k)
			}
		case json.Number:
			if x == "-1" || x == "0" && !strings.HasSuffix(k, "ID") {
				delete(m, k)
			}
		case string:
			if x == "" {
				delete(m, k)
			}
		case bool:
			if !x {
				delete(m, k)
			}
		}
	}
}

// TestGolden decodes each recorded log as a file and compares every event and counter with what was reviewed.
func TestGolden(t *testing.T) {
	logs, err := filepath.Glob(goldens + "/*.log")
	if err != nil || len(logs) == 0 {
		t.Fatalf("no logs in %s: %v", goldens, err)
	}
	for _, log := range logs {
		t.Run(filepath.Base(log), func(t *testing.T) {
			out := &dump{t: t}
			f := replay(t, log, out)
			out.WriteString(jsonOf(t, f.Decoder.Stats()) + "\n")
			golden := strings.TrimSuffix(log, ".log") + ".golden"
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v: run go test -update and review it", err)
			}
			got, expected := strings.Split(out.String(), "\n"), strings.Split(string(want), "\n")
			for i := range max(len(got), len(expected)) {
				var g, w string
				if i < len(got) {
					g = got[i]
				}
				if i < len(expected) {
					w = expected[i]
				}
				if g != w {
					t.Fatalf("line %d is\n%s\nand should be\n%s", i+1, g, w)
				}
			}
		})
	}
	stale, _ := filepath.Glob(goldens + "/*.golden")
	for _, g := range stale {
		if _, err := os.Stat(strings.TrimSuffix(g, ".golden") + ".log"); err != nil {
			t.Errorf("%s belongs to no log", g)
		}
	}
}

// replay drives a File as the pump does.
func replay(t *testing.T, path string, sink collectors.Sink) *File {
	t.Helper()
	f := NewFile(path)
	woken := false
	if err := f.Open(t.Context(), func() { woken = true }); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for range 10_000 {
		if !woken {
			t.Fatal("the source did not say that more follows")
		}
		woken = false
		err := f.Read()
		f.Decode(sink)
		if err != nil {
			if err.Error() == "EOF" {
				return f
			}
			t.Log(err)
		}
	}
	t.Fatal("the source does not end")
	return nil
}

var _ = event.Kinds
