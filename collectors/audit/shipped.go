package audit

import (
	"bytes"
	"strconv"
	"time"

	"github.com/apiwatch/apiwatch/collectors/audit/syslog"
)

// shipped takes a line of a system's log, of which audit's may be some: behind what syslog (RFC 3164, RFC 5424, rsyslog's own form),
// the kernel's ring buffer or journald's text put before the record. A line of others is only counted; one that is neither is malformed.
func (d *Decoder) shipped(line []byte) error {
	e, ok := syslog.Open(line)
	if !ok {
		return d.malformed()
	}
	text := e.Text
	if after, found := bytes.CutPrefix(text, []byte("audit: ")); found { // of the kernel, by printk
		text = after
	}
	var of place
	of.host, of.id = d.hosts.Named(e.Host)
	switch {
	case bytes.HasPrefix(text, []byte("type=")) && bytes.Contains(text, []byte("audit(")), bytes.HasPrefix(text, []byte("node=")):
		return d.records(text, of)
	case bytes.Equal(e.Tag, []byte("audit")) || bytes.HasPrefix(e.Tag, []byte("audit[")):
		return d.journald(&e, of)
	}
	d.n.records.Add(1)
	d.n.other.Add(1)
	return nil
}

// journal joins the records that journald's text shows, which has no stamps: an event begins with each record of a call.
type journal struct {
	key  groupKey
	open bool
	seq  uint32
}

// journald takes a record as journald's text has it: "SYSCALL arch=…", of which only the second is known.
func (d *Decoder) journald(e *syslog.Envelope, of place) error {
	name, body, _ := bytes.Cut(e.Text, []byte{' '})
	typ, ok := typeNamed(name)
	if !ok || e.At.IsZero() {
		d.n.records.Add(1)
		d.n.other.Add(1)
		return nil
	}
	j := &d.journal
	ms := d.when(e).UnixMilli()
	if ms < 0 {
		return d.malformed()
	}
	if typ == typeSyscall || typ == typeUringop || isChange(typ) || !j.open || j.key.node != of.id {
		d.endJournal()
		j.seq++
		j.key, j.open = groupKey{stamp{ms, j.seq}, of.id}, true
	}
	if typ == typeEOE {
		d.endJournal()
		return nil
	}
	line := strconv.AppendInt(append(d.args[:0], "audit("...), j.key.ms/1000, 10)
	line = append(append(line, '.'), strconv.FormatInt(1000+j.key.ms%1000, 10)[1:]...)
	line = append(strconv.AppendUint(append(line, ':'), uint64(j.key.seq), 10), "): "...)
	line = append(line, body...)
	d.args = line[:0]
	return d.take(typ, of, line)
}

// endJournal closes the event whose records came last: no more follow.
func (d *Decoder) endJournal() {
	if d.journal.open {
		if g := d.groups.find(d.journal.key); g != nil {
			d.close(g)
		}
		d.journal.open = false
	}
}

// when gives an envelope's time, in the year that brings it nearest to what is known: the records before it, else when the log was
// written.
func (d *Decoder) when(e *syslog.Envelope) time.Time {
	if e.Year {
		return e.At
	}
	known := d.Around
	if d.groups.clock > 0 {
		known = time.UnixMilli(d.groups.clock)
	}
	known = known.UTC()
	t := e.At.AddDate(known.Year()-e.At.Year(), 0, 0)
	switch away := t.Sub(known); {
	case d.groups.clock == 0 && away > 24*time.Hour, away > 183*24*time.Hour:
		t = t.AddDate(-1, 0, 0)
	case away < -183*24*time.Hour && d.groups.clock > 0:
		t = t.AddDate(1, 0, 0)
	}
	return t
}
