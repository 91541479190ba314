package audit

import (
	"bytes"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/syslog"
)

// Format is the audit log of a Linux system, as auditd writes it, and what this program records there.
var Format = collectors.Format{
	Name: "audit.log, alone or a folder of its rotations", Platforms: []string{"linux"}, Folder: "audit.log*", Recognise: recognise,
	Open: func(path string, facts collectors.Facts) collectors.Source {
		f := NewFile(path)
		f.Facts = facts
		return f
	},
}

// Shipped is such a log within a system's own: behind what syslog or journald put before each record, and among lines of others.
var Shipped = collectors.Format{
	Name: "audit records in a system log (syslog, RFC 5424, journalctl)", Platforms: []string{"linux"}, Recognise: recogniseShipped,
	Open: Format.Open,
}

// recogniseShipped finds a line of a system's log that holds a record of which events are made.
func recogniseShipped(head []byte) bool {
	for line := range bytes.Lines(head) {
		e, ok := syslog.Open(bytes.TrimRight(line, "\r\n"))
		if !ok {
			continue
		}
		text, _ := bytes.CutPrefix(e.Text, []byte("audit: "))
		if after, ok := bytes.CutPrefix(text, []byte("node=")); ok {
			_, text, _ = bytes.Cut(after, []byte{' '})
		}
		name, named := bytes.CutPrefix(text, []byte("type="))
		if !named && !bytes.HasPrefix(e.Tag, []byte("audit")) {
			continue
		}
		name, rest, _ := bytes.Cut(name, []byte{' '})
		if typ, ok := typeNamed(name); ok && used(typ) && (!named || bytes.Contains(rest, []byte("audit("))) {
			return true
		}
	}
	return false
}

// recogniseWithin is how far into a file the first record must stand.
const recogniseWithin = 64 << 10

// recognise finds a record at the beginning of a line.
func recognise(head []byte) bool {
	if bytes.HasPrefix(head, []byte("ElfFile\x00")) { // how a Windows event log begins
		return false
	}
	for line := range bytes.Lines(head[:min(len(head), recogniseWithin)]) {
		if _, rest, ok := bytes.Cut(line, []byte("node=")); ok && len(line)-len(rest) == len("node=") {
			_, line, _ = bytes.Cut(rest, []byte(" "))
		}
		if bytes.HasPrefix(line, []byte("type=")) {
			if _, rest, ok := bytes.Cut(line, []byte(" msg=audit(")); ok && bytes.Contains(rest, []byte("):")) {
				return true
			}
		}
	}
	return false
}
