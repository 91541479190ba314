package netlink

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// batchSize is how many datagrams one recvmmsg takes.
	batchSize = 64
	// datagramSize holds any message of the feeds: the kernel's longest audit record is 8,970 bytes
	// (MAX_AUDIT_MESSAGE_LENGTH), and a header of 16 comes before it.
	datagramSize = 9216
)

// Receiver is a netlink socket read in batches. Drain and Await are for one goroutine; Send, Join, Leave, Stats and Close are
// for any.
type Receiver struct {
	*Waker
	bufs  []byte
	iovs  [batchSize]unix.Iovec
	names [batchSize]unix.RawSockaddrNetlink
	hdrs  [batchSize]unix.Mmsghdr

	datagrams, forged, overruns, cut atomic.Uint64

	closed sync.Once
}

// Open makes a socket of a netlink protocol with a receive buffer of bufferBytes, if the machine allows as much, and
// joins the groups of the mask (bit n-1 for group n).
func Open(protocol int, groups uint32, bufferBytes int) (*Receiver, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return nil, fmt.Errorf("opening a netlink socket: %w", err)
	}
	// Only CAP_NET_ADMIN may pass net.core.rmem_max; without it the kernel gives what it allows.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, bufferBytes) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, bufferBytes)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("binding the netlink socket: %w", err)
	}
	waker, err := NewWaker(fd)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	r := &Receiver{Waker: waker, bufs: make([]byte, batchSize*datagramSize)}
	for i := range r.hdrs {
		r.iovs[i].Base = &r.bufs[i*datagramSize]
		r.iovs[i].SetLen(datagramSize)
		h := &r.hdrs[i].Hdr
		h.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		h.Iov = &r.iovs[i]
		h.SetIovlen(1)
	}
	return r, nil
}

// Drain copies what waits into the batch, about maxBytes at most, without blocking. An overrun is counted, not an
// error.
func (r *Receiver) Drain(b *Batch, maxBytes int) error {
	for b.Bytes() < maxBytes {
		for i := range r.hdrs {
			r.hdrs[i].Hdr.Namelen = unix.SizeofSockaddrNetlink
		}
		// It never blocks, so the runtime need not be told, which would keep its monitor awake.
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(r.fd), uintptr(unsafe.Pointer(&r.hdrs[0])), batchSize, unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
		case unix.EAGAIN:
			return nil
		case unix.EINTR:
			continue
		case unix.ENOBUFS:
			r.overruns.Add(1)
			continue
		default:
			return fmt.Errorf("receiving from netlink: %w", errno)
		}
		for i := range int(n) {
			h := &r.hdrs[i]
			switch {
			case h.Hdr.Namelen < unix.SizeofSockaddrNetlink || r.names[i].Pid != 0:
				r.forged.Add(1)
			case h.Hdr.Flags&unix.MSG_TRUNC != 0:
				r.cut.Add(1)
			default:
				r.datagrams.Add(1)
				b.Add(r.bufs[i*datagramSize : i*datagramSize+int(h.Len)])
			}
		}
		if n < batchSize {
			return nil
		}
	}
	return nil
}

// Send sends a message to the kernel.
func (r *Receiver) Send(message []byte) error {
	return unix.Sendto(r.fd, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

// Join joins a multicast group.
func (r *Receiver) Join(group int) error {
	return unix.SetsockoptInt(r.fd, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, group)
}

// Leave leaves a multicast group.
func (r *Receiver) Leave(group int) error {
	return unix.SetsockoptInt(r.fd, unix.SOL_NETLINK, unix.NETLINK_DROP_MEMBERSHIP, group)
}

// PortID is the address that the kernel gave the socket.
func (r *Receiver) PortID() (uint32, error) {
	sa, err := unix.Getsockname(r.fd)
	if err != nil {
		return 0, err
	}
	nl, ok := sa.(*unix.SockaddrNetlink)
	if !ok {
		return 0, errors.New("the socket has no netlink address")
	}
	return nl.Pid, nil
}

// Stats gives the counters.
func (r *Receiver) Stats() Stats {
	return Stats{Datagrams: r.datagrams.Load(), Forged: r.forged.Load(), Overruns: r.overruns.Load(), Cut: r.cut.Load()}
}

// Close ends the waiting and closes the socket. Drain must not run any more.
func (r *Receiver) Close() error {
	var err error
	r.closed.Do(func() {
		r.Waker.Close()
		err = unix.Close(r.fd)
	})
	return err
}
