package meaning

import (
	"github.com/apiwatch/apiwatch/collectors/conceal"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// holdsCode tells whether the data of a classic event (ReportEvent's lpRawData, or a string of hexadecimal digits) looks
// like a program or code. No component of Windows puts code there.
func holdsCode(r *form.Record) bool {
	if conceal.IsCode(r.Binary) {
		return true
	}
	for i := range r.Fields {
		if f := &r.Fields[i]; (f.Name == "" || f.Name == "Binary") && conceal.IsCode(f.Value) {
			return true
		}
	}
	return false
}
