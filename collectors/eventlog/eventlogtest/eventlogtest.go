// Package eventlogtest shows what an event log means, for tests.
package eventlogtest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

// Collected keeps what a source hands over, completed by lineage.
type Collected struct {
	Lineage *lineage.Lineage
	Events  []event.Event
}

// Draft implements [collectors.Sink].
func (c *Collected) Draft(d *collectors.Draft) {
	c.Lineage.Resolve(d)
	c.Events = append(c.Events, d.Event)
}

// Lifecycle implements [collectors.Sink].
func (c *Collected) Lifecycle(collectors.Lifecycle) {}

// Decoded gives the events of a log.
func Decoded(t testing.TB, path string) (form.Stats, []event.Event) {
	t.Helper()
	f, err := form.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := &Collected{Lineage: lineage.New(new(recording.Facts))}
	var m meaning.Mapper
	if err := form.Each(f, func(r *form.Record) bool { m.Map(r, c); return true }); err != nil {
		t.Fatal(err)
	}
	m.Flush(c)
	return f.Stats(), c.Events
}

// Mapped shows an event as the golden file has it: what it is, who did it, and its detail.
func Mapped(e *event.Event) string {
	var b strings.Builder
	api := "-"
	if e.API != nil {
		api = e.API.Name
	}
	exit := ""
	if !e.NoExit {
		exit = fmt.Sprintf(" exit=%d", e.Exit)
	}
	fmt.Fprintf(&b, "%s %s outcome=%d%s path=%q args=%q source=%s\n", e.Kind, api, e.Outcome, exit, e.Path, e.Arguments(), e.LogSource.Name)
	process := func(role string, p *event.Process) {
		w, creator := p.OnWindows(), ""
		if w.CreatorPID > 0 {
			creator = fmt.Sprintf(" creator=%d reported=%d", w.CreatorPID, w.ReportedPPID)
		}
		fmt.Fprintf(&b, "  %s %s pid=%d ppid=%d start=%d path=%q cmdline=%q user=%q sid=%s logon=%#x integrity=%s parent=%s %q%s\n", role, p.Key,
			p.PID, p.PPID,
			p.StartNS/1e6, p.Path, p.Cmdline, p.User, w.UserSID, w.LogonID, w.Integrity, p.ParentKey(), p.Ancestors(), creator)
	}
	process("by", e.Process)
	if e.Target != nil {
		process("on", e.Target)
	}
	detail, _ := json.Marshal(e.Detail)
	fmt.Fprintf(&b, "  %s %s\n", strings.TrimPrefix(reflect.TypeOf(e.Detail).String(), "*event."), detail)
	return b.String()
}
