package eventlog

import (
	"bytes"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// Format is a Windows event log of any form.
var Format = collectors.Format{
	Name: "Windows event log (.evtx, or its events as XML, JSON, CSV or text)", Platforms: []string{"windows"}, Recognise: recognise,
	Open: func(path string, _ collectors.Facts) collectors.Source { return NewFile(path) },
}

// recognise tells a log of Windows. The same forms hold the events of Sysmon for Linux, which are no Windows's.
func recognise(head []byte) bool {
	if bytes.Contains(head, []byte(linuxProvider)) {
		if r := form.First(head); r != nil && r.Provider == linuxProvider {
			return false
		}
	}
	return form.Recognise(head)
}

const linuxProvider = "Linux-Sysmon"
