package form

import (
	"bytes"
	"errors"
	"strconv"
)

// goAudit reads what go-audit writes: a line an event, its records as the kernel wrote them, by their types' numbers.
// (marshaller.go and parser.go of github.com/slackhq/go-audit.)
type goAudit struct {
	lines
	document
}

// GoAudit is the audit log that go-audit writes.
var GoAudit = format("audit log of go-audit (JSON)", newGoAudit, func(head []byte) bool {
	return anyEvent(head, `"messages"`,
		goAuditEvent)
})

func newGoAudit() translator { return new(goAudit).line }

func goAuditEvent(d *document) error {
	stamp := goAuditStamp(d)
	if stamp == nil {
		return errors.New("it has no timestamp and sequence, so it is no event of go-audit's")
	}
	if err := new(lines).event(nil, stamp); err != nil {
		return err
	}
	err := errors.New("it has no messages with type and data")
	d.objects(d.Member(0, "messages"), func(i int) {
		if _, _, ok := goAuditRecord(d, i); ok {
			err = nil
		}
	})
	return err
}

func goAuditStamp(d *document) []byte {
	t, n := d.scalar(d.Member(0, "timestamp")), d.scalar(d.Member(0, "sequence"))
	if t == nil || n == nil {
		return nil
	}
	return append(append(t, ':'), n...)
}

func goAuditRecord(d *document, at int) (typ, data []byte, ok bool) {
	typ, data = d.scalar(d.Member(at, "type")), d.scalar(d.Member(at, "data"))
	return typ, data, digits(typ) && data != nil
}

const typeEOE = "1320"

func (x *goAudit) line(line []byte, record func([]byte)) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	if err := x.read(line); err != nil {
		return err
	}
	if err := goAuditEvent(&x.document); err != nil {
		return err
	}
	x.record = record
	if err := x.event(x.hostOr(nil), goAuditStamp(&x.document)); err != nil {
		return err
	}
	users := x.Member(0, "uid_map")
	x.objects(x.Member(0, "messages"), func(i int) {
		typ, data, ok := goAuditRecord(&x.document, i)
		if !ok || string(typ) == typeEOE {
			return
		}
		x.begin(string(typ))
		x.buf = append(append(x.buf, ' '), bytes.ReplaceAll(data, []byte{'\n'}, []byte{' '})...)
		if uid, ok := number(data, " uid="); ok && users >= 0 && !bytes.Contains(data, []byte{0x1d}) {
			if user := x.scalar(x.Member(users, strconv.FormatInt(uid, 10))); plain(user) {
				x.buf = append(append(append(x.buf, "\x1dUID=\""...), user...), '"')
			}
		}
		x.end()
	})
	x.close()
	return nil
}

// number reads the number behind a word.
func number(data []byte, word string) (int64, bool) {
	_, rest, ok := bytes.Cut(data, []byte(word))
	if !ok {
		return 0, false
	}
	end, _, _ := bytes.Cut(rest, []byte(" "))
	n, err := strconv.ParseInt(string(end), 10, 64)
	return n, err == nil
}
