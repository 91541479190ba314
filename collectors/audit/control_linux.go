package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// replyTimeout is how long the kernel may take to answer; it answers within microseconds.
const replySeconds = 2

const nlHeader = unix.SizeofNlMsghdr

// status is the head of struct audit_status (include/uapi/linux/audit.h), which grows from kernel to kernel.
type status struct {
	Enabled, Failure, PID, RateLimit, BacklogLimit, Lost, Backlog, WaitTime uint32
}

// Words of struct audit_status.
const (
	wordMask = iota
	wordEnabled
	wordFailure
	wordPID
	wordRateLimit
	wordBacklogLimit
	wordLost
	wordBacklog
	wordFeatures
	wordWaitTime
	statusWords
)

// control is a socket for questions and orders, apart from the records: no answer ever stands behind a flood.
type control struct {
	mu  sync.Mutex
	fd  int
	seq uint32
	buf []byte
}

func openControl() (*control, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_AUDIT)
	if err != nil {
		return nil, fmt.Errorf("opening audit netlink: %w", err)
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: replySeconds}); err == nil {
		err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
		if err == nil {
			return &control{fd: fd, buf: make([]byte, 16<<10)}, nil
		}
	}
	unix.Close(fd)
	return nil, fmt.Errorf("setting up audit netlink: %w", err)
}

func (c *control) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return unix.Close(c.fd)
}

// message builds a netlink message.
func message(typ, flags uint16, seq uint32, body []byte) []byte {
	m := make([]byte, nlHeader, nlHeader+len(body))
	binary.NativeEndian.PutUint32(m, uint32(nlHeader+len(body)))
	binary.NativeEndian.PutUint16(m[4:], typ)
	binary.NativeEndian.PutUint16(m[6:], flags)
	binary.NativeEndian.PutUint32(m[8:], seq)
	return append(m, body...)
}

// ask sends a message and hands each answer to reply until the kernel's acknowledgement, or for a list its end.
func (c *control) ask(typ uint16, body []byte, reply func(typ uint16, body []byte)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	if err := unix.Sendto(c.fd, message(typ, unix.NLM_F_REQUEST|unix.NLM_F_ACK, c.seq, body), 0,
		&unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	// The answers of a list come from a kernel thread, before or after the acknowledgement.
	acked, ended := false, typ != unix.AUDIT_LIST_RULES
	answered := typ != unix.AUDIT_GET
	for !acked || !ended || !answered {
		n, from, err := unix.Recvfrom(c.fd, c.buf, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if errors.Is(err, unix.EAGAIN) {
			return fmt.Errorf("the kernel did not answer within %d s", replySeconds)
		}
		if err != nil {
			return err
		}
		if sa, ok := from.(*unix.SockaddrNetlink); !ok || sa.Pid != 0 || n < nlHeader || binary.NativeEndian.Uint32(c.buf[8:]) != c.seq {
			continue
		}
		body := c.buf[nlHeader:n]
		switch got := binary.NativeEndian.Uint16(c.buf[4:]); got {
		case unix.NLMSG_ERROR:
			if len(body) < 4 {
				return errors.New("the kernel's acknowledgement is cut short")
			}
			if code := int32(binary.NativeEndian.Uint32(body)); code != 0 {
				return unix.Errno(-code)
			}
			acked = true
		case unix.NLMSG_DONE:
			ended = true
		default:
			answered = true
			if reply != nil {
				reply(got, body)
			}
		}
	}
	return nil
}

// status asks for the state of the kernel's audit.
func (c *control) status() (status, error) {
	var words [statusWords]uint32
	err := c.ask(unix.AUDIT_GET, nil, func(_ uint16, body []byte) {
		for i := range min(len(words), len(body)/4) {
			words[i] = binary.NativeEndian.Uint32(body[4*i:])
		}
	})
	if err != nil {
		return status{}, fmt.Errorf("reading the audit status: %w", err)
	}
	return status{
		Enabled: words[wordEnabled], Failure: words[wordFailure], PID: words[wordPID], RateLimit: words[wordRateLimit],
		BacklogLimit: words[wordBacklogLimit], Lost: words[wordLost], Backlog: words[wordBacklog], WaitTime: words[wordWaitTime],
	}, nil
}

// statusMessage builds the body of AUDIT_SET that changes one word.
func statusMessage(mask uint32, word int, value uint32) []byte {
	body := make([]byte, 4*statusWords)
	binary.NativeEndian.PutUint32(body[4*wordMask:], mask)
	binary.NativeEndian.PutUint32(body[4*word:], value)
	return body
}

// setting is one global setting of the kernel's audit.
type setting struct {
	name string
	mask uint32
	word int
	of   func(*status) *uint32
}

// settings are those that we change, in the order in which they are put back: switching auditing off first keeps the
// rest from making records.
var settings = []setting{
	{"enabled", unix.AUDIT_STATUS_ENABLED, wordEnabled, func(s *status) *uint32 { return &s.Enabled }},
	{"rate_limit", unix.AUDIT_STATUS_RATE_LIMIT, wordRateLimit, func(s *status) *uint32 { return &s.RateLimit }},
	{"backlog_limit", unix.AUDIT_STATUS_BACKLOG_LIMIT, wordBacklogLimit, func(s *status) *uint32 { return &s.BacklogLimit }},
	{"backlog_wait_time", unix.AUDIT_STATUS_BACKLOG_WAIT_TIME, wordWaitTime, func(s *status) *uint32 { return &s.WaitTime }},
}

func (c *control) set(s setting, value uint32) error {
	if err := c.ask(unix.AUDIT_SET, statusMessage(s.mask, s.word, value), nil); err != nil {
		return fmt.Errorf("setting audit's %s to %d: %w", s.name, value, err)
	}
	return nil
}

// releaseSeat gives up the unicast seat, which only its owner may.
func (c *control) releaseSeat() error {
	if err := c.ask(unix.AUDIT_SET, statusMessage(unix.AUDIT_STATUS_PID, wordPID, 0), nil); err != nil {
		return fmt.Errorf("giving up the audit seat: %w", err)
	}
	return nil
}

// rules lists the kernel's rules in its own form.
func (c *control) rules() ([][]byte, error) {
	var out [][]byte
	err := c.ask(unix.AUDIT_LIST_RULES, nil, func(typ uint16, body []byte) {
		if typ == unix.AUDIT_LIST_RULES {
			out = append(out, append([]byte(nil), body...))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("listing audit rules: %w", err)
	}
	return out, nil
}

func (c *control) addRule(wire []byte) error    { return c.ask(unix.AUDIT_ADD_RULE, wire, nil) }
func (c *control) removeRule(wire []byte) error { return c.ask(unix.AUDIT_DEL_RULE, wire, nil) }
