// Package results writes results of queries: as tables and lists for people ([Format]), and as osqueryd logs them
// ([LogItem]). Whatever a value holds, nothing of it drives a terminal. It imports the SQL host for its rows.
package results

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/extension/sqlhost"
)

// Mode is a form in which a result is written.
type Mode string

// The modes, with osqueryi's names.
const (
	Pretty Mode = "pretty" // a table with borders
	Line   Mode = "line"   // a line a value, for wide rows
	CSV    Mode = "csv"    // RFC 4180, with a header
	JSON   Mode = "json"   // an array of objects, all values as text
	List   Mode = "list"   // values separated by |, with a header
)

// Modes are all modes.
func Modes() []Mode { return []Mode{Pretty, Line, CSV, JSON, List} }

// ParseMode reads a mode's name.
func ParseMode(s string) (Mode, error) {
	if m := Mode(strings.ToLower(s)); slices.Contains(Modes(), m) {
		return m, nil
	}
	return "", fmt.Errorf("there is no mode %s; choose one of %v", Visible(s), Modes())
}

// Format says how results are written.
type Format struct {
	Mode Mode // "" is Pretty
	// Width is the width of the terminal that is written to, 0 if it is none. On a terminal long cells are cut so that a
	// table fits as far as it can, and no mode lets a control character through.
	Width int
}

// Write writes the rows as they come and closes them. It returns how many there were. A JSON array is only closed if
// the result is complete.
func (f Format) Write(w io.Writer, rows *sqlhost.Rows) (n int, err error) {
	defer func() { _ = rows.Close() }()
	b := bufio.NewWriterSize(w, 1<<16)
	names := make([]string, len(rows.Columns()))
	for i, c := range rows.Columns() {
		names[i] = c.Name
	}
	var write rowWriter
	switch f.Mode {
	case JSON:
		write = newJSONWriter(b, names)
	case CSV:
		write = &csvWriter{csv.NewWriter(b), f.Width > 0}
	case Line:
		write = &lineWriter{w: b}
	case List:
		write = &listWriter{b}
	default:
		write = &prettyWriter{w: b, terminal: f.Width}
	}
	write.header(names)
	row := make([]string, len(names))
	for rows.Next() {
		for i, v := range rows.Values() {
			row[i] = v.String()
		}
		write.row(row)
		n++
	}
	err = rows.Err()
	write.end(err == nil)
	if flushErr := b.Flush(); err == nil && flushErr != nil {
		err = fmt.Errorf("writing result: %w", flushErr)
	}
	return n, err
}

// rowWriter writes one result. Errors of the writer beneath show when it is flushed.
type rowWriter interface {
	header(names []string)
	row(cells []string) // cells is used again for the next row
	end(complete bool)
}

type jsonWriter struct {
	w       *bufio.Writer
	names   []string
	index   []int
	buffer  []byte
	cells   []string
	started bool
}

// newJSONWriter keeps the columns' order; of two columns of one name the last counts, as in osquery.
func newJSONWriter(w *bufio.Writer, names []string) *jsonWriter {
	j := &jsonWriter{w: w}
	for i, name := range names {
		if !slices.Contains(names[i+1:], name) {
			j.names, j.index = append(j.names, name), append(j.index, i)
		}
	}
	j.cells = make([]string, len(j.index))
	return j
}

func (j *jsonWriter) header([]string) { _, _ = j.w.WriteString("[") }

func (j *jsonWriter) row(cells []string) {
	for i, at := range j.index {
		j.cells[i] = cells[at]
	}
	separator := ",\n  "
	if !j.started {
		separator = "\n  "
	}
	j.started = true
	j.buffer = AppendObject(append(j.buffer[:0], separator...), j.names, j.cells)
	_, _ = j.w.Write(j.buffer)
}

func (j *jsonWriter) end(complete bool) {
	if complete {
		_, _ = j.w.WriteString("\n]\n")
	} else {
		_, _ = j.w.WriteString("\n")
	}
}

type csvWriter struct {
	w        *csv.Writer
	terminal bool
}

func (c *csvWriter) header(names []string) { c.row(slices.Clone(names)) }

func (c *csvWriter) row(cells []string) {
	for i := range cells {
		if c.terminal {
			cells[i] = Visible(cells[i])
		}
	}
	_ = c.w.Write(cells)
}

func (c *csvWriter) end(bool) { c.w.Flush() }

type listWriter struct{ w *bufio.Writer }

func (l *listWriter) header(names []string) { l.row(names) }

func (l *listWriter) row(cells []string) {
	for i, c := range cells {
		if i > 0 {
			_ = l.w.WriteByte('|')
		}
		_, _ = l.w.WriteString(Visible(c))
	}
	_ = l.w.WriteByte('\n')
}

func (l *listWriter) end(bool) {}

type lineWriter struct {
	w     *bufio.Writer
	names []string
	width int
	rows  int
}

func (l *lineWriter) header(names []string) {
	for _, n := range names {
		l.names = append(l.names, Visible(n))
		l.width = max(l.width, utf8.RuneCountInString(l.names[len(l.names)-1]))
	}
}

func (l *lineWriter) row(cells []string) {
	if l.rows++; l.rows > 1 {
		_ = l.w.WriteByte('\n')
	}
	for i, c := range cells {
		pad(l.w, l.width-utf8.RuneCountInString(l.names[i]), ' ')
		_, _ = l.w.WriteString(l.names[i])
		_, _ = l.w.WriteString(" = ")
		_, _ = l.w.WriteString(Visible(c))
		_ = l.w.WriteByte('\n')
	}
}

func (l *lineWriter) end(bool) {}

// prettyWriter writes a table. Widths come from the first rows; where a later row needs more room, the table is ruled
// anew from there, so that memory stays bounded whatever the number of rows.
type prettyWriter struct {
	w        *bufio.Writer
	terminal int
	names    []string
	widths   []int
	held     [][]string // rows that wait for the widths
	settled  bool
}

// holdRows is how many rows the widths come from.
const holdRows = 500

// leastCell is the least width to which a terminal's cells are cut.
const leastCell = 12

func (p *prettyWriter) header(names []string) {
	for _, n := range names {
		p.names = append(p.names, Visible(n))
	}
	p.widths = widen(make([]int, len(names)), p.names)
}

func widen(widths []int, cells []string) []int {
	for i, c := range cells {
		widths[i] = max(widths[i], utf8.RuneCountInString(c))
	}
	return widths
}

func (p *prettyWriter) row(cells []string) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = Visible(c)
	}
	if p.settled {
		if p.terminal == 0 {
			if before := slices.Clone(p.widths); !slices.Equal(before, widen(p.widths, row)) {
				p.rule()
			}
		}
		p.write(row)
		return
	}
	p.held = append(p.held, row)
	if len(p.held) == holdRows {
		p.settle()
	}
}

func (p *prettyWriter) settle() {
	for _, row := range p.held {
		widen(p.widths, row)
	}
	if p.terminal > 0 {
		fit(p.widths, p.terminal)
	}
	p.settled = true
	p.rule()
	p.write(p.names)
	p.rule()
	for _, row := range p.held {
		p.write(row)
	}
	p.held = nil
}

func (p *prettyWriter) end(complete bool) {
	empty := !p.settled && len(p.held) == 0
	if empty && !complete {
		return
	}
	if !p.settled {
		p.settle()
	}
	if !empty {
		p.rule()
	}
}

// fit narrows the widest columns until the table fits into a width, but none below leastCell.
func fit(widths []int, width int) {
	room := width - 1 - 3*len(widths)
	for limit := slices.Max(append([]int{0}, widths...)); limit >= leastCell; limit-- {
		total := 0
		for i := range widths {
			widths[i] = min(widths[i], limit)
			total += widths[i]
		}
		if total <= room {
			return
		}
	}
}

func (p *prettyWriter) rule() {
	for _, w := range p.widths {
		_ = p.w.WriteByte('+')
		pad(p.w, w+2, '-')
	}
	_, _ = p.w.WriteString("+\n")
}

func (p *prettyWriter) write(cells []string) {
	for i, c := range cells {
		c = Cut(c, p.widths[i])
		_, _ = p.w.WriteString("| ")
		_, _ = p.w.WriteString(c)
		pad(p.w, p.widths[i]-utf8.RuneCountInString(c)+1, ' ')
	}
	_, _ = p.w.WriteString("|\n")
}

func pad(w *bufio.Writer, n int, c byte) {
	for range n {
		_ = w.WriteByte(c)
	}
}
