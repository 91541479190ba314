package schedule

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/extension/internal/golden"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

func TestReadPack(t *testing.T) {
	p, err := ReadPack(filepath.Join("testdata", "pack.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "pack" || p.Platform != "posix" || p.Version != "1.4.5" || p.Shard != 100 ||
		!slices.Equal(p.Discovery, []string{"SELECT 1 FROM processes WHERE name = 'a//b /* no comment */';"}) {
		t.Errorf("pack: %+v", p)
	}
	want := []Query{
		{Name: "defaults", SQL: "SELECT 1", Interval: 3600, Removed: true, Denylist: true},
		{
			Name: "all", SQL: "SELECT '#', \"//\" FROM time WHERE x = ',}';", Interval: 60, Snapshot: true, Platform: "linux,darwin",
			Version: "5.23", Shard: 7, Description: "d", Value: "v",
		},
		{Name: "texts", SQL: "SELECT 2", Interval: 10, Snapshot: true, Removed: true, Denylist: false},
		{Name: "nulls", SQL: "SELECT 3", Interval: 3600, Removed: true, Denylist: true},
	}
	if !slices.Equal(p.Queries, want) {
		t.Errorf("queries:\n%+v\nwant\n%+v", p.Queries, want)
	}
	var problems []string
	for _, e := range p.Problems {
		if !strings.HasPrefix(e.Error(), "pack "+p.File+`: query "`) {
			t.Errorf("%v names no file and query", e)
		}
		problems = append(problems, strings.TrimPrefix(e.Error(), "pack "+p.File+": "))
	}
	golden.Check(t, "pack.problems", strings.Join(problems, "\n")+"\n")
}

func TestParsePackErrors(t *testing.T) {
	for source, want := range map[string]string{
		"":                                    "line 1: unexpected end of JSON input",
		"{\n\"queries\": {\n}\n oops":         "line 4: invalid character 'o'",
		"{ \"a\": \"x\\\ny\\\nz\",\n\n 1 }":   "line 5: invalid character '1'",
		"/* a\n b */ // c\n # d\n{]":          "line 4: invalid character ']'",
		"{\"queries\": {} } {}":               "line 1: invalid character '{' after top-level value",
		"[]":                                  "no JSON object",
		"{}":                                  `it has no "queries"`,
		`{"schedule": {}}`:                    "it is an osquery configuration",
		`{"packs": {"a": "b"}}`:               "it is an osquery configuration",
		`{"queries": []}`:                     "queries: it is no JSON object",
		`{"queries": {}, "platform": 1}`:      "platform is no text",
		`{"queries": {}, "version": "x"}`:     `version "x" is no version`,
		`{"queries": {}, "shard": -1}`:        "shard is no whole number",
		`{"queries": {}, "discovery": "x"}`:   "discovery is no list",
		"/* no end":                           "invalid character '/'",
		"{\"queries\": {\"a\": \"raw\ntext\"": "line 1: invalid character '\\n' in string",
		strings.Repeat("[", 20_000):           "exceeded max depth",
	} {
		_, err := ParsePack("f", "f", []byte(source))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "reading pack f: ") {
			t.Errorf("%.60q: %v; want %q", source, err, want)
		}
	}
	if _, err := ReadPack(filepath.Join(t.TempDir(), "none.conf")); err == nil || !strings.Contains(err.Error(), "none.conf") {
		t.Errorf("missing file: %v", err)
	}
	long := filepath.Join(t.TempDir(), "long.conf")
	if err := os.WriteFile(long, make([]byte, maxPack+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPack(long); err == nil || !strings.Contains(err.Error(), "long.conf: it is longer than 16 MiB") {
		t.Errorf("long file: %v", err)
	}
}

// The packs that the project itself generates must be read without a problem.
func TestReadOwnPacks(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "packs", "*.conf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no packs: %v", err)
	}
	for _, f := range files {
		if p, err := ReadPack(f); err != nil || len(p.Problems) > 0 || len(p.Queries) == 0 {
			t.Errorf("%s: %v %v", f, err, p)
		}
	}
}

func TestRunsOn(t *testing.T) {
	for _, c := range []struct {
		platform, goos string
		want           bool
	}{
		{"", "windows", true},
		{"null", "linux", true},
		{"all", "linux", true},
		{"any", "darwin", true},
		{"linux", "linux", true},
		{"linux", "darwin", false},
		{"darwin,linux", "linux", true},
		{"darwin, windows", "linux", false},
		{"posix", "linux", true},
		{"posix", "darwin", true},
		{"posix", "windows", false},
		{"ubuntu,centos", "linux", true},
		{"ubuntu", "darwin", false},
		{"windows", "windows", true},
	} {
		if got := platformAdmits(c.platform, c.goos); got != c.want {
			t.Errorf("platform %q on %s: %v", c.platform, c.goos, got)
		}
	}
	for version, want := range map[string]bool{
		"": true, "null": true, "1.4.5": true, "5": true, "5.23.0": true, "5.22.9": true, "5.9.1": true,
		"5.23.1": false, "5.24": false, "6.0.0": false, "10.0": false, "5.23.0-12-gabc": true,
	} {
		if got := versionAdmits(version); got != want {
			t.Errorf("version %q: %v", version, got)
		}
	}
	// SHA-1 of "a" begins with 0x86: 134 * 100 / 255 = 52.
	for shard, want := range map[int64]bool{0: true, 51: false, 52: true, 100: true} {
		if got := runsOn("", "", shard, "linux", "a"); got != want {
			t.Errorf("shard %d: %v", shard, got)
		}
	}
}

// FuzzPack holds that a pack's text crashes nothing, and that strict JSON means what it meant before it was relaxed.
func FuzzPack(f *testing.F) {
	source, err := os.ReadFile(filepath.Join("testdata", "pack.conf"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(source)
	f.Add([]byte(`{"queries":{"a":{"query":"x\\","interval":"1"}},"b":[1,2,]}`))
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, source []byte) {
		if p, err := ParsePack("p", "p", source); (p == nil) != (err != nil) {
			t.Fatalf("%v %v", p, err)
		}
		if json.Valid(source) {
			var before, after any
			out, _ := relax(source)
			if json.Unmarshal(source, &before) != nil {
				return // too deep
			}
			if err := json.Unmarshal(out, &after); err != nil {
				t.Fatalf("%q: %v", out, err)
			}
			a, _ := json.Marshal(before)
			b, _ := json.Marshal(after)
			if string(a) != string(b) {
				t.Fatalf("%s\n%s", a, b)
			}
		}
	})
}
