package form

import (
	"bytes"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/manifest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/moment"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// startWithin is how much of a line tells whether a record begins there.
const startWithin = 64

// isShownStart tells whether a record begins here as the Event Viewer copies one, "Log Name:  Security", or as wevtutil prints it, with
// "Event[0]" on the line before.
func isShownStart(b []byte) bool {
	line, _, _ := bytes.Cut(b[:min(len(b), startWithin)], []byte("\n"))
	if rest, ok := bytes.CutPrefix(line, []byte("Event[")); ok {
		number, after, ok := bytes.Cut(rest, []byte("]"))
		return ok && len(number) > 0 && len(bytes.Trim(number, "0123456789")) == 0 && len(bytes.Trim(after, ": \r")) == 0
	}
	value, ok := bytes.CutPrefix(line, []byte("Log Name:"))
	return ok && len(value) > 0 && value[0] == ' '
}

// shown reads a record as the Event Viewer copies it, or as wevtutil prints it: lines of a label and what it says, then the message.
// Times are of the host's clock, except where they say otherwise.
func (b *builder) shown(doc []byte) {
	for len(doc) > 0 {
		line, rest, _ := bytes.Cut(doc, []byte("\n"))
		doc = rest
		label, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		value = bytes.TrimSpace(value)
		switch string(bytes.TrimSpace(label)) {
		case "Log Name":
			b.text(toChannel, "", value)
		case "Source":
			b.text(toProvider, "", value)
			b.rec.Provider = manifest.Named(b.rec.Provider)
		case "Date":
			t, zoned, known := moment.Zoned(string(value))
			if !known {
				t, known = moment.Shown(string(value))
			}
			if known {
				b.rec.TimeNS, b.local = t, !zoned
			}
		case "Event ID":
			b.text(toEventID, "", value)
		case "Level":
			b.text(toLevel, "", value)
		case "Keywords", "Keyword":
			b.text(toKeywords, "", value)
		case "User":
			if bytes.HasPrefix(value, []byte("S-1-")) {
				b.text(toUser, "", value)
			}
		case "Computer":
			b.text(toComputer, "", value)
		case "Description":
			if i := bytes.Index(rest, []byte("\nEvent Xml:")); i >= 0 {
				rest = rest[:i]
			}
			b.message = typed.AppendPlain(b.message, value)
			for line := range bytes.Lines(rest) {
				b.message = typed.AppendPlain(append(b.message, '\n'), bytes.TrimRight(line, "\r\n"))
			}
			b.message = bytes.Trim(b.message, "\n")
			return
		}
	}
}
