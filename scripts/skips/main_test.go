package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	passed := `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: noise\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestB","Output":"=== RUN   TestB\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:7: did not run: only root\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`
	failing := `{"Action":"output","Package":"q","Test":"TestC","Output":"    c_test.go:3: wrong\n"}
{"Action":"fail","Package":"q","Test":"TestC"}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.1s\n"}
{"Action":"fail","Package":"q"}
`
	built := `{"ImportPath":"r","Action":"build-output","Output":"r.go:1: syntax error\n"}
{"ImportPath":"r","Action":"build-fail"}
`
	for _, c := range []struct {
		name, in    string
		failed      bool
		want, never []string
	}{
		{
			"passed", passed, false,
			[]string{"ok  \tp\t0.1s\n", "did not run (1):\n  p TestB: did not run: only root\n"},
			[]string{"noise", "PASS"},
		},
		{"failed", passed + failing, true, []string{"c_test.go:3: wrong", "FAIL\tq", "TestB"}, nil},
		{"does not build", built, true, []string{"r.go:1: syntax error"}, []string{"did not run"}},
		{"nothing", "", true, []string{"no package was tested"}, nil},
		{"no go command", "go: cannot find main module\n", true, []string{"cannot find main module"}, nil},
	} {
		var out bytes.Buffer
		failed, err := report(strings.NewReader(c.in), &out)
		if err != nil || failed != c.failed {
			t.Errorf("%s: failed %v, %v", c.name, failed, err)
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: %q is missing in\n%s", c.name, want, &out)
			}
		}
		for _, never := range c.never {
			if strings.Contains(out.String(), never) {
				t.Errorf("%s: %q stands in\n%s", c.name, never, &out)
			}
		}
	}
}
