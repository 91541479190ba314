package form

import (
	"bytes"
	"errors"
	"io"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/xmlscan"
)

// XML reads rendered event XML, as wevtutil, EvtRender and Splunk's forwarder give it: <Event> documents one after the
// other, bare, within <Events>, or with other lines between them. No entities but XML's own five and character references
// are known, and none is ever fetched.
type XML struct {
	b     builder
	w     window
	s     xmlScanner
	stats Stats
}

// NewXML reads r, which is UTF-8. [Open] turns other encodings into that.
func NewXML(r io.Reader) *XML {
	x := &XML{w: window{r: r}}
	x.stats.Form = "xml"
	return x
}

// Stats implements [Reader].
func (x *XML) Stats() Stats {
	s := x.stats.copy()
	s.Bytes = x.w.base + int64(len(x.w.buf))
	return s
}

// Each calls yield for every record until it returns false.
func (x *XML) Each(yield func(*Record) bool) error { return Each(x, yield) }

// MaxDocument bounds one event's XML or JSON. The largest that Windows writes is about 64 Ki characters before escapes.
const MaxDocument = 8 << 20

// Next implements [Reader].
func (x *XML) Next() (*Record, error) {
	for {
		start, err := x.find()
		if err != nil {
			return nil, err
		}
		x.w.skip(start)
		n, err := x.document()
		if err == nil && x.b.over {
			err = errTooLarge
		}
		x.b.rec.Offset = x.w.base
		r := x.b.finish()
		switch {
		case err != nil:
			r.Damaged = true
			x.stats.Damaged++
			x.stats.add(x.w.base+int64(n), "event XML is broken: "+err.Error())
		case !x.b.sawID && (r.Provider != "" || r.Channel != ""):
			x.stats.Refused++
			x.stats.add(x.w.base, x.b.refusal())
		case !x.b.sawID:
			x.stats.Skipped++
		}
		x.w.skip(max(n, 1))
		if x.b.sawID {
			x.stats.Records++
			return r, nil
		}
	}
}

// find finds where the next <Event> begins, reading on as needed.
func (x *XML) find() (int, error) {
	for {
		at, more := eventStart(x.w.buf)
		if at >= 0 && !more {
			return at, nil
		}
		if at < 0 {
			at = len(x.w.buf)
		}
		// Keep what may become a start.
		x.w.skip(at)
		if !x.w.more() {
			if x.w.err != nil {
				return 0, x.w.err
			}
			return 0, io.EOF
		}
	}
}

// eventStart finds "<Event" or "<prefix:Event", with a blank, ">" or "/" behind it; more says that the rest is needed to tell.
func eventStart(b []byte) (at int, more bool) {
	for ; ; at++ {
		i := bytes.IndexByte(b[at:], '<')
		if i < 0 {
			return -1, false
		}
		at += i
		name := b[at+1:]
		end := 0
		for end < len(name) && end < 64 && xmlscan.IsNameByte(name[end]) {
			end++
		}
		if end == len(name) && end < 64 {
			return at, true
		}
		if end < len(name) && !xmlscan.IsNameByte(name[end]) && string(xmlscan.Local(name[:end])) == "Event" {
			return at, false
		}
	}
}

// document reads the event at the window's start and tells where it ends. On an error it tells how much is lost with it.
func (x *XML) document() (int, error) {
	for {
		x.b.reset()
		x.s.Begin(x.w.buf, x.w.base)
		err := x.s.event(&x.b)
		if errors.Is(err, xmlscan.ErrShort) && !x.s.Final {
			// Without more input, the document is read again for the text that it breaks off in.
			x.s.Final = len(x.w.buf) >= MaxDocument || !x.w.more()
			continue
		}
		x.s.Final = false
		if err != nil {
			return x.s.At, err
		}
		return x.s.P, nil
	}
}
