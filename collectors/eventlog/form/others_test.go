package form

import (
	"fmt"
	"strings"
	"testing"
)

// TestWhatIsNotKnownIsKept: what a tool writes beside what is known of its form is a value of the event, behind those of its own.
func TestWhatIsNotKnownIsKept(t *testing.T) {
	for name, test := range map[string]struct{ input, want string }{
		"a Wazuh alert": {
			`{"data":{"win":{"system":{"providerName":"P","eventID":"7","systemTime":"2020-01-01T00:00:00Z","channel":"C",` +
				`"severityValue":"ERROR","eventSourceName":"S"},"eventdata":{"image":"C:\\\\a.exe","lists":["x","y"],"deep":{"a":1}},` +
				`"renderingInfo":{"culture":"en"}},"srcuser":"ann"},"rule":{"id":"1"},"agent":{"name":"ws01"},"tenant":{"site":{"id":5},"no":null}}`,
			`Image=C:\a.exe Lists=x Lists=y Deep.a=1 eventSourceName=S renderingInfo.culture=en srcuser=ann tenant.site.id=5`,
		},
		"a Wazuh archive": {
			`{"WinEvtChannel":{"System":{"ProviderName":"P","EventID":"7","SystemTime":"2020-01-01T00:00:00Z","Channel":"C",` +
				`"SeverityValue":"ERROR","Message":"m","SourceSite":"north","Extra":{"a":{"b":"c"}}},"EventData":{"Image":"a.exe"}}}`,
			`Image=a.exe SourceSite=north Extra.a.b=c`,
		},
		"hayabusa in JSON": {
			`{"Timestamp":"2020-01-01 00:00:00.123 +00:00","RuleTitle":"t","Level":"high","Computer":"h","Channel":"Sysmon","EventID":1,` +
				`"Details":"Cmdline: x","CustomTag":"blue","More":{"a":[1,2]},"MitreTactics":["Exec"]}`,
			`Cmdline=x CustomTag=blue More.a=1 More.a=2`,
		},
		"hayabusa as a table": {
			"Timestamp,RuleTitle,Level,Computer,Channel,EventID,RecordID,Details,Case,\n" +
				"2020-01-01 00:00:00.123 +00:00,t,high,h,Sysmon,1,5,Cmdline: x,4711,unnamed,said,further\n",
			`Cmdline=x Case=4711 column10=unnamed Message=said column12=further`,
		},
		"EvtxECmd as a table": {
			"RecordNumber,EventRecordId,TimeCreated,EventId,Level,Provider,Channel,MapDescription,Payload,Case Number\n" +
				"7,7,2020-01-01 00:00:00.1234567,4624,LogAlways,P,Security,d,\"{\"\"EventData\"\":{\"\"Data\"\":[{\"\"@Name\"\":\"\"A\"\"," +
				"\"\"#text\"\":\"\"x\"\"}]}}\",4711\n",
			`A=x Case Number=4711`,
		},
		"a row of osquery": {
			`{"eventid":"4624","provider_name":"P","source":"Security","datetime":"2020-01-01T00:00:00Z","data":"{\"EventData\":{\"A\":\"x\"}}",` +
				`"host_tag":"t"}`,
			`A=x host_tag=t`,
		},
		"Get-WinEvent": {
			`{"Id":7,"ProviderName":"P","LogName":"System","TimeCreated":"2020-01-01T00:00:00Z","Qualifiers":16384,"LevelDisplayName":"Error",` +
				`"Properties":[{"Value":"x"}],"Site":"north"}`,
			`param1=x Site=north`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(strings.NewReader(test.input))
			if err != nil {
				t.Fatal(err)
			}
			rec, err := r.Next()
			if err != nil {
				t.Fatal(err, r.Stats())
			}
			var got []string
			for _, f := range rec.Fields {
				got = append(got, f.Name+"="+f.Value)
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("%s\nwant %s", s, test.want)
			}
			if name == "Get-WinEvent" && rec.Qualifiers != 16384 {
				t.Errorf("qualifiers %d", rec.Qualifiers)
			}
		})
	}
}

// TestWhatIsNotKnownIsBounded: a document of very many keys, or of very long ones within each other, gives a record that says it is cut.
func TestWhatIsNotKnownIsBounded(t *testing.T) {
	var many strings.Builder
	for i := range 2 * maxFields {
		fmt.Fprintf(&many, `,"key%d":"v"`, i)
	}
	deep, long := "1", strings.Repeat("k", 1000)
	for range 60 {
		deep = `{"` + long + `":` + deep + `,"other":2}`
	}
	for name, others := range map[string]string{"many": many.String(), "deep": `,"deep":` + deep} {
		input := `{"Timestamp":"2020-01-01 00:00:00.123 +00:00","RuleTitle":"t","Computer":"h","Channel":"Sysmon","EventID":1,"Details":"a: x"` +
			others + "}"
		rec, err := NewJSON(strings.NewReader(input)).Next()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		names := 0
		for _, f := range rec.Fields {
			names += len(f.Name)
		}
		if len(rec.Fields) > maxFields || names > maxText || rec.Get("a") != "x" || name == "many" && !rec.Damaged {
			t.Errorf("%s: %d fields with %d bytes of names, damaged %t", name, len(rec.Fields), names, rec.Damaged)
		}
	}
}
