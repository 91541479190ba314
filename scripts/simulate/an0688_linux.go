package main

import (
	"fmt"
	"strconv"
)

var an0688 = Behaviour{
	ID:    "AN0688",
	Title: "Intercept a second factor",
	Explain: `a program in /tmp asks the kernel to take it for a module, which it refuses; nobody's program tries to open the keyboard ` +
		`three times; another once, and looks at the files that what is called ssh-agent holds open
near miss: a program tries to open the keyboard once and looks at its own files; an administrator types cat of it three times`,
	Simulate: on(simulateMFA),
	NearMiss: on(nearMissMFA),
	SeenBy:   map[string]string{"chain": "ebpf"},
}

func simulateMFA(s *stage) error {
	device, err := s.device(keyboard)
	if err != nil {
		return err
	}
	if err := s.opens("module", "asked the kernel to load a module", "driver", "load-module", false); err != nil {
		return err
	}
	if err := s.opens("polled", "tried to open the keyboard three times", "poller", "open", true, device, device, device); err != nil {
		return err
	}
	path, err := s.prop("ssh-agent")
	if err != nil {
		return err
	}
	agent, err := s.start(cast{path: path, args: []string{rolePrefix + "victim"}, unprivileged: true})
	if err != nil {
		return err
	}
	if _, err := agent.read(); err != nil {
		return err
	}
	path, err = s.prop("thief")
	if err != nil {
		return err
	}
	thief, err := s.start(cast{
		path: path, args: []string{rolePrefix + "open", device, fmt.Sprintf("/proc/%d/fd", agent.pid)}, unprivileged: true,
	})
	if err != nil {
		return err
	}
	if err := thief.finish(); err != nil {
		return err
	}
	s.did(thief.act("chain", "tried to open the keyboard and looked at what an agent holds open").to(agent))
	return nil
}

func nearMissMFA(s *stage) error {
	device, err := s.device(keyboard)
	if err != nil {
		return err
	}
	if err := s.opens("once", "tried to open the keyboard once", "once", "open", true, device, "/proc/self/fd"); err != nil {
		return err
	}
	cat := "cat " + device
	return s.typed("an administrator looked at the keyboard's device", cat, cat, cat)
}

// traceIt lets an actor attach to another and only read.
func (s *stage) traceIt(target *actor) (tracer, traced *actor, err error) {
	if tracer, err = s.play("tracer", "ptrace", "attach", "read", strconv.Itoa(target.pid)); err != nil {
		return nil, nil, err
	}
	return tracer, target, tracer.finish()
}
