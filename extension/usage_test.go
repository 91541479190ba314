package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/queries"
)

func TestUnexpectedArgument(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"qurey", "SELECT 1"}, `"qurey" is no command; did you mean query?`},
		{[]string{"detects"}, "did you mean detections?"},
		{[]string{"--quiet", "replayy", "x"}, "did you mean replay?"},
		{[]string{"SELECT 1"}, "apiwatch.ext query"},
		{[]string{"AN0579"}, "apiwatch.ext detections AN0579?"},
		{[]string{"T1055.008"}, "apiwatch.ext detections T1055.008?"},
		{[]string{"usage_test.go"}, "apiwatch.ext replay usage_test.go?"},
		{[]string{"nonsense"}, "the commands are run, query, shell, replay, detections, schema, doctor, completion, version"},
		{[]string{"nonsense\x1b[31m"}, `"nonsense\x1b[31m" is no command`},
		{[]string{"run", "nonsense"}, "unexpected argument nonsense"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), c.args, &app{stdout: &stdout, stderr: &stderr})
		if code != exitUsage || stdout.Len() > 0 || !strings.Contains(stderr.String(), c.want) || strings.Contains(stderr.String(), "\x1b") {
			t.Errorf("%q: exit status %d, %q, want %q", c.args, code, stderr.String(), c.want)
		}
	}
}

func TestQuiet(t *testing.T) {
	recording := filepath.Join("..", "testdata", "DET0203", "fire-AN0579-attach.audit.log.gz")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"replay", recording}, 0, "1 file, "},
		{[]string{"replay", "--quiet", recording}, 0, ""},
		{[]string{"-q", "replay", "--json", recording}, 0, ""},
		{[]string{"replay", "--quiet", "absent.log"}, exitFailed, "absent.log"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), c.args, &app{stdout: &stdout, stderr: &stderr})
		if code != c.code || (c.says == "") != (stderr.Len() == 0) || !strings.Contains(stderr.String(), c.says) ||
			(code == 0) != strings.Contains(stdout.String(), "AN0579") {
			t.Errorf("%q: exit status %d, %q on stderr, %d bytes on stdout", c.args, code, stderr.String(), stdout.Len())
		}
	}
}

func TestDetectionsList(t *testing.T) {
	all, err := queries.All()
	if err != nil {
		t.Fatal(err)
	}
	var chosen []queries.Detection
	for _, d := range all {
		if asked(&d, "t1055") {
			chosen = append(chosen, d)
		}
	}
	states := make(map[string]detectionState)
	here, other := "", ""
	for _, d := range chosen {
		if !strings.HasPrefix(d.Technique, "T1055") {
			t.Errorf("%s is of %s", d.ID, d.Technique)
		}
		if d.Platform == hostPlatform() {
			here = d.ID
			states[d.ID] = detectionState{"not fed", "auditd owns the socket"}
		} else {
			other = d.ID
		}
	}
	var out bytes.Buffer
	a := &app{stdout: &out}
	if err := a.list(chosen, states); err != nil {
		t.Fatal(err)
	}
	if here != "" {
		first, _, _ := strings.Cut(out.String(), "\n")
		if first != strings.ToUpper(hostPlatform()+", this host") || strings.Index(out.String(), here) > strings.Index(out.String(), other) {
			t.Errorf("this host's do not come first:\n%s", &out)
		}
		if !strings.Contains(out.String(), "not fed") {
			t.Errorf("the states are missing:\n%s", &out)
		}
	}
	listed := strings.Count(out.String(), "\nAN") - strings.Count(out.String(), "\nANALYTIC")
	if !strings.Contains(out.String(), "other platform") || listed != len(chosen) {
		t.Errorf("want %d detections, those of others as such:\n%s", len(chosen), &out)
	}
	for id, want := range map[string]bool{
		"AN0579": true, "an0579": true, "DET0203": true, "T1055": true, "T1055.008": true, "T105": false, "T1055.0": false,
	} {
		d := queries.Detection{ID: "AN0579", Strategy: "DET0203", Technique: "T1055.008"}
		if asked(&d, id) != want {
			t.Errorf("%s asks for AN0579: %v, want %v", id, !want, want)
		}
	}
}

// TestCompletion holds that every script knows every command, and has bash complete with its own.
func TestCompletion(t *testing.T) {
	scripts := make(map[string]string)
	for shell := range completionScripts {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"completion", shell}, &app{stdout: &stdout, stderr: &stderr}); code != 0 {
			t.Fatalf("%s: exit status %d, %s", shell, code, &stderr)
		}
		scripts[shell] = stdout.String()
		for _, want := range []string{"replay", "doctor", "AN0579", "T1055.008", "ptrace_events", "--replay", "--autoload", "powershell"} {
			if !strings.Contains(scripts[shell], want) {
				t.Errorf("the script of %s does not know %s", shell, want)
			}
		}
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("did not run in a shell: there is no bash")
	}
	file := filepath.Join(t.TempDir(), "completion.bash")
	if err := os.WriteFile(file, []byte(scripts["bash"]), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"apiwatch.ext rep":                 "replay",
		"apiwatch.ext detections AN057":    "AN0579",
		"apiwatch.ext schema ptrace":       "ptrace_events",
		"apiwatch.ext query --rep":         "--replay",
		"apiwatch.ext completion p":        "powershell",
		"apiwatch.ext schema nothing_such": "",
	} {
		script := `source "$1"; COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _apiwatch; echo "${COMPREPLY[*]}"`
		out, err := exec.Command(bash, "--norc", "-c", script, "bash", file, line).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s completes to %q, %v; want %q", line, got, err, want)
		}
	}
}
