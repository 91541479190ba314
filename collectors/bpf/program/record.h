// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What the programs hand over. collectors/bpf/record.go reads it, and a test holds the two against each other.

#ifndef RECORD_H
#define RECORD_H

// What a record tells of.
enum record_kind { RECORD_CALL = 1, RECORD_EXEC, RECORD_FORK, RECORD_EXIT };

// Bits of head.flags.
enum {
	FLAG_COMPAT = 1,  // a 32-bit caller
	FLAG_X32 = 2,     // the x32 ABI
	FLAG_FILE = 4,    // file is of the kernel's own file, and the first text its path from the leaf up
	FLAG_USER = 8,    // the first text is a path as the caller wrote it, the second where it starts from
	FLAG_TARGET = 16, // target is known
	FLAG_ADDRESS = 32, // the last text is a struct sockaddr
	FLAG_FIRST = 64,  // over the process's limit, and let through as the first of its like
	FLAG_CUT = 128,   // a text was cut
};

struct head {
	u8 kind;
	u8 flags;
	u16 nr;
	u32 pid, tid, ppid;
	u64 boot_ns;  // when, since boot, sleep included
	u64 start_ns; // when the process began, likewise
	u32 uid, gid, suid, sgid, euid, egid, fsuid, fsgid;
	u32 loginuid, session;
	char comm[16];
	u64 cgroup;
	u32 pid_ns, pid_level;
	u32 mnt_ns;
	u32 suppressed; // calls of the process and class that were left out since its last record
};

struct file_facts {
	u64 inode;
	u32 device, mode, uid, links;
	u32 rdev, flags; // of the open file
	u64 magic;
	s64 atime, mtime; // nanoseconds
};

struct target {
	u32 pid, tid, uid, pad;
	char comm[16];
};

#define TEXTS 5

struct call {
	struct head head;
	s64 result;
	u64 args[6];
	u64 value[4]; // what arguments led to: see the filters
	struct file_facts file;
	struct target target;
	u16 text[TEXTS]; // lengths of the texts that follow
	u16 pad[3];
};

struct exec {
	struct head head;
	struct file_facts file;
	u64 caps_permitted, caps_inheritable, caps_ambient;
	u32 args_length; // as passed; what follows may be less
	u32 args;        // bytes of them that follow, behind the other texts
	char tty[16];
	u16 text[4]; // the executable and the folder from the leaf up, the program asked for, the interpreter; lengths
};

// Texts of both begin at the same place.
_Static_assert(sizeof(struct exec) <= sizeof(struct call), "exec");

struct fork {
	struct head head; // the child's
	u32 parent, pad;
};

struct exit {
	struct head head;
	u32 code, pad;
};

#endif
