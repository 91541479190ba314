// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The programs: one at the end of system calls, where the registers still hold the arguments and the kernel's objects tell what they
// led to, and one each where a process executes, forks and ends. They change nothing and keep nothing beyond their maps.

#include "kernel.h"
#include "record.h"
#include "watch.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TEXT_ROOM 0x10000 // of a record's texts
#define TEXT_MORE 0x2000  // beyond, for the last one
#define PATH_MAX 4096
#define NAME_MAX 255
#define DEPTH 48    // parts of a path
#define ARGS_MAX 0x8000

// The settings.
const volatile u32 own_tgid;
const volatile u64 ptrace_low, ptrace_high; // requests that are told: 0 to 63, 0x4200 to 0x423f
const volatile u64 bpf_commands;
const volatile u64 sleep_least;                      // seconds
const volatile u64 limit_ns = 2000000;               // between two calls of a process and class, in the long run
const volatile u64 limit_burst_ns = 4000000000;      // how far ahead of that it may be
const volatile u64 first_ns = 10000000;              // likewise for the first calls of a kind beyond
const volatile u64 first_burst_ns = 2000000000;
const volatile struct watch watches[2 * NUMBERS];

// now is the call that has just ended.
struct now {
	u64 args[6];
	s64 result;
	u32 nr, at; // number, and place among watches
	bool compat, x32;
	u8 flags;
};

// scratch is where a processor puts a record together. What is verified by itself finds it by itself.
struct scratch {
	union {
		struct head head;
		struct call call;
		struct exec exec;
		struct fork fork;
		struct exit exit;
	};
	char text[TEXT_ROOM + TEXT_MORE];
	struct now now;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); // as many as there are processors
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} records SEC(".maps");

struct name {
	char text[NAME];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, struct name);
	__type(value, u32);
} names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32); // the major number, and above its 12 bits the minor, or all ones for any
	__type(value, u32);
} devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 3 * CLASSES); // told, suppressed, dropped
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

struct limit_key {
	u32 tgid;
	u32 class;
};

struct limit {
	u64 next, next_first; // when the next call would be in time
	u64 suppressed;
	u64 start_ns; // the process
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct limit_key);
	__type(value, struct limit);
} limits SEC(".maps");

struct first_key {
	u32 tgid, nr;
	u64 what;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct first_key);
	__type(value, u8);
} firsts SEC(".maps");

static __always_inline void count(u32 what, u32 class)
{
	u32 key = what * CLASSES + (class & (CLASSES - 1));
	u64 *n = bpf_map_lookup_elem(&counts, &key);

	if (n)
		*n += 1;
}

static __always_inline struct scratch *scratch(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&scratches, &cpu);
}

static __always_inline void send(void *record, u64 size, u32 class)
{
	count(bpf_ringbuf_output(&records, record, size, 0) ? 2 : 0, class);
}

// Everybody.

__noinline int fill_head(u32 kind, u64 task)
{
	struct task_struct *t = (void *)task;
	const struct cred *cred = BPF_CORE_READ(t, cred);
	struct pid *pid = BPF_CORE_READ(t, thread_pid);
	struct scratch *s = scratch();
	struct head *h;

	if (!s)
		return 0;
	h = &s->head;
	h->kind = kind;
	h->flags = 0;
	h->nr = 0;
	h->pid = BPF_CORE_READ(t, tgid);
	h->tid = BPF_CORE_READ(t, pid);
	h->ppid = BPF_CORE_READ(t, real_parent, tgid);
	h->boot_ns = bpf_ktime_get_boot_ns();
	h->start_ns = BPF_CORE_READ(t, group_leader, start_boottime);
	bpf_core_read(&h->uid, 32, &cred->uid);
	h->loginuid = h->session = -1;
	if (bpf_core_field_exists(t->loginuid)) {
		h->loginuid = BPF_CORE_READ(t, loginuid.val);
		h->session = BPF_CORE_READ(t, sessionid);
	}
	bpf_core_read(&h->comm, sizeof(h->comm), &t->comm);
	h->cgroup = bpf_get_current_cgroup_id();
	h->pid_level = BPF_CORE_READ(pid, level);
	h->pid_ns = 0;
	if (h->pid_level) {
		struct upid *last = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
			(h->pid_level & 31) * bpf_core_type_size(struct upid);
		h->pid_ns = BPF_CORE_READ(last, ns, ns.inum);
	}
	h->mnt_ns = BPF_CORE_READ(t, nsproxy, mnt_ns, ns.inum);
	h->suppressed = 0;
	return 0;
}

// Files.

static __always_inline struct file *file_of(int fd)
{
	struct task_struct *t = (void *)bpf_get_current_task();
	struct fdtable *table;
	struct file **files, *f = 0;

	if (fd < 0)
		return 0;
	table = BPF_CORE_READ(t, files, fdt);
	if ((u32)fd >= BPF_CORE_READ(table, max_fds))
		return 0;
	files = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&f, sizeof(f), files + fd);
	return f;
}

static __always_inline void file_times(struct file_facts *x, struct inode *i)
{
	struct inode___since611 *since = (void *)i;
	struct inode___before611 *before = (void *)i;
	struct inode___before66 *older = (void *)i;

	if (bpf_core_field_exists(since->i_mtime_sec)) {
		x->atime = BPF_CORE_READ(since, i_atime_sec) * 1000000000 + BPF_CORE_READ(since, i_atime_nsec);
		x->mtime = BPF_CORE_READ(since, i_mtime_sec) * 1000000000 + BPF_CORE_READ(since, i_mtime_nsec);
	} else if (bpf_core_field_exists(before->__i_mtime)) {
		x->atime = BPF_CORE_READ(before, __i_atime.tv_sec) * 1000000000 + BPF_CORE_READ(before, __i_atime.tv_nsec);
		x->mtime = BPF_CORE_READ(before, __i_mtime.tv_sec) * 1000000000 + BPF_CORE_READ(before, __i_mtime.tv_nsec);
	} else if (bpf_core_field_exists(older->i_mtime)) {
		x->atime = BPF_CORE_READ(older, i_atime.tv_sec) * 1000000000 + BPF_CORE_READ(older, i_atime.tv_nsec);
		x->mtime = BPF_CORE_READ(older, i_mtime.tv_sec) * 1000000000 + BPF_CORE_READ(older, i_mtime.tv_nsec);
	}
}

static __always_inline void inode_facts(struct file_facts *x, struct inode *i)
{
	struct super_block *sb = BPF_CORE_READ(i, i_sb);

	x->inode = BPF_CORE_READ(i, i_ino);
	x->mode = BPF_CORE_READ(i, i_mode);
	x->uid = BPF_CORE_READ(i, i_uid.val);
	x->links = BPF_CORE_READ(i, i_nlink);
	x->rdev = BPF_CORE_READ(i, i_rdev);
	x->device = BPF_CORE_READ(sb, s_dev);
	x->magic = BPF_CORE_READ(sb, s_magic);
	file_times(x, i);
}

// walk writes the names from a dentry up to its namespace's root, each with its NUL: as many as there are.
__noinline u32 walk(u32 off, u64 dentry, u64 mnt)
{
	struct dentry *d = (void *)dentry;
	struct mount *m = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
	struct scratch *s = scratch();
	bool begun = false;

	if (!s)
		return off;

	for (int i = 0; i < DEPTH; i++) {
		struct dentry *parent;
		long n;

		if (!d)
			return off;
		if (d == BPF_CORE_READ(m, mnt.mnt_root)) {
			struct mount *above = BPF_CORE_READ(m, mnt_parent);
			if (above == m || !above)
				return off;
			d = BPF_CORE_READ(m, mnt_mountpoint);
			m = above;
			continue;
		}
		parent = BPF_CORE_READ(d, d_parent);
		if (parent == d && begun)
			return off;
		off &= TEXT_ROOM - 1;
		n = bpf_probe_read_kernel_str(s->text + off, NAME_MAX + 1, BPF_CORE_READ(d, d_name.name));
		if (n > 0)
			off += n;
		begun = true;
		if (parent == d) // of no tree, as a memfd
			return off;
		d = parent;
	}
	s->head.flags |= FLAG_CUT;
	return off;
}

__noinline u32 user_text(u32 off, u64 at, u32 most)
{
	struct scratch *s = scratch();
	long n;

	if (!s)
		return off;
	barrier_var(most);
	most &= 2 * PATH_MAX - 1;
	off &= TEXT_ROOM - 1;
	n = bpf_probe_read_user_str(s->text + off, most, (void *)at);
	return n > 0 ? off + n : off;
}

// process_of gives the process of a struct pid.
static __always_inline void process_of(struct target *t, struct pid *pid)
{
	struct hlist_node *first;
	struct task_struct *task;

	if (!pid)
		return;
	bpf_probe_read_kernel(&t->tid, sizeof(t->tid), (void *)pid + bpf_core_field_offset(struct pid, numbers));
	t->pid = t->tid;
	bpf_probe_read_kernel(&first, sizeof(first), (void *)pid + bpf_core_field_offset(struct pid, tasks));
	if (!first)
		return;
	task = (void *)first - bpf_core_field_offset(struct task_struct, pid_links);
	t->pid = BPF_CORE_READ(task, tgid);
	t->uid = BPF_CORE_READ(task, real_cred, uid.val);
	bpf_core_read(&t->comm, sizeof(t->comm), &task->comm);
}

static __always_inline struct pid *pid_of_proc(struct inode *i)
{
	struct proc_inode *p = (void *)i - bpf_core_field_offset(struct proc_inode, vfs_inode);

	return BPF_CORE_READ(p, pid);
}

static __always_inline struct pid *pid_of_pidfd(struct file *f)
{
	struct inode *i = BPF_CORE_READ(f, f_inode);

	if (BPF_CORE_READ(i, i_sb, s_magic) == PID_FS_MAGIC)
		return BPF_CORE_READ(i, i_private);
	return BPF_CORE_READ(f, private_data);
}

static __always_inline u32 name_bits(struct dentry *d)
{
	struct name n = {};
	u32 len = BPF_CORE_READ(d, d_name.len), *bits;

	if (len >= NAME)
		return 0;
	bpf_probe_read_kernel(n.text, len & (NAME - 1), BPF_CORE_READ(d, d_name.name));
	bits = bpf_map_lookup_elem(&names, &n);
	return bits ? *bits : 0;
}

// lock_name tells whether a name of so many bytes, without its NUL, is that of a lock file.
static __always_inline bool lock_name(const char *end, bool kernel)
{
	u64 last = 0;
	u32 four;

	if (kernel)
		bpf_probe_read_kernel(&last, 5, end - 5);
	else
		bpf_probe_read_user(&last, 5, end - 5);
	four = last >> 8;
	return last == 0x6b636f6c2eULL || four == 0x6469702e || four == 0x6b636c2e; // .lock .pid .lck
}

// opened tells whether a file that was opened is one to be told of.
static __always_inline bool opened(struct file *f, u32 flags)
{
	struct inode *i = BPF_CORE_READ(f, f_inode);
	u64 magic = BPF_CORE_READ(i, i_sb, s_magic);
	struct dentry *d = BPF_CORE_READ(f, f_path.dentry);
	u32 mode = BPF_CORE_READ(i, i_mode) & S_IFMT, bits;

	if (BPF_CORE_READ(f, f_flags) & O_PATH) // which nothing is read or written by
		return false;
	if (magic == PROC_SUPER_MAGIC) {
		struct target owner = {};

		if (BPF_CORE_READ(f, f_mode) & FMODE_WRITE)
			return true;
		bits = name_bits(d);
		if (!bits)
			return false;
		process_of(&owner, pid_of_proc(i));
		return bits & (owner.pid == bpf_get_current_pid_tgid() >> 32 ? NAME_PROC_OWN : NAME_PROC_OTHER);
	}
	if (mode == S_IFCHR) {
		u32 rdev = BPF_CORE_READ(i, i_rdev), major = rdev >> 20;
		u32 any = major | 0xfffffULL << 12, one = major | rdev << 12;

		return bpf_map_lookup_elem(&devices, &any) || bpf_map_lookup_elem(&devices, &one);
	}
	if (name_bits(d) & NAME_FILE)
		return true;
	if (flags & O_CREAT) {
		u32 len = BPF_CORE_READ(d, d_name.len);
		const unsigned char *name = BPF_CORE_READ(d, d_name.name);

		return len > 5 && len <= NAME_MAX && lock_name((const char *)name + len, true);
	}
	return false;
}

// Limits.

// in_time tells whether a process may have another call of a class told, and how many were not since the last one.
static __always_inline bool in_time(struct limit *l, u64 now)
{
	u64 next = l->next > now ? l->next : now;

	if (next - now > limit_burst_ns)
		return false;
	l->next = next + limit_ns;
	return true;
}

static __always_inline bool first_in_time(struct limit *l, u64 now, u32 tgid, u32 nr, u64 what)
{
	struct first_key key = { .tgid = tgid, .nr = nr, .what = what };
	u64 next = l->next_first > now ? l->next_first : now;
	u8 seen = 1;

	if (next - now > first_burst_ns || bpf_map_update_elem(&firsts, &key, &seen, BPF_NOEXIST))
		return false;
	l->next_first = next + first_ns;
	return true;
}

// allowed gives the limit under which a call may be told, 0 if it may not.
static __always_inline struct limit *allowed(u32 class, u32 nr, u64 what, u8 *flags)
{
	u64 now = bpf_ktime_get_boot_ns();
	struct limit_key key = { .tgid = bpf_get_current_pid_tgid() >> 32, .class = class };
	struct limit *l = bpf_map_lookup_elem(&limits, &key);

	if (!l) {
		struct task_struct *t = (void *)bpf_get_current_task();
		struct limit fresh = { .start_ns = BPF_CORE_READ(t, group_leader, start_boottime) };

		bpf_map_update_elem(&limits, &key, &fresh, BPF_ANY);
		l = bpf_map_lookup_elem(&limits, &key);
		if (!l)
			return 0;
	}
	if (in_time(l, now))
		return l;
	if (first_in_time(l, now, key.tgid, nr, what)) {
		*flags |= FLAG_FIRST;
		return l;
	}
	__sync_fetch_and_add(&l->suppressed, 1);
	count(1, class);
	return 0;
}

// Calls.

#if defined(__TARGET_ARCH_x86)
static __always_inline bool narrow(void)
{
	struct task_struct *t = (void *)bpf_get_current_task();

	return BPF_CORE_READ(t, thread_info.status) & 2; // TS_COMPAT
}

#define X32 0x40000000

static __always_inline u32 number(struct pt_regs *regs) { return regs->orig_ax; }

static __always_inline void arguments(struct now *c, struct pt_regs *regs)
{
	if (c->compat) {
		c->args[0] = (u32)regs->bx;
		c->args[1] = (u32)regs->cx;
		c->args[2] = (u32)regs->dx;
		c->args[3] = (u32)regs->si;
		c->args[4] = (u32)regs->di;
		c->args[5] = (u32)regs->bp;
		return;
	}
	c->args[0] = regs->di;
	c->args[1] = regs->si;
	c->args[2] = regs->dx;
	c->args[3] = regs->r10;
	c->args[4] = regs->r8;
	c->args[5] = regs->r9;
}
#elif defined(__TARGET_ARCH_arm64)
static __always_inline bool narrow(void)
{
	struct task_struct *t = (void *)bpf_get_current_task();

	return BPF_CORE_READ(t, thread_info.flags) & 1 << 22; // TIF_32BIT
}

#define X32 0

static __always_inline u32 number(struct pt_regs *regs) { return regs->syscallno; }

static __always_inline void arguments(struct now *c, struct pt_regs *regs)
{
	c->args[0] = regs->orig_x0;
	c->args[1] = regs->regs[1];
	c->args[2] = regs->regs[2];
	c->args[3] = regs->regs[3];
	c->args[4] = regs->regs[4];
	c->args[5] = regs->regs[5];
	if (c->compat)
		for (int i = 0; i < 6; i++)
			c->args[i] = (u32)c->args[i];
}
#endif

// arg gives an argument by its place.
static __always_inline u64 arg(struct now *c, u32 i)
{
	return i < 6 ? c->args[i] : 0;
}

static __always_inline u64 pointed(struct now *c, u64 at)
{
	u64 v = 0;

	bpf_probe_read_user(&v, c->compat ? 4 : 8, (void *)at);
	return v;
}

static __always_inline bool in_mask(u64 mask, u64 bit) { return bit < 64 && mask >> bit & 1; }

// fits tells whether a watched call is to be told, as far as its arguments and what they led to say.
__noinline int fits(void)
{
	struct task_struct *t = (void *)bpf_get_current_task();
	const volatile struct watch *w;
	struct scratch *s = scratch();
	struct now *c;
	u64 v, flags = 0;
	struct file *f;
	u32 kind;

	if (!s)
		return false;
	c = &s->now;
	w = &watches[c->at & (2 * NUMBERS - 1)];
	v = arg(c, w->arg);

	switch (w->filter) {
	case FILTER_NONE:
		return true;
	case FILTER_ANY:
		return (v & w->mask) != 0;
	case FILTER_NOT_NULL:
		return v != 0;
	case FILTER_FAILED:
		return c->result < 0;
	case FILTER_IS:
		return (u32)v == w->mask;
	case FILTER_PTRACE:
		return in_mask(ptrace_low, v) || in_mask(ptrace_high, v - 0x4200);
	case FILTER_BPF:
		return in_mask(bpf_commands, v);
	case FILTER_PROTECT:
	case FILTER_MMAP:
		if (c->args[2] & PROT_READ && BPF_CORE_READ(t, personality) & READ_IMPLIES_EXEC)
			c->args[2] |= PROT_EXEC;
		if (!(c->args[2] & PROT_EXEC))
			return false;
		if (w->filter == FILTER_PROTECT || c->args[2] & 2 || c->args[3] & MAP_ANONYMOUS)
			return true;
		f = file_of(c->args[4]);
		return f && !BPF_CORE_READ(f, f_inode, i_nlink); // without a name
	case FILTER_OPEN:
		if (c->result >= 0) {
			f = file_of(c->result);
			return f && opened(f, BPF_CORE_READ(f, f_flags) | arg(c, w->arg));
		}
		if (c->result != -EACCES && c->result != -EPERM)
			return false;
		kind = 0;
		bpf_probe_read_user(&kind, 4, (void *)arg(c, w->path - 1));
		return kind == 0x6f72702f || kind == 0x7665642f || kind == 0x6374652f; // /pro /dev /etc
	case FILTER_KILL:
		return arg(c, w->mask) && v != bpf_get_current_pid_tgid() >> 32 && (s32)v;
	case FILTER_SLEEP:
		return !(w->mask && c->args[1] & 1) && pointed(c, v) >= sleep_least;
	case FILTER_LOCK:
		return !(v & 8); // LOCK_UN
	case FILTER_RECORD:
		if (v != 6 && v != 7 && v != 37 && v != 38 && !(c->compat && (v == 13 || v == 14)))
			return false;
		return (u16)pointed(c, c->args[2]) != 2; // F_UNLCK
	case FILTER_CONNECT:
		kind = 0;
		bpf_probe_read_user(&kind, 4, (void *)v);
		switch (kind & 0xffff) {
		case AF_INET:
		case AF_INET6:
			return true;
		case AF_UNIX:
			break;
		default:
			return false;
		}
		if (!(kind >> 16 & 0xff)) { // without a file: that of X11
			u64 abstract = 0;

			bpf_probe_read_user(&abstract, 8, (void *)v + 3);
			return abstract == 0x31582e2f706d742fULL; // /tmp/.X1
		}
		f = file_of(c->args[0]);
		if (f && c->result == 0) {
			struct socket *socket = BPF_CORE_READ(f, private_data);
			struct unix_sock *u = (void *)BPF_CORE_READ(socket, sk);
			struct unix_sock *peer = (void *)BPF_CORE_READ(u, peer);
			struct dentry *d = BPF_CORE_READ(peer, path.dentry);

			return d && name_bits(d) & NAME_SOCKET;
		}
		return false;
	case FILTER_PERSONALITY:
		return (u32)v != 0xffffffff && v & READ_IMPLIES_EXEC;
	case FILTER_CLONE3:
		bpf_probe_read_user(&flags, 8, (void *)v);
		return (flags & w->mask) != 0;
	case FILTER_CLOCK:
		return v == 0 || v == 5; // CLOCK_REALTIME, CLOCK_REALTIME_COARSE
	case FILTER_IOCTL:
		return (u32)v == 0x5412 || (u32)v == 0x40045612 || (u32)v == 0x40044590; // TIOCSTI, VIDIOC_STREAMON, EVIOCGRAB
	case FILTER_UNLINK: {
		char end[8];
		long n = bpf_probe_read_user_str(end, 1, (void *)v);

		return n > 0; // the name is looked at when it is read
	}
	}
	return false;
}

// Kernels differ in how they keep mounts: what one does not have must stay in a function that is never called there.
static __noinline u64 newest_of_tree(u64 ns)
{
	struct mnt_namespace___tree *tree = (void *)ns;
	struct rb_node *node = BPF_CORE_READ(tree, mounts.rb_node);
	struct mount___tree *m = 0;

	for (int i = 0; i < 40 && node; i++) {
		struct rb_node *right = BPF_CORE_READ(node, rb_right);

		if (!right)
			return (u64)node - bpf_core_field_offset(m->mnt_node);
		node = right;
	}
	return 0;
}

static __noinline u64 newest_of_list(u64 ns)
{
	struct mnt_namespace___list *list = (void *)ns;
	struct list_head *last = BPF_CORE_READ(list, list.prev);
	struct mount___list *m = 0;

	return last ? (u64)last - bpf_core_field_offset(m->mnt_list) : 0;
}

// newest gives the newest mount of the caller's namespace.
static __always_inline struct mount *newest(void)
{
	struct task_struct *t = (void *)bpf_get_current_task();
	u64 ns = (u64)BPF_CORE_READ(t, nsproxy, mnt_ns);

	if (bpf_core_field_exists(struct mnt_namespace___tree, mounts))
		return (void *)newest_of_tree(ns);
	if (bpf_core_field_exists(struct mnt_namespace___list, list))
		return (void *)newest_of_list(ns);
	return 0;
}

// base writes the path where a relative one starts.
__noinline u32 base(u32 off, int fd, u32 given)
{
	struct task_struct *t = (void *)bpf_get_current_task();

	if (given && fd != AT_FDCWD) {
		struct file *f = file_of(fd);

		if (!f)
			return off;
		return walk(off, (u64)BPF_CORE_READ(f, f_path.dentry), (u64)BPF_CORE_READ(f, f_path.mnt));
	}
	return walk(off, (u64)BPF_CORE_READ(t, fs, pwd.dentry), (u64)BPF_CORE_READ(t, fs, pwd.mnt));
}

static __always_inline bool absolute(struct scratch *s, u32 off) { return s->text[off & (TEXT_ROOM - 1)] == '/'; }

// mount_of gives the mount whose place a path goes through. That of a file of procfs begins at its root, wherever that is mounted.
static __always_inline u64 mount_of(struct file_facts *x, u64 mnt) { return x->magic == PROC_SUPER_MAGIC ? 0 : mnt; }

__noinline u32 file_text(u64 file)
{
	struct file *f = (void *)file;
	struct scratch *s = scratch();
	struct call *r;

	if (!s)
		return 0;
	r = &s->call;
	inode_facts(&r->file, BPF_CORE_READ(f, f_inode));
	r->file.flags = BPF_CORE_READ(f, f_flags);
	r->head.flags |= FLAG_FILE;
	return walk(0, (u64)BPF_CORE_READ(f, f_path.dentry), mount_of(&r->file, (u64)BPF_CORE_READ(f, f_path.mnt)));
}

__noinline u32 mounted_text(u64 mount)
{
	struct mount *m = (void *)mount;
	struct dentry *d = BPF_CORE_READ(m, mnt_mountpoint);
	struct mount *above = BPF_CORE_READ(m, mnt_parent);
	struct inode *i = BPF_CORE_READ(d, d_inode);
	struct scratch *s = scratch();
	struct call *r;

	if (!s)
		return 0;
	r = &s->call;
	inode_facts(&r->file, i);
	r->head.flags |= FLAG_FILE;
	return walk(0, (u64)d, mount_of(&r->file, (u64)above + bpf_core_field_offset(struct mount, mnt)));
}

__noinline u32 address_text(u32 off, u32 at, u32 connected)
{
	struct scratch *s = scratch();
	struct now *c;
	u64 length;
	char *to;
	struct file *f;

	if (!s)
		return off;
	c = &s->now;
	length = arg(c, at + 1);
	off &= TEXT_ROOM - 1;
	to = s->text + off;
	if (length < 2)
		return off;
	if (length > 128)
		length = 128;
	if (bpf_probe_read_user(to, length & 0xff, (void *)arg(c, at)))
		return off;
	f = connected ? file_of(c->args[0]) : 0;
	if (f && (c->result == 0 || c->result == -EINPROGRESS)) { // the socket knows better than memory that may have changed since
		struct socket *socket = BPF_CORE_READ(f, private_data);
		struct sock *sk = BPF_CORE_READ(socket, sk);
		u16 family = BPF_CORE_READ(sk, __sk_common.skc_family), port = BPF_CORE_READ(sk, __sk_common.skc_dport);

		s->call.value[0] = BPF_CORE_READ(socket, type);
		if (family == AF_INET && to[0] == AF_INET && length >= 16 && port) {
			*(u16 *)(to + 2) = port;
			bpf_core_read(to + 4, 4, &sk->__sk_common.skc_daddr);
		} else if (family == AF_INET6 && to[0] == AF_INET6 && length >= 28 && port) {
			*(u16 *)(to + 2) = port;
			bpf_core_read(to + 8, 16, &sk->__sk_common.skc_v6_daddr);
		}
	}
	s->call.head.flags |= FLAG_ADDRESS;
	return off + length;
}

// tell gathers what a call led to, and sends it.
static __always_inline void tell(const volatile struct watch *w, struct scratch *s, struct limit *l)
{
	struct now *c = &s->now;
	struct call *r = &s->call;
	u32 off = 0, last = 0;
	struct file *f = 0;
	struct mount *m = 0;

	fill_head(RECORD_CALL, bpf_get_current_task());
	r->head.flags = c->flags;
	r->head.nr = c->nr;
	r->head.suppressed = l->suppressed;
	if (l->suppressed)
		l->suppressed = 0;
	r->result = c->result;
	__builtin_memcpy(r->args, c->args, sizeof(r->args));
	__builtin_memset(r->value, 0, sizeof(r->value) + sizeof(r->file) + sizeof(r->target) + sizeof(r->text) + sizeof(r->pad));

	if (w->flags & WATCH_RESULT && c->result >= 0)
		f = file_of(c->result);
	else if (w->fd)
		f = file_of(arg(c, w->fd - 1));
	if (f && w->flags & WATCH_PIDFD) {
		process_of(&r->target, pid_of_pidfd(f));
		f = 0;
	}
	if (w->flags & WATCH_MOUNT && c->result == 0 && !(c->args[3] & w->mask))
		m = newest();
	if (w->path && !f && !m) {
		off = user_text(0, arg(c, w->path - 1), PATH_MAX);
		if (off <= 1 && w->dir) { // the descriptor's own file
			f = file_of(arg(c, w->dir - 1));
			off = 0;
		} else {
			r->head.flags |= FLAG_USER;
		}
	}
	if (f)
		off = file_text((u64)f);
	else if (m)
		off = mounted_text((u64)m);
	r->text[0] = off;
	last = off;
	if (w->filter == FILTER_UNLINK && (off < 7 || !lock_name((void *)arg(c, w->path - 1) + off - 1, false)))
		return;
	if (r->file.magic == PROC_SUPER_MAGIC)
		process_of(&r->target, pid_of_proc(f ? BPF_CORE_READ(f, f_inode) : BPF_CORE_READ(m, mnt_mountpoint, d_inode)));
	if (r->target.pid)
		r->head.flags |= FLAG_TARGET;
	if (r->head.flags & FLAG_USER && !absolute(s, 0))
		off = base(off, arg(c, w->dir - 1), w->dir);
	r->text[1] = off - last;
	last = off;
	if (w->path2) {
		off = user_text(off, arg(c, w->path2 - 1), PATH_MAX);
		r->text[2] = off - last;
		if (off > last && !absolute(s, last)) {
			last = off;
			off = base(off, arg(c, w->dir2 - 1), w->dir2);
			r->text[3] = off - last;
		}
		last = off;
	}
	if (w->text)
		off = user_text(off, arg(c, w->text - 1), 256);
	else if (w->address)
		off = address_text(off, w->address - 1, w->filter == FILTER_CONNECT && w->arg == 1);
	r->text[4] = off - last;
	if (w->pointed && w->size <= sizeof(r->value))
		bpf_probe_read_user(r->value, w->size & 63, (void *)arg(c, w->pointed - 1));
	send(s, sizeof(*r) + (off & (TEXT_ROOM - 1)), w->class);
}

SEC("tp_btf/sys_exit")
int call_ended(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	u32 nr = number(regs), at = nr & ~X32;
	const volatile struct watch *w;
	struct scratch *s;
	struct limit *l;
	struct now *c;
	bool compat;
	u64 what;

	if (at >= NUMBERS)
		return 0;
	barrier_var(at); // so that the bound stays with the register
	at &= NUMBERS - 1;
	if (!watches[at].filter && !watches[at + NUMBERS].filter)
		return 0;
	compat = narrow();
	if (compat)
		at += NUMBERS;
	barrier_var(at);
	at &= 2 * NUMBERS - 1;
	w = &watches[at];
	if (!w->filter || bpf_get_current_pid_tgid() >> 32 == own_tgid)
		return 0;
	s = scratch();
	if (!s)
		return 0;
	c = &s->now;
	c->result = compat ? (s32)ctx[1] : ctx[1];
	if (w->flags & WATCH_SUCCESS && c->result < 0 && c->result >= -4095)
		return 0;
	c->nr = nr & ~X32;
	c->at = at;
	c->compat = compat;
	c->flags = compat ? FLAG_COMPAT : nr & X32 ? FLAG_X32 : 0;
	arguments(c, regs);
	if (!fits())
		return 0;
	what = w->distinct ? arg(c, w->distinct - 1) : 0;
	if (w->flags & WATCH_RESULT && c->result >= 0) {
		struct file *f = file_of(c->result);

		what = BPF_CORE_READ(f, f_inode, i_ino);
	}
	l = allowed(w->class, at, what, &c->flags);
	if (l)
		tell(w, s, l);
	return 0;
}

// Processes.

SEC("tp_btf/sched_process_exec")
int executed(u64 *ctx)
{
	struct task_struct *t = (void *)bpf_get_current_task();
	struct linux_binprm *bprm = (void *)ctx[2];
	struct scratch *s = scratch();
	struct mm_struct *mm = BPF_CORE_READ(t, mm);
	struct file *exe = BPF_CORE_READ(mm, exe_file);
	const struct cred *cred = BPF_CORE_READ(t, cred);
	unsigned long start = BPF_CORE_READ(mm, arg_start), length = BPF_CORE_READ(mm, arg_end) - start;
	u32 off, last, args = 0;
	struct exec *r;
	long n;

	if (!s || bpf_get_current_pid_tgid() >> 32 == own_tgid)
		return 0;
	r = &s->exec;
	fill_head(RECORD_EXEC, (u64)t);
	__builtin_memset(&r->file, 0, sizeof(*r) - sizeof(r->head));
	inode_facts(&r->file, BPF_CORE_READ(exe, f_inode));
	bpf_core_read(&r->caps_permitted, 8, &cred->cap_permitted);
	bpf_core_read(&r->caps_inheritable, 8, &cred->cap_inheritable);
	bpf_core_read(&r->caps_ambient, 8, &cred->cap_ambient);
	bpf_probe_read_kernel_str(r->tty, sizeof(r->tty), BPF_CORE_READ(t, signal, tty, name));
	off = walk(0, (u64)BPF_CORE_READ(exe, f_path.dentry), (u64)BPF_CORE_READ(exe, f_path.mnt));
	r->text[0] = off;
	last = off;
	off = walk(off, (u64)BPF_CORE_READ(t, fs, pwd.dentry), (u64)BPF_CORE_READ(t, fs, pwd.mnt));
	r->text[1] = off - last;
	last = off;
	off &= TEXT_ROOM - 1;
	n = bpf_probe_read_kernel_str(s->text + off, PATH_MAX, BPF_CORE_READ(bprm, filename));
	if (n > 0)
		off += n;
	r->text[2] = off - last;
	last = off;
	if (BPF_CORE_READ(bprm, interp) != BPF_CORE_READ(bprm, filename)) {
		off &= TEXT_ROOM - 1;
		n = bpf_probe_read_kernel_str(s->text + off, NAME_MAX + 1, BPF_CORE_READ(bprm, interp));
		if (n > 0)
			off += n;
	}
	r->text[3] = off - last;
	r->args_length = length;
	for (int i = 0; i < ARGS_MAX / 4096; i++) {
		u32 part = length - args > 4096 ? 4096 : length - args;

		if (args >= length)
			break;
		off &= TEXT_ROOM - 1;
		if (bpf_probe_read_user(s->text + off, part & 0x1fff, (void *)start + args))
			break;
		args += part;
		off += part;
	}
	r->args = args;
	send(s, sizeof(struct call) + (off & (TEXT_ROOM - 1)), 0);
	return 0;
}

SEC("raw_tp/sched_process_fork")
int forked(u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];
	struct scratch *s = scratch();

	if (!s || BPF_CORE_READ(child, pid) != BPF_CORE_READ(child, tgid))
		return 0;
	fill_head(RECORD_FORK, (u64)child);
	s->fork.parent = BPF_CORE_READ(parent, tgid);
	s->fork.pad = 0;
	send(s, sizeof(s->fork), 0);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int ended(u64 *ctx)
{
	struct task_struct *t = (void *)bpf_get_current_task();
	struct scratch *s = scratch();
	u32 code;

	if (!s || BPF_CORE_READ(t, signal, live.counter))
		return 0;
	fill_head(RECORD_EXIT, (u64)t);
	code = BPF_CORE_READ(t, signal, group_exit_code);
	s->exit.code = code ? code : BPF_CORE_READ(t, exit_code);
	s->exit.pad = 0;
	send(s, sizeof(s->exit), 0);
	return 0;
}
