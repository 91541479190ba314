package form

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// fuzz feeds any lines to a translator, before and after good ones: it must not crash, must hand over whole lines that bear the event's
// own stamp, and must not lose what is good.
func fuzz(f *testing.F, format *collectors.Format, translator func() translator, files, good, stamp string) {
	names, err := filepath.Glob(recordings + "auditform/" + files)
	if err != nil || len(names) == 0 {
		f.Fatalf("no recordings %s: %v", files, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		n := 0
		for line := range bytes.Lines(b) {
			if n++; n <= 20 {
				f.Add(line)
			}
		}
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		_ = format.Recognise(input)
		translate := translator()
		decoder := audit.NewDecoder(nil)
		ours := 0
		record := func(line []byte) {
			if bytes.IndexByte(line, '\n') >= 0 {
				t.Fatalf("a record holds a line's end: %q", line)
			}
			if bytes.Contains(line, []byte("type=SYSCALL msg=audit("+stamp+"):")) || bytes.Contains(line,
				[]byte("type=1300 msg=audit("+stamp+"):")) {
				ours++
			}
			_ = decoder.Line(line)
		}
		if err := translate([]byte(good), record); err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(input) {
			_ = translate(line, record)
		}
		before := ours
		if err := translate([]byte(good), record); err != nil {
			t.Fatal(err)
		}
		_ = translate(nil, record)
		decoder.Flush()
		if ours != before+1 || before < 1 {
			t.Fatalf("the good event came %d times, then %d", before, ours)
		}
	})
}

func FuzzLaurel(f *testing.F) {
	fuzz(f, Laurel, newLaurel, "laurel*.json",
		`{"ID":"1600000000.001:7","SYSCALL":{"arch":"0xc000003e","syscall":59,"pid":9,"uid":0,"comm":"x"}}`,
		"1600000000.001:7")
}

func FuzzGoAudit(f *testing.F) {
	fuzz(f, GoAudit, newGoAudit, "go-audit*.json",
		`{"sequence":7,"timestamp":"1600000000.001","messages":[{"type":1300,"data":"arch=c000003e syscall=59 pid=9 uid=0 comm=\"x\""}]}`,
		"1600000000.001:7")
}

func FuzzAuditbeat(f *testing.F) {
	fuzz(f, Auditbeat, newAuditbeat, "auditbeat*.json",
		`{"@timestamp":"2020-09-13T12:26:40.001Z","auditd":{"sequence":7,"message_type":"syscall",
		"data":{"arch":"x86_64","syscall":"execve","exit":"0"}},"process":{"pid":9},"user":{"id":"0"}}`, "1600000000.001:7")
}

func FuzzAusearch(f *testing.F) {
	fuzz(f, Ausearch, newAusearch, "ausearch*.txt",
		"type=SYSCALL msg=audit(09/13/2020 12:26:40.001:7) : arch=x86_64 syscall=execve success=yes exit=0 pid=9 uid=root comm=x exe=/x "+
			"key=(null)",
		"1600000000.001:7")
}

const fuzzCall = `arch=c000003e syscall=101 success=yes exit=0 a0=10 a1=17c a2=0 a3=0 items=0 pid=9 uid=0 comm=\"gdb\" exe=\"/x\" ` +
	`key=(null)`

func FuzzMaxPatrol(f *testing.F) {
	fuzz(f, MaxPatrol, newMaxPatrol, "maxpatrol.json",
		`{"eventid":"7","items":{"SYSCALL":["`+fuzzCall+`"]},"timestamp":"1700009999","timestampfractional":"123"}`, "1700009999.123:7")
}

func FuzzJournal(f *testing.F) {
	fuzz(f, Journal, newJournal, "journal.json",
		`{"_AUDIT_TYPE":"1300","_AUDIT_ID":"7","_SOURCE_REALTIME_TIMESTAMP":"1700009999123000","MESSAGE":"SYSCALL `+fuzzCall+`"}`,
		"1700009999.123:7")
}

func FuzzQuoted(f *testing.F) {
	fuzz(f, Quoted, newQuoted, "quoted.json", `{"message":"type=SYSCALL msg=audit(1700009999.123:7): `+fuzzCall+`"}`, "1700009999.123:7")
}

func FuzzRecords(f *testing.F) {
	fuzz(f, Records, newRecords, "records*.json",
		`{"type":"SYSCALL","msg":"audit(1700009999.123:7):","arch":"c000003e","syscall":"59","pid":"9","uid":"0","comm":"x"}`,
		"1700009999.123:7")
}
