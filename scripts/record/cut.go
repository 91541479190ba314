package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/bpf"
)

// act is what the simulator says of a thing that it did; see its Act.
type act struct {
	ID        string `json:"id"`
	NearMiss  bool   `json:"near_miss"`
	Variant   string `json:"variant"`
	Status    string `json:"status"`
	Reason    string `json:"reason"`
	SeenBy    string `json:"seen_by"`
	PID       int64  `json:"pid"`
	TargetPID int64  `json:"target_pid"`
	ParentPID int64  `json:"parent_pid"`
	PIDs      []int64
	StartedNS int64 `json:"started_ns"`
	EndedNS   int64 `json:"ended_ns"`

	text []byte // its line
}

func readActs(r io.Reader) ([]act, error) {
	var acts []act
	d := json.NewDecoder(r)
	for {
		var raw json.RawMessage
		if err := d.Decode(&raw); errors.Is(err, io.EOF) {
			return acts, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading what the simulator said: %w", err)
		}
		a := act{text: raw}
		if err := json.Unmarshal(raw, &a); err != nil {
			return nil, fmt.Errorf("reading what the simulator said: %w", err)
		}
		acts = append(acts, a)
	}
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// fileName gives a recording's name without its endings: fire-AN0579-attach.
func (a *act) fileName() string {
	verdict, variant := "fire", strings.Trim(unfit.ReplaceAllString(strings.ToLower(a.Variant), "-"), "-")
	if a.NearMiss {
		verdict = "quiet"
	}
	if variant == "" {
		variant = "main"
	}
	return verdict + "-" + a.ID + "-" + variant
}

// cut gives the part of a filtered recording that is one of several acts: the processes that the driver started for it
// and all that came of them, and the driver itself while the act lasted.
func cut(rounds []round, driver int64, a *act) []round {
	branch := map[int64]int64{} // of each process, the driver's child that it comes from
	began := map[int64]int64{}  // of each such child
	for _, r := range rounds {
		for _, l := range r.forks {
			if m := &l.life; m.PPID == driver {
				branch[m.PID], began[m.PID] = m.PID, m.TimeNS
			} else {
				branch[m.PID] = branch[m.PPID]
			}
		}
	}
	wanted := map[int64]bool{}
	for child, at := range began {
		wanted[child] = a.StartedNS <= at && at <= a.EndedNS
	}
	for _, pid := range append([]int64{a.PID, a.TargetPID, a.ParentPID}, a.PIDs...) {
		if b := branch[pid]; b != 0 {
			wanted[b] = true
		}
	}
	// Only the driver's start and its own calls within the act are kept of it. Audit's clock lags by up to a tick of 10 ms.
	during := func(ns int64) bool { return a.StartedNS-10e6 <= ns && ns <= a.EndedNS }
	started := false
	ownGroups := map[string]bool{}
	keep := func(pid, ns int64) bool {
		if pid == driver {
			return during(ns)
		}
		return wanted[branch[pid]]
	}
	var out []round
	for _, r := range rounds {
		c := round{}
		for _, l := range r.forks {
			if l.life.PID == driver || wanted[branch[l.life.PID]] {
				c.forks = append(c.forks, l)
			}
		}
		for _, l := range r.records {
			if !l.leads() {
				continue
			}
			pid := l.pid()
			// The driver's own execution says who the actors' parent is.
			first := pid == driver && !started && (l.typ == "SYSCALL" || l.execution)
			started = started || first
			ownGroups[l.group] = first || keep(pid, l.ns())
		}
		for _, l := range r.records {
			if _, known := ownGroups[l.group]; !known {
				ownGroups[l.group] = keep(l.pid(), l.ns())
			}
			if ownGroups[l.group] {
				c.records = append(c.records, l)
			}
		}
		for _, l := range r.rest {
			if l.life.PID == driver && l.life.Kind == collectors.Executed || keep(l.life.PID, l.life.TimeNS) {
				c.rest = append(c.rest, l)
			}
		}
		for _, l := range r.facts {
			if l.typ == bpf.Line {
				c.facts = append(c.facts, l)
			} else if x, err := l.fact(); err == nil && keepFact(x, driver, func(pid int64) bool { return wanted[branch[pid]] }) {
				c.facts = append(c.facts, l)
			}
		}
		if !c.empty() {
			out = append(out, c)
		}
	}
	return out
}

func keepFact(x factBody, driver int64, wanted func(int64) bool) bool {
	if slices.Contains([]string{"boot", "walk", "user"}, x.Fact) {
		return true
	}
	var pid int64
	if _, err := fmt.Sscan(x.Key, &pid); err != nil {
		return false
	}
	return pid == driver || wanted(pid)
}

// groupNS gives the time of "audit(1795301946.224:372157)" in Unix nanoseconds, 0 if it is none.
func groupNS(group string) int64 {
	var s, ms, serial int64
	if _, err := fmt.Sscanf(group, "audit(%d.%d:%d)", &s, &ms, &serial); err != nil {
		return 0
	}
	return s*1e9 + ms*1e6
}
