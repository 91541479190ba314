package queries

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

var tuned = []Detection{
	{ID: "AN0001", Window: "Window", Tuning: []Element{
		{Name: "Window", Type: "window", Unit: "seconds", Default: []string{"10"}, Source: "Window", Meaning: "How long."},
		{Name: "Paths", Type: "text", Default: []string{"/usr/bin/gdb", "/usr/bin/strace"}, Source: "apiwatch"},
		{Name: "Patterns", Type: "like", Source: "apiwatch"},
		{Name: "Syntax", Type: "regex", Source: "apiwatch"},
		{Name: "Networks", Type: "cidr", Default: []string{"10.0.0.0/8"}, Source: "apiwatch"},
		{Name: "Seconds", Type: "seconds", Default: []string{"0"}, Source: "apiwatch"},
		{Name: "Two words", Type: "count", Default: []string{"1"}, Source: "apiwatch"},
	}},
	{ID: "AN0002", Window: "60"},
}

// values gives rows as element=value, which is what an override changes.
func values(rows []TuningRow) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Analytic + " " + r.Element.Name + "=" + r.Value
	}
	return out
}

var defaults = []string{
	"AN0001 Window=10", "AN0001 Paths=/usr/bin/gdb", "AN0001 Paths=/usr/bin/strace", "AN0001 Networks=10.0.0.0/8",
	"AN0001 Seconds=0", "AN0001 Two words=1",
}

func TestTuningDefaults(t *testing.T) {
	tuning := NewTuning(tuned, "")
	if got := values(tuning.Rows()); !slices.Equal(got, defaults) {
		t.Errorf("got %q", got)
	}
	if r := tuning.Rows()[0]; r.Element.Name != "Window" || r.Element.Meaning != "How long." || r.Overridden {
		t.Errorf("got %+v", r)
	}
	list := []string{"/usr/bin/gdb", "/usr/bin/strace"}
	if a, b := tuning.Rows()[1], tuning.Rows()[2]; a.Element != b.Element || !slices.Equal(a.Element.Default, list) {
		t.Errorf("rows of a list do not share their element: %+v, %+v", a, b)
	}
	if changed, err := tuning.Reload(); changed || err != nil {
		t.Errorf("Reload without a file = %v, %v", changed, err)
	}
	if a, b := tuning.Window(&tuned[0]), tuning.Window(&tuned[1]); a != 10 || b != 60 {
		t.Errorf("windows = %d, %d; want 10, 60", a, b)
	}
}

func TestOverride(t *testing.T) {
	tests := []struct {
		name, source string
		want         map[string][]string // nil values mean the default
	}{
		{"empty", "", nil},
		{"comment", "# nothing\n", nil},
		{"null document", "---\n", nil},
		{"empty mapping", "{}", nil},
		{"analytic without elements", "AN0002: {}", nil},
		{"number", "AN0001: {Window: 30}", map[string][]string{"Window": {"30"}}},
		{"name of two words", "AN0001:\n  Two words: 1000000000", map[string][]string{"Two words": {"1000000000"}}},
		{"list replaces", "AN0001:\n  Paths: [/a, '/b c']", map[string][]string{"Paths": {"/a", "/b c"}}},
		{"list appends", "AN0001:\n  +Paths: [/a, /usr/bin/gdb, /a]", map[string][]string{"Paths": {"/usr/bin/gdb", "/usr/bin/strace", "/a"}}},
		{"quoted append", "AN0001:\n  \"+Patterns\": ['%\\%x']", map[string][]string{"Patterns": {`%\%x`}}},
		{"one text for a list", "AN0001: {Paths: /a}", map[string][]string{"Paths": {"/a"}}},
		{"empty list", "AN0001: {Paths: []}", map[string][]string{"Paths": {}}},
		{
			"cidr", "AN0001: {Networks: [192.168.1.0/24, 'fe80::/10', 0.0.0.0/0]}",
			map[string][]string{"Networks": {"192.168.1.0/24", "fe80::/10", "0.0.0.0/0"}},
		},
		{"regular expression", `AN0001: {Syntax: ['sleep +([0-9]+)', '^a\|b']}`, map[string][]string{"Syntax": {"sleep +([0-9]+)", `^a\|b`}}},
		{
			"hostile text", `AN0001: {Paths: ["'; DROP TABLE x; --", "\" OR 1=1", "%_\\", "\u202e\x1b[31m", "a|b", "é"]}`,
			map[string][]string{"Paths": {"'; DROP TABLE x; --", `" OR 1=1`, `%_\`, "\u202e\x1b[31m", "a|b", "é"}},
		},
		{
			"text that looks like YAML, quoted", `AN0001: {Paths: ["yes", "1000", "null", "~"]}`,
			map[string][]string{"Paths": {"yes", "1000", "null", "~"}},
		},
		{"longest text", "AN0001: {Paths: " + strings.Repeat("x", maxText) + "}", map[string][]string{"Paths": {strings.Repeat("x", maxText)}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseOverride("t.yaml", []byte(test.source), tuned)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(test.want) {
				t.Errorf("got %q; want %q", got, test.want)
			}
			for element, want := range test.want {
				if now, ok := got[elementOf{"AN0001", element}]; !ok || !slices.Equal(now, want) {
					t.Errorf("%s = %q; want %q", element, now, want)
				}
			}
		})
	}
}

func TestOverrideRejects(t *testing.T) {
	list := "AN0001:\n  Paths: ["
	for i := range maxValues + 1 {
		list += fmt.Sprintf("/%d, ", i)
	}
	tests := []struct{ name, source, want string }{
		{"unknown analytic", "AN0001: {}\nAN9999: {}", `t.yaml:2: unknown analytic "AN9999"`},
		{"unknown element", "AN0001:\n  Window: 1\n  Windows: 1", `t.yaml:3: AN0001 has no element "Windows"; it has Window, Paths,`},
		{"element of an analytic without any", "AN0002:\n  X: 1", "t.yaml:2: AN0002 has no element \"X\"; it has none"},
		{"element in other case", "AN0001:\n  window: 1", "t.yaml:2: AN0001 has no element"},
		{"repeated analytic", "AN0001: {}\nAN0002: {}\nAN0001: {}", `t.yaml:3: "AN0001" is repeated; it stands on line 1`},
		{"repeated element", "AN0001:\n  Window: 1\n  Window: 2", `t.yaml:3: "Window" is repeated; it stands on line 2`},
		{"set and append", "AN0001:\n  Paths: []\n  +Paths: []", `t.yaml:3: "Paths" is repeated`},
		{"append to a number", "AN0001:\n  +Window: 1", "t.yaml:2: Window of AN0001 is one value"},
		{"text for a number", "AN0001:\n  Window: ten", "t.yaml:2: Window of AN0001: want a number, got ten (str)"},
		{"quoted number", "AN0001:\n  Window: '10'", "want a number, got 10 (str)"},
		{
			"regular expression that ends early", "AN0001:\n  +Syntax: ['a', 'sleep (']",
			`t.yaml:2: Syntax of AN0001: "sleep (" is no regular expression: error parsing regexp: missing closing )`,
		},
		{"look-ahead", "AN0001:\n  Syntax: 'a(?=b)'", `Syntax of AN0001: "a(?=b)" is no regular expression: the expression uses (?=, which ` +
			`osquery`},
		{"long expression", "AN0001:\n  Syntax: " + strings.Repeat("x", 257), "is longer than 256 bytes"},
		{"fraction", "AN0001:\n  Window: 1.5", "want a number, got 1.5 (float)"},
		{"negative", "AN0001:\n  Window: -1", `"-1" is no whole number from 1 to`},
		{"zero window", "AN0001:\n  Window: 0", `"0" is no whole number from 1 to`},
		{"octal", "AN0001:\n  Window: 010", `"010" is no whole number`},
		{"hexadecimal", "AN0001:\n  Window: 0x10", `"0x10" is no whole number`},
		{"underscore", "AN0001:\n  Window: 1_0", `"1_0" is no whole number`},
		{"window too long", "AN0001:\n  Window: 2592001", "is no whole number from 1 to 2592000"},
		{"seconds too long", "AN0001:\n  Seconds: 31536001", "is no whole number from 0 to 31536000"},
		{"count too large", "AN0001:\n  Two words: 1000000001", "is no whole number from 0 to 1000000000"},
		{"beyond 64 bits", "AN0001:\n  Two words: 99999999999999999999999", "t.yaml:2:"},
		{"list for a number", "AN0001:\n  Window: [1]", "want one number, got a list"},
		{"mapping for a number", "AN0001:\n  Window: {a: 1}", "want one number, got a mapping"},
		{"nothing", "AN0001:\n  Window:", "want a number, got nothing"},
		{"nothing for text", "AN0001:\n  Paths:", "want text, got nothing"},
		{"number as text", "AN0001:\n  Paths: [/a,\n    1000]", "t.yaml:3: Paths of AN0001: want text, got 1000 (int); put it in quotes"},
		{"yes as text", "AN0001:\n  Paths: [true]", "want text, got true (bool)"},
		{"date as text", "AN0001:\n  Paths: [2026-01-01]", "(timestamp)"},
		{"list in a list", "AN0001:\n  Paths: [[/a]]", "want text or a list of texts, got a list"},
		{"mapping in a list", "AN0001:\n  Paths: [{a: b}]", "got a mapping"},
		{"binary", "AN0001:\n  Paths: [!!binary aGk=]", "got aGk= (binary)"},
		{"empty text", "AN0001:\n  Paths: ['']", "value is empty"},
		{"NUL", `AN0001: {Paths: ["/usr/bin/gdb\0x"]}`, "has a NUL"},
		{"text too long", "AN0001: {Paths: [" + strings.Repeat("x", maxText+1) + "]}", "longer than 4096 bytes"},
		{"too many values", list + "]", "has more than 1000 values"},
		{"pattern ends in escape", `AN0001: {Patterns: ['%\']}`, `has a \ that is not before`},
		{"pattern escapes a letter", `AN0001: {Patterns: ['C:\temp']}`, `has a \ that is not before`},
		{"cidr without length", "AN0001: {Networks: [10.0.0.1]}", `"10.0.0.1" is no address block`},
		{"cidr with host bits", "AN0001: {Networks: [10.0.0.1/8]}", "did you mean 10.0.0.0/8"},
		{"cidr too long", "AN0001: {Networks: [10.0.0.0/33]}", "is no address block"},
		{"alias", "AN0001: &a\n  Window: 1\nAN0002: *a", "t.yaml:3: want elements of AN0002 by name, got an alias"},
		{"merge", "AN0001:\n  <<: {Window: 1}", `t.yaml:2: AN0001 has no element "<<"`},
		{"list as document", "- AN0001", "t.yaml:1: want analytics by name, got a list"},
		{"text as document", "AN0001", "t.yaml:1: want analytics by name, got AN0001 (str)"},
		{"null analytic", "AN0001:", "t.yaml:1: want elements of AN0001 by name, got nothing"},
		{"complex key", "? [a]\n: b", "t.yaml:1: want a name, got a list"},
		{"two documents", "AN0001: {}\n---\nAN0002: {}", "t.yaml:2: a second document begins"},
		{"syntax", "AN0001:\n  Window: [1\n", "t.yaml:"},
		{"tab", "AN0001:\n\tWindow: 1", "t.yaml:2:"},
		{"UTF-8", "AN0001: {Paths: [\"\xff\"]}", "t.yaml:1:"},
		{"control character", "AN0001: {Paths: [\"\x00\"]}", "t.yaml:1:"},
		{"too long", strings.Repeat("#", maxOverride+1), "longer than"},
		{"several mistakes", "AN0001:\n  A: 1\n  Window: x\n", "t.yaml:3: Window of AN0001: want a number"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseOverride("t.yaml", []byte(test.source), tuned)
			if err == nil {
				t.Fatalf("accepted: %q", got)
			}
			if !strings.HasPrefix(err.Error(), "t.yaml:") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q; want %q", err, test.want)
			}
		})
	}
}

func TestReload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tuning.yaml")
	tuning := NewTuning(tuned, file)
	clock := time.Now().Add(-time.Hour)
	write := func(source string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(time.Minute)
		if err := os.Chtimes(file, clock, clock); err != nil {
			t.Fatal(err)
		}
	}
	step := func(what string, wantChanged bool, wantErr, window string) {
		t.Helper()
		changed, err := tuning.Reload()
		if changed != wantChanged || (err == nil) != (wantErr == "") || err != nil && !strings.Contains(err.Error(), wantErr) {
			t.Errorf("%s: Reload = %v, %v; want %v, %q", what, changed, err, wantChanged, wantErr)
		}
		if got := tuning.Values("AN0001", "Window"); !slices.Equal(got, []string{window}) {
			t.Errorf("%s: window = %q; want %s", what, got, window)
		}
	}
	step("no file", false, "", "10")
	step("still no file", false, "", "10")
	if n := testing.AllocsPerRun(10, func() { _, _ = tuning.Reload() }); n > 10 {
		t.Errorf("%v allocations to find that there still is no file: it should cost no more than a look", n)
	}
	write("AN0001: {Window: 30}")
	step("first file", true, "", "30")
	step("the same file", false, "", "30")
	if a, b := tuning.Rows()[0], tuning.Rows()[1]; a.Element.Default[0] != "10" || !a.Overridden || b.Overridden {
		t.Errorf("got %+v, %+v; want the first alone overridden", a, b)
	}
	write("AN0001: {Window: 30, Seconds: 0}")
	step("a default written out", false, "", "30")
	if r := tuning.Rows()[4]; r.Element.Name != "Seconds" || !r.Overridden {
		t.Errorf("got %+v; want it overridden", r)
	}
	write("AN0001: {Window: 31, Paths: 1}")
	step("bad file", false, file+":1: Paths of AN0001", "30")
	if tuning.Err() == nil {
		t.Error("Err forgot the bad file")
	}
	step("still the bad file", false, "", "30")
	write("AN0001: {Window: 40}")
	step("mended", true, "", "40")
	if err := tuning.Err(); err != nil {
		t.Errorf("Err after mending = %v", err)
	}
	write("AN0001: {Window: 41}")
	if err := os.Chtimes(file, clock, clock.Add(-time.Minute)); err != nil { // same size, same time as the version before
		t.Fatal(err)
	}
	tuning.readAt = clock.Add(-time.Minute) // which was read at once after it was written
	step("changed within the clock's grain", true, "", "41")
	write(strings.Repeat("#", maxOverride+1))
	step("too long", false, "longer than", "41")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	step("removed", true, "", "10")
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	step("a folder", false, "no regular file", "10")
	step("still a folder", false, "", "10")
}

func TestReloadWhileRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tuning.yaml")
	tuning := NewTuning(tuned, file)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				paths := tuning.Values("AN0001", "Paths")
				window := tuning.Window(&tuned[0])
				if len(paths) != 2 && len(paths) != 1 || window != 10 && window != 30 {
					t.Errorf("torn state: %q, %d", paths, window)
					return
				}
			}
		})
	}
	for i := range 200 {
		source := "AN0001: {Window: 30, Paths: [/a]}"
		if i%2 == 0 {
			source = "AN0001: {Window: 10}"
		}
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := tuning.Reload(); err != nil {
			t.Error(err)
		}
		if got, want := len(tuning.Values("AN0001", "Paths")), 2-i%2; got != want {
			t.Fatalf("after write %d there are %d paths; want %d", i, got, want)
		}
	}
	close(stop)
	readers.Wait()
}

func FuzzOverride(f *testing.F) {
	f.Add([]byte("AN0001:\n  Window: 30\n  +Paths: ['/a', \"\\x1b\"]\n"))
	f.Add([]byte("AN0001: &a {Networks: [10.0.0.0/8]}\nAN0002: *a\n"))
	f.Add([]byte("--- !!map\n? [a]\n: {b: !!binary aGk=}\n...\n"))
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, source []byte) {
		got, err := parseOverride("t.yaml", source, tuned)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "t.yaml:") {
				t.Errorf("error without a place: %v", err)
			}
			return
		}
		for of, values := range got {
			e, ok := tuned[0].Element(of.element)
			if !ok || of.analytic != "AN0001" {
				t.Errorf("accepted %v", of)
			}
			if !e.List() && len(values) != 1 {
				t.Errorf("%s has %d values", of.element, len(values))
			}
			for _, v := range values {
				if err := e.check(v); err != nil {
					t.Errorf("accepted a bad value: %v", err)
				}
			}
		}
	})
}
