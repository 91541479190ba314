package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/apiwatch/apiwatch/queries"
)

// gitopsReport has the keys that Fleet documents for a report; a file of reports is a list of them.
type gitopsReport struct {
	Name               string   `yaml:"name"`
	Description        string   `yaml:"description"`
	Query              string   `yaml:"query"`
	Interval           uint     `yaml:"interval"`
	Platform           string   `yaml:"platform"`
	MinOsqueryVersion  string   `yaml:"min_osquery_version"`
	ObserverCanRun     bool     `yaml:"observer_can_run"`
	AutomationsEnabled bool     `yaml:"automations_enabled"`
	Logging            string   `yaml:"logging"`
	DiscardData        bool     `yaml:"discard_data"`
	LabelsIncludeAny   []string `yaml:"labels_include_any"`
}

// gitopsExpand does to a file what `fleetctl gitops` does before it reads it: an odd number of backslashes before a $ keeps that, and half
// of the others; any other $ with a name, or with one of the shell's signs, is a variable, and one that is not set is an error.
func gitopsExpand(t *testing.T, text string) string {
	t.Helper()
	const kept = "PREVENT_ESCAPING_0123456789abcdef"
	text = regexp.MustCompile(`\\+\$`).ReplaceAllStringFunc(text, func(s string) string {
		if len(s)%2 != 0 {
			return s
		}
		return strings.Repeat(`\`, len(s)/2-1) + "$" + kept
	})
	return os.Expand(text, func(name string) string {
		rest, ok := strings.CutPrefix(name, kept)
		if !ok {
			t.Errorf("fleetctl gitops would expand $%s", name)
		}
		return "$" + rest
	})
}

// checkFleet holds Fleet's file against its documented form and against the packs.
func checkFleet(t *testing.T, ds []queries.Detection, scheduled map[string]packQuery) {
	t.Helper()
	content, err := fleet(ds)
	if err != nil {
		t.Fatal(err)
	}
	var reports []gitopsReport
	decoder := yaml.NewDecoder(strings.NewReader(gitopsExpand(t, string(content))))
	decoder.KnownFields(true)
	if err := decoder.Decode(&reports); err != nil {
		t.Fatalf("fleet.yml is no list of reports: %v", err)
	}
	seen := make(map[string]bool)
	for _, r := range reports {
		p := scheduled[r.Name]
		if r.Name == "" || seen[r.Name] || r.Description == "" || r.Logging != "differential_ignore_removals" ||
			!slices.Contains([]string{"", "linux", "windows", "darwin", "chrome"}, r.Platform) {
			t.Errorf("fleet.yml: %+v", r)
		}
		if queries.OneLine(r.Query) != p.Query || int64(r.Interval) != p.Interval || r.Platform != p.Platform {
			t.Errorf("fleet.yml and the pack differ in %s", r.Name)
		}
		if r.AutomationsEnabled != (r.Name == "apiwatch_findings") {
			t.Errorf("fleet.yml: %s: automations_enabled is %v", r.Name, r.AutomationsEnabled)
		}
		seen[r.Name] = true
	}
	if len(reports) != len(scheduled) {
		t.Errorf("fleet.yml has %d reports, the packs %d", len(reports), len(scheduled))
	}
	if !bytes.Contains(content, []byte(`\$`)) {
		t.Error("fleet.yml holds no $: this test proves nothing of it")
	}
}

func TestUnexpanded(t *testing.T) {
	for _, text := range []string{`IPC$_srvsvc`, `a\$b`, `a\\$`, `^x$'`, `$$ ${x} $`, `\\\$NAME`} {
		if got := gitopsExpand(t, unexpanded(text)); got != text {
			t.Errorf("%s comes back from fleetctl gitops as %s", text, got)
		}
	}
}
