package live

import (
	"fmt"
	"testing"
	"time"
)

// TestOnlyWhatWasLookedAtIsKept: once somebody asks for marks, a run goes on after the last record that was looked at.
func TestOnlyWhatWasLookedAtIsKept(t *testing.T) {
	dir := t.TempDir()
	f, c := sysmonOnly(1)
	r := startLive(t, f, dir, 2)
	r.expect(2)
	c.add(3, 4)
	r.expect(5, 3, 4)
	seen := r.Handed()
	c.add(6)
	r.expect(6, 6)
	r.Handed()
	c.add(7)
	r.expect(7, 7)
	r.Evaluated(seen)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = startLive(t, f, dir, 8)
	r.Handed()
	r.expect(8, 6, 7)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = startLive(t, f, dir, 9)
	r.expect(9, 6, 7)
	all := r.Handed()
	// Killed after the next time that places are kept.
	r.Evaluated(all)
	r.expect(20)
	startLive(t, f, dir, 21).expect(21)
}

// TestMarksAreBounded: marks that nobody comes back for are forgotten, and the next makes up for them.
func TestMarksAreBounded(t *testing.T) {
	p := begin(map[string]Place{})
	none := func(string) bool { return false }
	first := p.mark()
	for n := range uint64(1000) {
		p.passed["c"] = Place{Record: n + 1}
		p.store(none)
		if got := p.mark(); got != n+1+first || len(p.marks) > maxMarks {
			t.Fatalf("mark %d, %d wait", got, len(p.marks))
		}
	}
	p.evaluated(first + 1)
	if p.kept["c"].Record != 0 {
		t.Errorf("a forgotten mark: %+v", p.kept)
	}
	p.evaluated(first + 999)
	if p.kept["c"].Record != 999 || len(p.marks) != 1 || !p.dirty {
		t.Errorf("%+v, %d wait", p.kept, len(p.marks))
	}
}

// TestScriptsInParts: the place of PowerShell's log stays before the parts of a script that wait for others, and at the end of a run
// they are handed over.
func TestScriptsInParts(t *testing.T) {
	const channel = "Microsoft-Windows-PowerShell/Operational"
	at := func(id int) time.Time { return liveDay.Add(time.Duration(id) * time.Second) }
	part := func(id, number int) fakeRecord {
		return fakeRecord{id: uint64(id), at: at(id), text: fmt.Sprintf("<Event><System><Provider Name='Microsoft-Windows-PowerShell'/>"+
			"<EventID>4104</EventID><TimeCreated SystemTime='%s'/><EventRecordID>%d</EventRecordID><Channel>%s</Channel><Computer>h</Computer>"+
			"</System><EventData><Data Name='MessageNumber'>%d</Data><Data Name='MessageTotal'>3</Data><Data Name='ScriptBlockText'>x</Data>"+
			"<Data Name='ScriptBlockId'>a</Data></EventData></Event>", at(id).Format("2006-01-02T15:04:05Z"), id, channel, number)}
	}
	c := new(fakeChannel)
	f := &fakeSystem{channels: map[string]*fakeChannel{channel: c}}
	dir := t.TempDir()
	r := startLive(t, f, dir, 0)
	r.expect(0)
	c.records = append(c.records, part(1, 1), part(2, 2))
	r.expect(3)
	r.Evaluated(r.Handed())
	if len(r.progress.kept) != 0 {
		t.Errorf("kept beyond parts that wait: %+v", r.progress.kept)
	}
	r.got = nil
	r.Flush(r)
	r.Stored()
	r.Evaluated(r.Handed())
	if len(r.got) != 1 || r.progress.kept[channel].Record != 2 {
		t.Errorf("%d scripts at the end, kept %+v", len(r.got), r.progress.kept)
	}
}
