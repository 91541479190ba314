package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// beat is a document of Winlogbeat.
const beat = `{"@timestamp":"2026-03-02T09:00:01.123Z","winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","computer_name":"h",` +
	`"event_id":1,"provider_name":"Microsoft-Windows-Sysmon","record_id":7,"event_data":{"Image":"C:\\a b.exe","CommandLine":"a \"b\""}}}`

const beatXML = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Sysmon'/>` +
	`<EventID>1</EventID><TimeCreated SystemTime='2026-03-02T09:00:01.123Z'/><Channel>Microsoft-Windows-Sysmon/Operational</Channel>` +
	`<Computer>h</Computer></System><EventData><Data Name='Image'>C:\a b.exe</Data><Data Name='CommandLine'>a "b"</Data></EventData></Event>`

const nxlog = `{"EventTime":"2026-03-02 09:00:01","Hostname":"h","EventID":1,"SourceName":"Microsoft-Windows-Sysmon",` +
	`"Channel":"Microsoft-Windows-Sysmon/Operational","ExecutionProcessID":5,"Image":"C:\\a b.exe","CommandLine":"a \"b\""}`

func text(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestRecordsWithin: a record reads the same wherever in a document or line it stands.
func TestRecordsWithin(t *testing.T) {
	message := text("Process Create:\r\nUtcTime: 2026-03-02 09:00:01.123\r\nImage: C:\\a b.exe\r\nCommandLine: a \"b\"")
	for name, c := range map[string]struct {
		in   string
		want int
	}{
		"hits":            {`{"took":1,"hits":{"total":2,"hits":[{"_index":"x","_source":` + beat + `},{"_source":` + beat + `}]}}`, 2},
		"hits over lines": {"{\"took\":1,\n\"hits\":{\n\"hits\":[\n{\"_source\":" + beat + "},\n{\"_source\":" + beat + "}\n]}}\n", 2},
		"bulk":            {"{\"index\":{}}\n" + beat + "\n{\"index\":{}}\n" + beat + "\n", 2},
		"records":         {`{"records":[` + beat + `,` + beat + `]}`, 2},
		"Events": {`{"Events":{"Event":[{"System":{"Provider":{"Name":"Microsoft-Windows-Sysmon"},"EventID":1,` +
			`"TimeCreated":{"SystemTime":"2026-03-02T09:00:01.123Z"}},"EventData":{"Image":"C:\\a b.exe","CommandLine":"a \"b\""}}]}}`, 1},
		"fields": {`{"fields":{"@timestamp":["2026-03-02T09:00:01.123Z"],"winlog.event_id":["1"],` +
			`"winlog.provider_name":["Microsoft-Windows-Sysmon"],` +
			`"winlog.event_data.Image":["C:\\a b.exe"],"winlog.event_data.CommandLine":["a \"b\""]}}`, 1},
		"chainsaw": {
			`[{"group":"g","document":{"kind":"evtx",` +
				`"data":{"Event":{"System":{"Provider_attributes":{"Name":"Microsoft-Windows-Sysmon"},"EventID":1,` +
				`"TimeCreated_attributes":{"SystemTime":"2026-03-02T09:00:01.123Z"}},"EventData":{"Image":"C:\\a b.exe","CommandLine":"a \"b\""}}}}}]`,
			1,
		},
		"collector's XML":     {`{"time":1,"event":` + text(beatXML) + `,"source":"XmlWinEventLog"}`, 1},
		"collector's JSON":    {`{"time":1,"event":` + nxlog + `}`, 1},
		"message of XML":      {`{"@timestamp":"2026-03-02T09:00:01.123Z","message":` + text(beatXML) + `}`, 1},
		"several in one text": {`{"log":` + text("<Events>"+beatXML+"\n"+beatXML+"</Events>"+beatXML) + `,"next":` + text(beatXML) + `}`, 4},
		"message of JSON":     {`{"message":` + text(beat) + `,"host":"x"}`, 1},
		"original": {`{"event":{"original":` + text(beatXML) +
			`},"winlog":{"channel":"c","event_id":"1","provider_name":"Microsoft-Windows-Sysmon"}}`, 1},
		"syslog":            {"<14>Mar  2 09:00:01 h Sysmon[5]: " + nxlog + "\n<14>Mar  2 09:00:01 h Sysmon[5]: " + nxlog + "\n", 2},
		"syslog of XML":     {"<14>1 2026-03-02T09:00:01Z h p 5 - - " + beatXML + "\n", 1},
		"CSV":               {"\"_time\",\"_raw\"\n\"2026-03-02T09:00:01\",\"" + strings.ReplaceAll(beatXML, `"`, `""`) + "\"\n", 1},
		"CSV, other quotes": {"\"_raw\"\n\"" + strings.ReplaceAll(strings.ReplaceAll(beatXML, "'", `"`), `"`, `""`) + "\"\n", 1},
		"syslog of both":    {"Mar  2 09:00:01 h p: {\"event\":" + text(beatXML) + "}\n", 1},
		"text sequence":     {"\x1e" + beat + "\n\x1e" + beat + "\n", 2},
		"counted":           {"Record 1\n" + beat + "\nRecord 2\n" + beat + "\n", 2},
		"GELF":              {`{"version":"1.1","host":"h","short_message":"x","_` + strings.ReplaceAll(nxlog[2:], `,"`, `,"_`), 1},
		"Get-WinEvent": {`{"Id":1,"LogName":"Microsoft-Windows-Sysmon/Operational","ProviderName":"Microsoft-Windows-Sysmon",` +
			`"Properties":[{"Value":"-"}],"Message":` + message + `}`, 1},
		"winevtlog": {`{"ProviderName":"Microsoft-Windows-Sysmon","Qualifiers":"","EventID":1,"Channel":"c","StringInserts":["-"],` +
			`"Message":` + message + `}`, 1},
		"windows_eventlog": {`{"ProviderName":"Microsoft-Windows-Sysmon","EventID":"1","Channel":"c","EventData":["-"],"Description":` +
			message + `}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			for _, form := range []string{c.in, "\ufeff" + c.in} {
				r, err := NewReader(strings.NewReader(form))
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				if err := Each(r, func(r *Record) bool {
					n++
					if r.EventID != 1 || r.Provider != "Microsoft-Windows-Sysmon" || r.Get("Image") != `C:\a b.exe` || r.Get("CommandLine") != `a "b"` {
						t.Errorf("read as %+v", r)
					}
					return true
				}); err != nil || n != c.want {
					t.Errorf("%d records, %v, %+v", n, err, r.Stats())
				}
				if s := r.Stats(); s.Damaged > 0 || s.SkippedBytes > 0 || name != "bulk" && len(s.Errors) > 0 {
					t.Errorf("counted as damaged: %+v", s)
				}
			}
		})
	}
}

// TestLargeSearch: what a search gave is read record by record, however large it is.
func TestLargeSearch(t *testing.T) {
	const n = 80_000
	for name, in := range map[string][2]string{"in lines": {"{\n", "},\n"}, "in one line": {"{", "},"}} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			b.WriteString(`{"took":1,"hits":` + in[0] + `"total":1,"hits":[`)
			for i := range n {
				if i > 0 {
					b.WriteString(in[1][1:])
				}
				fmt.Fprintf(&b, `{"_index":"x","_source":%s}`, beat)
			}
			b.WriteString("]}}\n")
			if b.Len() < 2*MaxDocument {
				t.Fatal("too short to prove anything")
			}
			r, err := NewReader(&b)
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			if err := Each(r, func(r *Record) bool { got++; return r.Get("Image") == `C:\a b.exe` }); err != nil || got != n {
				t.Fatalf("%d of %d records, %v, %+v", got, n, err, r.Stats())
			}
			if s := r.Stats(); s.Damaged > 0 || s.SkippedBytes > 0 {
				t.Errorf("counted as damaged: %+v", s)
			}
			if room := len(r.(*JSON).w.room); room > 4*MaxDocument {
				t.Errorf("%d bytes are held", room)
			}
		})
	}
}

// TestTornSearch: what a search gave and broke off gives the records that precede and follow.
func TestTornSearch(t *testing.T) {
	hits := `{"took":1,"hits":{"hits":[{"_source":` + beat + `},{"_source":` + beat + `},{"_source":`
	r, err := NewReader(strings.NewReader(hits + beat[:200] + "\n" + beat + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := Each(r, func(r *Record) bool { n++; return r.Get("Image") == `C:\a b.exe` }); err != nil || n != 3 {
		t.Errorf("%d records, %v", n, err)
	}
	s := r.Stats()
	want := fmt.Sprintf("at byte %d: JSON is broken: unexpected character", len(hits)+200)
	if s.Damaged == 0 || len(s.Errors) == 0 || s.Errors[0].Error() != want {
		t.Errorf("%+v, want %s", s, want)
	}
}

// TestCutWithin: of event XML that a relay cut, the values before the cut come out.
func TestCutWithin(t *testing.T) {
	cut := beatXML[:strings.Index(beatXML, `"b"`)+2]
	r, err := NewReader(strings.NewReader(`{"SyslogMessage":` + text(cut) + "}\n" + beat + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := Each(r, func(r *Record) bool {
		got = append(got, fmt.Sprint(r.Damaged, " ", r.EventID, " ", r.Get("Image"), " ", r.Get("CommandLine")))
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if want := "[true 1 C:\\a b.exe a \"b false 1 C:\\a b.exe a \"b\"]"; fmt.Sprint(got) != want {
		t.Errorf("%v instead of %s", got, want)
	}
	if s := r.Stats(); s.Damaged != 1 || len(s.Errors) != 1 || s.Errors[0].Error() != "at byte 0: event XML in this document is broken: it "+
		"is cut off" {
		t.Errorf("%+v", s)
	}
}

// TestJunk: what belongs to no document is counted, and the first of it told with its place.
func TestJunk(t *testing.T) {
	r, err := NewReader(strings.NewReader(beat + "\nrubbish\n" + beat + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := Each(r, func(*Record) bool { n++; return true }); err != nil {
		t.Fatal(err)
	}
	s := r.Stats()
	want := fmt.Sprintf("at byte %d: here stands what is no JSON", len(beat)+1)
	if n != 2 || s.SkippedBytes != int64(len("rubbish")) || len(s.Errors) != 1 || s.Errors[0].Error() != want {
		t.Errorf("%d records, %+v", n, s)
	}
}

// TestMovedValues: a document of Elastic's modules gives what the event has.
func TestMovedValues(t *testing.T) {
	const process = `"process":{"entity_id":"{0a1b2c3d-5192-69a5-0002-000000000002}","pid":4200,"executable":"C:\\a.exe","command_line":"a ` +
		`-x=y","title":"H",` +
		`"parent":{"pid":300,"executable":"C:\\p.exe","command_line":"p"},"hash":{"sha256":"ab"},"pe":{"imphash":"cd"}},"user":{"domain":"D",` +
		`"name":"u"}`
	for name, c := range map[string]struct {
		provider string
		id       int
		data     string // beside process, user
		own      string // left in winlog.event_data
		want     map[string]string
	}{
		"1": {"Microsoft-Windows-Sysmon", 1, "", `"IntegrityLevel":"High"`, map[string]string{
			"ProcessGuid": "{0a1b2c3d-5192-69a5-0002-000000000002}", "ProcessId": "4200", "Image": `C:\a.exe`, "CommandLine": "a -x=y",
			"ParentProcessId": "300", "ParentImage": `C:\p.exe`, "ParentCommandLine": "p", "Hashes": "SHA256=AB,IMPHASH=CD", "User": `D\u`,
			"IntegrityLevel": "High",
		}},
		"the event's own value": {"Microsoft-Windows-Sysmon", 1, "", `"Image":"C:\\own.exe"`, map[string]string{"Image": `C:\own.exe`}},
		"3": {
			"Microsoft-Windows-Sysmon", 3,
			`,"network":{"transport":"tcp","direction":"ingress"},"source":{"ip":"192.0.2.1","port":1},"destination":{"ip":"192.0.2.2","port":2}`,
			"",
			map[string]string{
				"Protocol": "tcp", "Initiated": "false", "SourceIp": "192.0.2.1", "SourcePort": "1", "DestinationIp": "192.0.2.2",
				"DestinationPort": "2",
			},
		},
		"7": {
			"Microsoft-Windows-Sysmon", 7, `,"file":{"path":"C:\\a.dll","pe":{"original_file_name":"r.dll"}}`, "",
			map[string]string{"ImageLoaded": `C:\a.dll`, "OriginalFileName": "r.dll"},
		},
		"9": {"Microsoft-Windows-Sysmon", 9, `,"file":{"path":"\\Device\\x"}`, "", map[string]string{"Device": `\Device\x`}},
		"10": {"Microsoft-Windows-Sysmon", 10, "", `"TargetImage":"C:\\t.exe"`, map[string]string{
			"SourceProcessId": "4200",
			"SourceImage":     `C:\a.exe`, "TargetImage": `C:\t.exe`, "Image": "",
		}},
		"11": {"Microsoft-Windows-Sysmon", 11, `,"file":{"path":"C:\\f"}`, "", map[string]string{"TargetFilename": `C:\f`}},
		"13": {
			"Microsoft-Windows-Sysmon", 13, `,"registry":{"path":"HKLM\\x","data":{"type":"SZ_DWORD","strings":["258"]}}`, "",
			map[string]string{"TargetObject": `HKLM\x`, "Details": "DWORD (0x00000102)"},
		},
		"13, text": {
			"Microsoft-Windows-Sysmon", 13, `,"registry":{"path":"HKLM\\x","data":{"type":"REG_SZ","strings":["1 2"]}}`, "",
			map[string]string{"Details": "1 2"},
		},
		"17": {"Microsoft-Windows-Sysmon", 17, `,"file":{"name":"\\p"}`, "", map[string]string{"PipeName": `\p`}},
		"22": {
			"Microsoft-Windows-Sysmon", 22,
			`,"dns":{"question":{"name":"n"},"resolved_ip":["192.0.2.1","192.0.2.2"]},"sysmon":{"dns":{"status":"SUCCESS"}}`, "",
			map[string]string{
				"QueryName": "n", "QueryResults": "192.0.2.1;192.0.2.2", "QueryStatus": "0",
			},
		},
		"4688": {"Microsoft-Windows-Security-Auditing", 4688, "", `"SubjectUserName":"s"`, map[string]string{
			"NewProcessId": "4200", "NewProcessName": `C:\a.exe`, "CommandLine": "a -x=y", "ProcessId": "300", "ParentProcessName": `C:\p.exe`,
			"SubjectUserName": "s",
		}},
		"4624": {"Microsoft-Windows-Security-Auditing", 4624, `,"source":{"ip":"192.0.2.1","port":9,"domain":"W"}`, "", map[string]string{
			"ProcessId": "4200", "ProcessName": `C:\a.exe`, "IpAddress": "192.0.2.1", "IpPort": "9", "WorkstationName": "W",
		}},
		"4672": {"Microsoft-Windows-Security-Auditing", 4672, "", `"PrivilegeList":["SeA","SeB"]`, map[string]string{"PrivilegeList": "SeA SeB"}},
		"4104": {
			"Microsoft-Windows-PowerShell", 4104,
			`,"powershell":{"file":{"script_block_text":"x","script_block_id":"i"},"sequence":1,"total":2},"file":{"path":"C:\\s.ps1"}`, "",
			map[string]string{
				"ScriptBlockText": "x", "ScriptBlockId": "i", "MessageNumber": "1", "MessageTotal": "2", "Path": `C:\s.ps1`,
			},
		},
		"4103": {
			"Microsoft-Windows-PowerShell", 4103,
			`,"powershell":{"command":{"name":"N","invocation_details":[{"type":"CommandInvocation","related_command":"N","value":"\"N\""},` +
				`{"type":"ParameterBinding","related_command":"N","name":"\"a\"","value":"\"b\""}]}}`, "",
			map[string]string{
				"ContextInfo": "HostApplication = a -x=y\nHostName = H\nCommandName = N\nUser = D\\u\n",
				"Payload":     "CommandInvocation(N): \"N\"\nParameterBinding(N): name=\"a\"; value=\"b\"\n",
			},
		},
		"400": {
			"PowerShell", 400, `,"powershell":{"engine":{"version":"5"}}`, "",
			map[string]string{"Context": "HostApplication=a -x=y\nHostName=H\nEngineVersion=5\nUser=D\\u\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			doc := fmt.Sprintf(
				`{"@timestamp":"2026-03-02T09:00:01Z",%s%s,"winlog":{"event_id":"%d","provider_name":%q,"channel":"c","event_data":{%s}}}`,
				process, c.data, c.id, c.provider, c.own)
			var flat map[string]any
			if err := json.Unmarshal([]byte(doc), &flat); err != nil {
				t.Fatal(err)
			}
			dotted, err := json.Marshal(dots("", flat, map[string]any{}))
			if err != nil {
				t.Fatal(err)
			}
			for _, in := range []string{doc, string(dotted)} {
				r, err := NewJSON(strings.NewReader(in)).Next()
				if err != nil {
					t.Fatal(err)
				}
				for field, want := range c.want {
					got := r.Get(field)
					if in != doc && (field == "ContextInfo" || field == "Context" || field == "Hashes") {
						got = want // the order of flat keys differs
					}
					if got != want {
						t.Errorf("%s is %q instead of %q in %+v", field, got, want, r.Fields)
					}
				}
			}
		})
	}
}

// dots makes one flat object of nested ones.
func dots(prefix string, o, out map[string]any) map[string]any {
	for k, v := range o {
		if inner, ok := v.(map[string]any); ok {
			dots(prefix+k+".", inner, out)
		} else {
			out[prefix+k] = v
		}
	}
	return out
}
