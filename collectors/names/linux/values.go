package linux

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// values holds the numbers of the names that this package knows, and of a few that only audit's tools write.
var values = sync.OnceValue(func() map[string]uint64 {
	all := map[string]uint64{
		"MAP_SHARED": 1, "MAP_PRIVATE": 2, "MAP_SHARED_VALIDATE": 3, "MAP_ANON": MapAnonymous, "PROT_NONE": 0,
		"O_RDONLY": 0, "O_WRONLY": OpenWriteOnly, "O_RDWR": OpenReadWrite, "AT_FDCWD": 0xffffff9c,
		"PTRACE_PEEKUSER": 3, "PTRACE_POKEUSER": PtracePokeUser,
		"MNT_FORCE": 1, "MNT_DETACH": 2, "MNT_EXPIRE": 4, "UMOUNT_NOFOLLOW": 8,
		"local": sockFamilyUnix, "unix": sockFamilyUnix, "inet": sockFamilyInet, "inet6": sockFamilyInet6, "netlink": sockFamilyNetlnk,
		"packet": sockFamilyPacket, "vsock": sockFamilyVsock, "alg": sockFamilyAlg,
		"SOCK_STREAM": 1, "SOCK_DGRAM": 2, "SOCK_RAW": 3, "SOCK_SEQPACKET": 5, "SOCK_NONBLOCK": 0o4000, "SOCK_CLOEXEC": 0o2000000,
	}
	for _, table := range [][]named{
		protFlags, mapFlags, ptraceRequests, cloneFlags, mountFlags, openFlags, memfdFlags, keyctlOps, bpfCommands, atFlags, socketFamilies,
	} {
		for _, n := range table {
			all[n.Name] = n.Value
		}
	}
	for i, name := range signals {
		all["SIG"+name] = uint64(i + 1)
	}
	return all
})

// signals are those of x86 and arm by number, from 1 on (include/uapi/asm-generic/signal.h).
var signals = strings.Fields(`HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG
	XCPU XFSZ VTALRM PROF WINCH IO PWR SYS`)

// Value gives the number that a name of the kernel's stands for, or several joined by "|", among them numbers in hexadecimal.
func Value(text string) (v uint64, ok bool) {
	for word := range strings.SplitSeq(text, "|") {
		n, ok := values()[word]
		if !ok {
			hex, is := strings.CutPrefix(word, "0x")
			var err error
			if n, err = strconv.ParseUint(hex, 16, 64); !is || err != nil {
				return 0, false
			}
		}
		v |= n
	}
	return v, true
}

// capabilities by number (include/uapi/linux/capability.h), as audit's tools name them.
var capabilities = strings.Fields(`chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable
	net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin
	sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog
	wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore`)

// Capabilities gives the set that a list of names stands for, "none" for the empty one.
func Capabilities(list string) (set uint64, ok bool) {
	if list == "none" {
		return 0, true
	}
	for name := range strings.SplitSeq(list, ",") {
		i := slices.Index(capabilities, strings.TrimPrefix(name, "cap_"))
		if i < 0 {
			return 0, false
		}
		set |= 1 << i
	}
	return set, true
}

// errnos are the errors by number, from 1 on (include/uapi/asm-generic/errno-base.h and errno.h). EDEADLOCK and EWOULDBLOCK are
// other names of two of them; 41 and 58 are none.
var errnos = strings.Fields(`EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST
	EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE
	EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE
	EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO
	EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS
	ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT
	EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS
	ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM
	EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON`)

// Errno gives the number of an error by its name.
func Errno(name string) (n int64, ok bool) {
	switch name {
	case "EDEADLOCK":
		name = "EDEADLK"
	case "EWOULDBLOCK":
		name = "EAGAIN"
	}
	i := slices.Index(errnos, name)
	return int64(i + 1), i >= 0 && name != "-"
}
