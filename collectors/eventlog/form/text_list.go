package form

import (
	"bytes"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/manifest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/moment"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// eventLogKeys are the properties of Get-EventLog's objects that Get-WinEvent's have not.
var eventLogKeys = keys("Index", "EventID", "EntryType", "InstanceId", "Source", "TimeGenerated", "TimeWritten", "Category",
	"CategoryNumber", "ReplacementStrings", "UserName", "Data", "Site", "Container")

// listLabel takes a line of PowerShell's Format-List apart: "ProviderName : x", in which all values stand one below the other.
func listLabel(line []byte) (name, value []byte, column int, ok bool) {
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

// isListStart tells whether a record may begin here as Format-List writes what Get-WinEvent and Get-EventLog give: with any property.
func isListStart(b []byte) bool {
	line, _, _ := bytes.Cut(b[:min(len(b), startWithin)], []byte("\n"))
	name, _, _, ok := listLabel(line)
	return ok && (winEventKeys[string(name)] || eventLogKeys[string(name)])
}

// holdsList tells whether an input holds such records behind something else, as a transcript does.
func holdsList(head []byte) bool {
	return bytes.Contains(head, []byte("\nTimeCreated")) || bytes.Contains(head, []byte("\nProviderName")) ||
		bytes.Contains(head, []byte("\nInstanceId"))
}

// listEnds finds where a list's record ends: an empty line stands before the next, which begins with a property that this one has had.
type listEnds struct {
	list, other, blank bool // within a list's record, or one of another form; behind an empty line
	seen               map[string]bool
}

func (l *listEnds) begin(doc []byte) {
	*l = listEnds{list: isListStart(doc), other: isTextStart(doc)}
	if l.list {
		l.seen = make(map[string]bool)
	}
}

// line takes in a line, and tells whether a record begins behind it.
func (l *listEnds) line(line, rest []byte) bool {
	l.blank = len(bytes.TrimSpace(line)) == 0
	if name, _, _, ok := listLabel(line); ok && l.list && (winEventKeys[string(name)] || eventLogKeys[string(name)]) {
		l.seen[string(name)] = true
	}
	if !l.blank || l.other || !isListStart(rest) {
		return false
	}
	name, _, _, _ := listLabel(rest[:min(len(rest), startWithin)])
	return !l.list || l.seen[string(name)]
}

// listed reads a record as Format-List writes it. Times are of the host's clock.
func (b *builder) listed(doc []byte) {
	l := listed{b: b}
	var name, value []byte
	var lines [][]byte // of a message, as they were
	column := 0
	for line := range bytes.Lines(doc) {
		line = bytes.TrimRight(line, "\r\n")
		if n, v, at, ok := listLabel(line); ok && (name == nil || at == column) {
			l.take(name, value)
			name, value, column = n, bytes.Clone(v), at
			if string(name) == "Message" {
				lines = [][]byte{line}
			}
			continue
		}
		switch indent := len(line) - len(bytes.TrimLeft(line, " ")); {
		case name == nil:
		case string(name) == "Message":
			lines = append(lines, line)
		case indent >= column: // too long for a line
			value = append(value, line[column:]...)
		}
	}
	l.take(name, value)
	l.message(lines, column)
}

// listed gathers what a list says.
type listed struct {
	b        *builder
	levelled bool
}

// take takes a property.
func (l *listed) take(name, value []byte) {
	b, r := l.b, &l.b.rec
	if len(value) == 0 {
		return
	}
	switch string(name) {
	case "TimeCreated", "TimeGenerated", "TimeWritten":
		t, zoned, known := moment.Zoned(string(value))
		if !known {
			t, known = moment.Shown(string(value))
		}
		if known && (r.TimeNS == 0 || string(name) != "TimeWritten") {
			r.TimeNS, b.local = t, !zoned
		}
	case "ProviderName", "Source":
		b.text(toProvider, "", value)
		r.Provider = manifest.Named(r.Provider)
	case "ProviderId":
		b.text(toProviderGUID, "", value)
	case "Id", "EventID":
		b.text(toEventID, "", value)
	case "InstanceId":
		if !b.sawID {
			b.text(toEventID, "", value)
		}
	case "LogName":
		b.text(toChannel, "", value)
	case "MachineName":
		b.text(toComputer, "", value)
	case "RecordId", "Index":
		b.text(toRecordID, "", value)
	case "ProcessId":
		b.text(toPID, "", value)
	case "ThreadId":
		b.text(toTID, "", value)
	case "UserId":
		if bytes.HasPrefix(value, []byte("S-1-")) {
			b.text(toUser, "", value)
		}
	case "Version":
		b.text(toVersion, "", value)
	case "Qualifiers":
		b.text(toQualifiers, "", value)
	case "Level":
		l.levelled = true
		b.text(toLevel, "", value)
	case "LevelDisplayName", "EntryType":
		if !l.levelled {
			b.text(toLevel, "", value)
		}
		switch string(value) {
		case "SuccessAudit":
			b.text(toKeywords, "Audit Success", nil)
		case "FailureAudit":
			b.text(toKeywords, "Audit Failure", nil)
		}
	case "Task":
		b.text(toTask, "", value)
	case "Opcode":
		b.text(toOpcode, "", value)
	case "Keywords":
		b.text(toKeywords, "", value)
	case "KeywordsDisplayNames":
		if r.Keywords == 0 {
			b.text(toKeywords, "", bytes.Trim(value, "{}"))
		}
	case "ActivityId":
		b.text(toActivity, "", value)
	case "Message": // apart, as its lines were
	default:
		if !winEventKeys[string(name)] && !eventLogKeys[string(name)] {
			from := len(b.buf)
			b.buf = typed.AppendPlain(b.buf, value)
			b.field(b.names.of(name), from)
		}
	}
}

// message takes the message. Where the list was made for a screen, lines that were too long for it go on in the next.
func (l *listed) message(lines [][]byte, column int) {
	b := l.b
	width := 0
	for _, line := range lines {
		width = max(width, utf8.RuneCount(line))
	}
	labelled := b.rec.Provider == "Microsoft-Windows-Sysmon" || b.rec.Provider == "Microsoft-Windows-Security-Auditing"
	var before []byte
	for i, line := range lines {
		text := line[min(column, len(line)):]
		switch joint, on := goesOn(before, line, column, width); {
		case labelled && on && i > 0:
			b.message = append(b.message, joint...)
		case i > 0:
			b.message = append(b.message, '\n')
		}
		b.message = typed.AppendPlain(b.message, text)
		before = line
	}
	b.message = bytes.Trim(b.message, "\n")
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
