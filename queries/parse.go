package queries

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Platforms are the platforms an analytic can be for, in ATT&CK's sense; ics stands for industrial hosts, which ATT&CK
// gives no platform.
var Platforms = []string{
	"linux", "windows", "macos", "esxi", "network", "iaas", "identity", "containers", "android", "ios", "ics",
}

// Severities are the severities of findings, from the least.
var Severities = []string{"low", "medium", "high", "critical"}

// tactics of ATT&CK for enterprise (v19 renamed Defense Evasion), mobile and ICS.
var tactics = []string{
	"Reconnaissance", "Resource Development", "Initial Access", "Execution", "Persistence", "Privilege Escalation",
	"Defense Evasion", "Stealth", "Defense Impairment", "Credential Access", "Discovery", "Lateral Movement",
	"Collection", "Command and Control", "Exfiltration", "Impact", "Evasion", "Inhibit Response Function",
	"Impair Process Control",
}

var (
	folderName  = regexp.MustCompile(`^(DET\d{4}|T1106)_[a-z0-9]+(_[a-z0-9]+)*$`)
	analyticID  = regexp.MustCompile(`^(AN\d{4}|T1106-\d{2})$`)
	techniqueID = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	identifier  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	elementName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*( [A-Za-z0-9_]+)*$`)
	wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,11})$`)
)

const maxInterval = 86400 // a scheduled query that runs less than daily finds nothing in time

// field is one key of the leading comment with its text or its indented lines.
type field struct {
	key   string
	text  string
	items []string
	line  int
	at    []int // lines of items
}

// key says how one key of the leading comment reads.
type key struct {
	name string
	set  func(p *parser, f field)
}

// keys are the keys of the leading comment in their order.
var keys = []key{
	{"id", func(p *parser, f field) { p.d.ID = p.match(f, analyticID) }},
	{"name", func(p *parser, f field) {
		p.d.Name = p.line(f)
		if utf8.RuneCountInString(p.d.Name) > 80 {
			p.fail(f.line, "name is longer than 80 characters")
		}
	}},
	{"strategy", func(p *parser, f field) { p.d.Strategy = p.line(f) }},
	{"technique", func(p *parser, f field) { p.d.Technique = p.match(f, techniqueID) }},
	{"tactics", func(p *parser, f field) {
		p.d.Tactics = p.list(f, 1, func(s string) bool { return slices.Contains(tactics, s) })
	}},
	{"platform", func(p *parser, f field) { p.d.Platform = p.oneOf(f, Platforms) }},
	{"description", func(p *parser, f field) { p.d.Description = p.prose(f) }},
	{"log_sources", func(p *parser, f field) { p.d.LogSources = p.list(f, 1, nil) }},
	{"tables", func(p *parser, f field) { p.d.Tables = p.list(f, 1, identifier.MatchString) }},
	{"extra", func(p *parser, f field) {
		p.d.Extra = append(p.d.Extra, p.list(f, 0, func(s string) bool {
			return identifier.MatchString(s) && !slices.Contains(commonColumns, s) && s != "eid"
		})...)
	}},
	{"pyramid_level", func(p *parser, f field) { p.d.PyramidLevel = int(p.number(f, 1, 5)) }},
	{"severity", func(p *parser, f field) { p.d.Severity = p.oneOf(f, Severities) }},
	{"interval", func(p *parser, f field) { p.d.Interval = p.number(f, 1, maxInterval) }},
	{"window", func(p *parser, f field) { p.d.Window = p.line(f); p.windowLine = f.line }},
	{"tuning", (*parser).tuning},
	{"benign", func(p *parser, f field) { p.d.Benign = p.lines(f) }},
	{"limits", func(p *parser, f field) { p.d.Limits = p.lines(f) }},
	{"references", func(p *parser, f field) {
		p.d.References = p.lines(f)
		for i, r := range p.d.References {
			if u, err := url.Parse(r); err != nil || u.Scheme != "https" || u.Host == "" || strings.ContainsAny(r, " \"<>") {
				p.fail(f.at[i], "reference %q is no https URL", r)
			}
		}
	}},
}

// parser fills d; the first mistake stays in err.
type parser struct {
	path       string
	d          Detection
	windowLine int
	err        error
}

func (p *parser) fail(line int, format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%s:%d: %s", p.path, line, fmt.Sprintf(format, args...))
	}
}

// parse reads one file; path is its place below queries/.
func parse(path, source string) (Detection, error) {
	p := &parser{path: path, d: Detection{File: path, Extra: []string{}, Tuning: []Element{}}}
	if line, what := unclean(source); line > 0 {
		p.fail(line, "%s", what)
		return Detection{}, p.err
	}
	lines := strings.Split(strings.TrimSuffix(source, "\n"), "\n")
	n := 0
	for n < len(lines) && strings.HasPrefix(lines[n], "--") {
		n++
	}
	fields := p.split(lines[:n])
	for i, f := range fields {
		if p.err == nil && i < len(keys) {
			keys[i].set(p, f)
		}
	}
	p.window()
	p.place()
	p.body(lines, n)
	if p.err != nil {
		return Detection{}, p.err
	}
	return p.d, nil
}

// unclean finds what no file may hold: bytes that are no UTF-8, and control characters.
func unclean(source string) (line int, what string) {
	for i, text := range strings.Split(source, "\n") {
		switch {
		case !utf8.ValidString(text):
			return i + 1, "text is not UTF-8"
		case strings.Contains(text, "\r"):
			return i + 1, "line has a carriage return: end lines with a line feed alone"
		case strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.C, r) }):
			return i + 1, "line has a control, tab or invisible character"
		}
	}
	return 0, ""
}

// split cuts the leading comment into its fields and holds their keys against the fixed order.
func (p *parser) split(lines []string) []field {
	var fields []field
	for i, line := range lines {
		at := i + 1
		if strings.TrimRight(line, " ") != line {
			p.fail(at, "line ends in a blank")
			return nil
		}
		if item, ok := strings.CutPrefix(line, "--   "); ok {
			if len(fields) == 0 {
				p.fail(at, "indented line before the first key")
				return nil
			}
			f := &fields[len(fields)-1]
			f.items = append(f.items, strings.TrimLeft(item, " "))
			f.at = append(f.at, at)
			continue
		}
		rest, ok := strings.CutPrefix(line, "-- ")
		name, text, colon := strings.Cut(rest, ":")
		if !ok || !colon || !identifier.MatchString(name) || text != "" && !strings.HasPrefix(text, " ") {
			p.fail(at, "want `-- key: text` or a line indented by three blanks, got %q", line)
			return nil
		}
		want := "no further key"
		if len(fields) < len(keys) {
			want = "key " + keys[len(fields)].name
		}
		switch known := slices.IndexFunc(keys, func(k key) bool { return k.name == name }); {
		case known < 0:
			p.fail(at, "unknown key %q; %s is due here", name, want)
		case known < len(fields):
			p.fail(at, "key %s is repeated or misplaced; %s is due here", name, want)
		case known > len(fields):
			p.fail(at, "key %s comes too early or a key is missing; %s is due here", name, want)
		default:
			fields = append(fields, field{key: name, text: strings.TrimSpace(text), line: at})
			continue
		}
		return nil
	}
	if len(fields) < len(keys) {
		p.fail(len(lines)+1, "key %s is missing", keys[len(fields)].name)
	}
	return fields
}

// line gives the text of a field that takes one line.
func (p *parser) line(f field) string {
	switch {
	case len(f.items) > 0:
		p.fail(f.at[0], "%s takes one line", f.key)
	case f.text == "":
		p.fail(f.line, "%s is empty", f.key)
	}
	return f.text
}

func (p *parser) match(f field, form *regexp.Regexp) string {
	s := p.line(f)
	if !form.MatchString(s) {
		p.fail(f.line, "%s %q is not of the form %s", f.key, s, form)
	}
	return s
}

func (p *parser) oneOf(f field, values []string) string {
	s := p.line(f)
	if !slices.Contains(values, s) {
		p.fail(f.line, "%s %q is none of %s", f.key, s, strings.Join(values, ", "))
	}
	return s
}

func (p *parser) number(f field, low, high int64) int64 {
	s := p.line(f)
	n, ok := number(s)
	if !ok || n < low || n > high {
		p.fail(f.line, "%s %q is no whole number from %d to %d", f.key, s, low, high)
	}
	return n
}

// number reads a whole number as SQL and osquery do, who would take a leading zero for octal.
func number(s string) (int64, bool) {
	if !wholeNumber.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// prose gives a text that may go on in indented lines.
func (p *parser) prose(f field) string {
	s := strings.TrimSpace(strings.Join(append([]string{f.text}, f.items...), " "))
	if s == "" {
		p.fail(f.line, "%s is empty", f.key)
	}
	return s
}

// lines gives one item an indented line.
func (p *parser) lines(f field) []string {
	switch {
	case f.text != "":
		p.fail(f.line, "%s takes one item an indented line below it", f.key)
	case len(f.items) == 0:
		p.fail(f.line, "%s is empty", f.key)
	}
	return f.items
}

// list gives items separated by commas, or one an indented line.
func (p *parser) list(f field, least int, valid func(string) bool) []string {
	items, at := f.items, f.at
	if f.text != "" {
		if len(items) > 0 {
			p.fail(f.at[0], "%s is a list on its own line or below it, not both", f.key)
		}
		items, at = nil, nil
		for item := range strings.SplitSeq(f.text, ",") {
			items, at = append(items, strings.TrimSpace(item)), append(at, f.line)
		}
	}
	if len(items) < least {
		p.fail(f.line, "%s is empty", f.key)
	}
	for i, item := range items {
		switch {
		case item == "":
			p.fail(at[i], "%s has an empty item", f.key)
		case slices.Contains(items[:i], item):
			p.fail(at[i], "%s has %q twice", f.key, item)
		case valid != nil && !valid(item):
			p.fail(at[i], "%s: %q is not allowed", f.key, item)
		}
	}
	return items
}

// tuning reads `element | type | unit | default | source | meaning` lines.
func (p *parser) tuning(f field) {
	if f.text != "" {
		p.fail(f.line, "tuning takes one element an indented line below it")
	}
	for i, line := range f.items {
		at := f.at[i]
		parts := strings.Split(line, "|")
		if len(parts) != 6 {
			p.fail(at, "tuning line has %d parts; want element | type | unit | default | source | meaning", len(parts))
			return
		}
		for j := range parts {
			parts[j] = strings.TrimSpace(parts[j])
		}
		e := Element{Name: parts[0], Type: parts[1], Unit: parts[2], Source: parts[4], Meaning: parts[5], Default: []string{}}
		value := parts[3]
		switch {
		case !elementName.MatchString(e.Name):
			p.fail(at, "tuning element %q: a name is letters, digits and underscores", e.Name)
		case !slices.Contains(types, e.Type):
			p.fail(at, "tuning element %s: type %q is none of %s", e.Name, e.Type, strings.Join(types, ", "))
		case e.Source != "apiwatch" && e.Source != "rule" && e.Source != e.Name:
			p.fail(at, "tuning element %s: source %q is neither its own name, as ATT&CK's, nor rule, nor apiwatch", e.Name, e.Source)
		case e.Meaning == "":
			p.fail(at, "tuning element %s has no meaning", e.Name)
		case value == "" && !e.List():
			p.fail(at, "tuning element %s: type %s needs a default", e.Name, e.Type)
		}
		if value != "" {
			if err := e.check(value); err != nil {
				p.fail(at, "tuning element %s: %v", e.Name, err)
			}
			e.Default = []string{value}
		}
		p.addElement(at, e)
		if p.err != nil {
			return
		}
	}
}

// addElement takes an element, or one more value of the element before.
func (p *parser) addElement(at int, e Element) {
	known := slices.IndexFunc(p.d.Tuning, func(o Element) bool { return o.Name == e.Name })
	if known < 0 {
		p.d.Tuning = append(p.d.Tuning, e)
		return
	}
	last := &p.d.Tuning[known]
	switch {
	case known != len(p.d.Tuning)-1:
		p.fail(at, "tuning element %s: its lines stand apart", e.Name)
	case !e.List():
		p.fail(at, "tuning element %s is repeated; type %s has one value", e.Name, e.Type)
	case last.Type != e.Type || last.Unit != e.Unit || last.Source != e.Source || last.Meaning != e.Meaning:
		p.fail(at, "tuning element %s: its lines differ in more than the default", e.Name)
	case len(e.Default) == 0 || len(last.Default) == 0 || slices.Contains(last.Default, e.Default[0]):
		p.fail(at, "tuning element %s: empty or repeated default in a list", e.Name)
	default:
		last.Default = append(last.Default, e.Default...)
	}
}

// window holds the window against the tuning.
func (p *parser) window() {
	if p.err != nil {
		return
	}
	if e, ok := p.d.Element(p.d.Window); ok {
		if e.Type != "window" && e.Type != "seconds" {
			p.fail(p.windowLine, "window: tuning element %s is no window but a %s", e.Name, e.Type)
		}
		return
	}
	if n, ok := number(p.d.Window); !ok || n > maxWindow {
		p.fail(p.windowLine, "window %q is neither seconds, at most %d, nor a tuning element", p.d.Window, int64(maxWindow))
	}
}

// place holds id, strategy and platform against the names of file and folder.
func (p *parser) place() {
	folder, file, _ := strings.Cut(p.path, "/")
	m := folderName.FindStringSubmatch(folder)
	switch {
	case m == nil:
		p.fail(1, "folder %q is not of the form %s", folder, folderName)
	case m[1] != p.d.Strategy:
		p.fail(3, "strategy %q lies in folder %s", p.d.Strategy, folder)
	case file != p.d.ID+"_"+p.d.Platform+".sql":
		p.fail(1, "file is named %s but holds %s for %s", file, p.d.ID, p.d.Platform)
	}
}

// body takes the SQL below the leading comment: one statement that reads.
func (p *parser) body(lines []string, from int) {
	p.d.Body = strings.TrimSpace(strings.Join(lines[from:], "\n"))
	if p.d.Body == "" {
		p.fail(len(lines), "there is no SQL below the leading comment")
		return
	}
	first := true
	err := tokens(p.d.Body, func(kind tokenKind, text string, line int) {
		switch {
		case kind == space || kind == comment:
			return
		case first && !strings.EqualFold(text, "WITH") && !strings.EqualFold(text, "SELECT"):
			p.fail(from+line, "SQL begins with %q; want WITH or SELECT", text)
		case text == ";":
			p.fail(from+line, "SQL has a semicolon; one statement without it is wanted")
		}
		first = false
	})
	if err != nil {
		p.fail(from+1, "%v", err)
	} else if first {
		p.fail(len(lines), "there is no SQL below the leading comment")
	}
}
