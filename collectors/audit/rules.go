package audit

import (
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/names/linux"
)

// Key marks our rules, so that those a killed run left behind are known again.
const Key = "apiwatch"

// Volume says how often a rule fires on an ordinary machine.
type Volume uint8

// The volumes. Low means so seldom that another owner's log bears it: a few records a minute.
const (
	Low Volume = iota
	High
)

// Rule is one audit rule before it is put into numbers: on each ABI it becomes one rule of the kernel. Rules are few on
// purpose: the kernel looks at every rule at the end of every system call of the machine, so one rule that leaves out
// harmless values is cheaper than one for each value that matters.
type Rule struct {
	Name string
	// Syscalls by their 64-bit names; the variants of 32-bit ABIs are found by themselves. None means every call, which only
	// a watch of a path may ask for: the kernel keeps those in a table by inode.
	Syscalls []string
	// Filters must all hold.
	Filters []Filter
	Volume  Volume
	Why     string
}

// Filter is one condition on a call.
type Filter struct {
	Field Field
	Op    Op
	Value uint32
	Text  string // of FieldPath, FieldDir and FieldExe
}

// Field is what a filter looks at, by the kernel's number (include/uapi/linux/audit.h).
type Field uint32

// The fields.
const (
	FieldPID     Field = 0
	FieldUID     Field = 1
	FieldArch    Field = 11
	FieldSuccess Field = 104
	FieldPath    Field = 105
	FieldPerm    Field = 106
	FieldDir     Field = 107
	FieldExe     Field = 112
	FieldArg0    Field = 200
	FieldArg1    Field = 201
	FieldArg2    Field = 202
	FieldArg3    Field = 203
	FieldKey     Field = 210
)

// Op compares a field with a value.
type Op uint32

// The comparisons.
const (
	Any     Op = 0x08000000 // any bit of the value is set: auditctl's &
	Greater Op = 0x20000000
	Not     Op = 0x30000000
	Is      Op = 0x40000000
	All     Op = 0x48000000 // all bits of the value are set: auditctl's &=
)

// Permission bits of FieldPerm.
const (
	permWrite = 2
	permRead  = 4
)

func (f Filter) String() string {
	names := map[Field]string{
		FieldPID: "pid", FieldUID: "uid", FieldExe: "exe", FieldArch: "arch", FieldSuccess: "success", FieldPath: "path", FieldPerm: "perm",
		FieldDir:  "dir",
		FieldArg0: "a0", FieldArg1: "a1", FieldArg2: "a2", FieldArg3: "a3", FieldKey: "key",
	}
	ops := map[Op]string{Any: "&", Greater: ">", Not: "!=", Is: "=", All: "&="}
	value := f.Text
	switch {
	case hasText(f.Field):
	case f.Field == FieldPerm:
		value = map[uint32]string{permWrite: "w", permRead: "r"}[f.Value]
	default:
		value = strconv.FormatUint(uint64(f.Value), 10)
	}
	return names[f.Field] + ops[f.Op] + value
}

func none(field Field, values ...uint32) []Filter {
	out := make([]Filter, len(values))
	for i, v := range values {
		out[i] = Filter{Field: field, Op: Not, Value: v}
	}
	return out
}

var succeeded = Filter{Field: FieldSuccess, Op: Is, Value: 1}

// DefaultWatchPaths are files whose reading tells something and which ordinary programs seldom read. /etc/localtime
// is not among them: every program that formats a time reads it. Cameras may come later: a watch needs only the folder.
func DefaultWatchPaths() []string {
	return []string{
		"/etc/timezone", "/etc/locale.conf", "/etc/default/locale", "/etc/shadow", "/etc/gshadow",
		"/dev/video0", "/dev/video1", "/dev/video2", "/dev/video3",
	}
}

// guarded are files whose writing tells something: what decides who may come in, what is loaded into every program, what is kept of what
// was done, and programs by whose words an administrator goes. Their own writers hold logs open or write a few times a day.
var guarded = []string{
	"/etc/ld.so.preload", "/etc/passwd", "/etc/shadow", "/etc/sudoers", "/etc/hosts", "/root/.bash_history",
	"/var/log/wtmp", "/var/log/auth.log", "/var/log/secure", "/var/log/syslog", "/var/log/messages", "/var/log/audit/audit.log",
	"/usr/bin/ls", "/usr/bin/ps", "/usr/bin/ss", "/usr/bin/top", "/usr/bin/login", "/usr/bin/su", "/usr/bin/sudo", "/usr/bin/passwd",
	"/usr/bin/ssh", "/usr/sbin/sshd",
}

// Rules lists what is asked of the kernel, the rare and telling first: of two rules that match one call only the first
// one's key is recorded. Each gets `pid!=` our own process and the key besides.
//
// Left out, because no filter can tell them: mmap of i386 by its old number, which passes a struct, connect by socketcall
// on i386, which does likewise, and calls of the x32 ABI, whose numbers lie beyond what a rule can name. What a process has
// io_uring do is no system call of its own and is not asked for.
func Rules(watchPaths []string) []Rule {
	rules := []Rule{
		{
			Name: "ptrace", Syscalls: []string{"ptrace"},
			// PEEK*, CONT, SINGLESTEP, GETREGS, GETFPREGS, GETFPXREGS, DETACH, SYSCALL, SYSEMU, SYSEMU_SINGLESTEP, SINGLEBLOCK, SETOPTIONS,
			// GETEVENTMSG, GETSIGINFO, SETSIGINFO, GETREGSET, INTERRUPT, LISTEN, PEEKSIGINFO, GETSIGMASK, SETSIGMASK, GET_SYSCALL_INFO
			Filters: none(FieldArg0, 1, 2, 3, 7, 9, 12, 14, 17, 18, 24, 31, 32, 33, 0x4200, 0x4201, 0x4202, 0x4203, 0x4204, 0x4207, 0x4208, 0x4209,
				0x420a, 0x420b, 0x420e),
			Why: "Attaching to a process and writing its memory or registers; the requests of every stop and all reads are left out, so that " +
				"strace and gdb cost nothing while they run.",
		},
		{
			Name: "process_vm", Syscalls: []string{"process_vm_readv", "process_vm_writev"},
			Why: "Reading or writing another process's memory.",
		},
		{
			Name: "pidfd_getfd", Syscalls: []string{"pidfd_getfd"},
			Why: "A file that another process holds open is taken from it. The process is named by a descriptor, so which it is, is not told.",
		},
		{
			Name: "proc_write", Syscalls: []string{"open", "openat", "openat2", "creat"},
			Filters: []Filter{{Field: FieldDir, Op: Is, Text: "/proc"}, {Field: FieldPerm, Op: Is, Value: permWrite}},
			Why: "Opening /proc/PID/mem, and anything else under /proc, for writing. A fresh procfs of a new pid namespace is not seen; reads " +
				"cannot be had at a sane cost.",
		},
		{
			Name: "input_devices", Syscalls: []string{"open", "openat", "openat2"},
			Filters: []Filter{{Field: FieldDir, Op: Is, Text: "/dev/input"}, {Field: FieldPerm, Op: Is, Value: permRead}},
			Why:     "Keyboards and pointers opened. A desktop does so when it starts and when one is plugged in. The folder must be there.",
		},
		{
			Name: "sound_devices", Syscalls: []string{"open", "openat", "openat2"},
			Filters: []Filter{{Field: FieldDir, Op: Is, Text: "/dev/snd"}, {Field: FieldPerm, Op: Is, Value: permRead}},
			Why:     "Sound cards opened, as a sound server does when somebody listens or records. The folder must be there.",
		},
		{Name: "memfd", Syscalls: []string{"memfd_create"}, Why: "A file without a name, from which programs are run."},
		{
			Name: "set_id", Syscalls: []string{"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid"},
			Filters: []Filter{succeeded},
			Why:     "Credentials that changed. A rule cannot compare the new with the old: a call that changed nothing makes an event, too.",
		},
		{Name: "capset", Syscalls: []string{"capset"}, Filters: []Filter{succeeded}, Why: "Capability sets that changed."},
		{
			Name: "namespace", Syscalls: []string{"unshare", "setns", "pivot_root", "chroot"},
			Why: "Leaving or entering namespaces and roots.",
		},
		{
			Name: "clone_namespace", Syscalls: []string{"clone"}, Filters: []Filter{{Field: FieldArg0, Op: Any, Value: linux.CloneNamespaces}},
			Why: "A process is made in namespaces of its own. The flags of clone3 lie in a struct, which no filter reads: left out, as every " +
				"thread is made by it.",
		},
		{
			Name: "mount", Syscalls: []string{"mount", "umount2", "move_mount"},
			Why: "Changes of the mount table; fsmount takes effect by move_mount.",
		},
		{
			Name: "open_tree", Syscalls: []string{"open_tree"}, Filters: []Filter{{Field: FieldArg2, Op: Any, Value: 1}},
			Why: "A copied mount (OPEN_TREE_CLONE); without the flag it only opens a path.",
		},
		{Name: "keyctl", Syscalls: []string{"keyctl"}, Why: "Work on kernel keyrings."},
		{Name: "kernel_module", Syscalls: []string{"init_module", "finit_module", "delete_module"}, Why: "Kernel modules loaded and removed."},
		{
			Name: "bpf", Syscalls: []string{"bpf"},
			// MAP_LOOKUP_ELEM, MAP_UPDATE_ELEM, MAP_DELETE_ELEM, MAP_GET_NEXT_KEY, OBJ_GET, PROG_TEST_RUN, PROG_GET_NEXT_ID,
			// MAP_GET_NEXT_ID, PROG_GET_FD_BY_ID, MAP_GET_FD_BY_ID, OBJ_GET_INFO_BY_FD, PROG_QUERY, BTF_LOAD, BTF_GET_FD_BY_ID,
			// TASK_FD_QUERY, MAP_LOOKUP_AND_DELETE_ELEM, MAP_FREEZE, BTF_GET_NEXT_ID, MAP_*_BATCH, LINK_GET_FD_BY_ID, LINK_GET_NEXT_ID
			Filters: none(FieldArg0, 1, 2, 3, 4, 7, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 30, 31),
			Why:     "Programs loaded and attached, maps made, objects pinned. Reads, and the traffic of elements through maps, are left out.",
		},
		{
			Name: "chmod_set_id", Syscalls: []string{"chmod", "fchmod"}, Filters: []Filter{{Field: FieldArg1, Op: Any, Value: 0o6000}},
			Why: "Set-user-id and set-group-id bits given to a file.",
		},
		{
			Name: "fchmodat_set_id", Syscalls: []string{"fchmodat", "fchmodat2"}, Filters: []Filter{{Field: FieldArg2, Op: Any, Value: 0o6000}},
			Why: "The same by fchmodat, whose mode is the third argument.",
		},
		{
			Name: "mmap_write_exec", Syscalls: []string{"mmap"}, Filters: []Filter{{Field: FieldArg2, Op: All, Value: 6}}, Volume: High,
			Why: "Memory writable and executable at once.",
		},
		{
			Name: "mmap_anonymous_exec", Syscalls: []string{"mmap"},
			Filters: []Filter{{Field: FieldArg2, Op: Any, Value: 4}, {Field: FieldArg3, Op: Any, Value: 0x20}}, Volume: High,
			Why: "Executable memory with no file behind it.",
		},
		{
			Name: "mprotect_exec", Syscalls: []string{"mprotect", "pkey_mprotect"}, Filters: []Filter{{Field: FieldArg2, Op: Any, Value: 4}},
			Volume: High,
			Why:    "Memory made executable.",
		},
		{Name: "execve", Syscalls: []string{"execve", "execveat"}, Volume: High, Why: "Programs started."},
		{
			Name: "utime", Syscalls: []string{"utime", "utimes"}, Filters: []Filter{succeeded, {Field: FieldArg1, Op: Not}}, Volume: High,
			Why: "File times set to a chosen value. A null pointer sets the present time, as touch does: left out.",
		},
		{
			Name: "utimensat", Syscalls: []string{"utimensat", "futimesat"}, Filters: []Filter{succeeded, {Field: FieldArg2, Op: Not}}, Volume: High,
			Why: "The same by utimensat, whose times are the third argument. The kernel compares 32 bits: times that lie at a multiple of 4 GiB " +
				"are taken for none.",
		},
		{
			Name: "connect_inet", Syscalls: []string{"connect"}, Filters: []Filter{{Field: FieldArg2, Op: Is, Value: 16}}, Volume: High,
			Why: "Connections whose address is as long as a sockaddr_in. No filter reads the family; the length keeps most unix sockets out.",
		},
		{
			Name: "connect_inet6", Syscalls: []string{"connect"}, Filters: []Filter{{Field: FieldArg2, Op: Is, Value: 28}}, Volume: High,
			Why: "Likewise for a sockaddr_in6.",
		},
		{
			Name: "connect_long", Syscalls: []string{"connect"}, Filters: []Filter{{Field: FieldArg2, Op: Greater, Value: 110}}, Volume: High,
			Why: "Likewise for lengths beyond a sockaddr_un, such as a whole sockaddr_storage. Odd lengths between, which the kernel accepts too, " +
				"are not seen.",
		},
	}
	for _, path := range watchPaths {
		rules = append(rules, Rule{
			Name: "read:" + path, Filters: []Filter{{Field: FieldPath, Op: Is, Text: path}, {Field: FieldPerm, Op: Is, Value: permRead}},
			Why: "A watched file was opened for reading.",
		})
	}
	for _, path := range guarded {
		rules = append(rules, Rule{
			Name: "write:" + path, Filters: []Filter{{Field: FieldPath, Op: Is, Text: path}, {Field: FieldPerm, Op: Is, Value: permWrite}},
			Why: "A guarded file was opened for writing, renamed, replaced or removed.",
		})
	}
	return rules
}

// Numbers of struct audit_rule_data (include/uapi/linux/audit.h).
const (
	maskWords      = 64
	maxFields      = 64
	ruleHeaderSize = 4 * (3 + maskWords + 3*maxFields + 1)

	listTask     = 1 // AUDIT_FILTER_TASK
	listExclude  = 5 // AUDIT_FILTER_EXCLUDE
	listExit     = 4 // AUDIT_FILTER_EXIT; the flag AUDIT_FILTER_PREPEND is never set
	actionNever  = 0
	actionAlways = 2
)

// invocation is what a SYSCALL record says first, which is all that rules filter by.
type invocation struct {
	arch   uint32
	number int
	args   [4]uint64
}

// matches says whether the rule asks for a call, as far as the call's record tells.
func (r *Rule) matches(c *invocation) bool {
	for _, f := range r.Filters {
		if f.Field < FieldArg0 || f.Field > FieldArg3 {
			continue
		}
		v := uint32(c.args[f.Field-FieldArg0]) // the kernel compares 32 bits
		switch f.Op {
		case Any:
			if v&f.Value == 0 {
				return false
			}
		case All:
			if v&f.Value != f.Value {
				return false
			}
		case Is:
			if v != f.Value {
				return false
			}
		case Not:
			if v == f.Value {
				return false
			}
		case Greater:
			if v <= f.Value {
				return false
			}
		}
	}
	return true
}

// attribution finds the rule that a record came from: by the call and not by the key, since every rule has the same
// key, and of two rules only the first one's would appear.
type attribution struct {
	rules  []Rule
	byCall map[[2]uint32][]int
}

func newAttribution(rules []Rule, machine []abi) *attribution {
	a := &attribution{rules: rules, byCall: make(map[[2]uint32][]int)}
	for i := range rules {
		for _, m := range machine {
			for _, n := range rules[i].numbers(m) {
				k := [2]uint32{m.arch, uint32(n)}
				a.byCall[k] = append(a.byCall[k], i)
			}
		}
	}
	return a
}

// rule gives the index of the rule behind the body of a SYSCALL record, -1 if it is none of ours.
func (a *attribution) rule(body []byte) int {
	var c invocation
	if !c.scan(body) {
		return -1
	}
	for _, i := range a.byCall[[2]uint32{c.arch, uint32(c.number)}] {
		if a.rules[i].matches(&c) {
			return i
		}
	}
	return -1
}

// scan reads "audit(…): arch=c000003e syscall=9 success=yes exit=0 a0=0 a1=1000 a2=7 a3=22 …".
func (c *invocation) scan(body []byte) bool {
	var seen int
	for len(body) > 0 && seen < 6 {
		end := 0
		for end < len(body) && body[end] != ' ' {
			end++
		}
		word := body[:end]
		body = body[min(end+1, len(body)):]
		switch {
		case len(word) > 5 && string(word[:5]) == "arch=":
			v, ok := number(word[5:], 16)
			if !ok {
				return false
			}
			c.arch = uint32(v)
			seen++
		case len(word) > 8 && string(word[:8]) == "syscall=":
			v, ok := number(word[8:], 10)
			if !ok || v > 1<<20 {
				return false
			}
			c.number = int(v)
			seen++
		case len(word) > 3 && word[0] == 'a' && word[1] >= '0' && word[1] <= '3' && word[2] == '=':
			v, ok := number(word[3:], 16)
			if !ok {
				return false
			}
			c.args[word[1]-'0'] = v
			seen++
		}
	}
	return seen == 6
}

func number(text []byte, base uint64) (uint64, bool) {
	var v uint64
	for _, b := range text {
		var d uint64
		switch {
		case '0' <= b && b <= '9':
			d = uint64(b - '0')
		case base == 16 && 'a' <= b && b <= 'f':
			d = uint64(b-'a') + 10
		default:
			return 0, false
		}
		v = v*base + d
	}
	return v, true
}

// commandLine gives the rule as auditctl would be told it, for people.
func (r *Rule) commandLine() string {
	var b strings.Builder
	b.WriteString("-a always,exit")
	if len(r.Syscalls) > 0 {
		b.WriteString(" -S " + strings.Join(r.Syscalls, ","))
	}
	for _, f := range r.Filters {
		b.WriteString(" -F " + f.String())
	}
	return b.String()
}
