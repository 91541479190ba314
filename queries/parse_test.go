package queries

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

const (
	goodPath = "DET0001_some_slug/AN0001_linux.yaml"
	good     = `id: AN0001
name: A title
strategy: DET0001
technique: T1055.008
tactics: [Stealth, Execution]
platform: linux
description: >-
  One line
  and its end.
log_sources: [auditd:SYSCALL]
tables: [ptrace_events, api_calls]
extra: [request]
pyramid_level: 5
severity: high
interval: 10
window: Window
tuning:
  Window:
    type: window
    unit: seconds
    source: Window
    meaning: How long.
    values: 10
  Paths:
    type: text
    source: apiwatch
    meaning: 'Which: these.'
    values:
      - /usr/bin/gdb # a comment
      # and one on its own line
      - '/opt/it''s "odd"; -- so'
  Patterns: {type: like, source: apiwatch, meaning: No escapes., values: ['%\\x', C:\\y]}
  None:
    type: like
    source: apiwatch
    meaning: Nothing.
    values: []
benign:
  - First cause.
  - 'Second cause: with a colon.'
limits:
  - A limit.
references:
  - https://example.org/a#b
`
	goodSQL = `SELECT eid, eids, 'it''s; -- no comment' AS summary, request
FROM ptrace_events -- a comment; with a semicolon
`
	ways = `ways:
  by_call:
    description: Calls it.
    pyramid_level: 5
    severity: critical
    interval: 60
    tables: [ptrace_events]
    extra: []
    limits: [Other calls.]
  by_name:
    description: Names it.
    pyramid_level: 2
benign:`
)

// twoWays makes of a file one with two ways.
func twoWays(yaml string) string {
	return strings.NewReplacer("pyramid_level: 5\nseverity", "once_per: [process, computer]\nseverity", "benign:", ways).Replace(yaml)
}

func beside(names ...string) []source {
	var out []source
	for _, name := range names {
		out = append(out, source{"DET0001_some_slug/" + name, goodSQL})
	}
	return out
}

func parsed(t *testing.T, yaml string, sql ...source) Detection {
	t.Helper()
	d, err := parse(source{goodPath, yaml}, sql)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParse(t *testing.T) {
	d := parsed(t, good, beside("AN0001_linux.sql")...)
	if got := d.QueryName(&d.Ways[0]); got != "AN0001_some_slug" {
		t.Errorf("QueryName = %q", got)
	}
	d.Ways[0].sql, d.Ways[0].anchors = "", nil
	want := Detection{
		ID: "AN0001", Name: "A title", Strategy: "DET0001", Technique: "T1055.008", Tactics: []string{"Stealth", "Execution"},
		Platform: "linux", Description: "One line and its end.", LogSources: []string{"auditd:SYSCALL"},
		Tables: []string{"ptrace_events", "api_calls"}, Extra: []string{"request"}, PyramidLevel: 5, Severity: "high",
		Interval: 10, Window: "Window",
		Tuning: []Element{
			{Name: "Window", Type: "window", Unit: "seconds", Default: []string{"10"}, Source: "Window", Meaning: "How long."},
			{Name: "Paths", Type: "text", Default: []string{"/usr/bin/gdb", `/opt/it's "odd"; -- so`}, Source: "apiwatch", Meaning: "Which: these."},
			{Name: "Patterns", Type: "like", Default: []string{`%\\x`, `C:\\y`}, Source: "apiwatch", Meaning: "No escapes."},
			{Name: "None", Type: "like", Default: []string{}, Source: "apiwatch", Meaning: "Nothing."},
		},
		Ways: []Way{{
			PyramidLevel: 5, Severity: "high", Interval: 10, Tables: []string{"ptrace_events", "api_calls"}, Extra: []string{"request"},
			Limits: []string{}, File: "DET0001_some_slug/AN0001_linux.sql", Body: strings.TrimSpace(goodSQL),
		}},
		Benign: []string{"First cause.", "Second cause: with a colon."}, Limits: []string{"A limit."},
		References: []string{"https://example.org/a#b"}, File: goodPath,
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got  %+v\nwant %+v", d, want)
	}
}

func TestParseWays(t *testing.T) {
	d := parsed(t, twoWays(good), beside("AN0001_linux.by_call.sql", "AN0001_linux.by_name.sql")...)
	if d.PyramidLevel != 5 || d.Severity != "high" || !slices.Equal(d.OncePer, []string{"process", "computer"}) ||
		!slices.Equal(d.WayNames(), []string{"by_call", "by_name"}) {
		t.Errorf("got %+v", d)
	}
	for i := range d.Ways {
		d.Ways[i].sql, d.Ways[i].anchors = "", nil
	}
	body := strings.TrimSpace(goodSQL)
	want := []Way{
		{
			Name: "by_call", Description: "Calls it.", PyramidLevel: 5, Severity: "critical", Interval: 60, Tables: []string{"ptrace_events"},
			Extra: []string{}, Limits: []string{"Other calls."}, File: "DET0001_some_slug/AN0001_linux.by_call.sql", Body: body,
		},
		{
			Name: "by_name", Description: "Names it.", PyramidLevel: 2, Severity: "high", Interval: 10, Tables: d.Tables, Extra: d.Extra,
			Limits: []string{}, File: "DET0001_some_slug/AN0001_linux.by_name.sql", Body: body,
		},
	}
	if !reflect.DeepEqual(d.Ways, want) {
		t.Errorf("got  %+v\nwant %+v", d.Ways, want)
	}
	if got := d.QueryName(&d.Ways[1]); got != "AN0001_some_slug_by_name" {
		t.Errorf("QueryName = %q", got)
	}
	if got := d.SQL(&d.Ways[0]); !strings.Contains(got, "'by_call' AS way,\n") || !strings.Contains(got, "'critical' AS severity") {
		t.Errorf("SQL of a way: %s", got)
	}
}

func TestParseRejects(t *testing.T) {
	edit := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(good) }
	one, two := beside("AN0001_linux.sql"), beside("AN0001_linux.by_call.sql", "AN0001_linux.by_name.sql")
	wayed := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(twoWays(good)) }
	tests := []struct {
		name, yaml string
		sql        []source
		want       string
	}{
		{"empty file", "", one, ":1: there is nothing"},
		{"a list", "- id\n", one, ":1: want the analytic's keys by name, got a list"},
		{"syntax", "id: [\n", one, ":"},
		{"two documents", good + "---\nid: x\n", one, "a second document begins"},
		{"unknown key", edit("name: A", "title: A"), one, `:2: unknown key "title"; known are id, name`},
		{"missing key", edit("name: A title\n", ""), one, ":1: key name is missing"},
		{"repeated key", edit("strategy:", "name: again\nstrategy:"), one, `:3: "name" is repeated; it stands on line 2`},
		{"no pyramid level", edit("pyramid_level: 5\n", ""), one, "key pyramid_level is missing"},
		{"trailing blank", edit("A title", "A title "), one, ":2: line ends in a blank"},
		{"empty name", edit("name: A title", "name:"), one, ":2: name: want text, got nothing"},
		{"name of blanks", edit("A title", "' '"), one, ":2: name is empty"},
		{"long name", edit("A title", strings.Repeat("é", 81)), one, ":2: name is longer"},
		{"name in double quotes", edit("A title", `"A title"`), one, ":2: name: write it plain or in single quotes"},
		{"name cut off", edit("A title", "A title #1"), one, `:2: name: a comment stands beside it`},
		{"benign cut off", edit("First cause.", "First #cause."), one, `:39: benign: a comment stands beside it`},
		{"name is a number", edit("A title", "10"), one, ":2: name: want text, got 10 (int)"},
		{"name is an alias", edit("A title", "*x", "AN0001", "&x AN0001"), one, ":2: name: want text, got an alias"},
		{"two paragraphs", edit("One line\n", "One line\n\n"), one, ":7: description begins or ends in a blank or is of several lines"},
		{"id", edit("id: AN0001", "id: an1"), one, `:1: id "an1" is not of the form`},
		{"technique", edit("T1055.008", "T1055.08"), one, ":4: technique"},
		{"tactic", edit("Stealth, ", "Sleath, "), one, `:5: tactics: "Sleath" is not allowed`},
		{"tactic twice", edit("Stealth, ", "Execution, "), one, `:5: tactics has "Execution" twice`},
		{"text for a list", edit("[Stealth, Execution]", "Stealth"), one, ":5: tactics: want a list, got Stealth (str)"},
		{"no tables", edit("[ptrace_events, api_calls]", "[]"), one, ":11: tables is empty"},
		{"table name", edit("[ptrace_events, ", "['x;', "), one, ":11: tables:"},
		{"platform", edit("platform: linux", "platform: Linux"), one, `:6: platform "Linux" is none of`},
		{"extra is common", edit("[request]", "[cmdline]"), one, ":12: extra"},
		{"extra is way", edit("[request]", "[way]"), one, ":12: extra"},
		{"pyramid level", edit("pyramid_level: 5", "pyramid_level: 6"), one, ":13: pyramid_level"},
		{"severity", edit("severity: high", "severity: severe"), one, ":14: severity"},
		{"interval zero", edit("interval: 10", "interval: 0"), one, ":15: interval"},
		{"interval octal", edit("interval: 10", "interval: 010"), one, ":15: interval"},
		{"interval as text", edit("interval: 10", "interval: '10'"), one, ":15: interval"},
		{"window of nothing", edit("window: Window", "window: Other"), one, ":16: window"},
		{"window of text", edit("window: Window", "window: Paths"), one, ":16: window: tuning element Paths is no window"},
		{"once per", edit("window: Window", "window: Window\nonce_per: [user]"), one, `:17: once_per: "user" is not allowed`},
		{"once per nothing", edit("window: Window", "window: Window\nonce_per: []"), one, ":17: once_per is empty"},
		{"tuning name", edit("  None:", "  No-ne:"), one, ":33: tuning element"},
		{"tuning key", edit("unit: seconds", "units: seconds"), one, `:20: unknown key "units"; known are type, unit`},
		{"tuning twice", edit("  None:", "  Paths:"), one, `:33: "Paths" is repeated; it stands on line 24`},
		{"tuning type", edit("type: window", "type: duration"), one, `:19: type "duration" is none of`},
		{"tuning value", edit("values: 10", "values: ten"), one, ":23: tuning element Window: want a number, got ten"},
		{"tuning values of one", edit("values: 10", "values: [10, 20]"), one, ":23: tuning element Window: want one number, got a list"},
		{"tuning window zero", edit("values: 10", "values: 0"), one, ":23: tuning element Window"},
		{"tuning without value", edit("    values: 10\n", ""), one, ":19: key values is missing"},
		{"tuning with nothing", edit("values: []", "values:"), one, ":37: tuning element None: want text, got nothing"},
		{"tuning source", edit("source: Window", "source: Fenster"), one, ":21: tuning element Window: source"},
		{"tuning meaning", edit("    meaning: How long.\n", ""), one, ":19: key meaning is missing"},
		{"tuning list repeats", edit(`'/opt/it''s "odd"; -- so'`, "/usr/bin/gdb"), one, ":31: tuning element Paths has"},
		{"tuning number as text", edit("- /usr/bin/gdb", "- 4663"), one, ":29: tuning element Paths: want text, got 4663 (int)"},
		{"tuning in double quotes", edit("- /usr/bin/gdb", `- "/usr/bin/gdb"`), one, ":29: tuning element Paths: write"},
		{"tuning pattern", edit(`C:\\y`, `C:\temp`), one, ":32: tuning element Patterns: pattern"},
		{"no limits", edit("limits:\n  - A limit.", "limits: []"), one, ":41: limits is empty"},
		{"reference", edit("https://example.org/a", "example.org"), one, ":44: references"},
		{"reference scheme", edit("https://", "javascript://"), one, ":44: references"},
		{"carriage return", edit("A title", "A title\r"), one, ":2: line has a carriage return"},
		{"NUL", edit("A title", "A\x00title"), one, ":2: line has a control"},
		{"right-to-left override", edit("A title", "A\u202etitle"), one, ":2: line has a control"},
		{"UTF-8", edit("A title", "A\xfftitle"), one, ":2: text is not UTF-8"},
		{"byte order mark", "\ufeff" + good, one, ":1: line has a control"},
		{"strategy", edit("DET0001", "DET0002"), one, `:3: strategy "DET0002" lies in folder`},
		{"another id", edit("AN0001", "AN0002"), one, ":1: file is named"},
		{"another platform", edit("platform: linux", "platform: windows"), one, ":1: file is named"},
		{"no SQL beside it", good, nil, ":1: there is no AN0001_linux.sql beside it"},
		{"ways without entries", good, slices.Concat(one, two), ".by_call.sql:1: no way of DET0001_some_slug/AN0001_linux.yaml is named so"},
		{"way without SQL", twoWays(good), two[:1], ":1: there is no AN0001_linux.by_name.sql beside it"},
		{"ways and SQL of one", twoWays(good), slices.Concat(one, two), "AN0001_linux.sql:1: no way of"},
		{"one way", wayed("  by_name:\n    description: Names it.\n    pyramid_level: 2\n", ""), two[:1], "ways: an analytic with one way"},
		{"way name", wayed("by_name:", "by-name:"), two, `way "by-name": a name is words`},
		{"way twice", wayed("by_name:", "by_call:"), two, `"by_call" is repeated`},
		{"way key", wayed("description: Names", "name: Names"), two, `unknown key "name"; known are description`},
		{"way without level", wayed("    pyramid_level: 2\n", ""), two, "key pyramid_level is missing"},
		{"level beside ways", wayed("severity: high", "severity: high\npyramid_level: 5"), two, ":15: pyramid_level: each way has its own"},
		{
			"table of a way", wayed("tables: [ptrace_events]", "tables: [file_changes]"), two,
			"way by_call reads file_changes, which the analytic's tables do not name",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.yaml == good && len(test.sql) == 1 {
				t.Fatal("the edit changed nothing")
			}
			d, err := parse(source{goodPath, test.yaml}, test.sql)
			if err == nil {
				t.Fatalf("accepted: %+v", d)
			}
			if !strings.HasPrefix(err.Error(), "DET0001_some_slug/AN0001_linux.") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q; want %q with the file's name before it", err, test.want)
			}
		})
	}
}

func TestParseRejectsSQL(t *testing.T) {
	tests := []struct{ name, sql, want string }{
		{"nothing", "", ":1: there is no SQL"},
		{"only a comment", "-- x\n", ":1: there is no SQL"},
		{"other statement", "-- x\nDELETE FROM x\n", `:2: SQL begins with "DELETE"`},
		{"semicolon", "SELECT 1\nFROM x;\n", ":2: SQL has a semicolon"},
		{"open quote", "SELECT 'it''s\n", ":1: SQL has a quote without an end"},
		{"open comment", "SELECT 1 /* x\n", ":1: SQL has a comment without an end"},
		{"carriage return", "SELECT 1\r\n", ":1: line has a carriage return"},
		{"tab", "SELECT 1\nFROM\tx\n", ":2: line has a control"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			const path = "DET0001_some_slug/AN0001_linux.sql"
			_, err := parse(source{goodPath, good}, []source{{path, test.sql}})
			if err == nil || !strings.HasPrefix(err.Error(), path+test.want) {
				t.Errorf("error %v; want %s%s", err, path, test.want)
			}
		})
	}
}

func TestFolderNames(t *testing.T) {
	for _, folder := range []string{"DET1_x", "DET0001", "DET0001_X"} {
		path := folder + "/AN0001_linux.yaml"
		_, err := parse(source{path, good}, []source{{folder + "/AN0001_linux.sql", goodSQL}})
		if err == nil || !strings.Contains(err.Error(), path+":1: folder") {
			t.Errorf("%s: error %v", folder, err)
		}
	}
}

func tree(files ...source) fstest.MapFS {
	out := make(fstest.MapFS)
	for _, f := range files {
		out[f.path] = &fstest.MapFile{Data: []byte(f.text)}
	}
	return out
}

func TestLoad(t *testing.T) {
	const other = "DET0001_other_slug/AN0001_linux"
	alone := tree(source{goodPath, good}, beside("AN0001_linux.sql")[0])
	if ds, err := load(alone); err != nil || len(ds) != 1 {
		t.Errorf("got %v, %v", ds, err)
	}
	twice := tree(source{goodPath, good}, beside("AN0001_linux.sql")[0], source{other + ".yaml", good}, source{other + ".sql", goodSQL})
	if _, err := load(twice); err == nil || !strings.Contains(err.Error(), goodPath+":1: AN0001 is defined by "+other+".yaml already") {
		t.Errorf("two of one id: error = %v", err)
	}
	orphan := tree(source{goodPath, good}, beside("AN0001_linux.sql")[0], source{other + ".sql", goodSQL})
	if _, err := load(orphan); err == nil || !strings.Contains(err.Error(), other+".sql:1: there is no AN0001_linux.yaml beside it") {
		t.Errorf("SQL alone: error = %v", err)
	}
}

func TestLoadTellsEveryBadFile(t *testing.T) {
	_, err := load(tree(source{"DET0001_a/AN0001_linux.yaml", "x"}, source{"DET0001_a/AN0002_linux.yaml", "x"}))
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("error = %v; want one line a file", err)
	}
}

// What a person reads in a minute.
const (
	maxLines   = 50
	maxLine    = 140 // characters
	maxComment = 2   // lines above the SQL
)

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
	d := parsed(t, good, beside("AN0001_linux.sql")...)
	want := `WITH hit AS MATERIALIZED (
SELECT eid, eids, 'it''s; -- no comment' AS summary, request
FROM ptrace_events
),
e AS MATERIALIZED (
  SELECT eid, actor_key, time, pid, process_key, path, cmdline, parent_path, user, container_id, target_pid, target_path
  FROM api_calls WHERE eid IN (SELECT eid FROM hit) LIMIT (SELECT count(*) FROM hit)
)
SELECT 'AN0001' AS detection,
  '' AS way,
  'DET0001' AS strategy,
  'T1055.008' AS technique,
  'high' AS severity,
  e.time AS time,
  hit.summary AS summary,
  substr(sha256('AN0001|' || e.actor_key || '|' || e.eid), 1, 32) AS finding_id,
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
	if got := d.SQL(&d.Ways[0]); got != want {
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
	f.Add(goodPath, good, goodSQL)
	f.Add(goodPath, twoWays(good), goodSQL)
	f.Add("x/y.yaml", "id: &a x\n? [b]\n: *a\n", "SELECT [")
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, path, text, sql string) {
		stem := strings.TrimSuffix(path, ".yaml")
		var beside []source
		for _, way := range []string{"", ".by_call", ".by_name"} {
			if strings.Contains(text, "ways:") == (way != "") {
				beside = append(beside, source{stem + way + ".sql", sql})
			}
		}
		d, err := parse(source{path, text}, beside)
		if err != nil {
			if !strings.HasPrefix(err.Error(), path+":") && !strings.HasPrefix(err.Error(), stem+".") {
				t.Errorf("error without the file: %v", err)
			}
			return
		}
		if d.ID == "" || len(d.Ways) == 0 || len(d.Tables) == 0 || len(d.References) == 0 {
			t.Errorf("accepted without what is due: %+v", d)
		}
		for _, e := range d.Tuning {
			for _, v := range e.Default {
				if err := e.check(v); err != nil {
					t.Errorf("accepted a bad default: %v", err)
				}
			}
		}
		for i := range d.Ways {
			if one := OneLine(d.SQL(&d.Ways[i])); OneLine(one) != one {
				t.Errorf("OneLine is not stable: %q", one)
			}
		}
	})
}
