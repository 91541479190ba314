package form

import (
	"bytes"
	"io"
)

// CSV reads tables of events, as EvtxECmd, hayabusa, Export-Csv and the Event Viewer write them: a line of names, then a line for each
// event, whose quoted values may hold lines themselves. A line is read as the JSON document of the same names and values.
type CSV struct {
	j     JSON
	names [][]byte // quoted as in JSON
	comma byte
	doc   []byte
	cells [][]byte
}

// NewCSV reads r, which is UTF-8.
func NewCSV(r io.Reader) *CSV {
	c := &CSV{j: JSON{w: window{r: r}}}
	c.j.stats.Form = "csv"
	return c
}

// Stats implements [Reader].
func (c *CSV) Stats() Stats { return c.j.Stats() }

// Each calls yield for every record until it returns false.
func (c *CSV) Each(yield func(*Record) bool) error { return Each(c, yield) }

// Next implements [Reader].
func (c *CSV) Next() (*Record, error) {
	j := &c.j
	for {
		at := j.w.base
		n, err := c.row()
		if err != nil {
			return nil, err
		}
		if c.names == nil {
			for _, cell := range c.cells {
				c.names = append(c.names, appendJSON(nil, cell))
			}
			j.w.skip(n)
			continue
		}
		c.document()
		j.w.skip(n)
		if j.s.Parse(c.doc) != nil {
			continue // cannot be: it was just written
		}
		j.b.reset()
		j.b.rec.Offset, j.why = at, ""
		if j.record(&j.s, 0, 0) && j.whole() {
			return j.finish(), nil
		}
		if j.refuse(); j.why != "" {
			j.stats.Refused++
			j.stats.add(at, j.why)
		} else if j.stats.Skipped++; j.stats.Skipped == 1 {
			j.stats.add(at, "this line of the table is no event")
		}
	}
}

// document makes a document of the row. What has no name, as the message in the Event Viewer's tables, is called Message.
func (c *CSV) document() {
	c.doc = append(c.doc[:0], '{')
	for i, cell := range c.cells {
		if len(cell) == 0 || i > len(c.names) {
			continue
		}
		if len(c.doc) > 1 {
			c.doc = append(c.doc, ',')
		}
		if i < len(c.names) {
			c.doc = append(c.doc, c.names[i]...)
		} else {
			c.doc = append(c.doc, `"Message"`...)
		}
		c.doc = appendJSON(append(c.doc, ':'), cell)
	}
	c.doc = append(c.doc, '}')
}

// row finds the row at the window's start, without taking it out, and tells how long it is.
func (c *CSV) row() (int, error) {
	w := &c.j.w
	for {
		n, whole := c.split(w.buf, w.eof)
		if whole {
			if len(c.cells) == 0 || len(c.cells) == 1 && len(c.cells[0]) == 0 { // an empty line
				w.skip(n)
				continue
			}
			return n, nil
		}
		if len(w.buf) < MaxDocument && w.more() {
			continue
		}
		if w.err != nil {
			return 0, w.err
		}
		if len(w.buf) == 0 {
			return 0, io.EOF
		}
		if w.eof && len(w.buf) < MaxDocument {
			if n, whole = c.split(w.buf, true); whole {
				continue
			}
		}
		// A quote without its other: on with the next line.
		c.j.stats.Damaged++
		c.j.stats.add(w.base, "a quote in this line of the table has no end")
		if n = bytes.IndexByte(w.buf, '\n') + 1; n == 0 {
			n = len(w.buf)
		}
		w.skip(n)
	}
}

// split takes the row at b's start apart; last says that no more follows.
func (c *CSV) split(b []byte, last bool) (n int, whole bool) {
	c.cells = c.cells[:0]
	if c.comma == 0 {
		c.comma = commaOf(b)
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
			c.cells = append(c.cells, cell)
			for p < len(b) && b[p] != c.comma && b[p] != '\n' { // nothing belongs here but a line's end
				p++
			}
		} else {
			from := p
			for p < len(b) && b[p] != c.comma && b[p] != '\n' {
				p++
			}
			c.cells = append(c.cells, bytes.TrimRight(b[from:p], "\r"))
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

// isTable tells whether an input begins like a table of events: with a line of names, that of the id among them.
func isTable(head []byte) bool {
	line, _, ok := bytes.Cut(head, []byte("\n"))
	if !ok || len(line) > 8<<10 {
		return false
	}
	comma := commaOf(head)
	if bytes.Count(line, []byte{comma}) < 2 {
		return false
	}
	for name := range bytes.SplitSeq(line, []byte{comma}) {
		if name = bytes.Trim(name, "\" \r"); isID(name) || string(name) == "Id" {
			return true
		}
	}
	return false
}

const hexDigits = "0123456789abcdef"

// appendJSON appends text as a string of JSON.
func appendJSON(dst, text []byte) []byte {
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
