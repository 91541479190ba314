package form

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/audit/syslog"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
)

// document is one event's JSON.
type document struct {
	jsonscan.Scanner
	before []byte // what syslog put before it
}

var errNoJSON = errors.New("it is no JSON object")

// read parses a line: an object, which may stand behind what syslog puts before it.
func (d *document) read(line []byte) error {
	at := bytes.IndexByte(line, '{')
	if at < 0 || at > 256 {
		return fmt.Errorf("%w: %s…", errNoJSON, clipped(line))
	}
	d.before = line[:at]
	if err := d.Parse(line[at:]); err != nil {
		return fmt.Errorf("its JSON is broken or torn at byte %d: %w", at+d.P, err)
	}
	return nil
}

// hostOr gives the host that an event names, else the one that syslog put before it.
func (d *document) hostOr(named []byte) []byte {
	if named == nil && len(d.before) > 0 {
		if e, ok := syslog.Open(append(slices.Clip(d.before), ": "...)); ok {
			return bytes.TrimSuffix(e.Host, []byte(":"))
		}
	}
	return named
}

// find gives the value at a path of keys joined by dots, which may lie in objects or be one key; -1 for none.
func (d *document) find(at int, path string) int {
	if i := d.Member(at, path); i >= 0 {
		return i
	}
	for from := 0; ; {
		dot := strings.IndexByte(path[from:], '.')
		if dot < 0 {
			return -1
		}
		from += dot
		if i := d.Member(at, path[:from]); i >= 0 {
			if i = d.find(i, path[from+1:]); i >= 0 {
				return i
			}
		}
		from++
	}
}

// scalar gives a string's, number's or truth's text; nil for anything else, among it null. It is the caller's.
func (d *document) scalar(i int) []byte {
	if i < 0 {
		return nil
	}
	switch n := &d.Nodes[i]; n.Kind {
	case jsonscan.Text, jsonscan.Number, jsonscan.Bool:
		return jsonscan.AppendNode(make([]byte, 0, len(n.Text)), n)
	default:
		return nil
	}
}

// get gives the first of some paths that holds a scalar.
func (d *document) get(at int, paths ...string) []byte {
	for _, path := range paths {
		if v := d.scalar(d.find(at, path)); v != nil {
			return v
		}
	}
	return nil
}

// objects calls f for an object, or for each of an array of them.
func (d *document) objects(i int, f func(i int)) {
	if i < 0 {
		return
	}
	switch d.Nodes[i].Kind {
	case jsonscan.Object:
		f(i)
	case jsonscan.Array:
		d.Each(i, func(i int, n *jsonscan.Node) {
			if n.Kind == jsonscan.Object {
				f(i)
			}
		})
	default:
	}
}

// strings gives an array's scalars; nil if it is none.
func (d *document) strings(i int) [][]byte {
	if i < 0 || d.Nodes[i].Kind != jsonscan.Array {
		return nil
	}
	var out [][]byte
	d.Each(i, func(i int, _ *jsonscan.Node) { out = append(out, d.scalar(i)) })
	return out
}

// anyEvent tells whether a line of a file's beginning is an event of a form.
func anyEvent(head []byte, mark string, is func(d *document) error) bool {
	if !bytes.Contains(head, []byte(mark)) || bytes.HasPrefix(head, []byte("ElfFile\x00")) {
		return false
	}
	var d document
	for line := range bytes.Lines(head) {
		if bytes.Contains(line, []byte(mark)) && d.read(line) == nil && is(&d) == nil {
			return true
		}
	}
	return false
}
