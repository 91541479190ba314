package audit

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Strings repeat: one program makes thousands of calls from one path. A table keeps the decoded string of each raw value
// seen lately, so that a repeated one costs a look-up and no memory. It has two generations: when the young one is full it
// becomes the old one and the old one is forgotten, so input can neither fill it nor pin what it no longer sends.
type table struct{ young, old map[string]text }

type text struct {
	s        string
	repaired bool // the value was no valid UTF-8 or hexadecimal
}

const (
	generation = 4096 // strings
	maxShared  = 512  // bytes of a raw value; longer ones rarely repeat
)

func newTable() table { return table{make(map[string]text), make(map[string]text)} }

func (t *table) get(raw []byte) (text, bool) {
	if x, ok := t.young[string(raw)]; ok {
		return x, true
	}
	x, ok := t.old[string(raw)]
	if ok {
		t.put(string(raw), x)
	}
	return x, ok
}

func (t *table) put(raw string, x text) {
	if len(t.young) >= generation {
		t.young, t.old = t.old, t.young
		clear(t.young)
	}
	t.young[raw] = x
}

// texts decodes the values that hold strings.
type texts struct {
	paths, titles, words table
	scratch              []byte
	repaired             func() // counts
}

// absent says that a value stands for "there is none".
func absent(raw []byte) bool {
	return len(raw) == 0 || raw[0] == '(' && (string(raw) == "(null)" || string(raw) == "(none)") || string(raw) == "?"
}

// path decodes a string that the kernel holds as a C string: it ends at the first NUL.
func (t *texts) path(raw []byte) string { return t.decode(&t.paths, raw, false) }

// title decodes a command line, whose arguments NULs part: osquery joins them by spaces.
func (t *texts) title(raw []byte) string { return t.decode(&t.titles, raw, true) }

func (t *texts) decode(in *table, raw []byte, title bool) string {
	if absent(raw) {
		return ""
	}
	x, ok := in.get(raw)
	if !ok {
		b, good := t.bytes(raw)
		if title {
			b = spaced(b)
		} else if i := bytes.IndexByte(b, 0); i >= 0 {
			b = b[:i]
		}
		x.repaired = !good || !utf8.Valid(b)
		if len(raw) > maxShared {
			x.s = valid(string(b))
		} else {
			key := string(raw)
			if raw[0] == '"' && !x.repaired && len(b) == len(key)-2 {
				x.s = key[1 : len(key)-1]
			} else {
				x.s = valid(string(b))
			}
			in.put(key, x)
		}
	}
	if x.repaired {
		t.repaired()
	}
	return x.s
}

// word gives a string that needs no decoding: a terminal, an address, a cleaned path.
func (t *texts) word(raw []byte) string {
	if absent(raw) {
		return ""
	}
	x, ok := t.words.get(raw)
	if !ok {
		x.s = valid(string(raw))
		x.repaired = len(x.s) != len(raw) || x.s != string(raw)
		if len(raw) <= maxShared {
			t.words.put(string(raw), x)
		}
	}
	if x.repaired {
		t.repaired()
	}
	return x.s
}

// bytes gives what a value says: between its quotes, or from its hexadecimal. What is cut off in the middle is nothing:
// a part of a path is another path. The result is valid until the next call.
func (t *texts) bytes(raw []byte) ([]byte, bool) {
	if raw[0] == '"' {
		if len(raw) < 2 || raw[len(raw)-1] != '"' {
			return nil, false
		}
		return raw[1 : len(raw)-1], true
	}
	var ok bool
	t.scratch, ok = appendHex(t.scratch[:0], raw)
	return t.scratch, ok
}

// spaced puts spaces in the place of NULs, of which those at the end are dropped. It changes only scratch bytes: a quoted
// value holds no NUL unless it was made up, and then it is copied.
func spaced(b []byte) []byte {
	b = bytes.TrimRight(b, "\x00")
	if bytes.IndexByte(b, 0) < 0 {
		return b
	}
	return bytes.ReplaceAll(b, []byte{0}, []byte{' '})
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// clean makes path absolute under dir and takes out ".", ".." and doubled slashes, by the letters alone as the record says
// nothing of symbolic links. A path that cannot be placed stays as it is.
func (t *texts) clean(dir, path string) string {
	if path == "" {
		return ""
	}
	if path[0] != '/' {
		if dir == "" || dir[0] != '/' {
			return path
		}
	} else {
		dir = ""
		if !strings.Contains(path, "//") && !strings.Contains(path, "/.") && (path[len(path)-1] != '/' || path == "/") {
			return path
		}
	}
	out := t.scratch[:0]
	for _, part := range [2]string{dir, path} {
		for len(part) > 0 {
			name := part
			if i := strings.IndexByte(part, '/'); i >= 0 {
				name, part = part[:i], part[i+1:]
			} else {
				part = ""
			}
			switch name {
			case "", ".":
			case "..":
				out = out[:max(bytes.LastIndexByte(out, '/'), 0)]
			default:
				out = append(append(out, '/'), name...)
			}
		}
	}
	if len(out) == 0 {
		out = append(out, '/')
	}
	t.scratch = out
	return t.word(out)
}

// line gives a whole command line.
func (t *texts) line(b []byte) string {
	b = spaced(b)
	s := valid(string(b))
	if len(s) != len(b) || s != string(b) {
		t.repaired()
	}
	return s
}
