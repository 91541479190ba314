// Package render writes records as event XML.
package render

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"time"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// Append appends a record as event XML on one line, as [form.XML] reads it and `wevtutil qe /f:xml` writes it. What a text may not hold in
// XML, such as control characters, becomes U+FFFD.
func Append(dst []byte, r *form.Record) []byte {
	w := xmlWriter{bytes.NewBuffer(dst)}
	w.raw(`<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider`)
	w.attribute("Name", r.Provider)
	w.attribute("Guid", r.ProviderGUID)
	w.raw("/>")
	if r.Qualifiers != 0 {
		w.raw(`<EventID Qualifiers="` + strconv.Itoa(int(r.Qualifiers)) + `">` + strconv.FormatUint(uint64(r.EventID), 10) + "</EventID>")
	} else {
		w.number("EventID", uint64(r.EventID))
	}
	w.number("Version", uint64(r.Version))
	w.number("Level", uint64(r.Level))
	w.number("Task", uint64(r.Task))
	w.number("Opcode", uint64(r.Opcode))
	w.raw("<Keywords>0x" + strconv.FormatUint(r.Keywords, 16) + "</Keywords>")
	if r.TimeNS != 0 {
		w.raw("<TimeCreated")
		w.attribute("SystemTime", time.Unix(0, r.TimeNS).UTC().Format("2006-01-02T15:04:05.000000000Z"))
		w.raw("/>")
	}
	w.number("EventRecordID", r.RecordID)
	w.raw("<Correlation")
	w.attribute("ActivityID", r.ActivityID)
	w.raw("/><Execution")
	w.attribute("ProcessID", strconv.FormatUint(uint64(r.PID), 10))
	w.attribute("ThreadID", strconv.FormatUint(uint64(r.TID), 10))
	w.raw("/><Channel>")
	w.text(r.Channel)
	w.raw("</Channel><Computer>")
	w.text(r.Computer)
	w.raw("</Computer><Security")
	w.attribute("UserID", r.UserSID)
	w.raw("/></System><EventData>")
	for i := range r.Fields {
		w.raw("<Data")
		w.attribute("Name", r.Fields[i].Name)
		w.raw(">")
		w.text(r.Fields[i].Value)
		w.raw("</Data>")
	}
	w.raw("</EventData></Event>")
	return w.b.Bytes()
}

type xmlWriter struct{ b *bytes.Buffer }

func (w xmlWriter) raw(s string) { w.b.WriteString(s) }

func (w xmlWriter) text(s string) {
	_ = xml.EscapeText(w.b, []byte(s)) // a buffer takes everything
}

// attribute leaves out one that is empty.
func (w xmlWriter) attribute(name, value string) {
	if value != "" {
		w.raw(" " + name + `="`)
		w.text(value)
		w.raw(`"`)
	}
}

func (w xmlWriter) number(element string, n uint64) {
	w.raw("<" + element + ">" + strconv.FormatUint(n, 10) + "</" + element + ">")
}
