package syscalls

import "testing"

func TestName(t *testing.T) {
	for _, c := range []struct {
		arch   uint32
		number int64
		want   string
	}{
		{PPC64LE, 11, "execve"},
		{PPC64LE, 26, "ptrace"},
		{PPC64LE, 328, "connect"},
		{PPC64LE, 102, "socketcall"},
		{PPC, 90, "mmap"},
		{S390X, 11, "execve"},
		{S390X, 362, "connect"},
		{S390X, 208, "setresuid"},
		{S390X, 90, "old_mmap"},
		{S390X, 125, "mprotect"},
		{S390, 11, "execve"},
		{S390, 23, "setuid"},
		{S390, 208, "setresuid"},
		{S390, 164, "setresuid"},
		{S390, 192, "old_mmap"},
		{RISCV64, 221, "execve"},
		{RISCV64, 203, "connect"},
		{LoongArch64, 221, "execve"},
		{LoongArch64, 117, "ptrace"},
		{MIPS, 4011, "execve"},
		{MIPSEL, 4170, "connect"},
		{MIPS64, 5057, "execve"},
		{SPARC64, 59, "execve"},
		{ARMEB, 283, "connect"},
		{MIPS, 11, ""},
		{0xc0009026, 59, ""},
		{PPC64, -1, ""},
		{PPC64, 1 << 40, ""},
	} {
		if got := Name(c.arch, c.number); got != c.want {
			t.Errorf("call %d of %s is %q, want %q", c.number, ArchName(c.arch), got, c.want)
		}
	}
}

// TestAllHaveWhatMatters: an architecture whose table lacks one of these is blind.
func TestAllHaveWhatMatters(t *testing.T) {
	for arch := range tables {
		for _, call := range []string{
			"execve", "execveat", "ptrace", "process_vm_writev", "mprotect", "memfd_create", "setuid", "setresuid", "openat", "unlinkat",
			"clone", "unshare", "setns", "mount", "connect", "bpf", "finit_module", "pidfd_getfd", "io_uring_enter", "utimensat",
		} {
			if _, ok := numbers()[arch][call]; !ok {
				t.Errorf("%s has no %s", ArchName(arch), call)
			}
		}
	}
}

func TestCall(t *testing.T) {
	for _, c := range []struct {
		arch, name string
		machine    uint32
		number     int64
		ok         bool
	}{
		{"ppc64le", "execve", PPC64LE, 11, true},
		{"x86_64", "setuid32", X8664, 105, true},
		{"alpha", "ptrace", X8664, 101, true},
		{"s390x", "connect", S390X, 362, true},
		{"riscv64", "flyaway", RISCV64, 0, false},
		{"nothing", "execve", X8664, 59, true},
	} {
		if machine, number, ok := Call(c.arch, c.name); machine != c.machine || number != c.number || ok != c.ok {
			t.Errorf("%s of %s is %d of %s (%v)", c.name, c.arch, number, ArchName(machine), ok)
		}
	}
	for name, arch := range map[string]uint32{"arm64": AArch64, "loong64": LoongArch64, "mips64n32": 0xa0000008} {
		if got, ok := Arch(name); !ok || got != arch {
			t.Errorf("%s is %#x", name, got)
		}
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		call  string
		which uint64
		want  string
	}{
		{"socketcall", 3, "connect"},
		{"socketcall", 18, "accept4"},
		{"socketcall", 20, "sendmmsg"},
		{"socketcall", 21, ""},
		{"socketcall", 0, ""},
		{"ipc", 1, "semop"},
		{"ipc", 0x10017, "shmget"},
		{"ipc", 5, ""},
		{"ipc", 24, "shmctl"},
		{"ipc", 25, ""},
		{"read", 1, ""},
	} {
		if got := Within(c.call, c.which); got != c.want {
			t.Errorf("%s of %d is %q, want %q", c.call, c.which, got, c.want)
		}
	}
}
