package main

import (
	"context"
	"fmt"
	"strings"
)

// Behaviour is what one ATT&CK analytic looks for, as something that can be performed.
type Behaviour struct {
	ID      string // of the analytic: "AN0579"
	Title   string
	Explain string // what is done, then what the near miss does

	// Simulate performs the behaviour and NearMiss what almost is it; they report each act when it is over. A returned
	// notRunError says which prerequisite is missing.
	Simulate, NearMiss func(ctx context.Context, report func(Act)) error

	// SeenBy names the feed that alone sees a variant, ebpf or audit; no entry is both.
	SeenBy map[string]string
}

// Status says what became of an act.
type Status string

// The states of an act.
const (
	Done   Status = "done"
	NotRun Status = "not_run"
	Failed Status = "failed"
	// Holding is no act: all were done, and what they left is about to be cleared away.
	Holding Status = "holding"
)

// Act is one thing that was done: the truth that a finding is compared with. A behaviour with several variants has an
// act for each, and each is a whole attack (or near miss) by itself.
type Act struct {
	ID       string `json:"id"`
	NearMiss bool   `json:"near_miss"`
	Variant  string `json:"variant,omitempty"`
	Status   Status `json:"status"`
	Did      string `json:"did,omitempty"`
	Reason   string `json:"reason,omitempty"`  // why it was not run or failed
	SeenBy   string `json:"seen_by,omitempty"` // the feed that alone sees it

	PID  int    `json:"pid,omitempty"`  // who did it
	Path string `json:"path,omitempty"` // its executable; of a script the interpreter
	// ExecPath is what PID became, where executing it is part of the act.
	ExecPath  string `json:"exec_path,omitempty"`
	Script    string `json:"script,omitempty"`
	ParentPID int    `json:"parent_pid,omitempty"`
	User      string `json:"user,omitempty"`
	UID       int    `json:"uid"`

	TargetPID  int    `json:"target_pid,omitempty"` // whom it was done to
	TargetPath string `json:"target_path,omitempty"`
	File       string `json:"file,omitempty"` // or what
	// PIDs are the other processes that took part, as a script's commands.
	PIDs        []int  `json:"pids,omitempty"`
	ContainerID string `json:"container_id,omitempty"`

	StartedNS int64 `json:"started_ns"` // Unix nanoseconds, as the next
	EndedNS   int64 `json:"ended_ns"`
}

// String gives the act as a line for people.
func (a Act) String() string {
	var b strings.Builder
	b.WriteString(a.ID)
	if a.NearMiss {
		b.WriteString(" near miss")
	}
	if a.Variant != "" {
		b.WriteString(" (" + a.Variant + ")")
	}
	switch a.Status {
	case NotRun:
		return b.String() + ": not run: " + a.Reason
	case Failed:
		return b.String() + ": failed: " + a.Reason
	case Holding:
		return b.String() + ": what was done is cleared away after a line of standard input"
	case Done:
	}
	fmt.Fprintf(&b, ": %s: pid %d %s", a.Did, a.PID, a.Path)
	if a.Script != "" {
		b.WriteString(" (" + a.Script + ")")
	}
	if a.ExecPath != "" {
		b.WriteString(", then " + a.ExecPath)
	}
	b.WriteString(", user " + a.User)
	if a.TargetPID != 0 {
		fmt.Fprintf(&b, ", target pid %d %s", a.TargetPID, a.TargetPath)
	}
	if a.File != "" {
		b.WriteString(", file " + a.File)
	}
	if a.ContainerID != "" {
		b.WriteString(", container " + a.ContainerID[:12])
	}
	if len(a.PIDs) > 0 {
		b.WriteString(", also pids " + strings.Trim(fmt.Sprint(a.PIDs), "[]"))
	}
	return b.String()
}

// notRunError is the prerequisite that is missing.
type notRunError string

func (e notRunError) Error() string { return string(e) }
