package eventlog

import (
	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// Format is a Windows event log of any form.
var Format = collectors.Format{
	Name: "Windows event log (.evtx, or its events as XML, JSON or Splunk's text)", Platforms: []string{"windows"}, Recognise: form.Recognise,
	Open: func(path string, _ collectors.Facts) collectors.Source { return NewFile(path) },
}
