// Package syscalls knows what the architectures of Linux call their system calls: by the numbers and names that audit records have of
// both.
package syscalls

import (
	"strconv"
	"strings"
	"sync"
)

// Architectures as a SYSCALL record's arch field gives them: AUDIT_ARCH_* of include/uapi/linux/audit.h, which is a number of ELF
// (include/uapi/linux/elf-em.h) with bits for 64-bit and little-endian ones.
const (
	X8664       = 0xc000003e
	I386        = 0x40000003
	AArch64     = 0xc00000b7
	ARM         = 0x40000028
	ARMEB       = 0x28
	LoongArch64 = 0xc0000102
	MIPS        = 0x8
	MIPSEL      = 0x40000008
	MIPS64      = 0x80000008
	MIPSEL64    = 0xc0000008
	PPC         = 0x14
	PPC64       = 0x80000015
	PPC64LE     = 0xc0000015
	RISCV32     = 0x400000f3
	RISCV64     = 0xc00000f3
	S390        = 0x16
	S390X       = 0x80000016
	SPARC       = 0x2
	SPARC64     = 0x8000002b
)

// arches names them as audit's own tools do (lib/machinetab.h of audit-userspace) or else the kernel. Of those without a table calls
// have no names.
var arches = map[uint32]string{
	X8664: "x86_64", I386: "i386", AArch64: "aarch64", ARM: "arm", ARMEB: "armeb", LoongArch64: "loongarch64",
	MIPS: "mips", MIPSEL: "mipsel", MIPS64: "mips64", MIPSEL64: "mipsel64", PPC: "ppc", PPC64: "ppc64", PPC64LE: "ppc64le",
	RISCV32: "riscv32", RISCV64: "riscv64", S390: "s390", S390X: "s390x", SPARC: "sparc", SPARC64: "sparc64",
	0xa0000008: "mips64n32", 0xe0000008: "mipsel64n32", 0x40000102: "loongarch32", 0xc0009026: "alpha", 0xc0000032: "ia64",
	0xf: "parisc", 0x8000000f: "parisc64", 0x4: "m68k", 0x2a: "sh", 0x4000002a: "shel", 0x8000002a: "sh64", 0xc000002a: "shel64",
	0x4000005d: "arcompact", 0x5d: "arcompactbe", 0x400000c3: "arcv2", 0xc3: "arcv2be", 0xbd: "microblaze", 0x5c: "openrisc",
	0x400000fc: "csky", 0x5e: "xtensa", 0x4000005e: "xtensa", 0xa4: "hexagon", 0x40000071: "nios2", 0x400000a7: "nds32",
	0xa7: "nds32be", 0xc00000bf: "tilegx", 0x400000bf: "tilegx32", 0x400000bc: "tilepro", 0x6e: "unicore", 0x4000006e: "unicore",
	0x4000004c: "cris", 0x5441: "frv",
}

// byName gives the architectures by those names, and by others that audit's tools know them by.
var byName = sync.OnceValue(func() map[string]uint32 {
	all := map[string]uint32{
		"i486": I386, "i586": I386, "i686": I386, "x86": I386, "amd64": X8664, "arm64": AArch64, "armv5tejl": ARM, "armv6l": ARM,
		"armv7l": ARM, "loong64": LoongArch64,
	}
	for arch, name := range arches {
		all[name] = arch
	}
	return all
})

// Arch gives an architecture by its name.
func Arch(name string) (uint32, bool) {
	arch, ok := byName()[name]
	return arch, ok
}

// ArchName gives the name of an architecture, its number in hexadecimal where it has none here.
func ArchName(arch uint32) string {
	if name := arches[arch]; name != "" {
		return name
	}
	return "0x" + strconv.FormatUint(uint64(arch), 16)
}

// Known tells whether the calls of an architecture have names.
func Known(arch uint32) bool { return tables[arch] != nil }

// IsMIPS tells whether an architecture is one of MIPS, whose numbers of errors and flags are of its own.
func IsMIPS(arch uint32) bool { return arch&0xffff == MIPS }

// tables holds each architecture's calls by number: names follow each other, and a number says where the count goes on.
var tables = map[uint32]func() []string{
	X8664: table(x8664Calls), I386: table(i386Calls), AArch64: table(aarch64Calls), ARM: arm, ARMEB: arm,
	LoongArch64: table(loong64Calls), MIPS: mips, MIPSEL: mips, MIPS64: mips64, MIPSEL64: mips64,
	PPC: table(ppcCalls), PPC64: ppc64, PPC64LE: ppc64, RISCV32: riscv, RISCV64: riscv, S390: sync.OnceValue(s390), S390X: s390x,
	SPARC: sparc, SPARC64: sparc,
}

var (
	arm, mips, mips64, ppc64 = table(armCalls), table(mipsCalls), table(mips64Calls), table(ppc64Calls)
	riscv, sparc             = table(riscv64Calls), table(sparc64Calls)
	s390x                    = sync.OnceValue(func() []string {
		names := parseTable(s390xCalls)
		names[90] = oldMmap
		return names
	})
)

func table(text string) func() []string {
	return sync.OnceValue(func() []string { return parseTable(text) })
}

func parseTable(table string) []string {
	var names []string
	for word := range strings.FieldsSeq(table) {
		if n, err := strconv.Atoi(word); err == nil {
			for len(names) < n {
				names = append(names, "")
			}
			continue
		}
		names = append(names, sameName(word))
	}
	return names
}

// s390 gives the calls of 31 bits: those of 64, beside some that are older or take halves of numbers
// (arch/s390/kernel/syscalls/syscall.tbl).
func s390() []string {
	names := append([]string(nil), s390x()...)
	for number, name := range map[int]string{
		13: "time", 16: "lchown", 23: "setuid", 24: "getuid", 25: "stime", 46: "setgid", 47: "getgid", 49: "geteuid", 50: "getegid",
		70: "setreuid", 71: "setregid", 76: "getrlimit", 80: "getgroups", 81: "setgroups", 95: "fchown", 101: "ioperm", 138: "setfsuid",
		139: "setfsgid", 140: "_llseek", 142: "_newselect", 164: "setresuid", 165: "getresuid", 170: "setresgid", 171: "getresgid",
		182: "chown", 191: "ugetrlimit", 192: oldMmap, 193: "truncate64", 194: "ftruncate64", 195: "stat64", 196: "lstat64",
		197: "fstat64", 221: "fcntl64", 223: "sendfile64", 264: "fadvise64_64", 293: "fstatat64",
	} {
		names[number] = name
	}
	return names
}

// oldMmap is a mapping of memory whose arguments lie in a struct, where no record tells them: the call 90 of i386, and all of s390.
const oldMmap = "old_mmap"

// sameName gives a call of 32 bits the name of the call that does the same with 64: rules and detections then need one.
func sameName(name string) string {
	switch name {
	case "setuid32", "setgid32", "setreuid32", "setregid32", "setresuid32", "setresgid32", "setfsuid32", "setfsgid32",
		"setgroups32", "chown32", "fchown32", "lchown32", "getuid32", "getgid32", "geteuid32", "getegid32",
		"getresuid32", "getresgid32", "getgroups32":
		return strings.TrimSuffix(name, "32")
	}
	return name
}

// Name gives the name of a call, "" if it is unknown.
func Name(arch uint32, number int64) string {
	if arch == X8664 && number&X32Bit != 0 {
		number &^= X32Bit
		if name := x32Calls[number]; name != "" {
			return name
		}
		if number >= 512 {
			return ""
		}
	}
	names := Table(arch)
	if number < 0 || number >= int64(len(names)) {
		return ""
	}
	return names[number]
}

// Table gives an architecture's calls by their numbers, "" for those that have no name.
func Table(arch uint32) []string {
	if of := tables[arch]; of != nil {
		return of()
	}
	return nil
}

// numbers holds each architecture's calls by name.
var numbers = sync.OnceValue(func() map[uint32]map[string]int64 {
	all := make(map[uint32]map[string]int64)
	for arch, table := range tables {
		all[arch] = make(map[string]int64)
		for n, name := range table() {
			if _, twice := all[arch][name]; !twice && name != "" {
				all[arch][name] = int64(n)
			}
		}
	}
	return all
})

// Call gives the architecture and number of a call by the names that audit's tools and shippers put in their place. An
// architecture only says how calls are numbered: of one that is not known here, x86_64's numbers stand for the calls.
func Call(arch, name string) (machine uint32, number int64, ok bool) {
	machine, known := Arch(arch)
	if !known || !Known(machine) {
		machine = X8664
	}
	number, ok = numbers()[machine][sameName(name)]
	return machine, number, ok
}

// Within gives the call that one which stands for several was used for, by its first argument: socketcall's
// (include/uapi/linux/net.h) and ipc's (include/uapi/linux/ipc.h) of i386, s390, ppc, mips and others; "" for none.
func Within(call string, which uint64) string {
	var names []string
	switch call {
	case "socketcall":
		names = socketCalls
	case "ipc":
		names = ipcCalls
		which &= 0xffff // above it stands a version
	}
	if which < uint64(len(names)) {
		return names[which]
	}
	return ""
}

var socketCalls = strings.Split(",socket,bind,connect,listen,accept,getsockname,getpeername,socketpair,send,recv,sendto,recvfrom,"+
	"shutdown,setsockopt,getsockopt,sendmsg,recvmsg,accept4,recvmmsg,sendmmsg", ",")

var ipcCalls = strings.Split(",semop,semget,semctl,semtimedop,,,,,,,msgsnd,msgrcv,msgget,msgctl,,,,,,,shmat,shmdt,shmget,shmctl", ",")
