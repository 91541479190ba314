package form

import (
	"bytes"
	"errors"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
)

// maxPatrol reads what MaxPatrol SIEM makes of audit records before it normalizes them: an event an object, whose records stand as the
// kernel wrote them, by their types' names. It may stand in an envelope, as the text of body.
// (Events of the tests in github.com/Security-Experts-Community/open-xp-rules.)
type maxPatrol struct {
	lines
	document
	whole []byte // an object over several lines, as far as it came
}

// MaxPatrol is the audit log that MaxPatrol SIEM keeps.
var MaxPatrol = format("audit log of MaxPatrol SIEM (JSON)", newMaxPatrol, func(head []byte) bool {
	if !bytes.Contains(head, []byte("eventid")) || !bytes.Contains(head, []byte("timestampfractional")) {
		return false
	}
	found := false
	x := new(maxPatrol)
	for line := range bytes.Lines(head) {
		_ = x.line(line, func([]byte) { found = true })
		if found {
			return true
		}
	}
	return false
})

func newMaxPatrol() translator { return new(maxPatrol).line }

// maxWhole bounds an object over several lines.
const maxWhole = 1 << 20

func (x *maxPatrol) line(line []byte, record func([]byte)) error {
	if line == nil {
		x.torn(record)
		return nil
	}
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	if line[0] == '{' && x.read(line) == nil {
		x.torn(record)
		return x.take(record)
	}
	// What is no object by itself is a part of one.
	if start := bytes.TrimSpace(line); len(x.whole) == 0 && string(start) != "{" {
		if err := x.read(line); err != nil {
			return err
		}
		return x.take(record)
	}
	x.whole = append(append(x.whole, line...), '\n')
	if len(x.whole) > maxWhole {
		x.whole = x.whole[:0]
		return errors.New("its object is longer than 1 MiB")
	}
	if end := bytes.TrimRight(line, "\r\n"); string(end) != "}" && string(end) != "}," {
		return nil // an object within ends indented
	}
	err := x.read(bytes.TrimRight(x.whole, "\r\n, "))
	x.whole = x.whole[:0]
	if err != nil {
		return err
	}
	return x.take(record)
}

// torn hands over the beginning of an object that never ended, which is no record and counts as damage.
func (x *maxPatrol) torn(record func([]byte)) {
	if len(x.whole) > 0 {
		first, _, _ := bytes.Cut(x.whole, []byte{'\n'})
		record(first)
		x.whole = x.whole[:0]
	}
}

func (x *maxPatrol) take(record func([]byte)) error {
	if body := x.scalar(x.Member(0, "body")); body != nil && x.Member(0, "items") < 0 {
		if err := x.read(body); err != nil {
			return err
		}
	}
	serial, seconds, ms := x.scalar(x.Member(0, "eventid")), x.scalar(x.Member(0, "timestamp")), x.scalar(x.Member(0, "timestampfractional"))
	items := x.Member(0, "items")
	if serial == nil || seconds == nil || items < 0 || x.Nodes[items].Kind != jsonscan.Object {
		return errors.New("it has no eventid, timestamp and items, so it is no event of MaxPatrol's")
	}
	if ms == nil {
		ms = []byte("0")
	}
	stamp := append(append(append(append(seconds, '.'), ms...), ':'), serial...)
	if err := x.event(x.scalar(x.Member(0, "node")), stamp); err != nil {
		return err
	}
	x.record = record
	x.Each(items, func(i int, n *jsonscan.Node) {
		typ := string(n.Key)
		if !recordType(n.Key) || typ == "EOE" {
			return
		}
		bodies := x.strings(i)
		if one := x.scalar(i); one != nil {
			bodies = [][]byte{one}
		}
		for _, body := range bodies {
			x.begin(typ)
			x.buf = append(append(x.buf, ' '), bytes.ReplaceAll(body, []byte{'\n'}, []byte{' '})...)
			x.end()
		}
	})
	x.close()
	return nil
}
