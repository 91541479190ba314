package audit

import "github.com/apiwatch/apiwatch/collectors/event"

// cursor reads fields that are expected in a fixed order.
type cursor struct {
	b  []byte
	ok bool
}

// expect passes over a literal.
func (c *cursor) expect(literal string) {
	if c.ok = c.ok && len(c.b) >= len(literal) && string(c.b[:len(literal)]) == literal; c.ok {
		c.b = c.b[len(literal):]
	}
}

func (c *cursor) hex(literal string) (v uint64) {
	c.expect(literal)
	n := 0
	for ; n < len(c.b) && c.b[n] != ' '; n++ {
		d := c.b[n]
		switch {
		case '0' <= d && d <= '9':
			d -= '0'
		case 'a' <= d && d <= 'f':
			d -= 'a' - 10
		default:
			c.ok = false
			return 0
		}
		v = v<<4 | uint64(d)
	}
	c.ok = c.ok && 0 < n && n <= 16
	c.b = c.b[n:]
	return v
}

func (c *cursor) number(literal string) (v int64) {
	c.expect(literal)
	negative := len(c.b) > 0 && c.b[0] == '-'
	if negative {
		c.b = c.b[1:]
	}
	n := 0
	for ; n < len(c.b) && '0' <= c.b[n] && c.b[n] <= '9'; n++ {
		v = v*10 + int64(c.b[n]-'0')
	}
	c.ok = c.ok && 0 < n && n <= 18 && n < len(c.b) && c.b[n] == ' '
	c.b = c.b[n:]
	if negative {
		return -v
	}
	return v
}

func (c *cursor) identity(literal string) int64 {
	v := c.number(literal)
	if v < 0 || v >= 1<<32-1 {
		return -1
	}
	return v
}

// fastSyscall reads a SYSCALL record whose fields up to comm are those of today's kernels and in their order
// (audit_log_exit in kernel/auditsc.c, audit_log_task_info in kernel/audit.c), which is four times as fast as looking at each
// field's name. It gives what stands behind the trusted part, from comm on; ok is false for any other record, of which it may
// have read a part.
func (d *Decoder) fastSyscall(body []byte) (rest []byte, ok bool) {
	r, a := &d.sys, &d.draft.Actor
	c := cursor{b: body, ok: len(body) > 0}
	for c.ok && len(c.b) > 0 && c.b[0] == ' ' {
		c.b = c.b[1:]
	}
	arch := c.hex("arch=")
	r.number = c.number(" syscall=")
	c.expect(" success=")
	switch {
	case !c.ok || len(c.b) < 4:
		return nil, false
	case string(c.b[:4]) == "yes ":
		r.outcome = event.Success
		c.b = c.b[3:]
	case string(c.b[:3]) == "no ":
		r.outcome = event.Failure
		c.b = c.b[2:]
	default:
		return nil, false
	}
	r.exit = c.number(" exit=")
	r.args[0], r.args[1], r.args[2], r.args[3] = c.hex(" a0="), c.hex(" a1="), c.hex(" a2="), c.hex(" a3=")
	r.items = c.number(" items=")
	a.PPID, a.PID = c.number(" ppid="), c.number(" pid=")
	a.AUID, a.UID, a.GID = c.identity(" auid="), c.identity(" uid="), c.identity(" gid=")
	a.EUID, a.SUID, a.FSUID = c.identity(" euid="), c.identity(" suid="), c.identity(" fsuid=")
	a.EGID, a.SGID, a.FSGID = c.identity(" egid="), c.identity(" sgid="), c.identity(" fsgid=")
	c.expect(" tty=")
	n := 0
	for n < len(c.b) && c.b[n] != ' ' {
		if c.b[n] == '"' || c.b[n] == '\'' {
			return nil, false
		}
		n++
	}
	r.tty = c.b[:n]
	c.b = c.b[n:]
	a.Session = c.identity(" ses=")
	if !c.ok || arch >= 1<<32 || len(c.b) < 6 || string(c.b[:6]) != " comm=" {
		return nil, false
	}
	r.arch = uint32(arch)
	return c.b[1:], true
}
