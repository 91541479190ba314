package bpf

import (
	"encoding/binary"
	"encoding/json"
	"strconv"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// over is what was left out of processes that make more calls of a class than are told of one.
type over struct {
	calls map[overKey]uint64
	since int64 // time since boot
}

type overKey struct {
	pid int64
	of  class
}

const (
	maxOver     = 256 // processes and classes that are told apart
	tellEveryNS = 3e9
)

// note adds the calls that were left out before a record.
func (o *over) note(r record, of class) {
	if o.calls == nil {
		o.calls = make(map[overKey]uint64)
	}
	k := overKey{r.pid(), min(of, classOther)}
	if _, known := o.calls[k]; !known && len(o.calls) >= maxOver {
		k.pid = 0 // of many
	}
	if len(o.calls) == 0 {
		o.since = r.bootNS()
	}
	o.calls[k] += r.suppressed()
}

var auditChange = event.APINamed("audit_change")

// tellOver makes an event of each process and class of which calls were left out lately.
func (d *Decoder) tellOver(bootNS int64) {
	if len(d.over.calls) == 0 || bootNS < d.over.since+tellEveryNS {
		return
	}
	for k, n := range d.over.calls {
		d.change(k.pid, bootNS, &event.AuditChange{Action: own.Suppressed, Setting: classNames[k.of], Value: strconv.FormatUint(n, 10)})
	}
	clear(d.over.calls)
}

// change makes an event of what became of collecting.
func (d *Decoder) change(pid, bootNS int64, x *event.AuditChange) {
	x.List, x.AUID, x.Session = -1, -1, -1
	d.draft = collectors.Draft{Actor: collectors.Unknown(), Target: collectors.Unknown()}
	d.draft.Actor.PID = pid
	e := &d.draft.Event
	e.TimeNS, e.LogSource, e.API, e.Kind, e.Detail = bootNS+d.Machine.Offset, own.Source, auditChange, event.KindAuditChange, x
	e.NoExit, e.Outcome = true, event.Success
	d.deliver()
}

// own takes a record of what became of collecting.
func (d *Decoder) own(r record) {
	x := new(event.AuditChange)
	if err := json.Unmarshal(r[headSize:], x); err != nil {
		d.malformed.Add(1)
		return
	}
	d.change(0, r.bootNS(), x)
}

// ownRecord makes such a record.
func ownRecord(bootNS int64, x *event.AuditChange) []byte {
	r := make([]byte, headSize)
	r[0] = recordOwn
	binary.LittleEndian.PutUint64(r[16:], uint64(bootNS))
	b, err := json.Marshal(x)
	if err != nil { // texts and numbers always marshal
		return nil
	}
	return append(r, b...)
}

// overRecord makes the record of calls that were left out of a process, of which nothing more came.
func overRecord(pid uint32, of class, bootNS, startNS, calls uint64) []byte {
	r := make([]byte, headSize)
	le := binary.LittleEndian
	r[0] = recordOver
	le.PutUint16(r[2:], uint16(of))
	le.PutUint32(r[4:], pid)
	le.PutUint32(r[8:], pid)
	le.PutUint64(r[16:], bootNS)
	le.PutUint64(r[24:], startNS)
	le.PutUint32(r[108:], uint32(min(calls, 1<<32-1)))
	return r
}
