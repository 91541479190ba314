package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// A role is what this program does when a behaviour starts it again under another name. It talks to the simulator by
// lines on standard output and input.
type role func(args []string) error

var roles = map[string]role{
	"linger":         linger,
	"victim":         victim,
	"ptrace":         ptraceSibling,
	"debug-child":    debugChild,
	"vm-write":       vmWrite,
	"vm-read":        vmRead,
	"vm-write-child": vmWriteChild,
	"mem-write":      memWrite,
	"mem-near":       memNear,
	"memfd-exec":     memfdExec,
	"memory-exec":    memoryExec,
	"memory-near":    memoryNear,
	"vdso":           vdsoSibling,
	"hide":           hideProcess,
	"hidden":         hiddenProcess,
	"mount-near":     mountNear,
	"enter":          enterContainer,
	"escape":         escapeContainer,
	"contained":      containedWork,
	"chmod":          chmodFile,
	"utimensat":      backdate,
	"connect":        connectShare,
	"trace-me":       traceMe,
	"open":           openFiles,
	"open-write":     openToWrite,
	"load-module":    loadModule,
	"connect-unix":   connectSocket,
}

const (
	rolePrefix = "--role="
	// exitNotRun is a role's exit status when the system does not permit what it is for.
	exitNotRun = 77
	lingerTime = 300 * time.Millisecond
)

// playRole plays the role that the arguments name and returns the exit status, or false if they name none.
func playRole(args []string) (int, bool) {
	if len(args) < 2 || !strings.HasPrefix(args[1], rolePrefix) {
		return 0, false
	}
	// A copy of this program must never be of use to others, should someone make it set-user-id.
	if syscall.Getuid() != syscall.Geteuid() || syscall.Getgid() != syscall.Getegid() {
		fmt.Fprintln(os.Stderr, "refusing to play a role with another user's rights")
		return 1, true
	}
	play, ok := roles[strings.TrimPrefix(args[1], rolePrefix)]
	if !ok {
		fmt.Fprintf(os.Stderr, "no role %q\n", args[1])
		return 2, true
	}
	err := play(args[2:])
	switch {
	case err == nil:
		return 0, true
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOSYS):
		fmt.Fprintln(os.Stderr, err)
		return exitNotRun, true
	}
	fmt.Fprintln(os.Stderr, err)
	return 1, true
}

// say writes a line to the simulator.
func say(format string, args ...any) { fmt.Fprintf(os.Stdout, format+"\n", args...) }

// linger says who it is and stays a moment.
func linger([]string) error {
	say("linger %d %d", os.Getpid(), os.Getppid())
	time.Sleep(lingerTime)
	return nil
}

// awaitEnd returns when the simulator closes our standard input.
func awaitEnd() { _, _ = io.Copy(io.Discard, os.Stdin) }
