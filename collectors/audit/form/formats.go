package form

import (
	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
)

// translator is [audit.File]'s: it turns a line into those of audit.log.
type translator = func(line []byte, record func(line []byte)) error

// format gives the format of a form: its name, what turns its lines into records, and what tells it by a file's beginning.
func format(name string, translate func() translator, recognise func(head []byte) bool) *collectors.Format {
	return &collectors.Format{
		Name: name, Platforms: []string{"linux"}, Recognise: recognise,
		Open: func(path string, facts collectors.Facts) collectors.Source {
			f := audit.NewFile(path)
			f.Facts, f.Translate = facts, translate()
			return f
		},
	}
}
