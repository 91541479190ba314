// Package queries holds the detections: one SQL file for each ATT&CK analytic, with everything known about it in its
// leading comment, and the tuning that fills in what an administrator may change. Beside them stand the rules that others
// have published for T1106, in SQL of our own: they find what those rules find, so that who uses them can leave them.
//
// A file lies at DETnnnn_slug/ANnnnn_platform.sql, a rule's at T1106_native_api/T1106-nn_platform.sql. Its leading comment has each of these keys once, in this order;
// anything else is an error that names file and line:
//
//	-- id: AN0579
//	-- name: our own short title
//	-- strategy: DET0203
//	-- technique: T1055.008
//	-- tactics: Stealth, Privilege Escalation
//	-- platform: linux
//	-- description: what it finds, in our own words; the text may go on
//	--   in indented lines
//	-- log_sources: auditd:SYSCALL, auditd:EXECVE
//	-- tables: ptrace_events, process_starts
//	-- extra: request, target_user
//	-- pyramid_level: 5
//	-- severity: high
//	-- interval: 10
//	-- window: TimeWindow
//	-- tuning:
//	--   TimeWindow | window | seconds | 10 | TimeWindow | what it means
//	--   DebuggerPaths | text | | /usr/bin/gdb | apiwatch | what it means
//	-- benign:
//	--   one known benign cause a line
//	-- limits:
//	--   one thing it cannot see a line
//	-- references:
//	--   https://attack.mitre.org/detectionstrategies/DET0203
//
// A list is written after its key, separated by commas, or below it, one item an indented line. The first of tables is
// the anchor: while neither it nor another that the SQL asks first (see [Detection.Anchors]) has anything new, the analytic
// need not run. extra names the analytic's own columns and may be empty. pyramid_level is the Summiting-the-Pyramid level of what is observed, 1 to 5; an operating-system API is 5.
// interval is in seconds. window is how far the analytic looks back, in seconds, or the name of the tuning element that
// says so. A tuning line is `element | type | unit | default | source | meaning`, see [Element].
//
// The SQL below the comment is one SELECT (or WITH … SELECT) without a closing semicolon that returns exactly the
// columns eid (the event that completes the chain), eids (the events of the chain, ascending, separated by commas),
// summary, and then those named in extra. It never reads the clock, and a row depends on nothing after the event that
// completes it. It reads tuning with one call:
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
	"slices"
	"strings"
	"sync"
)

//go:embed DET*/*.sql T1106_*/*.sql
var files embed.FS

// Detection is one analytic: its metadata and its SQL.
type Detection struct {
	ID           string    `json:"id"`       // ATT&CK's id of the analytic, "AN0579", or the number of a rule, "T1106-01"
	Name         string    `json:"name"`     // our own short title
	Strategy     string    `json:"strategy"` // ATT&CK's id of the detection strategy, "DET0203"; "T1106" for a rule
	Technique    string    `json:"technique"`
	Tactics      []string  `json:"tactics"`
	Platform     string    `json:"platform"` // one of [Platforms]
	Description  string    `json:"description"`
	LogSources   []string  `json:"log_sources"` // ATT&CK's names, "auditd:SYSCALL"
	Tables       []string  `json:"tables"`      // the first is the anchor
	Extra        []string  `json:"extra"`       // the columns that only this analytic has
	PyramidLevel int       `json:"pyramid_level"`
	Severity     string    `json:"severity"` // low, medium, high or critical
	Interval     int64     `json:"interval"` // seconds between two runs as a scheduled query
	Window       string    `json:"window"`   // seconds, or the element of Tuning that holds them
	Tuning       []Element `json:"tuning"`
	Benign       []string  `json:"benign"`
	Limits       []string  `json:"limits"`
	References   []string  `json:"references"`

	File string `json:"file"` // path below queries/
	Body string `json:"-"`    // the SQL below the leading comment

	sql     string // of SQL, once made
	anchors []string
}

// Rule tells whether the detection is a published rule of others and no analytic of ATT&CK's.
func (d *Detection) Rule() bool { return strings.HasPrefix(d.ID, d.Technique+"-") }

// QueryName is the analytic's name as a scheduled query, "AN0579_ptrace_injection".
func (d *Detection) QueryName() string {
	folder, _, _ := strings.Cut(d.File, "/")
	return d.ID + strings.TrimPrefix(folder, d.Strategy)
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
//	cidr     an address block, 10.0.0.0/8; may be a list
//	seconds  a span of time, at most a year
//	window   how far to look back in seconds, 1 to 30 days
//	count    a number of things; 0 and 1 also serve for no and yes
//
// Several lines of one element make its default a list; an empty default makes it an empty list, which has no row in
// `detection_tuning` and so matches nothing.
type Element struct {
	Name    string   `json:"element"`
	Type    string   `json:"type"`
	Unit    string   `json:"unit"`
	Default []string `json:"default"`
	Source  string   `json:"source"` // the name of ATT&CK's mutable element, "rule" for what a published rule holds, or "apiwatch"
	Meaning string   `json:"meaning"`
}

// List tells whether the element may have any number of values.
func (e Element) List() bool { return e.Type == "text" || e.Type == "like" || e.Type == "cidr" }

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

// load parses every file of a tree laid out as this package's folder is.
func load(tree fs.FS) ([]Detection, error) {
	paths, err := fs.Glob(tree, "*/*.sql")
	if err != nil {
		return nil, fmt.Errorf("listing detections: %w", err)
	}
	var all []Detection
	var errs []error
	seen := make(map[string]string)
	for _, path := range paths {
		source, err := fs.ReadFile(tree, path)
		if err != nil {
			errs = append(errs, fmt.Errorf("reading a detection: %w", err))
			continue
		}
		d, err := parse(path, string(source))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if first, ok := seen[d.ID]; ok {
			errs = append(errs, fmt.Errorf("%s:1: %s is defined by %s already", path, d.ID, first))
			continue
		}
		seen[d.ID] = path
		d.sql, d.anchors = d.SQL(), d.Anchors()
		all = append(all, d)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	slices.SortFunc(all, func(a, b Detection) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}
