package apimap

// auditEvents are the system calls that our audit rules have the kernel report, and what each brings.
var auditEvents = []Event{
	{
		"audit", 0, "SYSCALL", "process_starts", "execve", 5, "K",
		[]string{"execve"},
		"Every program that is executed.", "https://man7.org/linux/man-pages/man2/execve.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "process_starts", "execveat", 5, "K",
		[]string{"execveat"},
		"Every program that is executed.", "https://man7.org/linux/man-pages/man2/execveat.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "ptrace_events", "ptrace", 5, "K",
		[]string{"ptrace"},
		"Attaching, reading and writing memory and registers of another process.", "https://man7.org/linux/man-pages/man2/ptrace.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "process_accesses", "process_vm_readv", 5, "K",
		[]string{"process_vm_readv"},
		"Memory of another process is read or written.", "https://man7.org/linux/man-pages/man2/process_vm_readv.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "process_accesses", "process_vm_writev", 5, "K",
		[]string{"process_vm_writev"},
		"Memory of another process is read or written.", "https://man7.org/linux/man-pages/man2/process_vm_readv.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "memory_protections", "mmap", 5, "K",
		[]string{"mmap"},
		"Memory is mapped writable and executable, or executable without a file.", "https://man7.org/linux/man-pages/man2/mmap.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "memory_protections", "mprotect", 5, "K",
		[]string{"mprotect"},
		"Memory is made executable.", "https://man7.org/linux/man-pages/man2/mprotect.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "memory_protections", "pkey_mprotect", 5, "K",
		[]string{"pkey_mprotect"},
		"Memory is made executable.", "https://man7.org/linux/man-pages/man2/mprotect.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "memory_protections", "memfd_create", 5, "K",
		[]string{"memfd_create"},
		"A file without a name is made.", "https://man7.org/linux/man-pages/man2/memfd_create.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "token_changes", "setuid", 5, "K",
		[]string{"setuid"},
		"A process changes whose it is.", "https://man7.org/linux/man-pages/man2/setuid.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "token_changes", "setgid", 5, "K",
		[]string{"setgid"},
		"A process changes whose it is.", "https://man7.org/linux/man-pages/man2/setgid.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "token_changes", "setreuid", 5, "K",
		[]string{"setreuid"},
		"A process changes whose it is.", "https://man7.org/linux/man-pages/man2/setreuid.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "token_changes", "setregid", 5, "K",
		[]string{"setregid"},
		"A process changes whose it is.", "https://man7.org/linux/man-pages/man2/setregid.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "token_changes", "setresuid", 5, "K",
		[]string{"setresuid"},
		"A process changes whose it is.", "https://man7.org/linux/man-pages/man2/setresuid.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "token_changes", "setresgid", 5, "K",
		[]string{"setresgid"},
		"A process changes whose it is.", "https://man7.org/linux/man-pages/man2/setresgid.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "token_changes", "setfsuid", 5, "K",
		[]string{"setfsuid"},
		"A process changes whose it is.", "https://man7.org/linux/man-pages/man2/setfsuid.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "token_changes", "setfsgid", 5, "K",
		[]string{"setfsgid"},
		"A process changes whose it is.", "https://man7.org/linux/man-pages/man2/setfsgid.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "token_changes", "capset", 5, "K",
		[]string{"capset"},
		"A process changes its capabilities.", "https://man7.org/linux/man-pages/man2/capset.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "file_changes", "utime", 5, "K",
		[]string{"utime"},
		"The times of a file are set to given ones.", "https://man7.org/linux/man-pages/man2/utime.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "file_changes", "utimes", 5, "K",
		[]string{"utimes"},
		"The times of a file are set to given ones.", "https://man7.org/linux/man-pages/man2/utime.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "file_changes", "utimensat", 5, "K",
		[]string{"utimensat"},
		"The times of a file are set to given ones.", "https://man7.org/linux/man-pages/man2/utimensat.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "file_changes", "futimesat", 5, "K",
		[]string{"futimesat"},
		"The times of a file are set to given ones.", "https://man7.org/linux/man-pages/man2/futimesat.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "file_changes", "chmod", 5, "K",
		[]string{"chmod"},
		"The set-user-ID or set-group-ID bit of a file is set.", "https://man7.org/linux/man-pages/man2/chmod.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "file_changes", "fchmod", 5, "K",
		[]string{"fchmod"},
		"The set-user-ID or set-group-ID bit of a file is set.", "https://man7.org/linux/man-pages/man2/chmod.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "file_changes", "fchmodat", 5, "K",
		[]string{"fchmodat"},
		"The set-user-ID or set-group-ID bit of a file is set.", "https://man7.org/linux/man-pages/man2/chmod.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "file_changes", "fchmodat2", 5, "K",
		[]string{"fchmodat2"},
		"The set-user-ID or set-group-ID bit of a file is set.", "https://man7.org/linux/man-pages/man2/chmod.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "network_flows", "connect", 5, "K",
		[]string{"connect"},
		"A connection to an internet address.", "https://man7.org/linux/man-pages/man2/connect.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "file_accesses", "open", 5, "K",
		[]string{"open"},
		"A file that is watched is opened, or one under /proc for writing.", "https://man7.org/linux/man-pages/man2/open.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "file_accesses", "openat", 5, "K",
		[]string{"openat"},
		"A file that is watched is opened, or one under /proc for writing.", "https://man7.org/linux/man-pages/man2/open.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "file_accesses", "creat", 5, "K",
		[]string{"creat"},
		"A file that is watched is opened, or one under /proc for writing.", "https://man7.org/linux/man-pages/man2/open.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "file_accesses", "openat2", 5, "K",
		[]string{"openat2"},
		"A file that is watched is opened, or one under /proc for writing.", "https://man7.org/linux/man-pages/man2/openat2.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "pidfd_getfd", 5, "K",
		[]string{"pidfd_getfd"},
		"A file that another process holds open is taken from it.", "https://man7.org/linux/man-pages/man2/pidfd_getfd.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "clone", 5, "K",
		[]string{"clone"},
		"A process is made in namespaces of its own.", "https://man7.org/linux/man-pages/man2/clone.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "unshare", 5, "K",
		[]string{"unshare"},
		"A process leaves a namespace.", "https://man7.org/linux/man-pages/man2/unshare.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "setns", 5, "K",
		[]string{"setns"},
		"A process enters another namespace.", "https://man7.org/linux/man-pages/man2/setns.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "mount", 5, "K",
		[]string{"mount"},
		"A file system is mounted or bound.", "https://man7.org/linux/man-pages/man2/mount.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "umount2", 5, "K",
		[]string{"umount2"},
		"A file system is unmounted.", "https://man7.org/linux/man-pages/man2/umount.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "move_mount", 5, "K",
		[]string{"move_mount"},
		"A mount is moved into place.", "https://man7.org/linux/man-pages/man2/move_mount.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "open_tree", 5, "K",
		[]string{"open_tree"},
		"A mount is copied.", "https://man7.org/linux/man-pages/man2/open_tree.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "pivot_root", 5, "K",
		[]string{"pivot_root"},
		"The root of the mounts changes.", "https://man7.org/linux/man-pages/man2/pivot_root.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "chroot", 5, "K",
		[]string{"chroot"},
		"A process changes its root.", "https://man7.org/linux/man-pages/man2/chroot.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "keyctl", 5, "K",
		[]string{"keyctl"},
		"Work on kernel keyrings.", "https://man7.org/linux/man-pages/man2/keyctl.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "init_module", 5, "K",
		[]string{"init_module"},
		"A kernel module is loaded.", "https://man7.org/linux/man-pages/man2/init_module.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "finit_module", 5, "K",
		[]string{"finit_module"},
		"A kernel module is loaded.", "https://man7.org/linux/man-pages/man2/init_module.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "delete_module", 5, "K",
		[]string{"delete_module"},
		"A kernel module is removed.", "https://man7.org/linux/man-pages/man2/delete_module.2.html", "",
	},
	{
		"audit", 0, "SYSCALL", "api_calls", "bpf", 5, "K",
		[]string{"bpf"},
		"A program or map of the kernel's virtual machine is made or attached.", "https://man7.org/linux/man-pages/man2/bpf.2.html", "",
	},
}
