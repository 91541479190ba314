package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

// asMain makes the test binary behave as the command itself.
const asMain = "SIMULATE_TEST_MAIN"

func TestMain(m *testing.M) {
	if code, played := playRole(os.Args); played {
		os.Exit(code)
	}
	if os.Getenv(asMain) != "" {
		main()
	}
	os.Exit(m.Run())
}

func pretend(acts []Act, err error) func(context.Context, func(Act)) error {
	return func(_ context.Context, report func(Act)) error {
		for _, a := range acts {
			report(a)
		}
		return err
	}
}

var pretended = []Behaviour{
	{
		ID: "AN0001", Title: "Works", Explain: "works",
		Simulate: pretend([]Act{
			{
				Variant: "a", Status: Done, Did: "did a thing", PID: 12, Path: "/tmp/x", User: "root", TargetPID: 13, TargetPath: "/tmp/y",
				PIDs: []int{14, 15},
			},
			{Variant: "b", Status: NotRun, Reason: "no b"},
		}, nil),
		NearMiss: pretend([]Act{{Status: Done, Did: "almost did it", PID: 16, Path: "/bin/<sh>", Script: "/tmp/s", User: "nobody", UID: 65534}},
			nil),
	},
	{
		ID: "AN0002", Title: "Fails", Explain: "fails",
		Simulate: pretend([]Act{{Status: Done, Did: "did half"}}, errors.New("no such luck")),
		NearMiss: pretend(nil, notRunError("needs root")),
	},
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args           string
		known          []Behaviour
		status         int
		stdout, stderr string // what they contain
	}{
		{"", pretended, 2, "", "usage:"},
		{"--help", pretended, 0, "usage:", ""},
		{"--nonsense", pretended, 2, "", `unknown flag "--nonsense"`},
		{"AN9999", pretended, 2, "", `no behaviour "AN9999"`},
		{"list AN0001", pretended, 2, "", `"list" stands alone`},
		{"list", pretended, 0, "AN0002  Fails\n        fails\n", ""},
		{"list", nil, 0, "", "on this platform"},
		{"all", nil, 1, "", "on this platform"},
		{
			"an0001", pretended, 0,
			"AN0001 (a): did a thing: pid 12 /tmp/x, user root, target pid 13 /tmp/y, also pids 14 15\nAN0001 (b): not run: no b\n", "",
		},
		{"AN0001 --near-miss", pretended, 0, "AN0001 near miss: almost did it: pid 16 /bin/<sh> (/tmp/s), user nobody\n", ""},
		{"AN0002", pretended, 1, "AN0002: failed: no such luck\n", ""},
		{"--near-miss AN0002", pretended, 1, "AN0002 near miss: not run: needs root\n", ""},
		{"--near-miss all", pretended, 0, "AN0002 near miss: not run: needs root\n", ""},
		{"all", pretended, 1, "AN0001 (a)", ""},
	} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), c.known, strings.Fields(c.args), strings.NewReader(""), &stdout, &stderr)
		if status != c.status || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("simulate %s: status %d, stdout %q, stderr %q", c.args, status, &stdout, &stderr)
		}
		if c.stdout == "" && stdout.Len() > 0 || c.stderr == "" && stderr.Len() > 0 {
			t.Errorf("simulate %s: more said than expected: stdout %q, stderr %q", c.args, &stdout, &stderr)
		}
	}
}

func TestJSONIsOneActALine(t *testing.T) {
	var stdout, stderr bytes.Buffer
	run(t.Context(), pretended, []string{"--json", "AN0001", "--near-miss"}, strings.NewReader(""), &stdout, &stderr)
	run(t.Context(), pretended, []string{"--json", "AN0001"}, strings.NewReader(""), &stdout, &stderr)
	var acts []Act
	for line := range strings.Lines(stdout.String()) {
		var a Act
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&a); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		acts = append(acts, a)
	}
	if len(acts) != 3 {
		t.Fatalf("%d acts instead of 3: %s", len(acts), &stdout)
	}
	near, a := acts[0], acts[1]
	if !near.NearMiss || near.Path != "/bin/<sh>" || near.UID != 65534 {
		t.Errorf("the near miss reads as %+v", near)
	}
	if a.NearMiss || a.ID != "AN0001" || a.TargetPID != 13 || len(a.PIDs) != 2 || a.StartedNS == 0 || a.EndedNS < a.StartedNS {
		t.Errorf("the act reads as %+v", a)
	}
}

func TestInterruptionEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	interrupting := Behaviour{ID: "AN0003", Simulate: func(ctx context.Context, _ func(Act)) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}}
	var stdout, stderr bytes.Buffer
	if status := run(ctx, []Behaviour{interrupting, pretended[0]}, []string{"all"}, strings.NewReader(""), &stdout, &stderr); status != 1 {
		t.Errorf("status %d", status)
	}
	if strings.Contains(stdout.String(), "AN0001") || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("stdout %q, stderr %q", &stdout, &stderr)
	}
}
