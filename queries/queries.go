// Package queries holds the detections. Each ATT&CK analytic is a YAML file with everything known about it and the tuning
// that an administrator may change, and beside it the SQL of each way in which the behaviour shows. Beside them stand the
// rules that others have published for T1106, in SQL of our own: they find what those rules find, so that who uses them
// can leave them. And there are analytics of our own for what is done to the collecting itself.
//
// An analytic lies at DETnnnn_slug/ANnnnn_platform.yaml, a rule at T1106_native_api/T1106-nn_platform.yaml, one of our own at
// SELF_audit_tampering/SELF-n_platform.yaml. Its SQL is the file of
// the same name in .sql, or where the YAML has ways one file for each, ANnnnn_platform.way.sql. An unknown, missing or
// repeated key, a way without a file and a file without a way are errors that name file and line:
//
//	id: AN0579
//	name: our own short title, at most 80 characters
//	strategy: DET0203
//	technique: T1055.008
//	tactics: [Stealth, Privilege Escalation]
//	platform: linux
//	description: what it finds, in our own words; what is long is folded with >-
//	log_sources: [auditd:SYSCALL, auditd:EXECVE]
//	tables: [ptrace_events, process_starts]
//	extra: [request, target_user]
//	pyramid_level: 5                 # in each way, where there are ways
//	severity: high
//	interval: 10
//	window: TimeWindow
//	once_per: [process, target]      # may be left out
//	tuning:
//	  TimeWindow:
//	    type: window
//	    unit: seconds                # may be left out
//	    source: TimeWindow
//	    meaning: what it does
//	    values: 10
//	  DebuggerPaths:
//	    type: like
//	    source: apiwatch
//	    meaning: what it does
//	    values:
//	      - /usr/bin/gdb             # a comment may stand beside a value
//	      - '%\\Debuggers\\%'
//	ways:                            # only where there is more than one; the gravest first
//	  registry_value:
//	    description: what this way looks for, in a sentence
//	    pyramid_level: 4
//	    severity: critical           # this and the rest only where they differ from the analytic's
//	    interval: 60
//	    tables: [registry_changes]
//	    extra: [object]
//	    limits: [what this way cannot see beside]
//	benign:
//	  - one known benign cause
//	limits:
//	  - one thing it cannot see
//	references:
//	  - https://attack.mitre.org/detectionstrategies/DET0203
//
// Texts are plain or in single quotes, so that a backslash stands for itself. The first of tables is the anchor: while neither
// it nor another that the SQL asks first (see [Way.Anchors]) has anything new, the way need not run. A way's tables are among
// the analytic's. extra names the columns that only this analytic has and may be empty. pyramid_level is the
// Summiting-the-Pyramid level of what is observed, 1 to 5: an operating-system API is 5, a tool's own words are 1 or 2; an
// analytic with ways has the highest of theirs. interval is in seconds. window is how far the analytic looks back, in
// seconds, or the name of the tuning element that says so. A tuning element is an [Element]; what it lists may be empty.
//
// once_per holds the ways of an analytic together: after a finding, another whose process, target and computer, as far as they
// are named, are the same and whose completing event lies within the window of it is counted but not reported by the
// evaluator. Scheduled queries return it: they know nothing of each other.
//
// The SQL is one SELECT (or WITH … SELECT) without a closing semicolon, of at most 50 lines of at most 140 characters and with
// at most two lines of comment above it. It returns exactly the columns eid (the event that completes the chain), eids (the
// events of the chain, ascending, separated by commas), summary, and then those named in extra. It never reads the clock, and
// a row depends on nothing after the event that completes it. It reads tuning with one call:
//
//	WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0579'), …
//
// [Detection.SQL] wraps it with the columns that every finding has.
package queries

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed DET*/*.yaml DET*/*.sql T1106_*/*.yaml T1106_*/*.sql SELF_*/*.yaml SELF_*/*.sql
var files embed.FS

// Detection is one analytic: its metadata and the SQL of its ways.
type Detection struct {
	ID           string    `json:"id"`       // ATT&CK's id of the analytic, "AN0579"; "T1106-01" for a rule, "SELF-1" for our own
	Name         string    `json:"name"`     // our own short title
	Strategy     string    `json:"strategy"` // ATT&CK's id of the detection strategy, "DET0203"; "T1106" for a rule, "SELF" for our own
	Technique    string    `json:"technique"`
	Tactics      []string  `json:"tactics"`
	Platform     string    `json:"platform"` // one of [Platforms]
	Description  string    `json:"description"`
	LogSources   []string  `json:"log_sources"`        // ATT&CK's names, "auditd:SYSCALL"
	Tables       []string  `json:"tables"`             // the first is the anchor
	Extra        []string  `json:"extra"`              // the columns that only this analytic has
	PyramidLevel int       `json:"pyramid_level"`      // the highest of its ways
	Severity     string    `json:"severity"`           // low, medium, high or critical
	Interval     int64     `json:"interval"`           // seconds between two runs as a scheduled query
	Window       string    `json:"window"`             // seconds, or the element of Tuning that holds them
	OncePer      []string  `json:"once_per,omitempty"` // of [Subjects]
	Tuning       []Element `json:"tuning"`
	Ways         []Way     `json:"ways"` // at least one
	Benign       []string  `json:"benign"`
	Limits       []string  `json:"limits"`
	References   []string  `json:"references"`

	File string `json:"file"` // path below queries/
}

// Way is one way in which an analytic's behaviour shows, with all that holds for it.
type Way struct {
	Name         string   `json:"way"` // "" where the analytic has one way
	Description  string   `json:"description,omitempty"`
	PyramidLevel int      `json:"pyramid_level"`
	Severity     string   `json:"severity"`
	Interval     int64    `json:"interval"`
	Tables       []string `json:"tables"`
	Extra        []string `json:"extra"`
	Limits       []string `json:"limits"` // beside the analytic's

	File string `json:"file"` // path below queries/
	Body string `json:"-"`    // its SQL

	sql     string // of Detection.SQL, once made
	anchors []string
}

// Rule tells whether the detection is a published rule of others and no analytic of ATT&CK's.
func (d *Detection) Rule() bool { return strings.HasPrefix(d.ID, d.Technique+"-") }

// Own tells whether the detection is of what is done to apiwatch itself, which ATT&CK has a technique for and no analytic.
func (d *Detection) Own() bool { return d.Strategy == "SELF" }

// QueryName is a way's name as a scheduled query, "AN0579_ptrace_injection", or with the way's own after it.
func (d *Detection) QueryName(w *Way) string {
	folder, _, _ := strings.Cut(d.File, "/")
	name := d.ID + strings.TrimPrefix(folder, d.Strategy)
	if w.Name != "" {
		name += "_" + w.Name
	}
	return name
}

// WayNames gives the names of the ways; none where there is one way.
func (d *Detection) WayNames() []string {
	var names []string
	for _, w := range d.Ways {
		if w.Name != "" {
			names = append(names, w.Name)
		}
	}
	return names
}

// Element gives a tuning element of the analytic by name.
func (d *Detection) Element(name string) (Element, bool) {
	i := slices.IndexFunc(d.Tuning, func(e Element) bool { return e.Name == name })
	if i < 0 {
		return Element{}, false
	}
	return d.Tuning[i], true
}

// Element is something in an analytic that may be changed without touching SQL, with the type that its values must have:
//
//	text     any text; may be a list
//	like     a pattern for LIKE … ESCAPE '\'; may be a list
//	regex    a regular expression that both osquery and Go read, see package regex; may be a list
//	cidr     an address block, 10.0.0.0/8; may be a list
//	seconds  a span of time, at most a year
//	window   how far to look back in seconds, 1 to 30 days
//	count    a number of things; 0 and 1 also serve for no and yes
//
// An empty list has no row in `detection_tuning` and so matches nothing.
type Element struct {
	Name    string   `json:"element"`
	Type    string   `json:"type"`
	Unit    string   `json:"unit"`
	Default []string `json:"default"`
	Source  string   `json:"source"` // the name of ATT&CK's mutable element, "rule" for what a published rule holds, or "apiwatch"
	Meaning string   `json:"meaning"`
}

// List tells whether the element may have any number of values.
func (e Element) List() bool {
	return slices.Contains([]string{"text", "like", "regex", "cidr"}, e.Type)
}

// All gives every detection, by id. The files are part of the program, so an error is a mistake of its developers.
func All() ([]Detection, error) {
	all, err := loadAll()
	return slices.Clone(all), err
}

var loadAll = sync.OnceValues(func() ([]Detection, error) { return load(files) })

// ByPlatform gives the detections of a platform, by id.
func ByPlatform(platform string) ([]Detection, error) {
	all, err := All()
	return slices.DeleteFunc(all, func(d Detection) bool { return d.Platform != platform }), err
}

// load parses every analytic of a tree laid out as this package's folder is.
func load(tree fs.FS) ([]Detection, error) {
	var errs []error
	files := func(pattern string) (out []source) {
		paths, err := fs.Glob(tree, pattern)
		if err != nil {
			errs = append(errs, fmt.Errorf("listing detections: %w", err))
		}
		for _, path := range paths {
			text, err := fs.ReadFile(tree, path)
			if err != nil {
				errs = append(errs, fmt.Errorf("reading a detection: %w", err))
			}
			out = append(out, source{path, string(text)})
		}
		return out
	}
	bodies := make(map[string][]source) // by the path without .sql and the way's name
	for _, s := range files("*/*.sql") {
		stem, _, _ := strings.Cut(s.path, ".")
		bodies[stem] = append(bodies[stem], s)
	}
	var all []Detection
	seen := make(map[string]string)
	for _, s := range files("*/*.yaml") {
		stem := strings.TrimSuffix(s.path, ".yaml")
		d, err := parse(s, bodies[stem])
		delete(bodies, stem)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if first, ok := seen[d.ID]; ok {
			errs = append(errs, fmt.Errorf("%s:1: %s is defined by %s already", s.path, d.ID, first))
			continue
		}
		seen[d.ID] = s.path
		all = append(all, d)
	}
	for _, stem := range slices.Sorted(maps.Keys(bodies)) {
		errs = append(errs, fmt.Errorf("%s:1: there is no %s.yaml beside it", bodies[stem][0].path, stem[strings.IndexByte(stem, '/')+1:]))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	slices.SortFunc(all, func(a, b Detection) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}
