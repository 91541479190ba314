package meaning_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/eventlog/eventlogtest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/evtxtest"
)

// literal writes a record outright, without a template: System with what is given, and named values.
// day0 is 2020-01-01T00:00:00.1234567Z as a FILETIME.
const day0 = 132223104001234567

func literal(provider, channel string, id, number int, values ...string) func(*evtxtest.ChunkWriter) {
	data := evtxtest.El{Name: "EventData"}
	for i := 0; i < len(values); i += 2 {
		data.Body = append(data.Body, evtxtest.El{
			Name: "Data", Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{values[i]}}},
			Body: []any{values[i+1]},
		})
	}
	event := evtxtest.El{Name: "Event", Body: []any{
		evtxtest.El{Name: "System", Body: []any{
			evtxtest.El{Name: "Provider", Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{provider}}}},
			evtxtest.El{Name: "EventID", Body: []any{strconv.Itoa(id)}},
			evtxtest.El{Name: "Level", Body: []any{"4"}},
			evtxtest.El{Name: "Keywords", Body: []any{"0x8020000000000000"}},
			evtxtest.El{Name: "TimeCreated", Attrs: []evtxtest.Attr{{Name: "SystemTime", Body: []any{"2026-03-02T09:00:" + strconv.Itoa(10+number) +
				".0000000Z"}}}},
			evtxtest.El{Name: "EventRecordID", Body: []any{strconv.Itoa(number)}},
			evtxtest.El{Name: "Execution", Attrs: []evtxtest.Attr{{Name: "ProcessID", Body: []any{"700"}}, {Name: "ThreadID", Body: []any{"704"}}}},
			evtxtest.El{Name: "Channel", Body: []any{channel}},
			evtxtest.El{Name: "Computer", Body: []any{"host1.example.test"}},
		}},
		data,
	}}
	return func(c *evtxtest.ChunkWriter) { c.Element(event, true) }
}

// sampleFile is a small log in which a program of a user's folder is started, opens LSASS from code without a file, and
// leaves a service behind.
func sampleFile() []byte {
	const (
		shell = "{0a1b2c3d-5190-69a5-0003-000000000003}"
		tool  = "{0a1b2c3d-5191-69a5-0001-000000000001}"
		path  = `C:\Users\ann\AppData\Local\Temp\report.exe`
	)
	sysmon := func(id, number int, values ...string) func(*evtxtest.ChunkWriter) {
		return literal("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", id, number, values...)
	}
	records := []func(*evtxtest.ChunkWriter){
		sysmon(1, 1, "UtcTime", "2026-03-02 09:00:11.000", "ProcessGuid", tool, "ProcessId", "4100", "Image", path, "OriginalFileName", "-",
			"CommandLine", "report.exe /q", "CurrentDirectory", `C:\Users\ann\`, "User", `EXAMPLE\ann`, "LogonId", "0x4d2aa", "IntegrityLevel",
			"High",
			"Hashes", "SHA256=00FF", "ParentProcessGuid", shell, "ParentProcessId", "3000", "ParentImage", `C:\Windows\explorer.exe`,
			"ParentCommandLine", `C:\Windows\explorer.exe`),
		sysmon(10, 2, "UtcTime", "2026-03-02 09:00:12.000", "SourceProcessGUID", tool, "SourceProcessId", "4100", "SourceThreadId", "4104",
			"SourceImage", path,
			"TargetProcessGUID", "{0a1b2c3d-5000-69a5-0002-000000000002}", "TargetProcessId", "640", "TargetImage", `C:\Windows\system32\lsass.exe`,
			"GrantedAccess", "0x1fffff", "CallTrace",
			`C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e|UNKNOWN(00000202D3A70042)`,
			"SourceUser", `EXAMPLE\ann`, "TargetUser", `NT AUTHORITY\SYSTEM`),
		sysmon(8, 3, "UtcTime", "2026-03-02 09:00:13.000", "SourceProcessGuid", tool, "SourceProcessId", "4100", "SourceImage", path,
			"TargetProcessGuid", shell, "TargetProcessId", "3000", "TargetImage", `C:\Windows\explorer.exe`, "NewThreadId", "5000",
			"StartAddress", "0x0000000000A70000", "StartModule", "-", "StartFunction", "-", "SourceUser", `EXAMPLE\ann`, "TargetUser",
			`EXAMPLE\ann`),
		literal("Service Control Manager", "System", 7045, 4, "ServiceName", "Report", "ImagePath", path, "ServiceType", "user mode service",
			"StartType", "auto start", "AccountName", "LocalSystem"),
	}
	c := evtxtest.NewChunk()
	for i, write := range records {
		c.Record(uint64(i+1), day0, write)
	}
	return evtxtest.EvtxFile(c.Seal())
}

// The log that the product's own tests replay is the one that this package's writer writes.
func TestSampleFile(t *testing.T) {
	path := filepath.Join("..", "..", "..", "testdata", "decode", "eventlog", "sample.evtx")
	want := sampleFile()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the writer writes; go test -update writes it anew", path)
	}
	s, events := eventlogtest.Decoded(t, path)
	if st := s; len(events) != 4 || st.Records != 4 || st.Damaged+st.DamagedChunks != 0 {
		t.Errorf("%d events, %+v", len(events), st)
	}
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, e.Kind.String())
	}
	if want := []string{"process_start", "process_access", "remote_thread", "service"}; !slices.Equal(kinds, want) {
		t.Errorf("events %v, want %v", kinds, want)
	}
}
