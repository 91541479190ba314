package findings

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/extension/internal/golden"
)

func someFindings() []Finding {
	at := time.Date(2026, 11, 21, 22, 47, 3, 0, time.UTC)
	return []Finding{
		{
			Time: at, Detection: "AN0579", Strategy: "DET0203", Technique: "T1055.008", Severity: "high",
			Summary: "/tmp/x wrote into /usr/bin/sleep (312) with POKETEXT 2 s after it attached", PID: 310, User: "root",
			Path: "/tmp/x", Cmdline: "/tmp/x --pid 312", ParentPath: "/usr/bin/bash",
		},
		{
			Time: at, Detection: "AN0001", Way: "by_call", Strategy: "DET0001", Technique: "T1106", Severity: "low", Summary: "s", PID: 1,
			User: "a b",
			Path: "/usr/bin/cat", ParentPath: "", ContainerID: "0123456789abcdef0123",
		},
		{
			Time: at, Detection: "AN1", Strategy: "DET1", Technique: "T1", Severity: "critical\x1b[0m", Summary: "two\nlines\x1b]0;title\x07\u202e",
			PID: -1, User: `"`, Cmdline: "a\rb\x1b[1A\xff", ParentPath: "/p=q",
		},
		{
			Time: at, Detection: "AN2", Strategy: "DET1", Technique: "T1", Severity: "critical", Summary: strings.Repeat("long ", 100),
			Cmdline: strings.Repeat("x", 300),
		},
		{Time: at, Detection: "AN3", Strategy: "DET1", Technique: "T1", Severity: "high", Summary: "/" + strings.Repeat("p", 200) +
			" took hold of /usr/bin/sleep", Cmdline: "c"},
	}
}

func TestStyle(t *testing.T) {
	var out []byte
	for _, s := range []Style{{Location: time.UTC}, {Location: time.FixedZone("", 3600), Color: true, Width: 100}} {
		for _, f := range someFindings() {
			b := s.Append(nil, f)
			plain := string(b)
			for _, c := range severities {
				plain = strings.Replace(plain, c.color, "", 1)
			}
			if s.Color {
				plain = strings.Replace(plain, "\x1b[0m", "", 1)
			}
			if strings.ContainsFunc(plain, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) || strings.Count(plain, "\n") != 2 {
				t.Errorf("a finding can drive the terminal: %q", plain)
			}
			for i, line := range strings.SplitAfter(plain, "\n") {
				if n := len([]rune(line)) - 1; s.Width > 0 && n > [...]int{summaryLines, detailLines, 0}[i]*s.Width {
					t.Errorf("line of %d characters: %s", n, line)
				}
			}
			if f.Detection == "AN3" && !strings.Contains(plain, "took hold of /usr/bin/sleep\n") {
				t.Errorf("a long path hides what it did: %s", plain)
			}
			out = append(out, b...)
		}
	}
	golden.Check(t, "findings", strings.ReplaceAll(string(out), "\x1b", "<ESC>"))
}

func TestTally(t *testing.T) {
	var tally Tally
	var b bytes.Buffer
	if _, err := tally.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	for _, f := range append(someFindings(), someFindings()[:1]...) {
		tally.Add(f)
	}
	tally.Repeats(map[string]int64{"AN1": 2, "AN2": 0})
	tally.Repeats(map[string]int64{"AN1": 1, "AN3": 5, "AN4": 1, "AN5": 1, "AN6": 1, "AN7": 1, "AN8": 1, "AN9": 1, "AN91": 1, "AN92": 1})
	if _, err := tally.WriteTo(&b); err != nil || tally.Total() != len(someFindings())+1 {
		t.Fatal(err, tally.Total())
	}
	golden.Check(t, "tally", b.String())
	if _, err := tally.WriteTo(broken{}); err == nil {
		t.Error("a broken pipe is no error")
	}
}

func TestOf(t *testing.T) {
	e := &event.Event{
		TimeNS: 1795298400e9, Kind: event.KindFinding,
		Process: &event.Process{PID: 7, User: "u", Path: "/p", Cmdline: "c", Creator: &event.Creator{Path: "/pp"}, ContainerID: "id"},
		Detail:  &event.Finding{Detection: "AN1", Way: "w", Strategy: "DET1", Technique: "T1", Severity: "high", Summary: "s"},
	}
	want := Finding{
		Time: time.Unix(1795298400, 0), Detection: "AN1", Way: "w", Strategy: "DET1", Technique: "T1", Severity: "high", Summary: "s",
		PID: 7, User: "u", Path: "/p", Cmdline: "c", ParentPath: "/pp", ContainerID: "id",
	}
	if f, ok := Of(e); !ok || f != want {
		t.Errorf("of the event: %+v", f)
	}
	if _, ok := Of(&event.Event{Detail: &event.Exec{}}); ok {
		t.Error("an execution is no finding")
	}
}

func TestWantsColor(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	if !WantsColor(true, env()) || WantsColor(false, env()) || WantsColor(true, env("NO_COLOR", "1")) ||
		WantsColor(true, env("TERM", "dumb")) {
		t.Error("colour is wanted where it is not, or the other way round")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
