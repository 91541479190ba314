package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// fakeSystem is an event log in memory.
type fakeSystem struct {
	channels map[string]*fakeChannel
	audited  map[string]Audit
	settings map[string]uint32
	denied   error // of Audited
	watching bool
	open     int
}

type fakeChannel struct {
	records  []fakeRecord
	disabled bool
	refuse   error // of Subscribe
	began    []From
	subs     []*fakeSubscription
}

type fakeRecord struct {
	id     uint64
	at     time.Time
	broken bool
	text   string // in place of the rendered record
}

type fakeSubscription struct {
	c      *fakeChannel
	system *fakeSystem
	next   uint64
	errs   []error // given one at a time before anything else
}

func (f *fakeSystem) connect() (System, error) { return f, nil }

func noChannel() error { return &CallError{"EvtSubscribe", codeChannelNotFound, "no such channel"} }

func (f *fakeSystem) Enabled(path string) (bool, error) {
	if c := f.channels[path]; c != nil {
		return !c.disabled, nil
	}
	return false, noChannel()
}

func (f *fakeSystem) TimeOf(path string, record uint64) (int64, bool, error) {
	for _, r := range f.channels[path].records {
		if r.id == record {
			return r.at.UnixNano(), true, nil
		}
	}
	return 0, false, nil
}

func (f *fakeSystem) Subscribe(path, query string, from From, bookmark string) (Subscription, error) {
	c := f.channels[path]
	if c == nil {
		return nil, noChannel()
	}
	if !strings.Contains(query, `Path="`+path+`"`) {
		return nil, &CallError{"EvtSubscribe", 15001, "the query is invalid"}
	}
	c.began = append(c.began, from)
	if c.refuse != nil {
		return nil, c.refuse
	}
	s := &fakeSubscription{c: c, system: f}
	switch from {
	case FromNow:
		for _, r := range c.records {
			s.next = max(s.next, r.id+1)
		}
	case AfterPlace:
		var of string
		var record uint64
		if _, err := fmt.Sscanf(bookmark, `<BookmarkList><Bookmark Channel=%q RecordId="%d" IsCurrent="true"/></BookmarkList>`, &of,
			&record); err != nil || of != path {
			return nil, &CallError{"EvtCreateBookmark", 87, "the parameter is incorrect"}
		}
		s.next = record + 1
	case FromOldest:
	}
	c.subs = append(c.subs, s)
	f.open++
	return s, nil
}

func (f *fakeSystem) Watch(context.Context, func()) error {
	f.watching = true
	return nil
}

func (f *fakeSystem) Audited([]string) (map[string]Audit, error) { return f.audited, f.denied }

func (f *fakeSystem) Setting(_, value string) (uint32, bool) {
	n, ok := f.settings[value]
	return n, ok
}

func (f *fakeSystem) Close() error { return nil }

func (s *fakeSubscription) Next(n int, document func([]byte, error)) error {
	if len(s.errs) > 0 {
		err := s.errs[0]
		s.errs = s.errs[1:]
		return err
	}
	given := 0
	for _, r := range s.c.records {
		if r.id < s.next || given == n {
			continue
		}
		given++
		s.next = r.id + 1
		if r.broken {
			document(nil, errors.New("EvtRender: no"))
			continue
		}
		document([]byte(cmp.Or(r.text, renderedAccess(r))), nil)
	}
	if given == 0 {
		return io.EOF
	}
	return nil
}

func (s *fakeSubscription) Close() error {
	s.system.open--
	return nil
}

func renderedAccess(r fakeRecord) string {
	return fmt.Sprintf(`<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider `+
		`Name='Microsoft-Windows-Sysmon'/>`+
		`<EventID>10</EventID><TimeCreated SystemTime='%s'/><EventRecordID>%d</EventRecordID><Computer>host1.example.test</Computer></System>`+
		`<EventData><Data Name='SourceProcessId'>600</Data><Data Name='SourceImage'>C:\a.exe</Data><Data Name='TargetProcessId'>700</Data>`+
		`<Data Name='TargetImage'>C:\b.exe</Data><Data Name='GrantedAccess'>0x1410</Data></EventData></Event>`,
		r.at.UTC().Format("2006-01-02T15:04:05.0000000Z"), r.id)
}
