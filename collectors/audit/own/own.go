// Package own is what no record of the kernel's tells: what became of our own collecting. It comes as audit records of a program's own
// (AUDIT_TRUSTED_APP), so that recordings hold it as they hold the others.
package own

import (
	"bytes"
	"strconv"
	"sync"
	"time"

	"github.com/apiwatch/apiwatch/collectors/audit/text"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// Source is the log source of such events.
var Source = &event.LogSource{Name: "apiwatch:audit", Provider: "apiwatch"}

// Actions.
const (
	Lost      = "lost"      // records: setting says where, value how many
	Flooded   = "flooded"   // events of a kind, setting, of which only those of the last seconds, value, are kept
	Withdrawn = "withdrawn" // a rule, key and setting: value says how many records a second it brought, old for whom it is left out
	Hidden    = "hidden"    // setting says by what rule of others, value how many of them there are
	Removed   = "removed"   // value says how many rules of ours are gone that we did not remove
	Killed    = "killed"    // a run of ours: value is its pid
	// Suppressed are calls of the event's process beyond what is told of one: setting is their class, value how many.
	Suppressed = "suppressed"
)

// begin is what only we write: what other programs send stands in msg='…' behind what the kernel says of them.
var begin = []byte(`app="apiwatch" op=`)

// Is says whether a record of a program's own, without its stamp, is ours.
func Is(rest []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(rest, " "), begin) }

// maxWaiting bounds what waits to be handed over.
const maxWaiting = 256

// Queue holds what was told until it is handed over.
type Queue struct {
	mu      sync.Mutex
	waiting []event.AuditChange
	n       uint32 // handed over
}

// Tell adds what became of the collecting. Where much waits already, enough is said.
func (q *Queue) Tell(x *event.AuditChange) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) < maxWaiting {
		q.waiting = append(q.waiting, *x)
	}
}

// HandOver gives what was told as records.
func (q *Queue) HandOver(now time.Time, take func(record []byte)) {
	q.mu.Lock()
	waiting := q.waiting
	q.waiting = nil
	q.mu.Unlock()
	for i := range waiting {
		q.n++
		take(record(now.UnixMilli(), q.n, &waiting[i]))
	}
}

// record writes one as the kernel would. Its number is far from the kernel's, which count from 1.
func record(ms int64, n uint32, x *event.AuditChange) []byte {
	b := strconv.AppendInt([]byte("audit("), ms/1000, 10)
	b = append(append(b, '.'), strconv.FormatInt(1000+ms%1000, 10)[1:]...)
	b = append(strconv.AppendUint(append(b, ':'), uint64(n|1<<31), 10), "): "...)
	b = append(append(b, begin...), x.Action...)
	for _, f := range [][2]string{{"key", x.Key}, {"setting", x.Setting}, {"old", x.Old}, {"new", x.Value}} {
		if f[1] == "" {
			continue
		}
		b = append(append(append(b, ' '), f[0]...), '=')
		b = text.AppendUntrusted(b, f[1])
	}
	return append(b, " res=1"...)
}
