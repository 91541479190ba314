package form

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
)

// journal reads what journald keeps of audit, as `journalctl -o json` and `-o export` give it: an entry a record, whose serial number and
// time stand in fields of their own. Entries of others are only counted.
// (systemd.journal-fields(7), "Journal Export Formats", src/journal/journald-audit.c of systemd.)
type journal struct {
	lines
	document
	entry map[string][]byte // of the export form, until a line without anything ends it
}

// Journal is what journalctl -o json prints.
var Journal = format("journald's audit records (journalctl -o json)", newJournal, func(head []byte) bool {
	return anyEvent(head, `"_AUDIT_TYPE`, func(d *document) error {
		x := journal{document: *d}
		_, _, err := x.stamped(x.inJSON)
		return err
	})
})

// JournalExport is what journalctl -o export prints.
var JournalExport = format("journald's audit records (journalctl -o export)", newJournalExport, func(head []byte) bool {
	for line := range bytes.Lines(head) {
		if bytes.HasPrefix(line, []byte("_AUDIT_TYPE=")) || bytes.HasPrefix(line, []byte("_AUDIT_TYPE_NAME=")) {
			return true
		}
	}
	return false
})

func newJournal() translator { return new(journal).line }

func newJournalExport() translator { return new(journal).export }

func (x *journal) line(line []byte, record func([]byte)) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	if err := x.read(line); err != nil {
		return err
	}
	return x.take(x.inJSON, record)
}

func (x *journal) export(line []byte, record func([]byte)) error {
	if len(bytes.TrimRight(line, "\r\n")) > 0 {
		name, value, ok := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte("="))
		if ok && len(x.entry) < 256 {
			if x.entry == nil {
				x.entry = make(map[string][]byte)
			}
			x.entry[string(name)] = bytes.Clone(value)
		}
		return nil
	}
	if len(x.entry) == 0 {
		return nil
	}
	err := x.take(func(name string) []byte { return x.entry[name] }, record)
	clear(x.entry)
	return err
}

// inJSON gives a field: a text, or an array of bytes where it has some that are no text.
func (x *journal) inJSON(name string) []byte {
	i := x.Member(0, name)
	if i < 0 || x.Nodes[i].Kind != jsonscan.Array {
		return x.scalar(i)
	}
	var out []byte
	for _, b := range x.strings(i) {
		n, err := strconv.ParseUint(string(b), 10, 8)
		if err != nil {
			return nil
		}
		out = append(out, byte(n))
	}
	return out
}

// stamped gives an entry's type and stamp. ErrOther says that it is no record of audit's.
func (x *journal) stamped(get func(string) []byte) (typ string, stamp []byte, err error) {
	name := get("_AUDIT_TYPE")
	if name == nil {
		name = get("_AUDIT_TYPE_NAME")
	}
	if name == nil {
		return "", nil, audit.ErrOther
	}
	at := get("_SOURCE_REALTIME_TIMESTAMP")
	if at == nil {
		at = get("__REALTIME_TIMESTAMP")
	}
	us, failed := strconv.ParseUint(string(at), 10, 62)
	serial := get("_AUDIT_ID")
	if failed != nil || !digits(serial) || !plain(name) {
		return "", nil, errors.New("it has no _SOURCE_REALTIME_TIMESTAMP or no _AUDIT_ID")
	}
	stamp = strconv.AppendUint(nil, us/1e6, 10)
	stamp = append(append(stamp, '.'), strconv.FormatUint(1000+us/1000%1000, 10)[1:]...)
	return string(name), append(append(stamp, ':'), serial...), nil
}

func (x *journal) take(get func(string) []byte, record func([]byte)) error {
	typ, stamp, err := x.stamped(get)
	if err != nil {
		return err
	}
	if err := x.event(get("_HOSTNAME"), stamp); err != nil {
		return err
	}
	x.record = record
	text := get("MESSAGE")
	if at := bytes.Index(text, []byte("): ")); bytes.HasPrefix(text, []byte("audit(")) && at > 0 {
		text = text[at+3:]
	} else if name, body, ok := bytes.Cut(text, []byte{' '}); ok && bytes.IndexByte(name, '=') < 0 {
		text = body // "SYSCALL arch=…"
	}
	x.begin(typ)
	x.buf = append(append(x.buf, ' '), bytes.ReplaceAll(text, []byte{'\n'}, []byte{' '})...)
	x.end()
	return nil
}
