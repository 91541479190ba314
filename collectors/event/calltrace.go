package event

import (
	"slices"
	"strings"
)

// stubModules hold the stubs from which a program makes its system calls.
var stubModules = []string{"ntdll.dll", "win32u.dll", "wow64cpu.dll", "wow64win.dll"}

// DirectSyscall tells whether a call trace as Sysmon writes it, "C:\Windows\SYSTEM32\ntdll.dll+9d4c4|…", begins in code that
// is none of the system's own stubs: the caller made the system call itself. A trace that is not known tells nothing.
func DirectSyscall(trace string) bool {
	first, _, _ := strings.Cut(trace, "|")
	if first == "" {
		return false
	}
	module, _, _ := strings.Cut(first, "+")
	if len(module) < 2 || module[1] != ':' {
		return true
	}
	name := LastPart(module)
	dir := strings.ToLower(module[2 : len(module)-len(name)])
	return dir != `\windows\system32\` && dir != `\windows\syswow64\` || !slices.Contains(stubModules, strings.ToLower(name))
}

// unknownFrame is how a frame begins that lies in no module, "UNKNOWN(000001F2A0B10000)".
const unknownFrame = "UNKNOWN("

// Unbacked tells whether a frame of the trace lies in no module: the code is in no file that was loaded as such.
func Unbacked(trace string) bool { return strings.Contains(trace, unknownFrame) }

// passageModules are those that most system calls go through beside the stubs, so that they tell nothing of who calls.
var passageModules = []string{"kernelbase.dll", "kernel32.dll", "wow64.dll"}

// CallerModule gives the first module of the trace that is not one that every system call goes through; "" if code in no module
// stands before it, or there is none.
func CallerModule(trace string) string {
	for frame := range strings.SplitSeq(trace, "|") {
		if strings.HasPrefix(frame, unknownFrame) {
			return ""
		}
		i := strings.LastIndexByte(frame, '+')
		if i < 0 || isPassage(strings.ToLower(LastPart(frame[:i]))) {
			continue
		}
		return frame[:i]
	}
	return ""
}

func isPassage(name string) bool {
	return slices.Contains(stubModules, name) || slices.Contains(passageModules, name)
}
