package eventlog_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog"
	"github.com/apiwatch/apiwatch/collectors/eventlog/eventlogtest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/scripts/telemetry"
)

// The values of one start of a program, as the Security log has them, by name and in the template's order.
var (
	startNames = []string{
		"SubjectUserSid", "SubjectUserName", "SubjectDomainName", "SubjectLogonId", "NewProcessId", "NewProcessName", "TokenElevationType",
		"ProcessId", "CommandLine", "TargetUserSid", "TargetUserName", "TargetDomainName", "TargetLogonId", "ParentProcessName",
		"MandatoryLabel",
	}
	startValues = []string{
		"S-1-5-21-9-8-7-1001", "bea", "LAB", "0x51f3", "0x2b0", `C:\Tools\dump.exe`, "%%1938", "0x1f4", `dump.exe -p 612 "C:\Out\x y.dmp"`,
		"S-1-0-0", "-", "-", "0x0", `C:\Windows\explorer.exe`, "S-1-16-8192",
	}
)

const startMessage = "A new process has been created.\r\n\r\nCreator Subject:\r\n\tSecurity ID:\t\tS-1-5-21-9-8-7-1001\r\n\tAccount " +
	"Name:\t\tbea\r\n" +
	"\tAccount Domain:\t\tLAB\r\n\tLogon ID:\t\t0x51F3\r\n\r\nTarget Subject:\r\n\tSecurity ID:\t\tS-1-0-0\r\n\tAccount Name:\t\t-\r\n" +
	"\tAccount Domain:\t\t-\r\n\tLogon ID:\t\t0x0\r\n\r\nProcess Information:\r\n\tNew Process ID:\t\t0x2b0\r\n" +
	"\tNew Process Name:\tC:\\Tools\\dump.exe\r\n\tToken Elevation Type:\t%%1938\r\n\tMandatory Label:\t\tS-1-16-8192\r\n" +
	"\tCreator Process ID:\t0x1f4\r\n\tCreator Process Name:\tC:\\Windows\\explorer.exe\r\n" +
	"\tProcess Command Line:\tdump.exe -p 612 \"C:\\Out\\x y.dmp\"\r\n\r\nToken Elevation Type indicates the type of token."

func quote(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// startObject gives the values as an object, each name behind a prefix.
func startObject(prefix string) string {
	var parts []string
	for i, name := range startNames {
		parts = append(parts, quote(prefix+name)+":"+quote(startValues[i]))
	}
	return strings.Join(parts, ",")
}

func startXML() string {
	var b strings.Builder
	for i, name := range startNames {
		v := strings.NewReplacer("<", "&lt;", "&", "&amp;").Replace(startValues[i])
		fmt.Fprintf(&b, "<Data Name='%s'>%s</Data>", name, v)
	}
	return b.String()
}

func cell(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// decode gives the events and the health of an input.
func decode(t *testing.T, in string) (form.Stats, []event.Event) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(path, []byte(in), 0o600); err != nil {
		t.Fatal(err)
	}
	if !eventlog.Format.Recognise([]byte(in)) {
		t.Fatalf("not recognised: %.200s", in)
	}
	return eventlogtest.Decoded(t, path)
}

// TestOneStartInEveryForm: the same start of a program reads the same in each form that shippers and people keep it in.
func TestOneStartInEveryForm(t *testing.T) {
	const (
		system = `"Channel":"Security","Computer":"PC7.lab.example","EventID":4688,`
		otel   = `"channel":"Security","computer":"PC7.lab.example","event_id":{"id":4688,"qualifiers":0},"keywords":["Audit Success"],` +
			`"provider":{"guid":"{54849625-5478-4994-a5ba-3e3b0328c30d}","name":"Microsoft-Windows-Security-Auditing"},"record_id":5,` +
			`"system_time":"2025-02-03T04:05:06.7890000Z","version":2,"execution":{"process_id":4,"thread_id":8}`
		viewer = "Log Name:      Security\r\nSource:        Microsoft-Windows-Security-Auditing\r\nDate:          2/3/2025 4:05:06 AM\r\n" +
			"Event ID:      4688\r\nTask Category: Process Creation\r\nLevel:         Information\r\nKeywords:      Audit Success\r\n" +
			"User:          N/A\r\nComputer:      PC7.lab.example\r\nDescription:\r\n" + startMessage + "\r\n"
	)
	values := quote(startValues)
	kv := func(key, value string) string { return `{"key":` + quote(key) + `,"value":` + value + `}` }
	str := func(s string) string { return `{"stringValue":` + quote(s) + `}` }
	var otlpData []string
	for i, name := range startNames {
		otlpData = append(otlpData, kv(name, str(startValues[i])))
	}
	promtail := `{"source":"Microsoft-Windows-Security-Auditing","channel":"Security","computer":"PC7.lab.example","event_id":4688,` +
		`"version":2,` +
		`"levelText":"Information","taskText":"Process Creation","keywords":"Audit Success","timeCreated":"2025-02-03T04:05:06.789000000Z",` +
		`"eventRecordID":5,"execution":{"processId":4,"threadId":8,"processName":"System"},"event_data":` + quote(startXML()) + `}`
	payload := `{"EventData":{"Data":[`
	for i, name := range startNames {
		payload += map[bool]string{true: ","}[i > 0] + `{"@Name":` + quote(name) + `,"#text":` + quote(startValues[i]) + `}`
	}
	payload += `]}}`
	for name, in := range map[string]string{
		"promtail":                promtail + "\n",
		"promtail's line in Loki": `{"streams":[{"stream":{"job":"windows"},"values":[["1738555506789000000",` + quote(promtail) + `]]}]}`,
		"wazuh archive": "2025 Feb 03 04:05:07 (pc7) any->WinEvtChannel {\"WinEvtChannel\":{\"System\":{" +
			`"ProviderName":"Microsoft-Windows-Security-Auditing","EventID":"4688","SystemTime":"2025-02-03T04:05:06.789Z",` +
			`"Channel":"Security","Computer":"PC7.lab.example"},"EventData":{` + startObject("") + "}}}\n",
		"wazuh archive of JSON": `{"timestamp":"2025-02-03T04:05:07.000+0000","agent":{"id":"1"},"full_log":` + quote(`{"win":{"system":{`+
			`"providerName":"Microsoft-Windows-Security-Auditing","eventID":"4688","systemTime":"2025-02-03T04:05:06.789Z","channel":"Security",`+
			`"computer":"PC7.lab.example"},"eventdata":{`+strings.ReplaceAll(startObject(""), `\\`, `\\\\`)+`}}}`) + `}`,
		"wazuh event in XML": "2025 Feb 03 04:05:07 (pc7) any->EventChannel " + `{"Message":"x","Event":` + quote(
			`<Event><System><Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>4688</EventID><TimeCreated `+
				`SystemTime='2025-02-03T04:05:06.789Z'/><Channel>Security</Channel><Computer>PC7.lab.example</Computer></System><EventData>`+
				startXML()+`</EventData></Event>`) + "}\n",
		"fluentd by place": `{"ProviderName":"Microsoft-Windows-Security-Auditing","EventID":"4688","Version":"2","TimeCreated":` +
			`"2025/02/03 04:05:06.789000000","ProcessID":"4","ThreadID":"8","Channel":"Security","Computer":"PC7.lab.example","EventData":` +
			values + `}`,
		"fluent-bit by place": `{"date":1738555506.0,"ProviderName":"Microsoft-Windows-Security-Auditing",` + system +
			`"TimeCreated":"2025-02-03 04:05:06 +0000","Message":"","StringInserts":` + values + `}`,
		"fluent-bit, elsewhere": `{"date":1738555506.0,"ProviderName":"Microsoft-Windows-Security-Auditing",` + system +
			`"TimeCreated":"2025-02-03 05:05:06 +0100","Message":"","StringInserts":` + values + `}`,
		"no provider":           `{` + system + `"EventTime":"2025-02-03T04:05:06.789Z","EventData":{` + startObject("") + `}}`,
		"no provider, by place": `{` + system + `"EventTime":"2025-02-03T04:05:06.789Z","StringInserts":` + values + `}`,
		"no provider, XML": `<Event><System><EventID>4688</EventID><TimeCreated SystemTime='2025-02-03T04:05:06.789Z'/><Channel>Security` +
			`</Channel><Computer>PC7.lab.example</Computer></System><EventData>` + startXML() + `</EventData></Event>`,
		"Event Viewer":      viewer,
		"Event Viewer, two": strings.Replace(viewer, "4688", "4611", 1) + "\r\n" + viewer,
		"wevtutil's text": "Event[0]\n  Log Name: Security\n  Source: Microsoft-Windows-Security-Auditing\n" +
			"  Date: 2025-02-03T04:05:06.7890000Z\n" +
			"  Event ID: 4688\n  Task: Process Creation\n  Level: Information\n  Keyword: Audit Success\n  User: N/A\n" +
			"  Computer: PC7.lab.example\n  Description: \n" + strings.ReplaceAll(startMessage, "\r", "") + "\n\nEvent[1]\n  Log Name: Security\n" +
			"  Source: x\n  Date: 2025-02-03T04:05:06.7890000Z\n  Event ID: 1\n  Description: y\n",
		"Event Viewer's table": "Keywords,Date and Time,Source,Event ID,Task Category\r\nAudit Success,2/3/2025 4:05:06 AM," +
			"Microsoft-Windows-Security-Auditing,4688,Process Creation," + cell(startMessage) + "\r\n",
		"EvtxECmd's table": "RecordNumber,EventRecordId,TimeCreated,EventId,Level,Provider,Channel,ProcessId,ThreadId,Computer,PayloadData1," +
			"Payload\r\n" +
			"5,5,2025-02-03 04:05:06.7890000,4688,LogAlways,Microsoft-Windows-Security-Auditing,Security,4,8,PC7.lab.example,," + cell(payload) +
			"\r\n",
		"Export-Csv of Get-WinEvent": `"Message","Id","Version","ProviderName","LogName","MachineName","TimeCreated"` + "\r\n" +
			cell(startMessage) +
			`,"4688","2","Microsoft-Windows-Security-Auditing","Security","PC7.lab.example","2/3/2025 4:05:06 AM"` + "\r\n",
		"Graylog": `{"gl2_source_input":"1","source":"pc7","timestamp":"2025-02-03T04:05:06.789Z","winlogbeat_winlog_event_id":4688,` +
			`"winlogbeat_winlog_provider_name":"Microsoft-Windows-Security-Auditing","winlogbeat_winlog_channel":"Security",` +
			`"winlogbeat_winlog_computer_name":"PC7.lab.example",` + startObject("winlogbeat_winlog_event_data_") + `}`,
		"Graylog, other prefix": `{"source":"pc7","timestamp":"2025-02-03T04:05:06.789Z","winlog_event_id":"4688",` +
			`"winlog_provider_name":"Microsoft-Windows-Security-Auditing","winlog_channel":"Security",` +
			`"winlog_computer_name":"PC7.lab.example",` + startObject("winlog_event_data_") + `}`,
		"OpenTelemetry":         `{` + otel + `,"event_data":{` + startObject("") + `}}`,
		"OpenTelemetry, a list": `{` + otel + `,"event_data":{"data":[{` + strings.ReplaceAll(startObject(""), `","`, `"},{"`) + `}]}}`,
		"OpenTelemetry's protocol": `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1738555506789000000","body":{"kvlistValue":` +
			`{"values":[` + strings.Join([]string{
			kv("channel", str("Security")), kv("computer", str("PC7.lab.example")), kv("system_time", str("2025-02-03T04:05:06.789Z")),
			kv("event_id", `{"kvlistValue":{"values":[`+kv("id", `{"intValue":"4688"}`)+`,`+kv("qualifiers", `{"intValue":"0"}`)+`]}}`),
			kv("provider", `{"kvlistValue":{"values":[`+kv("name", str("Microsoft-Windows-Security-Auditing"))+`]}}`),
			kv("event_data", `{"kvlistValue":{"values":[`+strings.Join(otlpData, ",")+`]}}`),
		}, ",") + `]}}}]}]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, events := decode(t, in)
			var e *event.Event
			for i := range events {
				if events[i].Kind == event.KindProcessStart {
					e = &events[i]
				}
			}
			if e == nil {
				t.Fatalf("no start among %d events", len(events))
			}
			p := e.Process
			if got := e.TimeNS / 1e9; got != 1738555506 {
				t.Errorf("at %d", e.TimeNS)
			}
			if p.PID != 0x2b0 || p.Path != startValues[5] || p.Cmdline != startValues[8] || p.User != `LAB\bea` ||
				p.ParentPath() != startValues[13] || p.PPID != 0x1f4 || name != "Event Viewer's table" && e.On().Name != "PC7.lab.example" {
				t.Errorf("read as %s", eventlogtest.Mapped(e))
			}
		})
	}
}

// TestLocalTimes: a clock's time becomes UTC by whatever else the log tells of it, each host's by itself; where nothing tells, it is said.
func TestLocalTimes(t *testing.T) {
	sysmon := func(host, local, utc, more string) string {
		return `{"EventTime":"` + local + `","Hostname":"` + host + `","EventID":5,"SourceName":"Microsoft-Windows-Sysmon","Channel":` +
			`"Microsoft-Windows-Sysmon/Operational","UtcTime":"` + utc + `","ProcessId":"9","Image":"C:\\a.exe"` + more + "}\n"
	}
	security := func(host, local, more string) string {
		return `{"EventTime":"` + local + `","Hostname":"` + host + `","EventID":4688,"SourceName":"Microsoft-Windows-Security-Auditing",` +
			`"Channel":"Security","NewProcessId":"0x9"` + more + "}\n"
	}
	for name, c := range map[string]struct {
		in    string
		want  []string
		local uint64
	}{
		"UtcTime": {
			sysmon("a", "2025-07-08 11:12:13", "2025-07-08 09:12:13.250", `,"EventReceivedTime":"2025-07-08 11:12:15"`),
			[]string{"09:12:13.25"},
			0,
		},
		"beyond midnight": {sysmon("a", "2025-07-08 00:12:13", "2025-07-07 18:42:13.250", ""), []string{"18:42:13.25"}, 0},
		"learnt": {
			sysmon("a", "2025-07-08 11:12:13", "2025-07-08 09:12:13.250", "") + security("a", "2025-07-08 11:12:14", ""),
			[]string{"09:12:13.25", "09:12:14"},
			0,
		},
		"not from another host": {
			sysmon("a", "2025-07-08 11:12:13", "2025-07-08 09:12:13.250", "") + security("b", "2025-07-08 11:12:14", ""),
			[]string{"09:12:13.25", "11:12:14"},
			1,
		},
		"two zones": {
			sysmon("a", "2025-07-08 11:12:13", "2025-07-08 09:12:13.250", "") + sysmon("b", "2025-07-08 05:12:13",
				"2025-07-08 09:12:13.250", "") + security("a", "2025-07-08 11:12:14", "") + security("b", "2025-07-08 05:12:14", ""),
			[]string{"09:12:13.25", "09:12:13.25", "09:12:14", "09:12:14"},
			0,
		},
		"written": {strings.Replace(security("a", "2025-07-08 11:12:14", `,"@timestamp":"2025-07-08T09:12:15.1Z"`), "EventTime",
			"EventTimeWritten", 1), []string{"09:12:14"}, 0},
		"received with its zone": {
			security("a", "2025-07-08 11:12:14", `,"EventReceivedTime":"2025-07-08T11:12:15+02:00"`),
			[]string{"09:12:14"},
			0,
		},
		"with a zone":   {security("a", "2025-07-08T11:12:14.5+02:00", ""), []string{"09:12:14.5"}, 0},
		"nothing tells": {security("a", "2025-07-08 11:12:14", `,"EventReceivedTime":"2025-07-08 11:12:15"`), []string{"11:12:14"}, 1},
		"said in the message": {
			"07/08/2025 11:12:13 AM\nLogName=Microsoft-Windows-Sysmon/Operational\nSourceName=Microsoft-Windows-Sysmon\n" +
				"EventCode=5\nComputerName=a\nMessage=Process terminated:\nUtcTime: 2025-07-08 09:12:13.250\nProcessId: 9\nImage: C:\\a.exe\n",
			[]string{"09:12:13.25"},
			0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, events := decode(t, c.in)
			var got []string
			for i := range events {
				got = append(got, time.Unix(0, events[i].TimeNS).UTC().Format("15:04:05.999999999"))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) || s.Local != c.local {
				t.Errorf("at %v, want %v; %d of a zone not known, want %d", got, c.want, s.Local, c.local)
			}
		})
	}
}

// TestQualifiedID: the low 16 bits are the id, and the rest is kept.
func TestQualifiedID(t *testing.T) {
	const doc = `{"ProviderName":"Service Control Manager","EventID":%s,"TimeCreated":"2025/02/03 04:05:06.5","Channel":"System",` +
		`"Computer":"c",` +
		`"ProcessID":"612","ThreadID":"8","EventData":["svc1","C:\\s.exe","kernel mode driver","auto start",""]}` + "\n"
	for _, id := range []string{`"1073748869"`, "1073748869", "7045", "-1073734779"} {
		_, events := decode(t, fmt.Sprintf(doc, id))
		if len(events) != 1 || events[0].Kind != event.KindService {
			t.Fatalf("%s: %d events", id, len(events))
		}
		if s := events[0].Detail.(*event.Service); s.Name != "svc1" || s.Type != "kernel mode driver" || events[0].Process.PID != 612 {
			t.Errorf("%s: %+v", id, s)
		}
	}
	_, events := decode(t, `{"ProviderName":"MyService","EventID":"3221225477","TimeCreated":"2025/02/03 04:05:06.5","Channel":"Application"}`)
	if r := events[0].Detail.(*event.Record); r.EventID != 5 || r.Qualifiers != 0xc000 {
		t.Errorf("%+v", r)
	}
}

// TestByPlace: values without names are called after their places where no template has so many, and then make no hollow event.
func TestByPlace(t *testing.T) {
	_, events := decode(t, `{"date":1738555506.0,"site":"north","ProviderName":"Shop","EventID":7,"Channel":"Application","Computer":"c",`+
		`"StringInserts":["one","two","three"],"Message":""}`)
	r, ok := events[0].Detail.(*event.Record)
	if want := "[{site north} {param1 one} {param2 two} {param3 three}]"; !ok || fmt.Sprint(r.Fields) != want ||
		events[0].TimeNS != 1738555506e9 {
		t.Errorf("%+v at %d, want %s", events[0].Detail, events[0].TimeNS, want)
	}
	for _, id := range []int{4624, 4688, 4663, 4672, 4720, 4769, 5145} {
		_, events := decode(t, fmt.Sprintf(`{"date":1738555506.0,"ProviderName":"Microsoft-Windows-Security-Auditing","EventID":%d,`+
			`"Channel":"Security","Computer":"c","ProcessID":612,"ThreadID":8,"StringInserts":["a","b"],"Message":""}`, id))
		r, ok := events[0].Detail.(*event.Record)
		if !ok || fmt.Sprint(r.Fields) != "[{param1 a} {param2 b}]" || events[0].Process.PID != 612 {
			t.Errorf("%d: %s", id, eventlogtest.Mapped(&events[0]))
		}
	}
}

// TestRefused: what is an event and lacks what it must have is counted, with the reason, and the next is read.
func TestRefused(t *testing.T) {
	const good = `{"EventID":3,"SourceName":"ours","Channel":"c","EventTime":"2025-02-03T04:05:06Z"}`
	for name, c := range map[string]struct {
		in, why string
		good    int
	}{
		"id of XML": {
			"<Event><System><Provider Name='Agent'/><EventID Qualifiers='16639'>77x</EventID><Channel>c</Channel></System></Event>",
			`an event of "Agent" is left out: its id is no number: "77x"`, 0,
		},
		"no id of XML": {
			"<Event><System><Provider Name='Agent'/><Channel>c</Channel></System></Event>",
			`an event of "Agent" is left out: it has no id`, 0,
		},
		"id of JSON": {
			`{"EventID":"77x","SourceName":"Agent","EventTime":"2025-02-03T04:05:06Z"}` + "\n" + good, `its id is no number: "77x"`,
			1,
		},
		"time": {
			`{"EventID":5,"SourceName":"Agent","EventTime":"some day"}` + "\n" + good,
			`an event of "Agent" with id 5 is left out: it has no time`, 1,
		},
		"time in XML's JSON": {
			`{"Event":{"System":{"Provider":{"Name":"Agent"},"EventID":5,"Channel":"c"}}}` + "\n" + good,
			`an event of "Agent" with id 5 is left out: it has no time`, 1,
		},
		"hostile name": {`{"EventID":5,"SourceName":"\u001b[2Ja\u202eb\u009bc"}`, `"\x1b[2Ja\u202eb\u009bc"`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, events := decode(t, c.in)
			if s.Refused != 1 || len(events) != c.good || len(s.Errors) != 1 || !strings.Contains(s.Errors[0].Error(), c.why) {
				t.Errorf("%d events, %+v, want %s", len(events), s, c.why)
			}
		})
	}
	for name, in := range map[string]string{
		"CloudTrail": `{"eventVersion":"1.08","eventID":"0a-1b","eventSource":"ec2.amazonaws.com","eventTime":"2025-02-03T04:05:06Z"}`,
		"no name":    `{"event_id":4,"time":"2025-02-03T04:05:06Z","what":"x"}`,
	} {
		if eventlog.Format.Recognise([]byte(in)) {
			t.Errorf("%s is taken for an event log", name)
		}
	}
}

// TestPowerShellLines: a program's command line of several lines is whole, whatever they look like.
func TestPowerShellLines(t *testing.T) {
	context := func(command string) string {
		return "        Severity = Informational\n        Host Name = ConsoleHost\n        Host Application = " + command +
			"\n        Engine Version = 5.1.1\n        Runspace ID = 1\n        Command Name = Get-Item\n        Script Name = C:\\a b.ps1\n" +
			"        Command Path = \n        User = LAB\\bea\n        Shell ID = Microsoft.PowerShell\n"
	}
	for _, command := range []string{
		"powershell.exe -Command x", "powershell.exe -Command \n  $a = 1\n  if ($a -eq 1) { 'User = nobody' }\n  exit",
		"powershell -c \n        User = LAB\\other\n        Script Name = C:\\b.ps1\n        Engine Version = 1\n  real",
	} {
		_, events := decode(t, `{"EventID":4103,"ProviderName":"Microsoft-Windows-PowerShell",`+
			`"Channel":"Microsoft-Windows-PowerShell/Operational",`+
			`"TimeCreated":"2025-02-03T04:05:06Z","ContextInfo":`+quote(context(command))+`,"Payload":"x"}`)
		b, ok := events[0].Detail.(*event.ScriptBlock)
		if !ok || b.HostApplication != command || b.EngineVersion != "5.1.1" || b.Command != "Get-Item" || events[0].Path != `C:\a b.ps1` ||
			events[0].Process.User != `LAB\bea` {
			t.Errorf("%q: %+v", command, events[0].Detail)
		}
	}
}

// TestTwoHosts: computers share neither processes nor their keys, and one computer is the same in whatever spelling.
func TestTwoHosts(t *testing.T) {
	start := func(host string) string {
		return `{"EventID":4688,"SourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","EventTime":"2025-02-03T04:05:06Z",` +
			`"Hostname":"` + host + `","NewProcessId":"0x700","NewProcessName":"C:\\a.exe"}` + "\n"
	}
	access := func(host string) string {
		return `{"EventID":10,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","EventTime":` +
			`"2025-02-03T04:05:07Z","Hostname":"` + host + `","SourceProcessGUID":"{1-1}","SourceProcessId":"9","SourceImage":"C:\\b.exe",` +
			`"TargetProcessId":"1792","TargetProcessGUID":"{1-2}","TargetImage":"C:\\a.exe","GrantedAccess":"0x10"}` + "\n"
	}
	_, events := decode(t, start("PC1")+start("PC2.lab")+start("pc1.lab")+access("PC1.LAB")+access("pc2.lab")+access("pc1"))
	hosts := ""
	for i := range events {
		hosts += events[i].Host.Name + " "
	}
	if hosts != "PC1 PC2.lab PC1 PC1 PC2.lab PC1 " {
		t.Errorf("hosts: %s", hosts)
	}
	one, two, again := &events[3], &events[4], &events[5]
	if one.Process.Key == two.Process.Key || one.Target.Key == two.Target.Key || one.Process.Key != again.Process.Key ||
		one.Target.Key != again.Target.Key {
		t.Errorf("keys: %s %s, %s %s, %s %s", one.Process.Key, one.Target.Key, two.Process.Key, two.Target.Key, again.Process.Key,
			again.Target.Key)
	}
	if events[0].Process.Key == events[1].Process.Key {
		t.Errorf("two hosts' processes have the key %s", events[0].Process.Key)
	}
}

// TestField reads the files that stand for these kinds where they are to be had.
func TestField(t *testing.T) {
	field := filepath.Join(filepath.Dir(telemetry.Test(t)), "field")
	if _, err := os.Stat(field); err != nil {
		t.Skipf("the files of the field are not beside the recordings: %v", err)
	}
	for name, want := range map[string]string{
		"nxlog-local-time.json": "process_access 07:08:09", "promtail-eventdata.json": "process_start 07:08:09",
		"wazuh-archive.log":         "process_start 07:08:09",
		"fluentd-qualified-id.json": "service 07:08:09", "fluentbit-inserts.json": "process_start 07:08:09",
		"inserts-beside-other-keys.json": "record 07:08:09", "powershell-4103-lines.xml": "script_block 07:08:09",
		"no-provider.json": "process_start 07:08:09", "event-viewer-text.txt": "process_start 07:08:09", "evtxecmd.csv": "process_start 07:08:09",
		"graylog-winlogbeat.json": "process_start 07:08:09", "otel-windowseventlog.json": "process_start 07:08:09", "bad-event-id.xml": "refused",
	} {
		s, events := eventlogtest.Decoded(t, filepath.Join(field, name))
		var got []string
		for i := range events {
			e := &events[i]
			got = append(got, e.Kind.String()+" "+time.Unix(0, e.TimeNS).UTC().Format("15:04:05"))
			if p := e.Process; e.Kind == event.KindProcessStart && (p.PID != 6700 || !strings.HasSuffix(p.Cmdline, ` full`) ||
				p.User != `CORP\alice`) {
				t.Errorf("%s: %s", name, eventlogtest.Mapped(e))
			}
			if b, ok := e.Detail.(*event.ScriptBlock); ok && !strings.HasSuffix(b.HostApplication, "Get-Process lsass }") {
				t.Errorf("%s: %q", name, b.HostApplication)
			}
		}
		if s.Refused > 0 {
			got = append(got, "refused")
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %v, want %s; %+v", name, got, want, s)
		}
	}
}
