package schedule

import (
	"bytes"
	"crypto/sha1"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/extension/sqlhost"
)

// Bounds of osquery (config/packs.cpp), seconds.
const (
	defaultInterval = 3600
	maxInterval     = 604800
)

// maxPack is the longest pack file that is read; osquery's whole configuration must stay under 4 MiB.
const maxPack = 16 << 20

// Pack is a file of scheduled queries in osquery's form.
type Pack struct {
	Name string // the file's name without its extension
	File string
	// Platform, Version and Shard limit where the pack runs; "" and 0 do not.
	Platform, Version string
	Shard             int64
	// Discovery is SQL; the pack runs while each of them returns a row.
	Discovery []string
	Queries   []Query // in the file's order
	// Problems says which queries were left out and why: they do not keep the others from running.
	Problems []error
}

// Query is one query of a pack.
type Query struct {
	Name, SQL          string
	Description, Value string
	Platform, Version  string
	Shard              int64
	Interval           int64 // seconds
	// Snapshot logs whole results rather than what changed.
	Snapshot bool
	// Removed also logs rows that are no longer there.
	Removed bool
	// Denylist lets osquery's watchdog ban the query; this host has none and ends a slow query instead.
	Denylist bool
}

// ReadPack reads a pack file.
func ReadPack(path string) (*Pack, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading pack: %w", err)
	}
	defer func() { _ = f.Close() }()
	var source bytes.Buffer
	if _, err := source.ReadFrom(&limited{f, maxPack}); err != nil {
		return nil, fmt.Errorf("reading pack %s: %w", path, err)
	}
	name := filepath.Base(path)
	return ParsePack(strings.TrimSuffix(name, filepath.Ext(name)), path, source.Bytes())
}

// ParsePack reads a pack's text. As osquery does it ignores keys that it does not know, and it admits comments, trailing
// commas and lines that a backslash continues. An error means that nothing of the pack can be used.
func ParsePack(name, file string, source []byte) (*Pack, error) {
	p := &Pack{Name: name, File: file}
	text, lineOf := relax(source)
	var pack object
	if err := pack.decode(text); err != nil {
		return nil, p.jsonError(err, lineOf)
	}
	list, ok := pack["queries"]
	if !ok {
		if _, ok := pack["schedule"]; ok || pack["packs"] != nil {
			return nil, fmt.Errorf("reading pack %s: it is an osquery configuration; give the packs that it names instead", file)
		}
		return nil, fmt.Errorf("reading pack %s: it has no \"queries\"", file)
	}
	var err error
	if p.Platform, err = pack.text("platform"); err == nil {
		p.Version, err = pack.version()
	}
	if err == nil {
		p.Shard, err = pack.number("shard", 0)
	}
	if err != nil {
		return nil, fmt.Errorf("reading pack %s: %w", file, err)
	}
	if raw, ok := pack["discovery"]; ok && json.Unmarshal(raw, &p.Discovery) != nil {
		return nil, fmt.Errorf("reading pack %s: discovery is no list of SQL texts", file)
	}
	queries, err := members(list)
	if err != nil {
		return nil, fmt.Errorf("reading pack %s: queries: %w", file, err)
	}
	seen := make(map[string]bool)
	for _, m := range queries {
		q, err := parsePackQuery(m)
		if err == nil && seen[m.name] {
			err = errors.New("the name is taken by an earlier query")
		}
		if err != nil {
			p.Problems = append(p.Problems, fmt.Errorf("pack %s: query %q is left out: %w", file, m.name, err))
			continue
		}
		seen[m.name] = true
		p.Queries = append(p.Queries, q)
	}
	return p, nil
}

func (p *Pack) jsonError(err error, lineOf func(int64) int) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("reading pack %s: line %d: %w", p.File, lineOf(syntax.Offset), err)
	}
	return fmt.Errorf("reading pack %s: %w", p.File, err)
}

func parsePackQuery(m member) (q Query, err error) {
	var o object
	if err := o.decode(m.value); err != nil {
		return q, err
	}
	fail := func(e error) {
		if err == nil {
			err = e
		}
	}
	text := func(key string) string { s, e := o.text(key); fail(e); return s }
	flag := func(key string, absent bool) bool { b, e := o.flag(key, absent); fail(e); return b }
	number := func(key string, absent int64) int64 { n, e := o.number(key, absent); fail(e); return n }

	q = Query{
		Name: m.name, SQL: text("query"), Description: text("description"), Value: text("value"), Platform: text("platform"),
		Shard: number("shard", 0), Interval: number("interval", defaultInterval),
		Snapshot: flag("snapshot", false), Removed: flag("removed", true), Denylist: flag("denylist", flag("blacklist", true)),
	}
	version, e := o.version()
	fail(e)
	q.Version = version
	switch {
	case err != nil:
	case strings.TrimSpace(q.SQL) == "":
		err = errors.New("it has no \"query\"")
	case q.Interval < 1 || q.Interval > maxInterval:
		err = fmt.Errorf("interval is %d; osquery admits 1 to %d seconds", q.Interval, maxInterval)
	}
	return q, err
}

// runsOn tells whether the pack, or one of its queries, is for this platform (a GOOS), version and host.
func runsOn(platform, version string, shard int64, goos, host string) bool {
	return platformAdmits(platform, goos) && versionAdmits(version) && (shard <= 0 || shard >= hostShard(host))
}

// platformAdmits is osquery's checkPlatform: names are found anywhere in the text, whatever separates them.
func platformAdmits(platform, goos string) bool {
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(platform, n) })
	}
	switch {
	case platform == "" || platform == "null" || has("any", "all"):
		return true
	case goos == "linux" && has("ubuntu", "centos"):
		return true
	case goos != "windows" && has("posix"):
		return true
	}
	return has(goos)
}

// versionAdmits tells whether osquery of sqlhost.OsqueryVersion would run what asks for at least this version.
func versionAdmits(version string) bool {
	want, ok := parseVersion(version)
	have, _ := parseVersion(sqlhost.OsqueryVersion)
	return !ok || slices.Compare(want, have) <= 0
}

func parseVersion(s string) ([]int, bool) {
	var out []int
	for part := range strings.SplitSeq(s, ".") {
		digits := part[:len(part)-len(strings.TrimLeft(part, "0123456789"))]
		n, err := strconv.Atoi(digits)
		if err != nil {
			return out, len(out) > 0
		}
		out = append(out, n)
	}
	return out, true
}

// hostShard places a host by its name from 0 to 100 (getMachineShard in config/packs.cpp).
func hostShard(host string) int64 {
	sum := sha1.Sum([]byte(host)) //nolint:gosec // osquery's shards are defined by it
	return int64(sum[0]) * 100 / 255
}

// object is a JSON object whose keys are matched exactly; a null is as good as absent.
type object map[string]json.RawMessage

func (o *object) decode(source []byte) error {
	list, err := members(source)
	if err != nil {
		return err
	}
	*o = make(object, len(list))
	for _, m := range list {
		if _, twice := (*o)[m.name]; !twice && string(m.value) != "null" {
			(*o)[m.name] = m.value
		}
	}
	return nil
}

func (o object) text(key string) (s string, err error) {
	if raw, ok := o[key]; ok && json.Unmarshal(raw, &s) != nil {
		return "", fmt.Errorf("%s is no text", key)
	}
	return s, nil
}

func (o object) version() (string, error) {
	s, err := o.text("version")
	if err != nil || s == "" || s == "null" {
		return "", err
	}
	if _, ok := parseVersion(s); !ok {
		return "", fmt.Errorf("version %q is no version", s)
	}
	return s, nil
}

// number reads a number or a text that holds one: osquery takes both.
func (o object) number(key string, absent int64) (int64, error) {
	raw, ok := o[key]
	if !ok {
		return absent, nil
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		s = string(raw)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s is no whole number", key)
	}
	return n, nil
}

// flag reads a truth value as osquery does: true and "true", "T" and numbers other than 0.
func (o object) flag(key string, absent bool) (bool, error) {
	raw, ok := o[key]
	if !ok {
		return absent, nil
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return false, fmt.Errorf("%s: %w", key, err)
	}
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		return strings.EqualFold(v, "true") || strings.EqualFold(v, "t"), nil
	case float64:
		return v != 0, nil
	}
	return false, fmt.Errorf("%s is neither true nor false", key)
}

type member struct {
	name  string
	value json.RawMessage
}

// members reads a JSON object in its order.
func members(source []byte) ([]member, error) {
	// Unmarshal checks the whole text and finds what follows the value.
	var whole json.RawMessage
	if err := json.Unmarshal(source, &whole); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(source))
	if t, err := d.Token(); err != nil {
		return nil, err
	} else if t != json.Delim('{') {
		return nil, errors.New("it is no JSON object")
	}
	var out []member
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		m := member{}
		m.name, _ = t.(string)
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// relax makes strict JSON of what osquery admits in a pack. Outside texts comments and trailing commas become spaces; a
// backslash at a line's end, which may be inside a text, goes with its newline. lineOf gives the line of an offset.
func relax(source []byte) (out []byte, lineOf func(int64) int) {
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	out = make([]byte, 0, len(source))
	var ends []int // where in out each line of the source ends
	comma := -1    // of a comma that nothing has followed yet
	inText, lineStart := false, true
	for i := 0; i < len(source); i++ {
		c := source[i]
		if c == '\\' && i+1 < len(source) {
			n := 1
			if source[i+1] == '\r' {
				n = 2
			}
			if i+n < len(source) && source[i+n] == '\n' {
				ends = append(ends, len(out))
				i += n
				continue
			}
			if inText {
				out = append(out, c, source[i+1])
				i++
				continue
			}
		}
		if c == '\n' {
			ends = append(ends, len(out))
		}
		switch {
		case inText:
			inText = c != '"'
		case c == '#' && lineStart, c == '/' && i+1 < len(source) && source[i+1] == '/':
			end := indexByteFrom(source, i, '\n')
			out = append(out, bytes.Repeat([]byte{' '}, end-i)...)
			i = end - 1
			continue
		case c == '/' && i+1 < len(source) && source[i+1] == '*':
			end := bytes.Index(source[i+2:], []byte("*/"))
			if end < 0 {
				break // the parser says so
			}
			for _, b := range source[i : i+2+end+2] {
				if b == '\n' {
					ends = append(ends, len(out))
				}
				out = append(out, ' ')
			}
			i += 2 + end + 1
			continue
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			lineStart = lineStart || c == '\n'
			out = append(out, c)
			continue
		case c == ',':
			comma = len(out)
			out = append(out, c)
			lineStart = false
			continue
		case (c == '}' || c == ']') && comma >= 0:
			out[comma] = ' '
		case c == '"':
			inText = true
		}
		comma, lineStart = -1, false
		out = append(out, c)
	}
	return out, func(offset int64) int {
		n, _ := slices.BinarySearch(ends, int(offset)-1)
		return n + 1
	}
}

func indexByteFrom(b []byte, i int, c byte) int {
	if n := bytes.IndexByte(b[i:], c); n >= 0 {
		return i + n
	}
	return len(b)
}

// limited fails where a reader gives more than it should, rather than cut it off as io.LimitReader does.
type limited struct {
	file *os.File
	left int
}

func (l *limited) Read(b []byte) (int, error) {
	n, err := l.file.Read(b)
	if l.left -= n; l.left < 0 {
		return 0, fmt.Errorf("it is longer than %d MiB", maxPack>>20)
	}
	return n, err
}
