package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTuningFileThatCannotBeUsed: a file that is named and is wrong or not there is told of, and the defaults stay.
func TestTuningFileThatCannotBeUsed(t *testing.T) {
	recording := filepath.Join("..", "testdata", "DET0203", "fire-AN0579-attach.audit.log.gz")
	for name, c := range map[string]struct{ contents, want string }{
		"not there":        {"", "not there, the defaults stay"},
		"unknown analytic": {"AN9999:\n  x: 1\n", `unknown analytic \"AN9999\"`},
		"unknown element":  {"AN0579:\n  Nosuch: 1\n", "tuning.yaml:2: AN0579 has no element"},
		"wrong type":       {"AN0579:\n  UserContextMismatch: [1, 2]\n", "tuning.yaml:2: "},
		"no YAML":          {"AN0579: [1\n", "tuning.yaml:1: "},
		"no UTF-8":         {"\xff\xfe\x00", "tuning.yaml:1: "},
		"nothing wrong":    {"AN0579:\n  UserContextMismatch: 0\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "tuning.yaml")
			if c.contents != "" {
				if err := os.WriteFile(file, []byte(c.contents), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), []string{"replay", "--json", "--tuning", file, recording}, &app{stdout: &stdout, stderr: &stderr})
			if code != 0 || !strings.Contains(stdout.String(), "AN0579") {
				t.Errorf("exit status %d, %s", code, stdout.String())
			}
			if said := strings.Contains(stderr.String(), "level=ERROR"); said != (c.want != "") || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("it says %s", stderr.String())
			}
		})
	}
}
