// Command skips reads what `go test -json` writes, prints what `go test` would, and at the end which tests did not run and why: a test that
// was skipped is none that passed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// event is a line of `go test -json` (go doc test2json).
type event struct {
	Action, Package, Test, Output, ImportPath string
}

func main() {
	failed, err := report(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "skips:", err)
		os.Exit(1)
	}
	if failed {
		os.Exit(1)
	}
}

// report copies a run's results and tells whether anything failed.
func report(in io.Reader, out io.Writer) (failed bool, err error) {
	w := bufio.NewWriter(out)
	said := make(map[[2]string][]string) // what each test has written so far
	var skipped []string
	ended := false // a package at least
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Action == "" { // what the go command itself says
			fmt.Fprintln(w, lines.Text())
			failed = true
			continue
		}
		test := [2]string{e.Package, e.Test}
		ended = ended || e.Test == "" && (e.Action == "pass" || e.Action == "skip" || e.Action == "fail")
		switch e.Action {
		case "build-output":
			fmt.Fprint(w, e.Output)
		case "build-fail":
			failed = true
		case "output":
			if e.Test != "" {
				said[test] = append(said[test], e.Output)
			} else if !strings.HasPrefix(e.Output, "PASS") && !strings.Contains(e.Output, "[no test files]") {
				fmt.Fprint(w, e.Output)
			}
		case "fail":
			failed = true
			fmt.Fprint(w, strings.Join(said[test], ""))
			delete(said, test)
		case "skip":
			if e.Test != "" {
				skipped = append(skipped, fmt.Sprintf("%s %s: %s", e.Package, e.Test, reason(said[test])))
			}
			delete(said, test)
		case "pass":
			delete(said, test)
		}
		if e.Action == "output" && e.Test == "" {
			if err := w.Flush(); err != nil {
				return failed, err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return failed, fmt.Errorf("reading the run: %w", err)
	}
	if !ended {
		fmt.Fprintln(w, "no package was tested")
		failed = true
	}
	if len(skipped) > 0 {
		slices.Sort(skipped)
		fmt.Fprintf(w, "\ndid not run (%d):\n  %s\n", len(skipped), strings.Join(skipped, "\n  "))
	}
	return failed, w.Flush()
}

// reason gives what a test said as it was skipped.
func reason(output []string) string {
	var out []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "===") || strings.HasPrefix(line, "---") {
			continue
		}
		if _, said, ok := strings.Cut(line, ".go:"); ok { // file_test.go:12: why
			if _, why, ok := strings.Cut(said, ": "); ok {
				line = why
			}
		}
		out = append(out, line)
	}
	if len(out) == 0 {
		return "it does not say why"
	}
	return strings.Join(out, " ")
}
