package netlink

import (
	"encoding/binary"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A dump of the network interfaces is what any user may ask of the kernel.
func dump(seq uint32) []byte {
	m := make([]byte, 32)
	binary.NativeEndian.PutUint32(m, 32)
	binary.NativeEndian.PutUint16(m[4:], unix.RTM_GETLINK)
	binary.NativeEndian.PutUint16(m[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	binary.NativeEndian.PutUint32(m[8:], seq)
	return m
}

func open(t *testing.T, protocol int) *Receiver {
	t.Helper()
	r, err := Open(protocol, 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestOneWakeUpForAllThatWaits(t *testing.T) {
	r, other := open(t, unix.NETLINK_USERSOCK), open(t, unix.NETLINK_USERSOCK)
	port, err := r.PortID()
	if err != nil {
		t.Fatal(err)
	}
	var wakes atomic.Int32
	woke := make(chan struct{}, 100)
	r.Notify(func() { wakes.Add(1); woke <- struct{}{} })
	var b Batch
	for round := range int32(5) {
		for range 100 {
			if err := unix.Sendto(other.fd, dump(1), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: port}); err != nil {
				t.Skip("NOT RUN: sending to another socket needs rights: ", err)
			}
		}
		select {
		case <-woke:
		case <-time.After(time.Minute):
			t.Fatal("nothing wakes")
		}
		time.Sleep(10 * time.Millisecond)
		if n := wakes.Load(); n != round+1 {
			t.Fatalf("round %d: woken %d times", round, n)
		}
		for range 3 { // more rounds than wake-ups, as the pump's idle ones
			if err := r.Drain(&b, 1<<20); err != nil {
				t.Fatal(err)
			}
		}
		if s := r.Stats(); s.Forged != 100*uint64(round+1) {
			t.Fatalf("round %d: %+v", round, s)
		}
		for range 3 {
			r.Await()
		}
	}
}

// TestNoWakeUpUnasked: who has not asked to be woken reads when it likes, and who asks late is woken for what came meanwhile.
func TestNoWakeUpUnasked(t *testing.T) {
	r, other := open(t, unix.NETLINK_USERSOCK), open(t, unix.NETLINK_USERSOCK)
	port, err := r.PortID()
	if err != nil {
		t.Fatal(err)
	}
	woke := make(chan struct{}, 100)
	r.Notify(func() { woke <- struct{}{} })
	send := func() {
		if err := unix.Sendto(other.fd, dump(1), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: port}); err != nil {
			t.Skip("NOT RUN: sending to another socket needs rights: ", err)
		}
	}
	await := func() {
		t.Helper()
		select {
		case <-woke:
		case <-time.After(time.Minute):
			t.Fatal("nothing wakes")
		}
	}
	send()
	await()
	var b Batch
	for range 3 {
		if err := r.Drain(&b, 1<<20); err != nil {
			t.Fatal(err)
		}
		send()
		time.Sleep(10 * time.Millisecond)
	}
	if len(woke) > 0 {
		t.Error("woken though nobody asked for it")
	}
	r.Await()
	await()
}

func TestOnlyTheKernelIsBelieved(t *testing.T) {
	r := open(t, unix.NETLINK_USERSOCK)
	port, err := r.PortID()
	if err != nil {
		t.Fatal(err)
	}
	other := open(t, unix.NETLINK_USERSOCK)
	if err := unix.Sendto(other.fd, dump(1), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: port}); err != nil {
		t.Skip("NOT RUN: sending to another socket needs rights: ", err)
	}
	var b Batch
	if err := r.Drain(&b, 1<<20); err != nil {
		t.Fatal(err)
	}
	if s := r.Stats(); b.Len() != 0 || s.Forged != 1 || s.Datagrams != 0 {
		t.Errorf("%d datagrams taken, %+v", b.Len(), s)
	}
}

func TestCloseEndsTheWaiting(t *testing.T) {
	r, err := Open(unix.NETLINK_ROUTE, 0, 1<<16)
	if err != nil {
		t.Fatal(err)
	}
	r.Notify(func() {})
	done := make(chan error, 1)
	go func() { done <- r.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("Close hangs")
	}
	if err := r.Close(); err != nil {
		t.Error("closing again: ", err)
	}
}

func TestBoundOfARound(t *testing.T) {
	r := open(t, unix.NETLINK_ROUTE)
	for i := range uint32(5) {
		_ = r.Send(dump(i))
	}
	var b Batch
	if err := r.Drain(&b, 0); err != nil || b.Len() != 0 {
		t.Errorf("a round without room took %d datagrams: %v", b.Len(), err)
	}
	if err := r.Drain(&b, 1); err != nil || b.Len() == 0 {
		t.Errorf("the next took %d: %v", b.Len(), err)
	}
}
