// Command eval holds the detections against labelled recordings of real attacks and of ordinary work: which labels are
// found, by which analytic, and how many findings come where none is wanted. It drives the built binary as a user would.
//
// The recordings are not part of the repository: package telemetry says how they are found.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/scripts/telemetry"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "eval:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("eval", flag.ContinueOnError)
	index := flags.String("index", "", "index of the recordings, beside which they lie; without it INDEX.json in $"+telemetry.Variable)
	binary := flags.String("apiwatch", "bin/apiwatch.ext", "the binary to drive")
	report := flags.String("report", "", "also write the report to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *index == "" {
		path, err := telemetry.Path("INDEX.json")
		if errors.Is(err, telemetry.ErrUnset) {
			fmt.Fprintln(out, "did not run:", err)
			return nil
		}
		if err != nil {
			return err
		}
		*index = path
	}
	recordings, err := readIndex(*index)
	if err != nil {
		return err
	}
	detections, err := queries.All()
	if err != nil {
		return err
	}
	findings, err := replay(*binary, filepath.Dir(*index), recordings)
	if err != nil {
		return err
	}
	known, err := knownMisses()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	newResult(recordings, detections, findings).write(&b, known)
	if *report != "" {
		if err := os.WriteFile(*report, b.Bytes(), 0o644); err != nil { //nolint:gosec // a report for everyone
			return fmt.Errorf("writing report: %w", err)
		}
	}
	_, err = out.Write(b.Bytes())
	return err
}

// recording is one file of the index.
type recording struct {
	Path       string   `json:"path"`
	Events     int      `json:"events"`
	Techniques []string `json:"techniques"`
	Malicious  bool     `json:"malicious"`
	Note       string   `json:"note"`
	Source     string   `json:"source_repo"`
}

func readIndex(path string) ([]recording, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading index: %w", err)
	}
	var all []recording
	if err := json.Unmarshal(source, &all); err != nil {
		return nil, fmt.Errorf("reading index %s: %w", path, err)
	}
	return slices.DeleteFunc(all, func(r recording) bool { return r.feed() == "" }), nil
}

// finding is what counts of a finding.
type finding struct {
	File      string `json:"file"`
	ID        string `json:"finding_id"`
	Detection string `json:"detection"`
	Strategy  string `json:"strategy"`
	Technique string `json:"technique"`
	Severity  string `json:"severity"`
	Summary   string `json:"summary"`
}

// replay runs the detections over every recording, each as a machine of its own, and gives the distinct findings of each.
func replay(binary, dir string, recordings []recording) (map[string][]finding, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	args := []string{"replay", "--json"}
	for _, feed := range feeds {
		args = append(args, filepath.Join(dir, feed.folder))
	}
	cmd := exec.Command(binary, args...) //nolint:noctx // ends by itself
	var said bytes.Buffer
	cmd.Stderr = &said
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w; build it with make build", binary, err)
	}
	found := make(map[string][]finding)
	seen := make(map[[2]string]bool)
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var f finding
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			return nil, fmt.Errorf("reading findings: %w: %q", err, lines.Bytes())
		}
		name, err := filepath.Rel(dir, f.File)
		if err != nil {
			return nil, err
		}
		name = filepath.ToSlash(name)
		if key := [2]string{name, f.ID}; !seen[key] {
			seen[key] = true
			found[name] = append(found[name], f)
		}
	}
	if err := errors.Join(lines.Err(), cmd.Wait()); err != nil {
		fmt.Fprintf(os.Stderr, "eval: %s replay: %v; it said:\n%s", binary, err, said.Bytes())
	}
	for name := range found {
		if !slices.ContainsFunc(recordings, func(r recording) bool { return r.Path == name }) {
			fmt.Fprintf(os.Stderr, "eval: %s is not in the index\n", name)
		}
	}
	return found, nil
}
