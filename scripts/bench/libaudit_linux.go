package main

import "github.com/elastic/go-libaudit/v2/auparse"

// goLibaudit reads the same records with go-libaudit: its parser and its field maps, without grouping and without making an
// event of them.
func goLibaudit(events [][]record) func() {
	return func() {
		for _, e := range events {
			for _, r := range e {
				m, err := auparse.Parse(auparse.AuditMessageType(r.typ), string(r.body))
				if err == nil {
					_, _ = m.Data() // the end of an event has none
				}
			}
		}
	}
}
