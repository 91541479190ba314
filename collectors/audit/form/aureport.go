package form

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
)

// aureport reads the two reports that tell which process made which call: `aureport -s` and `aureport -p`, with -i or without. They hold
// neither arguments nor results, so that a call is all that is known. Times are those of the place where it ran, read as UTC.
// (src/aureport-output.c of audit-userspace.)
type aureport struct {
	lines
	columns []string // between the time and the end of the line
}

// Aureport is what aureport -s and aureport -p print.
var Aureport = format("reports aureport -s and aureport -p", newAureport, func(head []byte) bool {
	_, columns := report(head)
	return callsIn(columns)
})

// OtherReport is any other report of aureport: it names no processes, so that nothing can be made of it.
var OtherReport = &collectors.Format{
	Name: "other reports of aureport (refused)", Platforms: []string{"linux"},
	Recognise: func(head []byte) bool {
		title, columns := report(head)
		return title != "" && !callsIn(columns)
	},
	Open: func(path string, _ collectors.Facts) collectors.Source { return &refused{path: path} },
}

func newAureport() translator { return new(aureport).line }

// report reads a report's title and its columns; "" where it is none.
func report(head []byte) (title string, columns []string) {
	before := ""
	n := 0
	for line := range bytes.Lines(head) {
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0:
			continue
		case title == "" && len(line) >= 5 && len(bytes.Trim(line, "=")) == 0 && len(before) < 80 && hasSuffix(before, " Report"):
			title = before
		case title != "":
			return title, columnsOf(line)
		}
		before = string(line)
		if n++; n > 4 {
			break
		}
	}
	return title, nil
}

func hasSuffix(s, end string) bool { return bytes.HasSuffix([]byte(s), []byte(end)) }

// columnsOf reads "# date time syscall pid comm auid event".
func columnsOf(line []byte) []string {
	rest, ok := bytes.CutPrefix(line, []byte("# date time "))
	if !ok {
		return nil
	}
	var out []string
	for name := range bytes.FieldsSeq(rest) {
		out = append(out, string(name))
	}
	return out
}

// callsIn tells whether a report with such columns says which process made which call.
func callsIn(columns []string) bool {
	return slices.Contains(columns, "pid") && slices.Contains(columns, "syscall") && slices.Contains(columns, "event")
}

func (x *aureport) line(line []byte, record func([]byte)) error {
	line = bytes.TrimSpace(line)
	switch {
	case len(line) == 0 || len(bytes.Trim(line, "=")) == 0 || hasSuffix(string(line), " Report") ||
		bytes.HasPrefix(line, []byte("<no events")):
		return nil
	case line[0] == '#':
		if x.columns = columnsOf(line); callsIn(x.columns) {
			return nil
		}
		x.columns = nil
		fallthrough
	case x.columns == nil:
		return errors.New("it is of no report that says which process made which call")
	}
	words := bytes.Fields(line)
	const before = 3 // number, date, time
	if len(words) < before+len(x.columns) || !digits(bytes.TrimSuffix(words[0], []byte("."))) {
		return fmt.Errorf("it is no row of the report: %s", clipped(line))
	}
	when, ok := localTime(string(words[1]) + " " + string(words[2]))
	if !ok {
		return fmt.Errorf("its time %s is of no locale that is known", strconv.QuoteToGraphic(string(words[1])))
	}
	row := x.row(words[before:])
	if string(row["syscall"]) == "?" {
		return audit.ErrOther // a message of a program
	}
	stamp := append(strconv.AppendInt(nil, when.Unix(), 10), ".000:"...)
	if err := x.event(nil, append(stamp, row["event"]...)); err != nil {
		return err
	}
	x.record = record
	err := x.call(func(name string) []byte {
		value := row[name]
		switch {
		case name == "arch": // which the report does not tell
			return []byte("x86_64")
		case name == "items":
			return []byte("0")
		case string(value) == "?":
			return nil
		}
		return value
	}, nil)
	if err == nil {
		x.close()
	}
	return err
}

// row gives a row's values by the names of their columns. Only the name of a program may hold blanks.
func (x *aureport) row(words [][]byte) map[string][]byte {
	row := make(map[string][]byte, len(x.columns))
	surplus := len(words) - len(x.columns)
	at := 0
	for _, name := range x.columns {
		n := 1
		if name == "comm" || name == "exe" {
			n += surplus
			surplus = 0
		}
		row[name] = bytes.Join(words[at:at+n], []byte{' '})
		at += n
	}
	return row
}

// refused is a source that says why it cannot be used.
type refused struct{ path string }

func (r *refused) Name() string { return "audit" }

func (r *refused) Open(context.Context, func()) error {
	title := "a report"
	if head, err := r.head(); err == nil {
		if name, _ := report(head); name != "" {
			title = name
		}
	}
	return fmt.Errorf("reading %s: it is aureport's %s, which does not say which process made which call: give the log itself, "+
		"or what `aureport -s` or `aureport -p` prints", strconv.QuoteToGraphic(r.path), strconv.QuoteToGraphic(title))
}

func (r *refused) head() ([]byte, error) {
	f, err := os.Open(r.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	var text io.Reader = in
	if magic, err := in.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		if text, err = gzip.NewReader(in); err != nil {
			return nil, err
		}
	}
	head := make([]byte, 1024)
	n, err := io.ReadFull(text, head)
	if n > 0 {
		err = nil
	}
	return head[:n], err
}

func (r *refused) Read() error                 { return io.EOF }
func (r *refused) Decode(collectors.Sink)      {}
func (r *refused) Health() []collectors.Health { return nil }
func (r *refused) Close() error                { return nil }
