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
