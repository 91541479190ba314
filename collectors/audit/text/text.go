// Package text decodes the strings of audit records, and writes them: quoted as they are, or in hexadecimal.
package text

import (
	"bytes"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// Strings repeat: one program makes thousands of calls from one path. A table keeps the decoded string of each raw value
// seen lately, so that a repeated one costs a look-up and no memory. It has two generations: when the young one is full it
// becomes the old one and the old one is forgotten, so input can neither fill it nor pin what it no longer sends.
type table struct{ young, old map[string]decoded }

type decoded struct {
	s        string
	repaired bool // the value was no valid UTF-8 or hexadecimal
}

const (
	generation = 4096 // strings
	maxShared  = 512  // bytes of a raw value; longer ones rarely repeat
)

func newTable() table { return table{make(map[string]decoded), make(map[string]decoded)} }

func (t *table) get(raw []byte) (decoded, bool) {
	if x, ok := t.young[string(raw)]; ok {
		return x, true
	}
	x, ok := t.old[string(raw)]
	if ok {
		t.put(string(raw), x)
	}
	return x, ok
}

func (t *table) put(raw string, x decoded) {
	if len(t.young) >= generation {
		t.young, t.old = t.old, t.young
		clear(t.young)
	}
	t.young[raw] = x
}

// Texts decodes the values that hold strings. It is for one goroutine.
type Texts struct {
	paths, titles, words table
	scratch              []byte
	repaired             func() // counts
}

// New makes one that calls repaired for each string that was no valid UTF-8 or hexadecimal.
func New(repaired func()) *Texts {
	return &Texts{paths: newTable(), titles: newTable(), words: newTable(), repaired: repaired}
}

// Address gives the text of an address.
func (t *Texts) Address(a netip.Addr) string {
	t.scratch = a.AppendTo(t.scratch[:0])
	return t.Word(t.scratch)
}

// Absent says that a value stands for "there is none".
func Absent(raw []byte) bool {
	return len(raw) == 0 || raw[0] == '(' && (string(raw) == "(null)" || string(raw) == "(none)") || string(raw) == "?"
}

// Path decodes a string that the kernel holds as a C string: it ends at the first NUL.
func (t *Texts) Path(raw []byte) string { return t.decode(&t.paths, raw, false) }

// Title decodes a command line, whose arguments NULs part: osquery joins them by spaces.
func (t *Texts) Title(raw []byte) string { return t.decode(&t.titles, raw, true) }

func (t *Texts) decode(in *table, raw []byte, title bool) string {
	if Absent(raw) {
		return ""
	}
	x, ok := in.get(raw)
	if !ok {
		b, good := t.Bytes(raw)
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

// Word gives a string that needs no decoding: a terminal, an address, a cleaned path.
func (t *Texts) Word(raw []byte) string {
	if Absent(raw) {
		return ""
	}
	x, ok := t.words.get(raw)
	if !ok {
		said, _, _ := bytes.Cut(raw, []byte{0})
		x.s = valid(string(said))
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

// Bytes gives what a value says: between its quotes, or from its hexadecimal. What is cut off in the middle is nothing:
// a part of a path is another path. The result is valid until the next call.
func (t *Texts) Bytes(raw []byte) ([]byte, bool) {
	if raw[0] == '"' {
		if len(raw) < 2 || raw[len(raw)-1] != '"' {
			return nil, false
		}
		return raw[1 : len(raw)-1], true
	}
	var ok bool
	t.scratch, ok = AppendHex(t.scratch[:0], raw)
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

// Clean makes path absolute under dir and takes out ".", ".." and doubled slashes, by the letters alone as the record says
// nothing of symbolic links. A path that cannot be placed stays as it is.
func (t *Texts) Clean(dir, path string) string {
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
	return t.Word(out)
}

// Line gives a whole command line.
func (t *Texts) Line(b []byte) string {
	b = spaced(b)
	s := valid(string(b))
	if len(s) != len(b) || s != string(b) {
		t.repaired()
	}
	return s
}

// AppendHex decodes the hexadecimal that the kernel writes (upper case, hex_byte_pack_upper) onto dst. It reports whether
// all of src was that.
func AppendHex(dst, src []byte) ([]byte, bool) {
	if len(src)%2 != 0 {
		return dst, false
	}
	start := len(dst)
	for i := 0; i < len(src); i += 2 {
		hi, lo := nibble[src[i]], nibble[src[i+1]]
		if hi|lo > 15 {
			return dst[:start], false
		}
		dst = append(dst, hi<<4|lo)
	}
	return dst, true
}

// AppendUntrusted writes a string as the kernel writes one that a program chose (audit_log_untrustedstring): in quotes, or in hexadecimal.
func AppendUntrusted[T string | []byte](dst []byte, s T) []byte {
	for i := range len(s) {
		if c := s[i]; c == '"' || c < 0x21 || c > 0x7e {
			const digits = "0123456789ABCDEF"
			for j := range len(s) {
				dst = append(dst, digits[s[j]>>4], digits[s[j]&15])
			}
			return dst
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

// HexRun tells how many of the characters that a value begins with are such hexadecimal.
func HexRun(b []byte) int {
	n := 0
	for n < len(b) && nibble[b[n]] <= 15 {
		n++
	}
	return n
}

var nibble = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i := range 10 {
		t['0'+i] = byte(i)
	}
	for i := range 6 {
		t['A'+i] = byte(10 + i)
	}
	return t
}()
