// Package powershell reads the lists that PowerShell's Format-List makes of Get-WinEvent's and Get-EventLog's objects.
package powershell

import (
	"bytes"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/known"
)

// Known tells the properties of either.
func Known(name []byte) bool { return known.WinEvent[string(name)] || known.EventLog[string(name)] }

// within is how much of a line tells whether a record begins there.
const within = 64

// Label takes a line of PowerShell's Format-List apart: "ProviderName : x", in which all values stand one below the other.
func Label(line []byte) (name, value []byte, column int, ok bool) {
	n := 0
	for n < len(line) && (line[n]|0x20 >= 'a' && line[n]|0x20 <= 'z' || line[n] >= '0' && line[n] <= '9') {
		n++
	}
	at := n
	for at < len(line) && line[at] == ' ' {
		at++
	}
	if n == 0 || at == n || at == len(line) || line[at] != ':' {
		return nil, nil, 0, false
	}
	value = line[at+1:]
	if len(value) > 0 && value[0] != ' ' && value[0] != '\r' {
		return nil, nil, 0, false
	}
	return line[:n], bytes.TrimSpace(value), at + 2, true
}

// Starts tells whether a record may begin here as Format-List writes what Get-WinEvent and Get-EventLog give: with any property.
func Starts(b []byte) bool {
	line, _, _ := bytes.Cut(b[:min(len(b), within)], []byte("\n"))
	name, _, _, ok := Label(line)
	return ok && Known(name)
}

// Holds tells whether an input holds such records behind something else, as a transcript does.
func Holds(head []byte) bool {
	return bytes.Contains(head, []byte("\nTimeCreated")) || bytes.Contains(head, []byte("\nProviderName")) ||
		bytes.Contains(head, []byte("\nInstanceId"))
}

// Ends finds where a list's record ends: an empty line stands before the next, which begins with a property that this one has had.
type Ends struct {
	list, other bool // within a list's record, or one of another form
	seen        map[string]bool
}

// Begin begins a record, whose beginning doc holds; other says that it is of another form.
func (l *Ends) Begin(doc []byte, other bool) {
	*l = Ends{list: Starts(doc), other: other}
	if l.list {
		l.seen = make(map[string]bool)
	}
}

// Line takes in a line, and tells whether a record begins behind it.
func (l *Ends) Line(line, rest []byte) bool {
	if name, _, _, ok := Label(line); l.list && ok && Known(name) {
		l.seen[string(name)] = true
	}
	if len(bytes.TrimSpace(line)) > 0 || l.other || !Starts(rest) {
		return false
	}
	name, _, _, _ := Label(rest[:min(len(rest), within)])
	return !l.list || l.seen[string(name)]
}

// Joined gives a message of several lines, which stand from a column on. Where the list was made for a screen, lines that were too long for
// it go on in the next: they are one where each line of the message has a label.
func Joined(lines [][]byte, column int, labelled bool) []byte {
	var out []byte
	width := 0
	for _, line := range lines {
		width = max(width, utf8.RuneCount(line))
	}
	var before []byte
	for i, line := range lines {
		switch joint, on := goesOn(before, line, column, width); {
		case labelled && on && i > 0:
			out = append(out, joint...)
		case i > 0:
			out = append(out, '\n')
		}
		out = append(out, line[min(column, len(line)):]...)
		before = line
	}
	return bytes.Trim(out, "\n")
}

// goesOn tells whether a line is the rest of the one before, which would not have had room for its first word, and what stood between.
func goesOn(before, line []byte, column, width int) (joint string, ok bool) {
	if len(before) <= column || len(line) <= column {
		return "", false
	}
	text := line[column:]
	label, value, found := bytes.Cut(text, []byte(":"))
	if text[0] == '\t' || text[0] == ' ' || found && (len(value) == 0 || value[0] == ' ' && !bytes.Contains(label, []byte(" "))) {
		return "", false // a line of its own, with its label
	}
	first, _, _ := bytes.Cut(text, []byte(" "))
	last := before[max(column, bytes.LastIndexByte(before, ' ')+1):]
	taken := utf8.RuneCount(before)
	switch {
	case taken+1+utf8.RuneCount(first) <= width:
		return "", false
	case taken == width && utf8.RuneCount(last)+utf8.RuneCount(first) > width-column:
		return "", true // one word that is longer than a line
	}
	return " ", true
}
