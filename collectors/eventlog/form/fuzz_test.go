package form

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/evtxtest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/layout"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// sound fails if a record breaks a promise of Record.
func sound(t *testing.T, r *Record) {
	t.Helper()
	size := 0
	check := func(s string) {
		size += len(s)
		if s != strings.ToValidUTF8(s, "") || strings.IndexByte(s, 0) >= 0 {
			t.Fatalf("a string holds a NUL or is no UTF-8: %q", s)
		}
	}
	for _, s := range []string{r.Provider, r.ProviderGUID, r.Channel, r.Computer, r.UserSID, r.ActivityID, r.Binary, r.Message} {
		check(s)
	}
	for _, f := range r.Fields {
		check(f.Name)
		check(f.Value)
	}
	if size > 16<<20 || len(r.Fields) > maxFields {
		t.Fatalf("a record of %d bytes, %d fields", size, len(r.Fields))
	}
	if r.Offset < 0 {
		t.Fatalf("a record at byte %d", r.Offset)
	}
}

// drain reads all and counts the records for which ours is true.
func drain(t *testing.T, r Reader, ours func(*Record) bool) (n int) {
	t.Helper()
	if err := Each(r, func(r *Record) bool {
		sound(t, r)
		if ours(r) {
			n++
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	s := r.Stats()
	if len(s.Errors) > maxErrors {
		t.Fatalf("%d errors kept", len(s.Errors))
	}
	if s.Damaged+s.DamagedChunks > 0 && len(s.Errors) == 0 {
		t.Fatalf("damage without an error: %+v", s)
	}
	return n
}

// FuzzEVTX reads any bytes as a log, with a good chunk behind them that must come out whole.
func FuzzEVTX(f *testing.F) {
	types := typesFile()
	f.Add(types[:layout.HeaderBlock+20000])
	f.Add(types[layout.HeaderBlock : layout.HeaderBlock+9000])
	small := accessChunk(1, 2)[:2500]
	f.Add(small)
	f.Add(small[:1700])
	for i := 512; i < 1800; i += 13 {
		b := bytes.Clone(small)
		b[i] ^= 0xff
		f.Add(b)
	}
	f.Add(loopChunk(2)[:9000])
	good := accessChunk(1<<40, 3)
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		if n := drain(t, NewEVTX(bytes.NewReader(append(bytes.Clone(input), good...))), func(r *Record) bool {
			return r.RecordID >= 1<<40 && r.RecordID < 1<<40+3 && !r.Damaged && r.Get("GrantedAccess") == "0x1fffff"
		}); n < 3 {
			t.Fatalf("%d records of the good chunk came out", n)
		}
	})
}

// FuzzBinXML puts any bytes into a record, before one that must come out whole.
func FuzzBinXML(f *testing.F) {
	types := typesFile()[layout.HeaderBlock:]
	e := NewEVTX(bytes.NewReader(types))
	for {
		r, err := e.Next()
		if err != nil {
			break
		}
		at := int(r.Offset)
		f.Add(types[at+layout.RecordHeader : e.next-4])
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) > 50000 {
			return
		}
		c := evtxtest.NewChunk()
		c.Record(1, day0, accessEvent(1))
		c.Record(2, day0, func(c *evtxtest.ChunkWriter) { c.B = append(c.B, input...) })
		if len(c.B) > layout.ChunkSize-4000 {
			return
		}
		c.Record(3, day0, accessEvent(3))
		if n := drain(t, NewEVTX(bytes.NewReader(c.Seal())), func(r *Record) bool {
			return r.Get("GrantedAccess") == "0x1fffff" && (r.RecordID == 1 || r.RecordID == 3) && r.Get("SourceProcessId") == fmt.Sprint(600+
				r.RecordID)
		}); n < 2 {
			t.Fatalf("%d of two good records came out", n)
		}
	})
}

// FuzzXML reads any text with a good event behind it.
func FuzzXML(f *testing.F) {
	all := read(f, "events.xml")
	f.Add(all)
	for part := range bytes.SplitSeq(all, []byte("<Event")) {
		f.Add(append([]byte("<Event"), part...))
	}
	good := []byte("\n<Event xmlns='x'><System><Provider Name='ours'/><EventID>777</EventID></System><EventData><Data " +
		"Name='a'>b</Data></EventData></Event>")
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		if n := drain(t, NewXML(bytes.NewReader(append(bytes.Clone(input), good...))), func(r *Record) bool {
			return r.Provider == "ours" && r.EventID == 777 && r.Get("a") == "b" && !r.Damaged
		}); n < 1 {
			t.Fatal("the good event did not come out")
		}
		x := NewXML(bytes.NewReader(input))
		drain(t, x, func(*Record) bool { return true })
		if most := 16*len(input) + 1024; x.s.Work > most {
			t.Fatalf("%d bytes looked at, of %d", x.s.Work, len(input))
		}
		if r, err := NewReader(bytes.NewReader(input)); err == nil {
			drain(t, r, func(*Record) bool { return true })
		}
	})
}

// FuzzJSON reads any text with a good document on the line behind it.
func FuzzJSON(f *testing.F) {
	for line := range bytes.SplitSeq(read(f, "shapes.ndjson"), []byte("\n")) {
		f.Add(line)
	}
	f.Add([]byte(`{"took":1,"hits":{"hits":[{"_source":` + beat + `},{"_source":` + beat[:90]))
	f.Add([]byte(`<14>x: {"event":` + text(beatXML) + `}`))
	f.Add([]byte(
		`{"winlog":{"event_id":"3","provider_name":"Microsoft-Windows-Sysmon"},"process":{"pid":1,"hash":{"md5":"a"}},"user":{"domain":"d",` +
			`"name":"n"},"registry":{"data":{"strings":["1"],"type":"SZ_QWORD"}},"dns":{"resolved_ip":["::1"]},` +
			`"powershell":{"command":{"invocation_details":[{"type":"a"}]}}}`))
	f.Add([]byte(
		`{"winlog":{"event_id":"4103","provider_name":"Microsoft-Windows-PowerShell"},"powershell":{"command":{"name":"n",` +
			`"invocation_details":[{"type":"a","related_command":"b","name":"c","value":"d"}]}}}`))
	f.Add([]byte(`{"Id":4104,"LogName":"c","ProviderName":"Microsoft-Windows-PowerShell","Message":"Creating Scriptblock text (1 of ` +
		`1):\r\nx\r\n\r\nScriptBlock ID: i\r\nPath: p"}`))
	good := []byte("\n" + `{"EventID":777,"SourceName":"ours","Channel":"c","@timestamp":"2020-01-01T00:00:00Z","a":"b"}` + "\n")
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		if n := drain(t, NewJSON(bytes.NewReader(append(bytes.Clone(input), good...))), func(r *Record) bool {
			return r.Provider == "ours" && r.EventID == 777 && r.Get("a") == "b"
		}); n < 1 {
			t.Fatal("the good document did not come out")
		}
		j := NewJSON(bytes.NewReader(input))
		drain(t, j, func(*Record) bool { return true })
		if work, most := j.looked+j.x.Work, 64*len(input)+1024; work > most {
			t.Fatalf("%d bytes looked at, of %d", work, len(input))
		}
		if r, err := NewReader(bytes.NewReader(input)); err == nil {
			drain(t, r, func(*Record) bool { return true })
		}
	})
}

// FuzzCSV reads any text with a table behind it on lines of its own.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("1,2\n\"a\"\"b\",\"c\nd\"\r\n"))
	f.Add([]byte("x\"y,\"z\n"))
	const header = "EventId,Provider,Channel,TimeCreated,Payload\n"
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		good := "\n777,ours,c,2020-01-01 00:00:00.5,\"{\"\"EventData\"\":{\"\"a\"\":\"\"b\"\"}}\"\n"
		n := drain(t, NewCSV(bytes.NewReader([]byte(header+string(input)+good))), func(r *Record) bool {
			return r.Provider == "ours" && r.EventID == 777 && r.Get("a") == "b"
		})
		if n < 1 && bytes.IndexByte(input, '"') < 0 {
			t.Fatal("the good row did not come out")
		}
		drain(t, NewCSV(bytes.NewReader(input)), func(*Record) bool { return true })
	})
}

// FuzzText reads any text with a good record behind it.
func FuzzText(f *testing.F) {
	all := read(f, "splunk.log")
	f.Add(all)
	f.Add(all[:300])
	f.Add([]byte("Log Name:      Security\r\nSource:        x\r\nDate:          5/6/2024 7:08:09 AM\r\nEvent ID:      " +
		"4688\r\nDescription:\r\na\r\n"))
	f.Add([]byte("Event[0]:\n  Log Name: System\n  Date: 2024-05-06T07:08:09Z\n  Event ID: 1\n  Description: a\n"))
	f.Add([]byte("TimeCreated  : 2024-05-06 07:08:09\nProviderName : x\nId           : 1\nMessage      : a\n               b: " +
		"c\n\nTimeCreated  : 1"))
	good := []byte("\n12/04/2020 11:24:36 AM\nLogName=c\nSourceName=ours\nEventCode=777\nMessage=m\n\nA: b\n")
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		if n := drain(t, NewText(bytes.NewReader(append(bytes.Clone(input), good...))), func(r *Record) bool {
			return r.Provider == "ours" && r.EventID == 777 && r.Get("A") == "b"
		}); n < 1 {
			t.Fatal("the good record did not come out")
		}
	})
}
