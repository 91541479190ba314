package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Scripts run their commands one after the other through run, which tells the simulator each one's pid.
const (
	shPrelude = `run() { "$@" </dev/null >/dev/null 2>&1 & echo "pid $! $1"; wait $! || :; }
`
	pythonPrelude = `import os, socket, subprocess, sys, time
def run(*command):
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print("pid", p.pid, command[0], flush=True)
    p.wait()
`
)

// script writes a script for sh, bash or python3 and starts it; unprivileged, it is nobody's.
func (s *stage) script(interpreter, name, body string, unprivileged bool) (*actor, error) {
	path := look(interpreter)
	if path == "" {
		return nil, notRunError("no " + interpreter + " on this machine")
	}
	if interpreter == "sh" {
		path = "/bin/sh"
	}
	prelude := shPrelude
	if interpreter == "python3" {
		prelude = pythonPrelude
	}
	file, err := s.file(name, "#!"+path+"\n"+prelude+body, 0o755)
	if err != nil {
		return nil, err
	}
	return s.start(cast{path: file, unprivileged: unprivileged})
}

// perform runs a script to its end.
func (s *stage) perform(interpreter, name, body string, unprivileged bool) (*actor, error) {
	a, err := s.script(interpreter, name, body, unprivileged)
	if err != nil {
		return nil, err
	}
	return a, a.finish()
}

// commands writes a script's lines that run the commands whose programs this machine has.
func commands(interpreter string, lines ...string) string {
	var b strings.Builder
	for _, l := range lines {
		words := strings.Fields(l)
		if look(words[0]) == "" && !filepath.IsAbs(words[0]) {
			continue
		}
		if interpreter == "python3" {
			fmt.Fprintf(&b, "run(*%q.split())\n", l)
		} else {
			fmt.Fprintf(&b, "run %s\n", l)
		}
	}
	return b.String()
}
