package meaning

import (
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// kept describes an event that keeps its whole record, because no table has its fields: which API it tells of, and which of
// its fields say who did what. Of several fields the first that is there counts.
type kept struct {
	// api is the API called; "" for a record that tells of no call and stays in eventlog_records alone.
	api string
	// The process: its id, program and user. Where no field tells the id, it is the one that logged the event.
	pid, path, user, sid []string
	// object is what the call acts on: a file, a class, a printer.
	object []string
	// status is an error code, 0 for success.
	status  []string
	outcome event.Outcome
}

func (k kept) event(m *Mapper, r *form.Record) bool {
	a := &m.draft.Actor
	a.PID = int64(r.PID)
	if len(k.pid) > 0 {
		a.PID = pid(strings.TrimSpace(first(r, k.pid...)))
	}
	a.Path, a.User = m.name(r, k.path...), m.name(r, k.user...)
	if f := &m.actor.Facts; len(k.sid) > 0 {
		f.UserSID = m.name(r, k.sid...)
	} else if len(k.pid) == 0 && len(k.user) == 0 {
		f.UserSID = m.names.keep(r.UserSID)
	}
	ev := &m.draft.Event
	ev.Kind, ev.Detail, ev.Path = event.KindRecord, m.whole(r), m.long(r, k.object...)
	if k.api != "" {
		ev = m.is(event.KindCall, k.api)
	}
	if k.outcome != event.OutcomeUnknown {
		ev.Outcome = k.outcome
	}
	if s := first(r, k.status...); s != "" {
		ev.Outcome = event.Success
		if code, known := form.ParseNumber(s); !known || code != 0 {
			ev.Outcome = event.Failure
		}
	}
	return true
}

// param gives the n-th parameter, from 1 on, of an event whose parameters are numbered or have no names.
func param(r *form.Record, n int) string {
	for _, prefix := range [...]string{"param", "Param"} {
		if v, ok := r.Lookup(prefix + strconv.Itoa(n)); ok {
			return v
		}
	}
	for i := range r.Fields {
		if r.Fields[i].Name != "" {
			continue
		}
		if n--; n == 0 {
			return r.Fields[i].Value
		}
	}
	return ""
}

// between gives what stands in a text between two others, "" if either is not there.
func between(text, before, after string) string {
	_, rest, ok := strings.Cut(text, before)
	if !ok {
		return ""
	}
	found, _, ok := strings.Cut(rest, after)
	if !ok {
		return ""
	}
	return strings.TrimSpace(found)
}
