package netlink

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Waker tells when something waits on a descriptor: a socket, or a ring buffer of eBPF. It is for one goroutine, but Close is for any.
type Waker struct {
	fd, stopFD int

	asleep atomic.Bool // Notify has called wake and waits for Await
	rearm  chan struct{}
	stop   chan struct{}
	wait   sync.WaitGroup
	close  sync.Once
}

// NewWaker makes one for a descriptor, which stays the caller's.
func NewWaker(fd int) (*Waker, error) {
	stopFD, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("making an eventfd: %w", err)
	}
	return &Waker{fd: fd, stopFD: stopFD, rearm: make(chan struct{}, 1), stop: make(chan struct{})}, nil
}

// Notify calls wake when something waits on the descriptor, then sleeps until Await is called: a reader that comes again anyway
// is not woken. A thread that waits costs the Go runtime some 60 wake-ups of its own (sysmon) before it takes it for blocked.
func (w *Waker) Notify(wake func()) {
	w.wait.Go(func() {
		fds := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}, {Fd: int32(w.stopFD), Events: unix.POLLIN}}
		for {
			fds[0].Revents, fds[1].Revents = 0, 0
			if _, err := unix.Poll(fds, -1); errors.Is(err, unix.EINTR) {
				continue
			} else if err != nil || fds[1].Revents != 0 {
				return
			}
			w.asleep.Store(true)
			wake()
			select {
			case <-w.rearm:
			case <-w.stop:
				return
			}
		}
	})
}

// Await asks for a wake-up when something waits: now, if something does already.
func (w *Waker) Await() {
	if w.asleep.CompareAndSwap(true, false) {
		w.rearm <- struct{}{} // has room: one for each time it sleeps
	}
}

// Close ends the waiting.
func (w *Waker) Close() {
	w.close.Do(func() {
		close(w.stop)
		_, _ = unix.Write(w.stopFD, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		w.wait.Wait()
		_ = unix.Close(w.stopFD)
	})
}
