package tables

import "github.com/apiwatch/apiwatch/collectors/event"

// Data is what the tables read. The extension fills it once; a field that is nil leaves its tables empty.
type Data struct {
	Store *event.Store
}

// All lists every table, by name. A new table is one file and one line here.
func All(d *Data) []*Table {
	return []*Table{
		apiCalls(d),
		ptraceEvents(d),
	}
}
