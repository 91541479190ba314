package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

var an1046 = Behaviour{
	ID:    "AN1046",
	Title: "Look for a debugger",
	Explain: `a program and then a Python script have themselves traced by whoever started them, which fails where a debugger is there; ` +
		`nobody's script looks for TracerPid in /proc/self/status
near miss: a debugger of its own child; an administrator types it on a terminal; a script looks for another line there`,
	Simulate: on(simulateDebuggerChecks),
	NearMiss: on(nearMissDebuggerChecks),
}

func simulateDebuggerChecks(s *stage) error {
	checker, err := s.play("checker", "trace-me")
	if err != nil {
		return err
	}
	if err := checker.finish(); err != nil {
		return err
	}
	s.did(checker.act("traceme", "had itself traced by its creator"))
	script, err := s.perform("python3", "checker.py", "import ctypes\nctypes.CDLL(None).ptrace(0, 0, 0, 0)\nos._exit(0)\n", true)
	if err != nil {
		return err
	}
	s.did(script.act("python3", "a script had itself traced by its creator"))
	if script, err = s.perform("sh", "tracer.sh", commands("sh", pause, "grep TracerPid /proc/self/status"), true); err != nil {
		return err
	}
	s.did(script.act("TracerPid", "a script looked who traces it"))
	return nil
}

// traceMe has this process traced by its creator and ends at once: a signal would stop it for good.
func traceMe([]string) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PTRACE, unix.PTRACE_TRACEME, 0, 0, 0, 0, 0)
	_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT_GROUP, uintptr(errno), 0, 0)
	return nil
}

func nearMissDebuggerChecks(s *stage) error {
	debugger, err := s.play("debugger", "debug-child", "traceme")
	if err != nil {
		return err
	}
	if err := debugger.finish(); err != nil {
		return err
	}
	s.did(debugger.act("debugger", "debugged its own child"))
	if err := s.typed("an administrator looked who traces a shell", "grep TracerPid /proc/self/status"); err != nil {
		return err
	}
	script, err := s.perform("sh", "memory.sh", commands("sh", pause, "grep VmRSS /proc/self/status"), true)
	if err != nil {
		return err
	}
	s.did(script.act("VmRSS", "a script looked how much memory a command has"))
	return nil
}
