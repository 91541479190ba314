package form

import (
	"bytes"
	"io"
	"strconv"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/rows"
)

// CSV reads tables of events, as EvtxECmd, hayabusa, Export-Csv and the Event Viewer write them: a line of names, then a line for each
// event, whose quoted values may hold lines themselves. A line is read as the JSON document of the same names and values.
type CSV struct {
	j     JSON
	rows  rows.Splitter
	names [][]byte // quoted as in JSON
	doc   []byte
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
			for i, cell := range c.rows.Cells {
				if len(cell) == 0 {
					cell = column(i)
				}
				c.names = append(c.names, rows.AppendJSON(nil, cell))
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
		known := j.record(&j.s, 0, 0)
		if known && j.whole() {
			return j.finish(), nil
		}
		if known {
			j.refuse()
		}
		if j.why != "" {
			j.stats.Refused++
			j.stats.add(at, j.why)
		} else if j.stats.Skipped++; j.stats.Skipped == 1 {
			j.stats.add(at, "this line of the table is no event")
		}
	}
}

// column names a cell that has no name after its place.
func column(i int) []byte { return []byte("column" + strconv.Itoa(i+1)) }

// document makes a document of the row. The first that has no name, as the message in the Event Viewer's tables, is called Message.
func (c *CSV) document() {
	c.doc = append(c.doc[:0], '{')
	for i, cell := range c.rows.Cells {
		if len(cell) == 0 {
			continue
		}
		if len(c.doc) > 1 {
			c.doc = append(c.doc, ',')
		}
		switch {
		case i < len(c.names):
			c.doc = append(c.doc, c.names[i]...)
		case i == len(c.names):
			c.doc = append(c.doc, `"Message"`...)
		default:
			c.doc = rows.AppendJSON(c.doc, column(i))
		}
		c.doc = rows.AppendJSON(append(c.doc, ':'), cell)
	}
	c.doc = append(c.doc, '}')
}

// row finds the row at the window's start, without taking it out, and tells how long it is.
func (c *CSV) row() (int, error) {
	w := &c.j.w
	for {
		n, whole := c.rows.Split(w.buf, w.eof)
		if whole {
			if len(c.rows.Cells) == 0 || len(c.rows.Cells) == 1 && len(c.rows.Cells[0]) == 0 { // an empty line
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
			if _, whole = c.rows.Split(w.buf, true); whole {
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
