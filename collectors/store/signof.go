package store

import "github.com/apiwatch/apiwatch/collectors/event"

// signOf digests all that can be asked of an event by a text within: its arguments and the command line of a program that began.
func signOf(e *event.Event) (s Sign) {
	if e.API != nil && e.NArgs > 0 {
		s.Add(e.Arguments())
	} else {
		w := signer{sign: &s}
		for _, a := range e.Described() {
			if a.Value != "" {
				w.add(" ")
				w.add(a.Name)
				w.add("=")
				w.add(a.Value)
			}
		}
	}
	if e.Kind == event.KindProcessStart && e.Process != nil && e.Process.Windows == nil {
		s.Add(e.Process.Cmdline)
	}
	return s
}
