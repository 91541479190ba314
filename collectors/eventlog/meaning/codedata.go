package meaning

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// codeStarts are the first bytes, in hexadecimal, of what programs keep in a log to run it later: a program file, and code
// that begins as that of public frameworks does (cld and a call, or a look for its own place).
var codeStarts = []string{"4D5A", "FCE8", "FC48", "FC4D", "E800000000", "4831C9", "31C96", "D9EED974", "DBC0D974"}

// minCode is the least length of such data, in hexadecimal digits.
const minCode = 256

// holdsCode tells whether the data of a classic event (ReportEvent's lpRawData, or a string of hexadecimal digits) looks
// like a program or code. No component of Windows puts code there.
func holdsCode(r *form.Record) bool {
	if isCode(r.Binary) {
		return true
	}
	for i := range r.Fields {
		if f := &r.Fields[i]; (f.Name == "" || f.Name == "Binary") && isCode(f.Value) {
			return true
		}
	}
	return false
}

func isCode(data string) bool {
	if len(data) < minCode {
		return false
	}
	head := strings.ToUpper(data[:16])
	for _, start := range codeStarts {
		if strings.HasPrefix(head, start) {
			return strings.Trim(data, "0123456789abcdefABCDEF") == ""
		}
	}
	return false
}
