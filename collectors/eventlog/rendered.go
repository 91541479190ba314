package eventlog

import (
	"bytes"
	"cmp"
	"errors"
)

// rendered reads single documents of event XML.
type rendered struct {
	b builder
	s xmlScanner
}

// record reads one. A record that could not be read whole is given all the same, damaged, if its id is known.
func (x *rendered) record(doc []byte) (*Record, error) {
	x.b.reset()
	x.s.start(doc, 0)
	x.s.absent, x.s.final = [4]int64{}, true
	err := x.s.event(&x.b)
	if err == nil && x.b.over {
		err = errTooLarge
	}
	r := x.b.finish()
	r.Damaged = r.Damaged || err != nil
	if !x.b.sawID {
		return nil, cmp.Or(err, errors.New("it has no event id"))
	}
	return r, err
}

// renderedTime finds the time of a rendered record without reading it whole; 0 if there is none.
func renderedTime(doc []byte) int64 {
	_, rest, ok := bytes.Cut(doc, []byte("SystemTime="))
	if !ok || len(rest) < 2 {
		return 0
	}
	text, _, _ := bytes.Cut(rest[1:min(len(rest), 64)], rest[:1])
	ns, _ := parseTime(string(text))
	return ns
}
