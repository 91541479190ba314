package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestWorksSayWhatTheyDo(t *testing.T) {
	all, err := allWorks()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Errorf("only %d kinds of work", len(all))
	}
	users := map[string]bool{}
	for _, w := range all {
		users[w.user] = true
		if !strings.HasSuffix(w.about, ".") || !strings.HasPrefix(string(w.script), "#!/bin/bash\n# ") {
			t.Errorf("%s: the second line does not say in a sentence what is done: %q", w.name, w.about)
		}
	}
	if !users["root"] || !users[worker] {
		t.Errorf("work is done by %v, want root and %s", users, worker)
	}
}

func TestWorksParse(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash on this machine")
	}
	all, err := allWorks()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range all {
		for _, script := range [][]byte{w.script, w.prepare, w.cleanup} {
			cmd := exec.CommandContext(t.Context(), bash, "-n")
			cmd.Stdin = strings.NewReader(string(script))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", w.name, err, out)
			}
		}
	}
}
