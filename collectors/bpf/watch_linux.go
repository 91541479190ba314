package bpf

import "github.com/apiwatch/apiwatch/collectors/syscalls"

// Requests of ptrace that are not told, as they read or come with every stop: see the rule "ptrace" of collectors/audit.
var quietRequests = []uint{
	1, 2, 3, 7, 9, 12, 14, 17, 18, 24, 31, 32, 33, 0x4200, 0x4201, 0x4202, 0x4203, 0x4204, 0x4207, 0x4208, 0x4209, 0x420a, 0x420b, 0x420e,
}

// Commands of bpf that are not told, as they read or move elements of maps: see the rule "bpf" there.
var quietCommands = []uint{1, 2, 3, 4, 7, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 30, 31}

// without gives a mask of 64 from a first number on, without some.
func without(from uint, quiet []uint) uint64 {
	mask := ^uint64(0)
	for _, n := range quiet {
		if n >= from && n-from < 64 {
			mask &^= 1 << (n - from)
		}
	}
	return mask
}

// numbers is how many calls there may be; those of 32-bit callers come behind them.
const numbers = 1024

// watches puts the watched calls in the places of their numbers.
func watches(wide, narrow uint32) (at [2 * numbers]watch) {
	for i, arch := range []uint32{wide, narrow} {
		for number := range int64(numbers) {
			name := syscalls.Name(arch, number)
			if arch == syscalls.X8664 && number >= 512 {
				name = syscalls.Name(arch, number|syscalls.X32Bit)
			}
			if w, ok := watched[name]; ok {
				at[i*numbers+int(number)] = w
			}
		}
	}
	return at
}
