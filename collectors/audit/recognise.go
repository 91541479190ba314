package audit

import (
	"bytes"

	"github.com/apiwatch/apiwatch/collectors"
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
