package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// act is what the simulator says that it did.
type act struct {
	ID          string `json:"id"`
	Variant     string `json:"variant"`
	Status      string `json:"status"`
	Reason      string `json:"reason"`
	SeenBy      string `json:"seen_by"`
	PID         int    `json:"pid"`
	Path        string `json:"path"`
	ExecPath    string `json:"exec_path"`
	Script      string `json:"script"`
	ParentPID   int    `json:"parent_pid"`
	User        string `json:"user"`
	TargetPID   int    `json:"target_pid"`
	TargetPath  string `json:"target_path"`
	File        string `json:"file"`
	PIDs        []int  `json:"pids"`
	ContainerID string `json:"container_id"`
	EndedNS     int64  `json:"ended_ns"`

	simulator int // its pid
}

func (a *act) name() string { return strings.TrimSpace(a.ID + " " + a.Variant) }

// took says whether a process took part.
func (a *act) took(pid string) bool {
	return pid == fmt.Sprint(a.PID) || slices.ContainsFunc(a.PIDs, func(n int) bool { return pid == fmt.Sprint(n) })
}

// perform runs the simulator and gives what it did; what it could not do is logged by name.
func (s *stage) perform(t *testing.T, args ...string) []act {
	t.Helper()
	return s.performUntil(t, nil, args...)
}

// performUntil has the simulator leave files and victims in place until done says of its acts that they may go, or findWithin is over.
func (s *stage) performUntil(t *testing.T, done func([]act) bool, args ...string) []act {
	t.Helper()
	if done != nil {
		args = append(args, "--hold")
	}
	cmd := exec.CommandContext(t.Context(), s.simulate, append([]string{"--json"}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it clears up
	cmd.Env, cmd.Dir = neutralEnv, "/"
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("simulate %s: %v\n%s", strings.Join(args, " "), err, said.Bytes())
		}
	}()
	var acts []act
	for d := json.NewDecoder(out); ; {
		a := act{simulator: cmd.Process.Pid}
		if err := d.Decode(&a); errors.Is(err, io.EOF) {
			return acts
		} else if err != nil {
			t.Fatalf("reading what the simulator did: %v", err)
		}
		switch a.Status {
		case "done":
			acts = append(acts, a)
		case "holding":
			eventually(t, findWithin, func() bool { return done(acts) })
			if _, err := in.Write([]byte("\n")); err != nil {
				t.Errorf("telling the simulator to clear up: %v", err)
			}
		case "not_run":
			t.Logf("%s NOT RUN: %s", a.name(), a.Reason)
		default:
			t.Errorf("%s %s: %s", a.name(), a.Status, a.Reason)
		}
	}
}

// of gives the findings of an act's own analytic that are about one of its processes.
func of(a *act, found []line) []line {
	return slices.DeleteFunc(slices.Clone(found), func(l line) bool {
		return l.Columns["detection"] != a.ID || !a.took(l.Columns["pid"])
	})
}
