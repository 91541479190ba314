// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which calls are watched, how each is filtered and what is gathered of it: collectors/bpf/watch.go fills it in by the calls' names.

#ifndef WATCH_H
#define WATCH_H

// What must hold for a watched call to be told.
enum filter {
	FILTER_NONE = 1, // always
	FILTER_ANY,      // argument arg has a bit of mask
	FILTER_NOT_NULL, // argument arg is not 0
	FILTER_PTRACE,   // the request is not one that reads or steps
	FILTER_BPF,      // the command is not one that reads
	FILTER_MMAP,     // memory writable and executable, or executable without a file that has a name
	FILTER_PROTECT,  // memory made executable
	FILTER_OPEN,     // see opened()
	FILTER_KILL,     // a signal to another process
	FILTER_SLEEP,    // a second at least
	FILTER_LOCK,     // a lock taken, by flock
	FILTER_RECORD,   // a lock taken, by fcntl
	FILTER_CONNECT,  // an address of the internet, or a socket whose name is watched
	FILTER_UNLINK,   // a lock file
	FILTER_PERSONALITY,
	FILTER_CLONE3, // new namespaces
	FILTER_CLOCK,  // the time of day
	FILTER_IOCTL,  // typing for others, capture
	FILTER_FAILED, // only calls that fail
	FILTER_IS,     // argument arg is mask
};

// Bits of watch.flags.
enum {
	WATCH_SUCCESS = 1, // only calls that succeed
	WATCH_RESULT = 2,  // the result is a descriptor of the file
	WATCH_MOUNT = 4,   // the newest mount tells where it is, unless argument 3 has a bit of mask
	WATCH_PIDFD = 8,   // fd names a process
};

struct watch {
	u8 filter;
	u8 class;         // of calls that share a limit
	u8 arg;           // of the filter
	u8 fd;            // 1 + argument: a descriptor of the file; 0 for none, as the others
	u8 path, dir;     // a path, and the directory where it starts
	u8 path2, dir2;   // another
	u8 text;          // a text
	u8 pointed, size; // how many bytes of memory are read into value
	u8 address;       // a struct sockaddr, whose length is the argument behind it
	u8 distinct;      // what tells calls apart beside the file
	u8 flags;
	u16 pad;
	u32 mask;
};

// Calls by number; those of 32-bit callers are the second half.
#define NUMBERS 1024
#define CLASSES 16

// Bits of a watched name.
enum {
	NAME_PROC_OWN = 1,   // a file under /proc, of the caller itself
	NAME_PROC_OTHER = 2, // of another process
	NAME_FILE = 4,       // anywhere else
	NAME_SOCKET = 8,
};

#define NAME 32

#endif
