package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

// A machine where process 500 records, 600 is the driver and 601 its child, while 700 and 701 are somebody else's. Groups of
// records are interleaved, and one reaches into the next round.
const machine = `type=APIWATCH_FACT msg=audit(0:0): {"fact":"boot","key":"","value":"real-boot"}
type=APIWATCH_FACT msg=audit(0:0): {"fact":"walk","key":"","value":[{"pid":1,"path":"/odd/init","cmdline":"/odd/init --secret"},` +
	`{"pid":500,"ppid":499,"path":"/tmp/record","cwd":"/checkout","container_id":"c0ffee"},{"pid":700,"ppid":1,"cmdline":"secret"}]}
type=APIWATCH_FACT msg=audit(0:0): {"fact":"user","key":"0","value":"root"}
type=APIWATCH_FACT msg=audit(0:0): {"fact":"user","key":"1234","value":"secret"}
type=APIWATCH_FACT msg=audit(0:0): {"fact":"user","key":"1500","value":"dev"}
type=APIWATCH_LIFECYCLE msg=audit(0:0): {"Kind":1,"PID":701,"PPID":700}
type=SYSCALL msg=audit(9.000:1): syscall=59 ppid=700 pid=701 comm="secret" exe="/usr/bin/secret"
type=EXECVE msg=audit(9.000:1): argc=1 a0="secret"
type=APIWATCH_ROUND msg=audit(0:0): {}
type=APIWATCH_FACT msg=audit(0:0): {"fact":"container","key":"701","value":{"container_id":"secret"}}
type=APIWATCH_FACT msg=audit(0:0): {"fact":"container","key":"601","value":{"container_id":"beef"}}
type=APIWATCH_FACT msg=audit(0:0): {"fact":"container","key":"600","value":{"container_id":"c0ffee"}}
type=APIWATCH_FACT msg=audit(0:0): {"fact":"region","key":"601 7f00","value":"[vdso]"}
type=APIWATCH_FACT msg=audit(0:0): {"fact":"file","key":"700 /secret","value":{"value":{},"ok":true}}
type=APIWATCH_LIFECYCLE msg=audit(0:0): {"Kind":1,"PID":600,"PPID":500}
type=APIWATCH_LIFECYCLE msg=audit(0:0): {"Kind":1,"PID":601,"PPID":600}
type=APIWATCH_LIFECYCLE msg=audit(0:0): {"Kind":1,"PID":501,"PPID":500}
type=SYSCALL msg=audit(10.000:2): syscall=59 ppid=500 pid=600 comm="driver" exe="/usr/bin/bash"
type=SYSCALL msg=audit(10.000:3): syscall=101 ppid=700 pid=701 comm="secret" exe="/usr/bin/secret"
type=EXECVE msg=audit(10.000:2): argc=1 a0="driver"
type=OBJ_PID msg=audit(10.000:3): opid=600 ocomm="driver"
type=SYSCALL msg=audit(10.000:4): syscall=101 ppid=600 pid=601 comm="child" exe="/usr/bin/bash"
type=OBJ_PID msg=audit(10.000:4): opid=600 ocomm="driver"
type=OBJ_PID msg=audit(10.000:4): opid=701 ocomm="secret"
type=CONFIG_CHANGE msg=audit(10.000:5): auid=0 op=secret
type=USER_START msg=audit(10.000:6): pid=601 uid=0 msg='op=PAM:session_open acct="dev"'
type=USER_START msg=audit(10.000:7): pid=701 uid=0 msg='op=secret'
type=APIWATCH_LIFECYCLE msg=audit(0:0): {"Kind":2,"PID":600}
type=APIWATCH_LIFECYCLE msg=audit(0:0): {"Kind":6,"PID":601,"PPID":701}
type=APIWATCH_LIFECYCLE msg=audit(0:0): {"Kind":3,"PID":601,"Code":77}
type=APIWATCH_LIFECYCLE msg=audit(0:0): {"Kind":3,"PID":701,"Code":88}
type=APIWATCH_ROUND msg=audit(0:0): {}
type=PROCTITLE msg=audit(10.000:2): proctitle="driver"
type=PROCTITLE msg=audit(10.000:3): proctitle="secret"
type=APIWATCH_ROUND msg=audit(0:0): {}
type=SYSCALL msg=audit(11.000:8): syscall=59 ppid=700 pid=701 comm="secret" exe="/usr/bin/secret"
type=APIWATCH_ROUND msg=audit(0:0): {}
type=APIWATCH_LIFECYCLE msg=audit(0:0): {"Kind":1,"PID":601,"PPID":700}
type=SYSCALL msg=audit(12.000:9): syscall=59 ppid=700 pid=601 comm="secret" exe="/usr/bin/secret"
type=APIWATCH_ROUND msg=audit(0:0): {}
type=SYSCALL msg=audit(13.000:10): syscall=59 ppid=500 pid=600 comm="cut short`

func filteredText(t *testing.T, raw string, use func(*round) error) []round {
	t.Helper()
	var rounds []round
	f := newFilter(500, 600, 1500)
	err := readRounds(strings.NewReader(raw), func(r *round) error {
		if err := f.round(r); err != nil {
			return err
		}
		rounds = append(rounds, *r)
		if use != nil {
			return use(r)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rounds
}

func TestFilterKeepsWhatDescendsFromTheDriver(t *testing.T) {
	var out bytes.Buffer
	filteredText(t, machine, func(r *round) error { return r.writeTo(&out) })
	text := out.String()
	for _, foreign := range []string{"secret", "real-boot", "/odd", "checkout", "c0ffee", "cut short", `"PID":501`, "701"} {
		for l := range strings.Lines(text) {
			if strings.Contains(l, foreign) {
				t.Errorf("%q is left: %s", foreign, l)
			}
		}
	}
	want := []string{
		madeUpBoot,
		`"key":"0","value":"root"`, `"key":"1500","value":"dev"`, `"beef"`, `[vdso]`,
		`"PID":600,"PPID":500`, `"PID":601,"PPID":600`,
		"audit(10.000:2): syscall=59", "audit(10.000:2): argc=1", `audit(10.000:2): proctitle="driver"`,
		"audit(10.000:4): syscall=101", "audit(10.000:4): opid=600", "audit(10.000:6): pid=601",
		`{"Kind":2,"PID":600}`, `"Code":77`,
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing", w)
		}
	}
	if n := strings.Count(text, recording.RoundLine); n != 3 {
		t.Errorf("%d rounds are left, want 3: the empty ones go\n%s", n, text)
	}
}

func TestFilterPutsAShellInTheRecordersPlace(t *testing.T) {
	rounds := filteredText(t, machine, nil)
	x, err := rounds[0].facts[1].fact()
	if err != nil {
		t.Fatal(err)
	}
	var walk []collectors.ProcessFacts
	if err := json.Unmarshal(x.Value, &walk); err != nil {
		t.Fatal(err)
	}
	if len(walk) != 2 || walk[0].Path != "/usr/lib/systemd/systemd" || walk[1].PID != 500 || walk[1].PPID != 1 ||
		walk[1].Path != "/usr/bin/bash" {
		t.Errorf("the processes at the start are %+v", walk)
	}
}

func TestFilterRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, raw := range []string{
		`type=APIWATCH_FACT msg=audit(0:0): {"fact":"novel","key":"600","value":1}`,
		`type=APIWATCH_FACT msg=audit(0:0): {"fact":"walk","key":"","value":[{"pid":1}]}`,
		`type=APIWATCH_FACT msg=audit(0:0): {`,
		`no record`,
	} {
		f := newFilter(500, 600)
		if err := readRounds(strings.NewReader(raw+"\ntype=APIWATCH_ROUND msg=audit(0:0): {}\n"), f.round); err == nil {
			t.Errorf("no error for %s", raw)
		}
	}
}

func TestOwnersAreToldOnce(t *testing.T) {
	asked := 0
	o := owners{stat: func(string) (collectors.FileFacts, bool) { asked++; return collectors.FileFacts{Mode: 0o755}, true }}
	var facts []string
	filteredText(t, machine, func(r *round) error {
		err := o.round(r)
		for _, l := range r.facts {
			if x, err := l.fact(); err == nil && x.Fact == "file" {
				facts = append(facts, x.Key)
			}
		}
		return err
	})
	if asked != 1 || len(facts) != 1 || facts[0] != "600 /usr/bin/bash" {
		t.Errorf("asked %d times, facts %q", asked, facts)
	}
}

func TestCutSeparatesVariants(t *testing.T) {
	fork := func(pid, ppid, ns string) string {
		return `type=APIWATCH_LIFECYCLE msg=audit(0:0): {"Kind":1,"PID":` + pid + `,"PPID":` + ppid + `,"TimeNS":` + ns + "}\n"
	}
	exec := func(serial, pid, at string) string {
		return "type=SYSCALL msg=audit(" + at + ":" + serial + "): syscall=59 pid=" + pid + ` comm="p` + pid + "\"\ntype=EOE msg=audit(" + at +
			":" + serial + "): \n"
	}
	const end = "type=APIWATCH_ROUND msg=audit(0:0): {}\n"
	raw := fork("600", "500", "1000000000") + exec("1", "600", "1.000") + end +
		fork("601", "600", "2100000000") + fork("602", "601", "2200000000") + exec("2", "601", "2.100") + exec("3", "602", "2.200") + end +
		fork("603", "600", "3100000000") + exec("4", "603", "3.100") + exec("5", "600", "3.200") + end
	rounds := filteredText(t, raw, nil)
	for _, c := range []struct {
		act  act
		want string
	}{
		{act{StartedNS: 2e9, EndedNS: 3e9, PID: 602}, "1 2 3"},
		{act{StartedNS: 3e9, EndedNS: 4e9, PID: 603}, "1 4 5"},
		{act{StartedNS: 3e9, EndedNS: 4e9, PID: 603, TargetPID: 602}, "1 2 3 4 5"},
	} {
		var serials []string
		for _, r := range cut(rounds, 600, &c.act) {
			for _, l := range r.records {
				if l.typ == "SYSCALL" {
					_, serial, _ := strings.Cut(strings.TrimSuffix(l.group, ")"), ":")
					serials = append(serials, serial)
				}
			}
		}
		if got := strings.Join(serials, " "); got != c.want {
			t.Errorf("act %+v is left with groups %q, want %q", c.act, got, c.want)
		}
	}
}

func TestFileNames(t *testing.T) {
	for variant, want := range map[string]string{
		"": "fire-AN0001-main", "outside, setns": "fire-AN0001-outside-setns",
		"mount(8)": "fire-AN0001-mount-8",
	} {
		a := act{ID: "AN0001", Variant: variant}
		if got := a.fileName(); got != want {
			t.Errorf("variant %q is called %s, want %s", variant, got, want)
		}
	}
}

func TestCountReplays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	const exec = `type=SYSCALL msg=audit(1795301946.224:2): arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=0 items=0 ` +
		`ppid=500 pid=600 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm="true" exe="/usr/bin/true" ` +
		`key="apiwatch"
type=EXECVE msg=audit(1795301946.224:2): argc=1 a0="true"
type=EOE msg=audit(1795301946.224:2): 
type=APIWATCH_ROUND msg=audit(0:0): {}
`
	if err := os.WriteFile(path, []byte(exec), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := count(t.Context(), path)
	if err != nil || got.events != 1 || len(got.kinds) != 1 || got.kinds[0] != "process_start 1" {
		t.Errorf("counted %v, %v", got, err)
	}
}

func TestActsAreReadWithTheirLines(t *testing.T) {
	const one = `{"id":"AN0001","near_miss":true,"variant":"a b","status":"done","pid":7,"pids":[8],"started_ns":1,"user":"dev"}`
	acts, err := readActs(strings.NewReader(one + "\n" + `{"id":"AN0001","status":"not_run","reason":"no b"}` + "\n"))
	if err != nil || len(acts) != 2 {
		t.Fatalf("%d acts, %v", len(acts), err)
	}
	if a := acts[0]; a.fileName() != "quiet-AN0001-a-b" || a.PID != 7 || len(a.PIDs) != 1 || string(a.text) != one {
		t.Errorf("the act reads as %+v with the line %s", a, a.text)
	}
	if _, err := readActs(strings.NewReader(`{"id":`)); err == nil {
		t.Error("half an act is no error")
	}
}
