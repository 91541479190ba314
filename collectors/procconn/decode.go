// Package procconn reads the kernel's process connector: forks, executions, exits and changes of identity of every
// process, by netlink and beside whoever owns audit, at no cost to anybody's log. The decoder is pure and compiles
// everywhere.
package procconn

import (
	"encoding/binary"
	"errors"

	"github.com/apiwatch/apiwatch/collectors"
)

// The layout is that of struct nlmsghdr, struct cn_msg (include/uapi/linux/connector.h) and struct proc_event
// (include/uapi/linux/cn_proc.h), in host byte order.
const (
	nlHeader     = 16
	cnHeader     = 20
	eventHeader  = 16
	cnIdxProc    = 1
	cnValProc    = 1
	eventAck     = 0x00000000 // PROC_EVENT_NONE
	eventFork    = 0x00000001
	eventExec    = 0x00000002
	eventUID     = 0x00000004
	eventGID     = 0x00000040
	eventSID     = 0x00000080
	eventPtrace  = 0x00000100
	eventComm    = 0x00000200
	eventCore    = 0x40000000
	eventExit    = 0x80000000
	mcastListen  = 1
	mcastIgnore  = 2
	noCPU        = 0xffffffff // of an acknowledgement
	messageStart = nlHeader + cnHeader
)

// message is a decoded datagram.
type message struct {
	seq, cpu uint32
	ack      bool
	errno    uint32 // of an acknowledgement
	// life is what to hand over, if its Kind is not 0: threads other than a process's first are left out.
	life collectors.Lifecycle
}

var (
	errShort   = errors.New("decoding a process event: cut short")
	errForeign = errors.New("decoding a process event: not from the process connector")
	errUnknown = errors.New("decoding a process event: unknown kind")
)

// decode reads a datagram. TimeNS of the message is left to the caller, who knows the clock.
func decode(b []byte) (m message, err error) {
	if len(b) < messageStart+eventHeader+4 {
		return m, errShort
	}
	u32 := func(at int) uint32 { return binary.NativeEndian.Uint32(b[at:]) }
	if u32(nlHeader) != cnIdxProc || u32(nlHeader+4) != cnValProc {
		return m, errForeign
	}
	m.seq = u32(nlHeader + 8)
	data := b[messageStart:]
	size := int(binary.NativeEndian.Uint16(b[nlHeader+16:]))
	if size < eventHeader+4 || size > len(data) {
		return m, errShort
	}
	data = data[:size]
	what := binary.NativeEndian.Uint32(data)
	m.cpu = binary.NativeEndian.Uint32(data[4:])
	bootNS := int64(binary.NativeEndian.Uint64(data[8:]))
	data = data[eventHeader:]
	field := func(i int) uint32 { return binary.NativeEndian.Uint32(data[4*i:]) }
	pid := func(i int) int64 { return int64(int32(field(i))) }
	need := func(words int) bool { return len(data) >= 4*words }

	l := collectors.Lifecycle{BootNS: bootNS, UID: -1, GID: -1}
	first := true // the thread is its process's first
	switch what {
	case eventAck:
		m.ack, m.errno = true, field(0)
		return m, nil
	case eventFork: // parent_pid, parent_tgid, child_pid, child_tgid
		if !need(4) {
			return m, errShort
		}
		// The kernel gives the new process's real parent: with CLONE_PARENT that is the parent of the one that forked.
		l.Kind, l.PPID, l.PID, first = collectors.Forked, pid(1), pid(3), pid(2) == pid(3)
	case eventExit:
		// A first thread that ends before the others is taken for the whole process: the message does not tell.
		// process_pid, process_tgid, exit_code, exit_signal, and from 4.18 parent_pid, parent_tgid
		if !need(4) {
			return m, errShort
		}
		l.Kind, l.PID, l.Code, first = collectors.Exited, pid(1), int64(field(2)), pid(0) == pid(1)
		if need(6) {
			l.PPID = pid(5)
		}
	case eventUID, eventGID: // process_pid, process_tgid, real id, effective id
		if !need(4) {
			return m, errShort
		}
		l.Kind, l.PID, first = collectors.SetID, pid(1), pid(0) == pid(1)
		if what == eventUID {
			l.UID = int64(field(3))
		} else {
			l.GID = int64(field(3))
		}
	case eventExec, eventSID, eventPtrace, eventComm, eventCore: // process_pid, process_tgid, …
		if !need(2) {
			return m, errShort
		}
		l.PID = pid(1)
		switch what {
		case eventExec:
			l.Kind = collectors.Executed
		case eventSID:
			l.Kind = collectors.SetSession
		case eventPtrace: // tracer_pid, tracer_tgid
			if !need(4) {
				return m, errShort
			}
			l.Kind, l.PPID = collectors.Traced, pid(3)
		case eventComm:
			l.Kind, first = collectors.Renamed, pid(0) == pid(1)
		}
	default:
		return m, errUnknown
	}
	if first && l.Kind != 0 && l.PID > 0 {
		m.life = l
	}
	return m, nil
}

// sequences finds what went missing: the kernel counts its messages apart for each processor.
type sequences struct {
	next map[uint32]uint32
	lost uint64
}

// maxCPUs bounds what a message can make us remember.
const maxCPUs = 8192

func (s *sequences) take(cpu, seq uint32) {
	if s.next == nil {
		s.next = make(map[uint32]uint32)
	}
	want, known := s.next[cpu]
	if !known && len(s.next) >= maxCPUs {
		return
	}
	// A step back, as when the connector begins anew, is no loss.
	if gap := seq - want; known && gap < 1<<31 {
		s.lost += uint64(gap)
	}
	s.next[cpu] = seq + 1
}
