// Package linux names the flags, requests and paths of the Linux kernel.
package linux

import (
	"strconv"

	"github.com/apiwatch/apiwatch/collectors/names"
)

// Names and values are the kernel's: include/uapi/linux/{ptrace,sched,mount,memfd,keyctl,bpf,fcntl}.h and
// include/uapi/asm-generic/mman*.h.

// Protection bits of mmap(2).
const (
	ProtRead  = 1
	ProtWrite = 2
	ProtExec  = 4
)

// MapAnonymous is mmap's flag for memory without a file.
const MapAnonymous = 0x20

// Requests of ptrace(2) that detections and collectors look at.
const (
	PtraceTraceme    = 0
	PtracePokeText   = 4
	PtracePokeData   = 5
	PtracePokeUser   = 6
	PtraceSetRegs    = 13
	PtraceSetFPRegs  = 15
	PtraceAttach     = 16
	PtraceSetRegSet  = 0x4205
	PtraceSeize      = 0x4206
	CloneNewUser     = 0x10000000
	SetIDBits        = 0o6000
	AtEmptyPath      = 0x1000
	MSBind           = 0x1000
	MSMove           = 0x2000
	OpenWriteOnly    = 1
	OpenReadWrite    = 2
	OpenAccessMode   = 3
	OpenTreeClone    = 1
	MoveMountFEmpty  = 4
	sockFamilyUnix   = 1
	sockFamilyInet   = 2
	sockFamilyInet6  = 10
	sockFamilyNetlnk = 16
	sockFamilyPacket = 17
	sockFamilyVsock  = 40
	sockFamilyAlg    = 38
	sockFamilyBT     = 31
)

var protFlags = []named{
	{1, "PROT_READ"},
	{2, "PROT_WRITE"},
	{4, "PROT_EXEC"},
	{8, "PROT_SEM"},
	{0x01000000, "PROT_GROWSDOWN"},
	{0x02000000, "PROT_GROWSUP"},
}

var mapFlags = []named{
	{0x10, "MAP_FIXED"},
	{0x20, "MAP_ANONYMOUS"},
	{0x40, "MAP_32BIT"},
	{0x100, "MAP_GROWSDOWN"},
	{0x800, "MAP_DENYWRITE"},
	{0x1000, "MAP_EXECUTABLE"},
	{0x2000, "MAP_LOCKED"},
	{0x4000, "MAP_NORESERVE"},
	{0x8000, "MAP_POPULATE"},
	{0x10000, "MAP_NONBLOCK"},
	{0x20000, "MAP_STACK"},
	{0x40000, "MAP_HUGETLB"},
	{0x80000, "MAP_SYNC"},
	{0x100000, "MAP_FIXED_NOREPLACE"},
}

// Prot names the bits of a protection.
func Prot(v uint64) string { return names.Flags(v, protFlags, "PROT_NONE") }

// PtraceRequest names a request of ptrace(2).
func PtraceRequest(v uint64) string { return names.Enum(v, ptraceRequests) }

// CloneNamespaces are the flags of clone(2) that make namespaces: CLONE_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET.
const CloneNamespaces = 0x7e020000

// CloneFlags names namespaces and what else clone(2), unshare(2) and setns(2) take.
func CloneFlags(v uint64) string { return names.Flags(v, cloneFlags, "0") }

// MountFlags names the flags of mount(2), without the magic number that old programs set.
func MountFlags(v uint64) string { return names.Flags(v&^0xffff0000_00000000, mountFlags, "0") }

// FileMode gives the permission bits of a mode in octal.
func FileMode(v uint64) string { return "0" + strconv.FormatUint(v&0o7777, 8) }

// MemfdFlags names the flags of memfd_create(2).
func MemfdFlags(v uint64) string { return names.Flags(v, memfdFlags, "0") }

// KeyctlOp names an operation of keyctl(2).
func KeyctlOp(v uint64) string { return names.Enum(v, keyctlOps) }

// BPFCommand names a command of bpf(2).
func BPFCommand(v uint64) string { return names.Enum(v, bpfCommands) }

// AtFlags names the flags of the calls whose name ends in at.
func AtFlags(v uint64) string { return names.Flags(v, atFlags, "0") }

// SocketFamily names an address family.
func SocketFamily(v uint64) string { return names.Enum(v, socketFamilies) }

// MapFlags names the flags of mmap(2). It reads the type in the low four bits as a number, because MAP_SHARED_VALIDATE is 3.
func MapFlags(v uint64) string {
	kind := map[uint64]string{1: "MAP_SHARED", 2: "MAP_PRIVATE", 3: "MAP_SHARED_VALIDATE"}[v&0xf]
	rest := names.Flags(v&^0xf, mapFlags, "")
	switch {
	case kind == "":
		return names.Flags(v, mapFlags, "0")
	case rest == "":
		return kind
	}
	return kind + "|" + rest
}

var ptraceRequests = []named{
	{0, "PTRACE_TRACEME"},
	{1, "PTRACE_PEEKTEXT"},
	{2, "PTRACE_PEEKDATA"},
	{3, "PTRACE_PEEKUSR"},
	{4, "PTRACE_POKETEXT"},
	{5, "PTRACE_POKEDATA"},
	{6, "PTRACE_POKEUSR"},
	{7, "PTRACE_CONT"},
	{8, "PTRACE_KILL"},
	{9, "PTRACE_SINGLESTEP"},
	{12, "PTRACE_GETREGS"},
	{13, "PTRACE_SETREGS"},
	{14, "PTRACE_GETFPREGS"},
	{15, "PTRACE_SETFPREGS"},
	{16, "PTRACE_ATTACH"},
	{17, "PTRACE_DETACH"},
	{18, "PTRACE_GETFPXREGS"},
	{19, "PTRACE_SETFPXREGS"},
	{24, "PTRACE_SYSCALL"},
	{25, "PTRACE_GET_THREAD_AREA"},
	{26, "PTRACE_SET_THREAD_AREA"},
	{30, "PTRACE_ARCH_PRCTL"},
	{31, "PTRACE_SYSEMU"},
	{32, "PTRACE_SYSEMU_SINGLESTEP"},
	{33, "PTRACE_SINGLEBLOCK"},
	{0x4200, "PTRACE_SETOPTIONS"},
	{0x4201, "PTRACE_GETEVENTMSG"},
	{0x4202, "PTRACE_GETSIGINFO"},
	{0x4203, "PTRACE_SETSIGINFO"},
	{0x4204, "PTRACE_GETREGSET"},
	{0x4205, "PTRACE_SETREGSET"},
	{0x4206, "PTRACE_SEIZE"},
	{0x4207, "PTRACE_INTERRUPT"},
	{0x4208, "PTRACE_LISTEN"},
	{0x4209, "PTRACE_PEEKSIGINFO"},
	{0x420a, "PTRACE_GETSIGMASK"},
	{0x420b, "PTRACE_SETSIGMASK"},
	{0x420c, "PTRACE_SECCOMP_GET_FILTER"},
	{0x420d, "PTRACE_SECCOMP_GET_METADATA"},
	{0x420e, "PTRACE_GET_SYSCALL_INFO"},
	{0x420f, "PTRACE_GET_RSEQ_CONFIGURATION"},
	{0x4210, "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG"},
	{0x4211, "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG"},
	{0x4212, "PTRACE_SET_SYSCALL_INFO"},
}

var cloneFlags = []named{
	{0x80, "CLONE_NEWTIME"},
	{0x100, "CLONE_VM"},
	{0x200, "CLONE_FS"},
	{0x400, "CLONE_FILES"},
	{0x800, "CLONE_SIGHAND"},
	{0x10000, "CLONE_THREAD"},
	{0x20000, "CLONE_NEWNS"},
	{0x40000, "CLONE_SYSVSEM"},
	{0x02000000, "CLONE_NEWCGROUP"},
	{0x04000000, "CLONE_NEWUTS"},
	{0x08000000, "CLONE_NEWIPC"},
	{0x10000000, "CLONE_NEWUSER"},
	{0x20000000, "CLONE_NEWPID"},
	{0x40000000, "CLONE_NEWNET"},
}

var mountFlags = []named{
	{1, "MS_RDONLY"},
	{2, "MS_NOSUID"},
	{4, "MS_NODEV"},
	{8, "MS_NOEXEC"},
	{16, "MS_SYNCHRONOUS"},
	{32, "MS_REMOUNT"},
	{64, "MS_MANDLOCK"},
	{128, "MS_DIRSYNC"},
	{256, "MS_NOSYMFOLLOW"},
	{1024, "MS_NOATIME"},
	{2048, "MS_NODIRATIME"},
	{4096, "MS_BIND"},
	{8192, "MS_MOVE"},
	{16384, "MS_REC"},
	{32768, "MS_SILENT"},
	{1 << 16, "MS_POSIXACL"},
	{1 << 17, "MS_UNBINDABLE"},
	{1 << 18, "MS_PRIVATE"},
	{1 << 19, "MS_SLAVE"},
	{1 << 20, "MS_SHARED"},
	{1 << 21, "MS_RELATIME"},
	{1 << 23, "MS_I_VERSION"},
	{1 << 24, "MS_STRICTATIME"},
	{1 << 25, "MS_LAZYTIME"},
}

var openFlags = []named{
	{0o100, "O_CREAT"},
	{0o200, "O_EXCL"},
	{0o400, "O_NOCTTY"},
	{0o1000, "O_TRUNC"},
	{0o2000, "O_APPEND"},
	{0o4000, "O_NONBLOCK"},
	{0o4010000, "O_SYNC"},
	{0o10000, "O_DSYNC"},
	{0o20000, "O_ASYNC"},
	{0o40000, "O_DIRECT"},
	{0o100000, "O_LARGEFILE"},
	{0o20200000, "O_TMPFILE"},
	{0o200000, "O_DIRECTORY"},
	{0o400000, "O_NOFOLLOW"},
	{0o1000000, "O_NOATIME"},
	{0o2000000, "O_CLOEXEC"},
	{0o10000000, "O_PATH"},
}

// OpenFlags names the flags of open(2).
func OpenFlags(v uint64) string {
	mode := [4]string{"O_RDONLY", "O_WRONLY", "O_RDWR", "0x3"}[v&OpenAccessMode]
	if rest := names.Flags(v&^OpenAccessMode, openFlags, ""); rest != "" {
		return mode + "|" + rest
	}
	return mode
}

var memfdFlags = []named{
	{1, "MFD_CLOEXEC"}, {2, "MFD_ALLOW_SEALING"}, {4, "MFD_HUGETLB"}, {8, "MFD_NOEXEC_SEAL"}, {16, "MFD_EXEC"},
}

var keyctlOps = []named{
	{0, "KEYCTL_GET_KEYRING_ID"},
	{1, "KEYCTL_JOIN_SESSION_KEYRING"},
	{2, "KEYCTL_UPDATE"},
	{3, "KEYCTL_REVOKE"},
	{4, "KEYCTL_CHOWN"},
	{5, "KEYCTL_SETPERM"},
	{6, "KEYCTL_DESCRIBE"},
	{7, "KEYCTL_CLEAR"},
	{8, "KEYCTL_LINK"},
	{9, "KEYCTL_UNLINK"},
	{10, "KEYCTL_SEARCH"},
	{11, "KEYCTL_READ"},
	{12, "KEYCTL_INSTANTIATE"},
	{13, "KEYCTL_NEGATE"},
	{14, "KEYCTL_SET_REQKEY_KEYRING"},
	{15, "KEYCTL_SET_TIMEOUT"},
	{16, "KEYCTL_ASSUME_AUTHORITY"},
	{17, "KEYCTL_GET_SECURITY"},
	{18, "KEYCTL_SESSION_TO_PARENT"},
	{19, "KEYCTL_REJECT"},
	{20, "KEYCTL_INSTANTIATE_IOV"},
	{21, "KEYCTL_INVALIDATE"},
	{22, "KEYCTL_GET_PERSISTENT"},
}

var bpfCommands = []named{
	{0, "BPF_MAP_CREATE"},
	{1, "BPF_MAP_LOOKUP_ELEM"},
	{2, "BPF_MAP_UPDATE_ELEM"},
	{3, "BPF_MAP_DELETE_ELEM"},
	{4, "BPF_MAP_GET_NEXT_KEY"},
	{5, "BPF_PROG_LOAD"},
	{6, "BPF_OBJ_PIN"},
	{7, "BPF_OBJ_GET"},
	{8, "BPF_PROG_ATTACH"},
	{9, "BPF_PROG_DETACH"},
	{10, "BPF_PROG_TEST_RUN"},
	{11, "BPF_PROG_GET_NEXT_ID"},
	{12, "BPF_MAP_GET_NEXT_ID"},
	{13, "BPF_PROG_GET_FD_BY_ID"},
	{14, "BPF_MAP_GET_FD_BY_ID"},
	{15, "BPF_OBJ_GET_INFO_BY_FD"},
	{16, "BPF_PROG_QUERY"},
	{17, "BPF_RAW_TRACEPOINT_OPEN"},
	{18, "BPF_BTF_LOAD"},
	{19, "BPF_BTF_GET_FD_BY_ID"},
	{20, "BPF_TASK_FD_QUERY"},
	{28, "BPF_LINK_CREATE"},
	{29, "BPF_LINK_UPDATE"},
}

var atFlags = []named{
	{0x100, "AT_SYMLINK_NOFOLLOW"},
	{0x200, "AT_REMOVEDIR"},
	{0x400, "AT_SYMLINK_FOLLOW"},
	{0x800, "AT_NO_AUTOMOUNT"},
	{0x1000, "AT_EMPTY_PATH"},
}

var socketFamilies = []named{
	{sockFamilyUnix, "AF_UNIX"},
	{sockFamilyInet, "AF_INET"},
	{sockFamilyInet6, "AF_INET6"},
	{sockFamilyNetlnk, "AF_NETLINK"},
	{sockFamilyPacket, "AF_PACKET"},
	{sockFamilyBT, "AF_BLUETOOTH"},
	{sockFamilyAlg, "AF_ALG"},
	{sockFamilyVsock, "AF_VSOCK"},
}

// PtraceAction groups ptrace's requests by what they do to the target.
func PtraceAction(request uint64) string {
	switch request {
	case PtraceTraceme:
		return "trace_me"
	case PtraceAttach, PtraceSeize:
		return "attach"
	case PtracePokeText, PtracePokeData:
		return "write_memory"
	case PtracePokeUser, PtraceSetRegs, PtraceSetFPRegs, PtraceSetRegSet:
		return "write_registers"
	}
	return "other"
}
