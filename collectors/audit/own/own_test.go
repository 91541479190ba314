package own_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/event"
)

const trustedApp = 1121

type drafts []collectors.Draft

func (d *drafts) Draft(x *collectors.Draft)      { *d = append(*d, *x) }
func (d *drafts) Lifecycle(collectors.Lifecycle) {}

// TestWhatIsToldIsDecoded: each text, however odd, comes back as it was, at once and in the order in which it was told.
func TestWhatIsToldIsDecoded(t *testing.T) {
	told := []*event.AuditChange{
		{Action: own.Lost, Setting: "backlog", Value: "512"},
		{Action: own.Withdrawn, Key: "apiwatch", Setting: "mprotect_exec", Value: "1840", Old: `exe /tmp/a b" op=killed` + "\n\x1b[2J"},
		{Action: own.Killed, Setting: "run", Value: "4711"},
	}
	var q own.Queue
	var got drafts
	d := audit.NewDecoder(&got)
	now := time.UnixMilli(1_772_443_000_100)
	for _, x := range told {
		q.Tell(x)
	}
	for range 2 { // the second has nothing more
		q.HandOver(now, func(record []byte) { d.Record(trustedApp, record) })
	}
	if len(got) != len(told) {
		t.Fatalf("%d events of %d", len(got), len(told))
	}
	for i, want := range told {
		want.List, want.AUID, want.Session = -1, -1, -1
		e := &got[i].Event
		if !reflect.DeepEqual(e.Detail, want) || e.TimeNS != now.UnixNano() || e.LogSource != own.Source {
			t.Errorf("%+v of %v from %v, want %+v", e.Detail, e.TimeNS, e.LogSource, want)
		}
	}
}

// TestOthersAreNotOurs: a program that may log cannot speak for us.
func TestOthersAreNotOurs(t *testing.T) {
	var got drafts
	d := audit.NewDecoder(&got)
	d.Record(trustedApp, []byte(`audit(1772443000.100:7): pid=900 uid=0 auid=1000 ses=5 msg='app="apiwatch" op=killed new="1" res=1'`))
	d.Flush()
	if n := d.Stats(); len(got) != 0 || n.Other != 1 {
		t.Errorf("%d events: %+v", len(got), n)
	}
}

// TestNoEndOfTelling: a queue that nobody empties stays small.
func TestNoEndOfTelling(t *testing.T) {
	var q own.Queue
	for range 100_000 {
		q.Tell(&event.AuditChange{Action: own.Lost})
	}
	n := 0
	q.HandOver(time.Now(), func([]byte) { n++ })
	if n == 0 || n > 1000 {
		t.Errorf("%d wait", n)
	}
}
