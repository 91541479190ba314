package queries

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	goodPath = "DET0001_some_slug/AN0001_linux.sql"
	good     = `-- id: AN0001
-- name: A title
-- strategy: DET0001
-- technique: T1055.008
-- tactics: Stealth, Execution
-- platform: linux
-- description: One line
--   and its end.
-- log_sources: auditd:SYSCALL
-- tables: ptrace_events, api_calls
-- extra: request
-- pyramid_level: 5
-- severity: high
-- interval: 10
-- window: Window
-- tuning:
--   Window | window | seconds | 10 | Window | How long.
--   Paths | text | | /usr/bin/gdb | apiwatch | Which.
--   Paths | text | | /opt/it's "odd"; -- so | apiwatch | Which.
--   None | like | | | apiwatch | Nothing.
-- benign:
--   First cause.
--   Second cause: with a colon.
-- limits:
--   A limit.
-- references:
--   https://example.org/a
SELECT eid, eids, 'it''s; -- no comment' AS summary, request
FROM ptrace_events -- a comment; with a semicolon
`
)

func TestParse(t *testing.T) {
	d, err := parse(goodPath, good)
	if err != nil {
		t.Fatal(err)
	}
	want := Detection{
		ID: "AN0001", Name: "A title", Strategy: "DET0001", Technique: "T1055.008", Tactics: []string{"Stealth", "Execution"},
		Platform: "linux", Description: "One line and its end.", LogSources: []string{"auditd:SYSCALL"},
		Tables: []string{"ptrace_events", "api_calls"}, Extra: []string{"request"}, PyramidLevel: 5, Severity: "high",
		Interval: 10, Window: "Window",
		Tuning: []Element{
			{Name: "Window", Type: "window", Unit: "seconds", Default: []string{"10"}, Source: "Window", Meaning: "How long."},
			{Name: "Paths", Type: "text", Default: []string{"/usr/bin/gdb", `/opt/it's "odd"; -- so`}, Source: "apiwatch", Meaning: "Which."},
			{Name: "None", Type: "like", Default: []string{}, Source: "apiwatch", Meaning: "Nothing."},
		},
		Benign: []string{"First cause.", "Second cause: with a colon."}, Limits: []string{"A limit."},
		References: []string{"https://example.org/a"}, File: goodPath,
		Body: "SELECT eid, eids, 'it''s; -- no comment' AS summary, request\nFROM ptrace_events -- a comment; with a semicolon",
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got  %+v\nwant %+v", d, want)
	}
	if got := d.QueryName(); got != "AN0001_some_slug" {
		t.Errorf("QueryName = %q", got)
	}
}

func TestParseRejects(t *testing.T) {
	header, _, _ := strings.Cut(good, "SELECT")
	edit := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(good) }
	tests := []struct{ name, path, source, want string }{
		{"empty file", "", "", ":1: key id is missing"},
		{"no comment", "", "SELECT 1\n", ":1: key id is missing"},
		{"unknown key", "", edit("-- name:", "-- title:"), `:2: unknown key "title"; key name is due`},
		{"missing key", "", edit("-- name: A title\n", ""), ":2: key strategy comes too early or a key is missing; key name is due"},
		{"missing last key", "", edit("-- references:\n--   https://example.org/a\n", ""), ":26: key references is missing"},
		{"repeated key", "", edit("-- strategy:", "-- name: again\n-- strategy:"), ":3: key name is repeated or misplaced"},
		{"misplaced key", "", edit("-- id: AN0001\n-- name: A title\n", "-- name: A title\n-- id: AN0001\n"), ":1: key name comes too early"},
		{"key after the last", "", edit("https://example.org/a\n", "https://example.org/a\n-- notes: x\n"), `:28: unknown key "notes"; no further key`},
		{"line that is no key", "", edit("-- name: A title", "-- A title"), ":2: want `-- key: text`"},
		{"no blank after dashes", "", edit("-- name: A title", "--name: A title"), ":2: want `-- key: text`"},
		{"no blank after colon", "", edit("-- name: A title", "-- name:A title"), ":2: want `-- key: text`"},
		{"bare dashes", "", edit("-- name: A title", "--\n-- name: A title"), ":2: want `-- key: text`"},
		{"indented two", "", edit("--   and its end.", "--  and its end."), ":8: want"},
		{"indented first", "", "--   x\n" + good, ":1: indented line before"},
		{"trailing blank", "", edit("A title", "A title "), ":2: line ends in a blank"},
		{"continued name", "", edit("A title", "A title\n--   more"), ":3: name takes one line"},
		{"empty name", "", edit("-- name: A title", "-- name:"), ":2: name is empty"},
		{"long name", "", edit("A title", strings.Repeat("é", 81)), ":2: name is longer"},
		{"id", "", edit("id: AN0001", "id: an1"), `:1: id "an1" is not of the form`},
		{"technique", "", edit("T1055.008", "T1055.08"), ":4: technique"},
		{"tactic", "", edit("Stealth, ", "Sleath, "), `:5: tactics: "Sleath" is not allowed`},
		{"tactic twice", "", edit("Stealth, ", "Execution, "), `:5: tactics has "Execution" twice`},
		{"list with empty item", "", edit("Stealth, ", "Stealth,, "), ":5: tactics has an empty item"},
		{"list twice", "", edit("-- tables: ptrace_events, api_calls", "-- tables: a\n--   b"), ":11: tables is a list on its own line or below it"},
		{"no tables", "", edit("-- tables: ptrace_events, api_calls", "-- tables:"), ":10: tables is empty"},
		{"table name", "", edit("ptrace_events, api_calls", "ptrace_events;"), ":10: tables:"},
		{"platform", "", edit("platform: linux", "platform: Linux"), `:6: platform "Linux" is none of`},
		{"no description", "", edit("-- description: One line\n--   and its end.", "-- description:"), ":7: description is empty"},
		{"extra is common", "", edit("extra: request", "extra: cmdline"), ":11: extra"},
		{"extra quoted", "", edit("extra: request", `extra: "x"`), ":11: extra"},
		{"pyramid level", "", edit("pyramid_level: 5", "pyramid_level: 6"), ":12: pyramid_level"},
		{"severity", "", edit("severity: high", "severity: severe"), ":13: severity"},
		{"interval zero", "", edit("interval: 10", "interval: 0"), ":14: interval"},
		{"interval octal", "", edit("interval: 10", "interval: 010"), ":14: interval"},
		{"interval signed", "", edit("interval: 10", "interval: +10"), ":14: interval"},
		{"window of nothing", "", edit("window: Window", "window: Other"), ":15: window"},
		{"window of text", "", edit("window: Window", "window: Paths"), ":15: window: tuning element Paths is no window"},
		{"tuning on the line", "", edit("-- tuning:", "-- tuning: x"), ":16: tuning takes"},
		{"tuning parts", "", edit(" | How long.", ""), ":17: tuning line has 5 parts"},
		{"tuning more parts", "", edit("How long.", "How|long."), ":17: tuning line has 7 parts"},
		{"tuning name", "", edit("--   None |", "--   No-ne |"), ":20: tuning element"},
		{"tuning type", "", edit("Window | window", "Window | duration"), ":17: tuning element Window: type"},
		{"tuning value", "", edit("seconds | 10", "seconds | ten"), ":17: tuning element Window: \"ten\" is no whole number"},
		{"tuning window zero", "", edit("seconds | 10", "seconds | 0"), ":17: tuning element Window"},
		{"tuning without value", "", edit("seconds | 10", "seconds |"), ":17: tuning element Window: type window needs a default"},
		{"tuning source", "", edit("10 | Window |", "10 | Fenster |"), ":17: tuning element Window: source"},
		{"tuning meaning", "", edit(" How long.", ""), ":17: tuning element Window has no meaning"},
		{"tuning apart", "", edit("--   None |", "--   Window | window | seconds | 10 | Window | How long.\n--   None |"), ":20: tuning element Window: its lines stand apart"},
		{"tuning number twice", "", edit("--   Paths | text | | /usr", "--   Window | window | seconds | 11 | Window | How long.\n--   Paths | text | | /usr"), ":18: tuning element Window is repeated"},
		{"tuning list differs", "", edit("so | apiwatch | Which.", "so | apiwatch | What."), ":19: tuning element Paths: its lines differ"},
		{"tuning list repeats", "", edit(`/opt/it's "odd"; -- so`, "/usr/bin/gdb"), ":19: tuning element Paths: empty or repeated"},
		{"tuning pattern", "", edit("None | like | |", `None | like | | C:\temp`), ":20: tuning element None: pattern"},
		{"benign on the line", "", edit("-- benign:", "-- benign: x"), ":21: benign takes"},
		{"no limits", "", edit("-- limits:\n--   A limit.", "-- limits:"), ":24: limits is empty"},
		{"reference", "", edit("https://example.org/a", "example.org"), ":27: reference"},
		{"reference scheme", "", edit("https://", "javascript://"), ":27: reference"},
		{"no SQL", "", header, "there is no SQL"},
		{"only comments as SQL", "", header + "\n-- x\n", "there is no SQL"},
		{"other statement", "", edit("SELECT eid", "DELETE eid"), `:28: SQL begins with "DELETE"`},
		{"semicolon", "", edit("FROM ptrace_events", "FROM ptrace_events;"), ":29: SQL has a semicolon"},
		{"open quote", "", edit("'it''s; -- no comment'", "'it''s"), "quote without an end"},
		{"open comment", "", edit("-- a comment", "/* a comment"), "comment without an end"},
		{"carriage return", "", edit("A title", "A title\r"), ":2: line has a carriage return"},
		{"NUL", "", edit("A title", "A\x00title"), ":2: line has a control"},
		{"tab", "", edit("FROM ", "FROM\t"), ":29: line has a control"},
		{"right-to-left override", "", edit("A title", "A\u202etitle"), ":2: line has a control"},
		{"UTF-8", "", edit("A title", "A\xfftitle"), ":2: text is not UTF-8"},
		{"byte order mark", "", "\ufeff" + good, ":1: line has a control"},
		{"folder", "DET1_x/AN0001_linux.sql", good, ":1: folder"},
		{"folder without slug", "DET0001/AN0001_linux.sql", good, ":1: folder"},
		{"strategy", "DET0002_some_slug/AN0001_linux.sql", good, ":3: strategy"},
		{"file of another id", "DET0001_some_slug/AN0002_linux.sql", good, ":1: file is named"},
		{"file of another platform", "DET0001_some_slug/AN0001_windows.sql", good, ":1: file is named"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.source == good && test.path == "" {
				t.Fatal("the edit changed nothing")
			}
			path := test.path
			if path == "" {
				path = goodPath
			}
			d, err := parse(path, test.source)
			if err == nil {
				t.Fatalf("accepted: %+v", d)
			}
			if !strings.HasPrefix(err.Error(), path+":") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q; want %q with the file's name before it", err, test.want)
			}
		})
	}
}

func TestLoadRejectsTwoOfOneID(t *testing.T) {
	tree := fstest.MapFS{
		goodPath:                              {Data: []byte(good)},
		"DET0001_other_slug/AN0001_linux.sql": {Data: []byte(good)},
	}
	if _, err := load(tree); err == nil || !strings.Contains(err.Error(), "AN0001 is defined by DET0001_other_slug/AN0001_linux.sql already") {
		t.Errorf("error = %v", err)
	}
}

func TestLoadTellsEveryBadFile(t *testing.T) {
	tree := fstest.MapFS{
		"DET0001_a/AN0001_linux.sql": {Data: []byte("x")},
		"DET0001_a/AN0002_linux.sql": {Data: []byte("x")},
	}
	_, err := load(tree)
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("error = %v; want one line a file", err)
	}
}

// TestAgainstATTACK holds every detection against the facts of the analytic whose id it bears.
func TestAgainstATTACK(t *testing.T) {
	source, err := os.ReadFile("testdata/attack.json")
	if err != nil {
		t.Fatal(err)
	}
	var facts struct {
		Analytics map[string]struct {
			Strategy, Technique, Platform string
			Tactics                       []string
			LogSources                    []string `json:"log_sources"`
			MutableElements               []string `json:"mutable_elements"`
		}
	}
	if err := json.Unmarshal(source, &facts); err != nil {
		t.Fatal(err)
	}
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no detections")
	}
	for _, d := range all {
		if d.Rule() {
			continue
		}
		fact, ok := facts.Analytics[d.ID]
		if !ok {
			t.Errorf("%s: ATT&CK has no analytic %s", d.File, d.ID)
			continue
		}
		if d.Strategy != fact.Strategy || d.Technique != fact.Technique || d.Platform != fact.Platform {
			t.Errorf("%s: %s %s %s; ATT&CK says %s %s %s", d.File, d.Strategy, d.Technique, d.Platform,
				fact.Strategy, fact.Technique, fact.Platform)
		}
		for _, s := range d.Tactics {
			if !slices.Contains(fact.Tactics, s) {
				t.Errorf("%s: tactic %q is not among %q", d.File, s, fact.Tactics)
			}
		}
		for _, s := range d.LogSources {
			if !slices.Contains(fact.LogSources, s) {
				t.Errorf("%s: log source %q is not among %q", d.File, s, fact.LogSources)
			}
		}
		for _, name := range fact.MutableElements {
			if e, ok := d.Element(name); !ok || e.Source != name {
				t.Errorf("%s: mutable element %s has no tuning line that names it as its source", d.File, name)
			}
		}
		for _, e := range d.Tuning {
			if e.Source != "apiwatch" && !slices.Contains(fact.MutableElements, e.Name) {
				t.Errorf("%s: ATT&CK has no mutable element %s; its source is apiwatch", d.File, e.Name)
			}
		}
	}
}

// TestBodies: tuning is read, and exceptions are in it.
func TestBodies(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		for _, e := range d.Tuning {
			if !strings.Contains(d.Body, "'"+e.Name+"'") {
				t.Errorf("%s: the SQL does not read tuning element %s", d.File, e.Name)
			}
		}
		if n := strings.Count(d.Body, "\n") + 1; n > 60 {
			t.Errorf("%s: the SQL has %d lines; exceptions belong in tuning, 60 are enough", d.File, n)
		}
	}
}

// TestAgainstRules holds the rules for T1106 against the facts of the published ones.
func TestAgainstRules(t *testing.T) {
	source, err := os.ReadFile("testdata/t1106.json")
	if err != nil {
		t.Fatal(err)
	}
	var facts map[string]struct {
		Rule, Platform, Severity string
		Exclusions               int  // how many it has
		Waits                    bool // for tables that are not there yet
	}
	if err := json.Unmarshal(source, &facts); err != nil {
		t.Fatal(err)
	}
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if !d.Rule() {
			continue
		}
		fact, ok := facts[d.ID]
		if !ok || fact.Waits {
			t.Errorf("%s: no published rule for it is known, or it waits", d.File)
			continue
		}
		delete(facts, d.ID)
		if d.Technique != "T1106" || d.Platform != fact.Platform || fact.Severity != "" && d.Severity != fact.Severity {
			t.Errorf("%s: %s %s %s; the rule says T1106 %s %s", d.File, d.Technique, d.Platform, d.Severity, fact.Platform, fact.Severity)
		}
		if !strings.Contains(d.Description, fact.Rule) {
			t.Errorf("%s: the description does not cite rule %s", d.File, fact.Rule)
		}
		held := 0
		for _, e := range d.Tuning {
			if e.Source == "rule" {
				held++
			} else if e.Source != "apiwatch" {
				t.Errorf("%s: tuning element %s is of %q; want rule or apiwatch", d.File, e.Name, e.Source)
			}
		}
		if fact.Exclusions > 0 && held == 0 {
			t.Errorf("%s: the rule has %d exclusions, and none is tuning", d.File, fact.Exclusions)
		}
	}
	for id, fact := range facts {
		if !fact.Waits {
			t.Errorf("%s: rule %s is not there", id, fact.Rule)
		}
	}
}

func TestByPlatform(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, platform := range Platforms {
		ds, err := ByPlatform(platform)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ds {
			if d.Platform != platform {
				t.Errorf("%s is for %s, not %s", d.ID, d.Platform, platform)
			}
		}
		total += len(ds)
	}
	if total != len(all) {
		t.Errorf("platforms have %d detections, there are %d", total, len(all))
	}
	if again, _ := All(); len(again) != len(all) {
		t.Errorf("All gave %d, then %d: ByPlatform changed what All holds", len(all), len(again))
	}
}

func TestSQL(t *testing.T) {
	d, err := parse(goodPath, good)
	if err != nil {
		t.Fatal(err)
	}
	want := `WITH hit AS MATERIALIZED (
SELECT eid, eids, 'it''s; -- no comment' AS summary, request
FROM ptrace_events
),
e AS MATERIALIZED (
  SELECT eid, time, pid, process_key, path, cmdline, parent_path, user, container_id, target_pid, target_path
  FROM api_calls WHERE eid IN (SELECT eid FROM hit) LIMIT (SELECT count(*) FROM hit)
)
SELECT 'AN0001' AS detection,
  'DET0001' AS strategy,
  'T1055.008' AS technique,
  'high' AS severity,
  e.time AS time,
  hit.summary AS summary,
  substr(sha256('AN0001|' || e.process_key || '|' || e.eid), 1, 32) AS finding_id,
  e.pid AS pid,
  e.process_key AS process_key,
  e.path AS path,
  e.cmdline AS cmdline,
  e.parent_path AS parent_path,
  e.user AS user,
  e.container_id AS container_id,
  e.target_pid AS target_pid,
  e.target_path AS target_path,
  hit.eids AS eids,
  hit.request AS request
FROM hit JOIN e ON e.eid = hit.eid
ORDER BY e.eid`
	if got := d.SQL(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestOneLine(t *testing.T) {
	tests := []struct{ in, want string }{
		{"SELECT  1", "SELECT 1"},
		{"SELECT 1 -- x\n  , 2", "SELECT 1 , 2"},
		{"SELECT (\n  1\n)", "SELECT (1)"},
		{"SELECT 1/* a */+/* b */2", "SELECT 1 + 2"},
		{"SELECT '--  a', \"/* b\", `--c  `, [-- d]", "SELECT '--  a', \"/* b\", `--c  `, [-- d]"},
		{"SELECT 'it''s  --' -- it's\nFROM x", "SELECT 'it''s  --' FROM x"},
		{"SELECT '\n\n'", "SELECT '\n\n'"},
		{"-- a\n/* b\n*/ SELECT 1", "SELECT 1"},
		{"SELECT x'00'", "SELECT x'00'"},
		{"SELECT a<=b, c||d, -1", "SELECT a<=b, c||d, -1"},
		{"SELECT '", "SELECT '"}, // what cannot be read stays
		{"", ""},
	}
	for _, test := range tests {
		if got := OneLine(test.in); got != test.want {
			t.Errorf("OneLine(%q) = %q; want %q", test.in, got, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(goodPath, good)
	f.Add("x/y", "-- id: x\n--   y\n--\nSELECT [")
	f.Fuzz(func(t *testing.T, path, source string) {
		d, err := parse(path, source)
		if err != nil {
			if !strings.HasPrefix(err.Error(), path+":") {
				t.Errorf("error without the file: %v", err)
			}
			return
		}
		if d.ID == "" || d.Body == "" || len(d.Tables) == 0 || len(d.References) == 0 {
			t.Errorf("accepted without what is due: %+v", d)
		}
		for _, e := range d.Tuning {
			for _, v := range e.Default {
				if err := e.check(v); err != nil {
					t.Errorf("accepted a bad default: %v", err)
				}
			}
		}
		if one := OneLine(d.SQL()); OneLine(one) != one {
			t.Errorf("OneLine is not stable: %q", one)
		}
	})
}
