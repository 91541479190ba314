package queries

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Platforms are the platforms an analytic can be for, in ATT&CK's sense; ics stands for industrial hosts, which ATT&CK
// gives no platform.
var Platforms = []string{
	"linux", "windows", "macos", "esxi", "network", "iaas", "identity", "containers", "android", "ios", "ics",
}

// Severities are the severities of findings, from the least.
var Severities = []string{"low", "medium", "high", "critical"}

// Subjects are what an analytic can be reported for once: the process that acts, what it acts on, its computer.
var Subjects = []string{"process", "target", "computer"}

// tactics of ATT&CK for enterprise (v19 renamed Defense Evasion), mobile and ICS.
var tactics = []string{
	"Reconnaissance", "Resource Development", "Initial Access", "Execution", "Persistence", "Privilege Escalation",
	"Defense Evasion", "Stealth", "Defense Impairment", "Credential Access", "Discovery", "Lateral Movement",
	"Collection", "Command and Control", "Exfiltration", "Impact", "Evasion", "Inhibit Response Function",
	"Impair Process Control",
}

var (
	folderName  = regexp.MustCompile(`^(DET\d{4}|T1106|SELF)_[a-z0-9]+(_[a-z0-9]+)*$`)
	analyticID  = regexp.MustCompile(`^(AN\d{4}|T1106-\d{2}|SELF-\d)$`)
	techniqueID = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	identifier  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	wayName     = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	elementName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*( [A-Za-z0-9_]+)*$`)
	wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,11})$`)
)

const maxInterval = 86400 // a scheduled query that runs less than daily finds nothing in time

// key says how one key of a mapping is read into a T.
type key[T any] struct {
	name     string
	optional bool
	set      func(p *parser, into *T, n *yaml.Node)
}

// analyticKeys are the keys of an analytic's file, in the order in which they are written.
var analyticKeys = []key[Detection]{
	{"id", false, func(p *parser, d *Detection, n *yaml.Node) { d.ID = p.match(n, "id", analyticID) }},
	{"name", false, func(p *parser, d *Detection, n *yaml.Node) {
		d.Name = p.prose(n, "name")
		if utf8.RuneCountInString(d.Name) > 80 {
			p.fail(n, "name is longer than 80 characters")
		}
	}},
	{"strategy", false, func(p *parser, d *Detection, n *yaml.Node) { d.Strategy = p.text(n, "strategy") }},
	{"technique", false, func(p *parser, d *Detection, n *yaml.Node) { d.Technique = p.match(n, "technique", techniqueID) }},
	{"tactics", false, func(p *parser, d *Detection, n *yaml.Node) {
		d.Tactics = p.list(n, "tactics", 1, func(s string) bool { return slices.Contains(tactics, s) })
	}},
	{"platform", false, func(p *parser, d *Detection, n *yaml.Node) { d.Platform = p.oneOf(n, "platform", Platforms) }},
	{"description", false, func(p *parser, d *Detection, n *yaml.Node) { d.Description = p.prose(n, "description") }},
	{"log_sources", false, func(p *parser, d *Detection, n *yaml.Node) { d.LogSources = p.list(n, "log_sources", 1, nil) }},
	{"tables", false, func(p *parser, d *Detection, n *yaml.Node) {
		d.Tables = p.list(n, "tables", 1, identifier.MatchString)
	}},
	{"extra", false, func(p *parser, d *Detection, n *yaml.Node) { d.Extra = p.extra(n) }},
	{"pyramid_level", true, func(p *parser, d *Detection, n *yaml.Node) { d.PyramidLevel = int(p.number(n, "pyramid_level", 5)) }},
	{"severity", false, func(p *parser, d *Detection, n *yaml.Node) { d.Severity = p.oneOf(n, "severity", Severities) }},
	{"interval", false, func(p *parser, d *Detection, n *yaml.Node) { d.Interval = p.number(n, "interval", maxInterval) }},
	{"window", false, func(p *parser, d *Detection, n *yaml.Node) {
		if d.Window = n.Value; n.Kind != yaml.ScalarNode || n.Tag != "!!int" {
			d.Window = p.text(n, "window")
		}
	}},
	{"once_per", true, func(p *parser, d *Detection, n *yaml.Node) {
		d.OncePer = p.list(n, "once_per", 1, func(s string) bool { return slices.Contains(Subjects, s) })
	}},
	{"tuning", false, (*parser).tuning},
	{"ways", true, (*parser).ways},
	{"benign", false, func(p *parser, d *Detection, n *yaml.Node) { d.Benign = p.sentences(n, "benign") }},
	{"limits", false, func(p *parser, d *Detection, n *yaml.Node) { d.Limits = p.sentences(n, "limits") }},
	{"references", false, func(p *parser, d *Detection, n *yaml.Node) {
		d.References = p.list(n, "references", 1, func(s string) bool {
			u, err := url.Parse(s)
			return err == nil && u.Scheme == "https" && u.Host != "" && !strings.ContainsAny(s, " \"<>")
		})
	}},
}

// elementKeys are the keys of an element of tuning.
var elementKeys = []key[Element]{
	{"type", false, func(p *parser, e *Element, n *yaml.Node) { e.Type = p.oneOf(n, "type", types) }},
	{"unit", true, func(p *parser, e *Element, n *yaml.Node) { e.Unit = p.text(n, "unit") }},
	{"source", false, func(p *parser, e *Element, n *yaml.Node) {
		if e.Source = p.text(n, "source"); e.Source != "apiwatch" && e.Source != "rule" && e.Source != e.Name {
			p.fail(n, "tuning element %s: source %q is neither its own name, as ATT&CK's, nor rule, nor apiwatch", e.Name, e.Source)
		}
	}},
	{"meaning", false, func(p *parser, e *Element, n *yaml.Node) { e.Meaning = p.prose(n, "meaning") }},
	{"values", false, func(*parser, *Element, *yaml.Node) {}}, // once the type is known
}

// wayKeys are the keys of a way.
var wayKeys = []key[Way]{
	{"description", false, func(p *parser, w *Way, n *yaml.Node) { w.Description = p.prose(n, "description") }},
	{"pyramid_level", false, func(p *parser, w *Way, n *yaml.Node) { w.PyramidLevel = int(p.number(n, "pyramid_level", 5)) }},
	{"severity", true, func(p *parser, w *Way, n *yaml.Node) { w.Severity = p.oneOf(n, "severity", Severities) }},
	{"interval", true, func(p *parser, w *Way, n *yaml.Node) { w.Interval = p.number(n, "interval", maxInterval) }},
	{"tables", true, func(p *parser, w *Way, n *yaml.Node) { w.Tables = p.list(n, "tables", 1, identifier.MatchString) }},
	{"extra", true, func(p *parser, w *Way, n *yaml.Node) { w.Extra = p.extra(n) }},
	{"limits", true, func(p *parser, w *Way, n *yaml.Node) { w.Limits = p.sentences(n, "limits") }},
}

// parser reads an analytic's file.
type parser struct {
	reader
	at map[string]*yaml.Node // the analytic's keys
}

// source is a file with its path below queries/.
type source struct{ path, text string }

// parse reads one analytic: its YAML and the SQL of its ways.
func parse(file source, sql []source) (Detection, error) {
	p := &parser{reader: reader{file: file.path}, at: make(map[string]*yaml.Node)}
	d := Detection{File: file.path, Extra: []string{}, Tuning: []Element{}}
	if line, what := unclean(file.text); line > 0 {
		p.failAt(line, "%s", what)
		return Detection{}, errors.Join(p.errs...)
	}
	root := p.document([]byte(file.text))
	if root == nil {
		if len(p.errs) == 0 {
			p.failAt(1, "there is nothing; want an analytic's keys")
		}
		return Detection{}, errors.Join(p.errs...)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		p.at[root.Content[i].Value] = root.Content[i+1]
	}
	readKeys(p, root, "the analytic's keys", analyticKeys, &d)
	if len(p.errs) == 0 {
		p.window(&d)
		p.place(&d)
		p.bodies(&d, sql)
	}
	if len(p.errs) > 0 {
		return Detection{}, errors.Join(p.errs...)
	}
	for i := range d.Ways {
		w := &d.Ways[i]
		w.sql, w.anchors = d.SQL(w), w.Anchors()
	}
	return d, nil
}

// readKeys takes a mapping with exactly the keys given.
func readKeys[T any](p *parser, n *yaml.Node, what string, keys []key[T], into *T) {
	var have []string
	p.mapping(n, what, func(name, value *yaml.Node) {
		i := slices.IndexFunc(keys, func(k key[T]) bool { return k.name == name.Value })
		if i < 0 {
			p.fail(name, "unknown key %q; known are %s", name.Value, keyNames(keys))
			return
		}
		have = append(have, name.Value)
		keys[i].set(p, into, value)
	})
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, k := range keys {
		if !k.optional && !slices.Contains(have, k.name) {
			p.fail(n, "key %s is missing", k.name)
		}
	}
}

func keyNames[T any](keys []key[T]) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}

// unclean finds what no file may hold: bytes that are no UTF-8, and control characters.
func unclean(text string) (line int, what string) {
	for i, text := range strings.Split(text, "\n") {
		switch {
		case !utf8.ValidString(text):
			return i + 1, "text is not UTF-8"
		case strings.Contains(text, "\r"):
			return i + 1, "line has a carriage return: end lines with a line feed alone"
		case strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.C, r) }):
			return i + 1, "line has a control, tab or invisible character"
		case strings.TrimRight(text, " ") != text:
			return i + 1, "line ends in a blank"
		}
	}
	return 0, ""
}

// text gives a scalar that is text, as it is written: in double quotes a backslash would not stand for itself.
func (p *parser) text(n *yaml.Node, what string) string {
	switch {
	case n.Kind != yaml.ScalarNode || n.Tag != "!!str":
		p.fail(n, "%s: want text, got %s; put it in single quotes if it is meant as text", what, kindOf(n))
		return ""
	case n.Style&yaml.DoubleQuotedStyle != 0:
		p.fail(n, "%s: write it plain or in single quotes, in which a backslash stands for itself", what)
	case strings.TrimSpace(n.Value) == "":
		p.fail(n, "%s is empty", what)
	case n.Value != strings.TrimSpace(n.Value) || strings.Contains(n.Value, "\n"):
		p.fail(n, "%s begins or ends in a blank or is of several lines; fold what is long with >-", what)
	}
	return n.Value
}

// prose gives a text that people read. A # after a blank would cut it off.
func (p *parser) prose(n *yaml.Node, what string) string {
	s := p.text(n, what)
	if n.LineComment != "" {
		p.fail(n, "%s: a comment stands beside it; put the text in single quotes if %q belongs to it", what, n.LineComment)
	}
	return s
}

func (p *parser) match(n *yaml.Node, what string, form *regexp.Regexp) string {
	s := p.text(n, what)
	if !form.MatchString(s) {
		p.fail(n, "%s %q is not of the form %s", what, s, form)
	}
	return s
}

func (p *parser) oneOf(n *yaml.Node, what string, values []string) string {
	s := p.text(n, what)
	if !slices.Contains(values, s) {
		p.fail(n, "%s %q is none of %s", what, s, strings.Join(values, ", "))
	}
	return s
}

func (p *parser) number(n *yaml.Node, what string, high int64) int64 {
	i, ok := number(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || !ok || i < 1 || i > high {
		p.fail(n, "%s: %s is no whole number from 1 to %d", what, kindOf(n), high)
	}
	return i
}

// number reads a whole number as SQL and osquery do, who would take a leading zero for octal.
func number(s string) (int64, bool) {
	if !wholeNumber.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// list gives the items of a list of unlike texts.
func (p *parser) list(n *yaml.Node, what string, least int, valid func(string) bool) []string {
	if n.Kind != yaml.SequenceNode {
		p.fail(n, "%s: want a list, got %s", what, kindOf(n))
		return nil
	}
	if len(n.Content) < least {
		p.fail(n, "%s is empty", what)
	}
	items := make([]string, 0, len(n.Content))
	for _, c := range n.Content {
		item := p.text(c, what)
		switch {
		case slices.Contains(items, item):
			p.fail(c, "%s has %q twice", what, item)
		case valid != nil && !valid(item):
			p.fail(c, "%s: %q is not allowed", what, item)
		}
		items = append(items, item)
	}
	return items
}

// sentences gives a list of texts that people read.
func (p *parser) sentences(n *yaml.Node, what string) []string {
	for _, c := range n.Content {
		if n.Kind == yaml.SequenceNode && c.LineComment != "" {
			p.prose(c, what)
		}
	}
	return p.list(n, what, 1, nil)
}

func (p *parser) extra(n *yaml.Node) []string {
	return p.list(n, "extra", 0, func(s string) bool {
		return identifier.MatchString(s) && s != "eid" && !slices.ContainsFunc(findingColumns, func(c FindingColumn) bool { return c.Name == s })
	})
}

// tuning reads the elements by their names.
func (p *parser) tuning(d *Detection, n *yaml.Node) {
	p.mapping(n, "elements", func(name, value *yaml.Node) {
		e := Element{Name: name.Value, Default: []string{}}
		if !elementName.MatchString(e.Name) {
			p.fail(name, "tuning element %q: a name is letters, digits and underscores", e.Name)
		}
		readKeys(p, value, "the keys of "+e.Name, elementKeys, &e)
		for i := 0; i+1 < len(value.Content); i += 2 {
			if value.Content[i].Value == "values" && slices.Contains(types, e.Type) {
				p.values(&e, value.Content[i+1])
			}
		}
		d.Tuning = append(d.Tuning, e)
	})
}

// values takes the default of an element: one value, or of a list any number.
func (p *parser) values(e *Element, n *yaml.Node) {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode && e.List() {
		items = n.Content
	}
	for _, item := range items {
		v, err := scalar(item, *e)
		if err == nil {
			err = e.check(v)
		}
		switch {
		case err != nil:
			p.fail(item, "tuning element %s: %v", e.Name, err)
		case item.Style&yaml.DoubleQuotedStyle != 0:
			p.fail(item, "tuning element %s: write %q plain or in single quotes, in which a backslash stands for itself", e.Name, v)
		case v != strings.TrimSpace(v) || strings.Contains(v, "\n"):
			p.fail(item, "tuning element %s: value %q begins or ends in a blank or is of several lines", e.Name, v)
		case slices.Contains(e.Default, v):
			p.fail(item, "tuning element %s has %q twice", e.Name, v)
		}
		e.Default = append(e.Default, v)
	}
	if len(e.Default) > maxValues {
		p.fail(n, "tuning element %s has more than %d values", e.Name, maxValues)
	}
}

// ways reads the ways by their names.
func (p *parser) ways(d *Detection, n *yaml.Node) {
	p.mapping(n, "ways", func(name, value *yaml.Node) {
		w := Way{Name: name.Value, Limits: []string{}}
		if !wayName.MatchString(w.Name) {
			p.fail(name, "way %q: a name is words in lower case, joined by underscores", w.Name)
		}
		readKeys(p, value, "the keys of "+w.Name, wayKeys, &w)
		d.Ways = append(d.Ways, w)
	})
	if n.Kind == yaml.MappingNode && len(n.Content) < 4 {
		p.fail(n, "ways: an analytic with one way has no entry for it")
	}
}

// window holds the window against the tuning.
func (p *parser) window(d *Detection) {
	at := p.at["window"]
	if e, ok := d.Element(d.Window); ok {
		if e.Type != "window" && e.Type != "seconds" {
			p.fail(at, "window: tuning element %s is no window but a %s", e.Name, e.Type)
		}
		return
	}
	if n, ok := number(d.Window); !ok || n > maxWindow {
		p.fail(at, "window %q is neither seconds, at most %d, nor a tuning element", d.Window, int64(maxWindow))
	}
}

// place holds id, strategy and platform against the names of file and folder.
func (p *parser) place(d *Detection) {
	folder, file, _ := strings.Cut(p.file, "/")
	m := folderName.FindStringSubmatch(folder)
	switch {
	case m == nil:
		p.failAt(1, "folder %q is not of the form %s", folder, folderName)
	case m[1] != d.Strategy:
		p.fail(p.at["strategy"], "strategy %q lies in folder %s", d.Strategy, folder)
	case file != d.ID+"_"+d.Platform+".yaml":
		p.failAt(1, "file is named %s but holds %s for %s", file, d.ID, d.Platform)
	}
}

// bodies joins the ways with their files; what a way does not say of itself the analytic says.
func (p *parser) bodies(d *Detection, sql []source) {
	level := p.at["pyramid_level"]
	switch {
	case len(d.Ways) == 0 && level == nil:
		p.failAt(p.at["id"].Line, "key pyramid_level is missing")
	case len(d.Ways) == 0:
		d.Ways = []Way{{PyramidLevel: d.PyramidLevel, Limits: []string{}}}
	case level != nil:
		p.fail(level, "pyramid_level: each way has its own")
	}
	stem := strings.TrimSuffix(p.file, ".yaml")
	sql = slices.Clone(sql)
	for i := range d.Ways {
		w := &d.Ways[i]
		w.Severity, w.Interval = cmp.Or(w.Severity, d.Severity), cmp.Or(w.Interval, d.Interval)
		if w.Extra == nil {
			w.Extra = d.Extra
		}
		if w.Tables == nil {
			w.Tables = d.Tables
		}
		for _, name := range w.Tables {
			if !slices.Contains(d.Tables, name) {
				p.fail(p.at["ways"], "way %s reads %s, which the analytic's tables do not name", w.Name, name)
			}
		}
		d.PyramidLevel = max(d.PyramidLevel, w.PyramidLevel)
		w.File = stem + ".sql"
		if w.Name != "" {
			w.File = stem + "." + w.Name + ".sql"
		}
		j := slices.IndexFunc(sql, func(s source) bool { return s.path == w.File })
		if j < 0 {
			p.failAt(1, "there is no %s beside it", w.File[strings.IndexByte(w.File, '/')+1:])
			continue
		}
		w.Body = p.body(sql[j])
		sql = slices.Delete(sql, j, j+1)
	}
	for _, s := range sql {
		p.errs = append(p.errs, fmt.Errorf("%s:1: no way of %s is named so", s.path, p.file))
	}
}

// body gives the SQL of a file: one statement that reads.
func (p *parser) body(file source) string {
	r := reader{file: file.path}
	body := strings.TrimRight(file.text, "\n")
	if line, what := unclean(file.text); line > 0 {
		r.failAt(line, "%s", what)
	} else {
		first := true
		err := tokens(body, func(kind tokenKind, text string, line int) {
			switch {
			case kind == space || kind == comment:
				return
			case first && !strings.EqualFold(text, "WITH") && !strings.EqualFold(text, "SELECT"):
				r.failAt(line, "SQL begins with %q; want WITH or SELECT", text)
			case text == ";":
				r.failAt(line, "SQL has a semicolon; one statement without it is wanted")
			}
			first = false
		})
		if err != nil {
			r.failAt(1, "%v", err)
		} else if first {
			r.failAt(1, "there is no SQL")
		}
	}
	p.errs = append(p.errs, r.errs...)
	return body
}
