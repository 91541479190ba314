// Package rows takes tables of comma-separated values apart, whose quoted values may hold lines.
package rows

import "bytes"

// Splitter takes rows apart.
type Splitter struct {
	Cells [][]byte // of the last row, as they lie in it
	comma byte
}

// Split takes the row at b's start apart into Cells; n is its length, and whole is false where its end is not in b. last says that no more
// follows.
func (s *Splitter) Split(b []byte, last bool) (n int, whole bool) {
	s.Cells = s.Cells[:0]
	if s.comma == 0 {
		s.comma = commaOf(b)
	}
	for p := 0; ; {
		if p < len(b) && b[p] == '"' {
			from, doubled := p+1, false
			for p++; ; {
				i := bytes.IndexByte(b[p:], '"')
				if i < 0 {
					return 0, false
				}
				p += i + 1
				if p == len(b) && !last {
					return 0, false
				}
				if p == len(b) || b[p] != '"' {
					break
				}
				doubled = true
				p++
			}
			cell := b[from : p-1]
			if doubled {
				cell = bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))
			}
			s.Cells = append(s.Cells, cell)
			for p < len(b) && b[p] != s.comma && b[p] != '\n' { // nothing belongs here but a line's end
				p++
			}
		} else {
			from := p
			for p < len(b) && b[p] != s.comma && b[p] != '\n' {
				p++
			}
			s.Cells = append(s.Cells, bytes.TrimRight(b[from:p], "\r"))
		}
		switch {
		case p == len(b):
			return p, last && p > 0
		case b[p] == '\n':
			return p + 1, true
		}
		p++
	}
}

// commaOf tells what parts the names of a table.
func commaOf(b []byte) byte {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	for _, c := range []byte{'\t', ';'} {
		if n := bytes.Count(line, []byte{c}); n > 1 && n > bytes.Count(line, []byte{','}) {
			return c
		}
	}
	return ','
}

// IsTable tells whether an input begins with a line of names, one of which named knows.
func IsTable(head []byte, named func([]byte) bool) bool {
	line, _, ok := bytes.Cut(head, []byte("\n"))
	if !ok || len(line) > 8<<10 {
		return false
	}
	comma := commaOf(head)
	if bytes.Count(line, []byte{comma}) < 2 {
		return false
	}
	for name := range bytes.SplitSeq(line, []byte{comma}) {
		if name = bytes.Trim(name, "\" \r"); named(name) {
			return true
		}
	}
	return false
}

const hexDigits = "0123456789abcdef"

// AppendJSON appends text as a string of JSON.
func AppendJSON(dst, text []byte) []byte {
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
