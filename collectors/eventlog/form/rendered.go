package form

import (
	"bytes"
	"cmp"
	"errors"
)

// Document reads single documents of event XML.
type Document struct {
	b builder
	s xmlScanner
}

// Record reads one. A record that could not be read whole is given all the same, damaged, if its id is known.
func (x *Document) Record(doc []byte) (*Record, error) {
	x.b.reset()
	x.s.Begin(doc, 0)
	x.s.Forget()
	x.s.Final = true
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

// RenderedTime finds the time of a rendered record without reading it whole; 0 if there is none.
func RenderedTime(doc []byte) int64 {
	_, rest, ok := bytes.Cut(doc, []byte("SystemTime="))
	if !ok || len(rest) < 2 {
		return 0
	}
	text, _, _ := bytes.Cut(rest[1:min(len(rest), 64)], rest[:1])
	ns, _ := ParseTime(string(text))
	return ns
}
