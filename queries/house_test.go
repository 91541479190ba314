package queries

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

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
		if d.Rule() || d.Own() {
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

// TestTuningIsRead: an element that neither a way nor the evaluator, which reports once per window, reads changes nothing.
func TestTuningIsRead(t *testing.T) {
	for _, d := range allOf(t) {
		for _, e := range d.Tuning {
			latches := len(d.OncePer) > 0 && e.Name == d.Window
			if !latches && !slices.ContainsFunc(d.Ways, func(w Way) bool { return strings.Contains(w.Body, "'"+e.Name+"'") }) {
				t.Errorf("%s: no SQL reads tuning element %s", d.File, e.Name)
			}
		}
	}
}

func allOf(t *testing.T) []Detection {
	t.Helper()
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSQLIsShort(t *testing.T) {
	for _, d := range allOf(t) {
		for _, w := range d.Ways {
			if long := tooLong(w.Body); long != "" {
				t.Errorf("%s: %s", w.File, long)
			}
		}
	}
}

func tooLong(body string) string {
	lines := strings.Split(body, "\n")
	if len(lines) > maxLines {
		return fmt.Sprintf("%d lines, at most %d are wanted: put what is mutable into tuning, or make two ways of it", len(lines), maxLines)
	}
	comments := 0
	for i, line := range lines {
		if n := utf8.RuneCountInString(line); n > maxLine {
			return fmt.Sprintf("line %d has %d characters, at most %d are wanted", i+1, n, maxLine)
		}
		if strings.HasPrefix(line, "--") && comments == i {
			comments++
		}
	}
	if comments > maxComment {
		return fmt.Sprintf("%d lines of comment, at most %d are wanted: the rest belongs into the YAML", comments, maxComment)
	}
	return ""
}

// TestWholeSentences: a line of a list that was cut in two reads as two limits.
func TestWholeSentences(t *testing.T) {
	for _, d := range allOf(t) {
		said := slices.Concat(d.Limits, d.Benign, []string{d.Description})
		for _, w := range d.Ways {
			said = append(said, w.Limits...)
			if w.Name != "" {
				said = append(said, w.Description)
			}
		}
		for _, sentence := range said {
			if !strings.HasSuffix(sentence, ".") {
				t.Errorf("%s: %q does not end as a sentence does", d.File, sentence)
			}
		}
	}
}

// TestOneOrder: every YAML file has its keys in the same order, and lines that fit a screen.
func TestOneOrder(t *testing.T) {
	for _, d := range allOf(t) {
		text, err := files.ReadFile(d.File)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if utf8.RuneCountInString(line) > maxLine && !strings.Contains(line, "https://") {
				t.Errorf("%s:%d: more than %d characters", d.File, i+1, maxLine)
			}
		}
		root := new(reader).document(text)
		inOrder(t, d.File, root, analyticKeys)
		for i := 0; i+1 < len(root.Content); i += 2 {
			for _, entry := range root.Content[i+1].Content {
				switch root.Content[i].Value {
				case "tuning":
					inOrder(t, d.File, entry, elementKeys)
				case "ways":
					inOrder(t, d.File, entry, wayKeys)
				}
			}
		}
	}
}

func inOrder[T any](t *testing.T, file string, n *yaml.Node, keys []key[T]) {
	t.Helper()
	last := -1
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		place := slices.IndexFunc(keys, func(k key[T]) bool { return k.name == n.Content[i].Value })
		if place < last {
			t.Errorf("%s:%d: %s comes after %s; the order is %s", file, n.Content[i].Line, n.Content[i].Value, keys[last].name, keyNames(keys))
		}
		last = place
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
