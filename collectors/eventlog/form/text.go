package form

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/labels"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/manifest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/powershell"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// Text reads event logs that were rendered as text: by Splunk, a line with the local time, lines of key=value, and last the event's
// message, which goes on to the next record; and by the Event Viewer, wevtutil and PowerShell, see shown and listed. The values of the
// event stand in the message by their labels; those of the audits are given the names that the event itself has.
type Text struct {
	b     builder
	w     window
	clock clock
	stats Stats
}

// NewText reads r, which is UTF-8.
func NewText(r io.Reader) *Text {
	t := &Text{w: window{r: r}}
	t.stats.Form = "text"
	return t
}

// Stats implements [Reader].
func (t *Text) Stats() Stats {
	s := t.stats.copy()
	s.Bytes = t.w.base + int64(len(t.w.buf))
	return s
}

// Each calls yield for every record until it returns false.
func (t *Text) Each(yield func(*Record) bool) error { return Each(t, yield) }

// textTime is how a record of Splunk's begins, in the host's local time.
const textTime = "01/02/2006 03:04:05 PM"

// isTextStart tells whether a record begins here: with a time on a line of its own, or as [isShownStart] says.
func isTextStart(b []byte) bool { return isSplunkStart(b) || isShownStart(b) }

func isSplunkStart(b []byte) bool {
	if len(b) < len(textTime)+1 || b[2] != '/' || b[5] != '/' || b[13] != ':' {
		return false
	}
	if c := b[len(textTime)]; c != '\n' && c != '\r' {
		return false
	}
	_, err := time.Parse(textTime, string(b[:len(textTime)]))
	return err == nil
}

// Next implements [Reader].
func (t *Text) Next() (*Record, error) {
	for {
		end := t.end()
		if end < 0 {
			ended := t.w.eof
			if len(t.w.buf) < MaxDocument && (t.w.more() || t.w.eof != ended) {
				continue
			}
			if t.w.err != nil {
				return nil, t.w.err
			}
			if end = len(t.w.buf); end == 0 {
				return nil, io.EOF
			}
		}
		doc := t.w.buf[:end]
		t.b.reset()
		t.b.rec.Offset = t.w.base
		switch {
		case isSplunkStart(doc):
			t.record(doc)
		case isShownStart(doc):
			t.b.shown(doc)
		case powershell.Starts(doc):
			t.b.listed(doc)
		default:
			if len(bytes.TrimSpace(doc)) > 0 {
				t.stats.SkippedBytes += int64(end)
				t.stats.add(t.w.base, "here should stand a record; looking for the next")
			}
			t.w.skip(end)
			continue
		}
		t.b.provided()
		t.b.labelled()
		t.clock.settle(&t.b, &t.stats)
		t.w.skip(end)
		if !t.b.sawID && t.b.badID == "" {
			t.stats.Damaged++
			t.stats.add(t.b.rec.Offset, "a record has no EventCode")
			continue
		}
		if why := t.b.lacks(); why != "" {
			t.stats.Refused++
			t.stats.add(t.b.rec.Offset, t.b.refusal())
			continue
		}
		t.stats.Records++
		return t.b.finish(), nil
	}
}

// end finds where the record at the window's start ends: where the next begins. -1 if that is not in the window.
func (t *Text) end() int {
	b := t.w.buf
	var list powershell.Ends
	list.Begin(b, isTextStart(b))
	for p := 0; ; {
		i := bytes.IndexByte(b[p:], '\n')
		if i < 0 {
			return -1
		}
		line := b[p : p+i]
		p += i + 1
		if len(b)-p < startWithin && !t.w.eof {
			return -1
		}
		if list.Line(line, b[p:]) || isTextStart(b[p:]) {
			return p
		}
	}
}

// record reads one record's text.
func (t *Text) record(doc []byte) {
	b := &t.b
	if at, err := time.Parse(textTime, string(doc[:len(textTime)])); err == nil {
		b.rec.TimeNS, b.local = at.UnixNano(), true
	}
	for message := false; len(doc) > 0; {
		line := doc
		if i := bytes.IndexByte(doc, '\n'); i >= 0 {
			line, doc = doc[:i], doc[i+1:]
		} else {
			doc = nil
		}
		line = bytes.TrimRight(line, "\r")
		if message {
			b.message = typed.AppendPlain(append(b.message, '\n'), line)
			continue
		}
		key, value, ok := bytes.Cut(line, []byte("="))
		if !ok {
			continue
		}
		switch string(key) {
		case "LogName":
			b.text(toChannel, "", value)
		case "SourceName":
			b.text(toProvider, "", value)
			b.rec.Provider = manifest.Named(b.rec.Provider)
		case "EventCode":
			b.text(toEventID, "", value)
		case "Type":
			b.text(toLevel, "", value)
		case "ComputerName":
			b.text(toComputer, "", value)
		case "RecordNumber":
			b.text(toRecordID, "", value)
		case "Keywords":
			b.text(toKeywords, "", value)
		case "Sid":
			b.text(toUser, "", value)
		case "Message":
			message = true
			b.message = typed.AppendPlain(b.message, value)
		}
	}
	if b.rec.Channel == "Security" {
		b.rec.Level = 0
	}
}

// labelled adds the values that stand in the message.
func (b *builder) labelled() {
	if b.rec.EventID == 4104 && b.scriptBlock() || b.rec.EventID >= 4100 && b.rec.EventID <= 4103 && b.scriptContext() {
		return
	}
	section := ""
	for rest := b.message; len(rest) > 0; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		section = b.label(section, bytes.TrimRight(line, "\r"))
	}
}

// spoken are the providers whose messages hold all values of an event by their labels.
func spoken(provider string) bool {
	switch provider {
	case "Microsoft-Windows-Sysmon", "Linux-Sysmon", "Microsoft-Windows-Security-Auditing", "Microsoft-Windows-PowerShell", "PowerShellCore":
		return true
	}
	return false
}

// named gives values that came by place the names that the event's template has, or else takes the values from the message where that
// holds them by their labels, as Get-WinEvent's has. What has no name then is called after its place.
func (b *builder) named() {
	nameless := 0
	for i := range b.rec.Fields {
		if b.rec.Fields[i].Name == "" {
			nameless++
		}
	}
	if nameless > 0 && b.placed {
		names, n := manifest.Order(b.rec.Provider, b.rec.EventID, nameless), 0
		for i := range b.rec.Fields {
			if f := &b.rec.Fields[i]; f.Name == "" {
				if n++; names != nil {
					f.Name = names[n-1]
				} else {
					f.Name = "param" + strconv.Itoa(n)
				}
			}
		}
		if b.placed = names == nil; names != nil {
			return
		}
	}
	if len(b.message) > 0 && spoken(b.rec.Provider) && (len(b.rec.Fields) == 0 || nameless > 0) {
		b.labelled()
	}
}

// label takes a line of the message: a section's heading, "Label:\tvalue", or a further line of the value before. It returns
// the section that the next line is in.
func (b *builder) label(section string, line []byte) string {
	indented := len(line) > 0 && (line[0] == '\t' || line[0] == ' ')
	text := bytes.TrimSpace(line)
	if len(text) == 0 {
		return section
	}
	i := bytes.IndexByte(text, ':')
	if i <= 0 || i > 40 || i+1 < len(text) && text[i+1] != '\t' && text[i+1] != ' ' {
		if indented && section != "" && len(b.spans) > 0 && len(line) > 1 && line[1] == '\t' && int(b.spans[len(b.spans)-1].to) == len(b.buf) {
			// A list goes on: privileges, accesses.
			b.buf = typed.AppendPlain(append(b.buf, '\n'), text)
			b.spans[len(b.spans)-1].to = int32(len(b.buf))
		}
		return section
	}
	name, value := string(typed.AppendPlain(nil, text[:i])), bytes.TrimSpace(text[i+1:])
	if len(value) == 0 && !indented {
		return name
	}
	if !indented {
		section = ""
	}
	if name = labels.Name(section, name); strings.HasSuffix(name, "UserSid") && !bytes.HasPrefix(value, []byte("S-1-")) {
		return section // resolved to a name, which stands below it, too
	}
	from := len(b.buf)
	b.buf = typed.AppendPlain(b.buf, value)
	b.field(name, from)
	return section
}

// said adds a value taken from a message.
func (b *builder) said(name, value string) {
	from := len(b.buf)
	b.buf = append(b.buf, value...)
	b.field(name, from)
}

// scriptBlock takes a PowerShell script block out of its message: "Creating Scriptblock text (1 of 2):", the text, and
// "ScriptBlock ID: …" and "Path: …" at the end.
func (b *builder) scriptBlock() bool {
	head, rest, ok := strings.Cut(strings.ReplaceAll(string(b.message), "\r\n", "\n"), "\n")
	_, of, ok2 := strings.Cut(head, "(")
	if !ok || !ok2 || !strings.HasPrefix(head, "Creating Scriptblock text") {
		return false
	}
	b.rec.Fields, b.spans, b.buf = b.rec.Fields[:0], b.spans[:0], b.buf[:0]
	number, total, _ := strings.Cut(strings.TrimRight(of, "):"), " of ")
	if _, err := strconv.Atoi(number); err == nil {
		b.said("MessageNumber", number)
		b.said("MessageTotal", total)
	}
	text, tail := rest, ""
	if i := strings.LastIndex(rest, "\nScriptBlock ID: "); i >= 0 {
		text, tail = rest[:i], rest[i+len("\nScriptBlock ID: "):]
	}
	b.said("ScriptBlockText", strings.TrimRight(text, "\n"))
	id, path, _ := strings.Cut(tail, "\nPath:")
	b.said("ScriptBlockId", strings.TrimSpace(id))
	b.said("Path", strings.TrimSpace(path))
	return true
}

// scriptContext takes a PowerShell pipeline or error out of its message: what happened, then "Context:" with lines of name and
// value, then "User Data:".
func (b *builder) scriptContext() bool {
	payload, rest, ok := strings.Cut(string(b.message), "\nContext:")
	if !ok {
		return false
	}
	context, data, _ := strings.Cut(rest, "\nUser Data:")
	b.rec.Fields, b.spans, b.buf = b.rec.Fields[:0], b.spans[:0], b.buf[:0]
	b.said("ContextInfo", strings.TrimSpace(context))
	b.said("UserData", strings.TrimSpace(data))
	b.said("Payload", strings.TrimSpace(payload))
	return true
}
