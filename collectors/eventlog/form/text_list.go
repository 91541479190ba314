package form

import (
	"bytes"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/manifest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/moment"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/powershell"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// listed reads a record as Format-List writes it. Times are of the host's clock.
func (b *builder) listed(doc []byte) {
	l := listed{b: b}
	var name, value []byte
	var lines [][]byte // of a message, as they were
	column := 0
	for line := range bytes.Lines(doc) {
		line = bytes.TrimRight(line, "\r\n")
		if n, v, at, ok := powershell.Label(line); ok && (name == nil || at == column) {
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
		if !powershell.Known(name) {
			from := len(b.buf)
			b.buf = typed.AppendPlain(b.buf, value)
			b.field(b.names.of(name), from)
		}
	}
}

// message takes the message.
func (l *listed) message(lines [][]byte, column int) {
	b := l.b
	labelled := b.rec.Provider == "Microsoft-Windows-Sysmon" || b.rec.Provider == "Microsoft-Windows-Security-Auditing"
	b.message = typed.AppendPlain(b.message, powershell.Joined(lines, column, labelled))
}
