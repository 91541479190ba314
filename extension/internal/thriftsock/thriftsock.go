// Package thriftsock carries Thrift over osquery's sockets: unix domain sockets, or named pipes on Windows.
//
// Thrift's own server waits for idle clients when it stops and writes one primitive a system call; this one does
// neither, and nothing that a client sends can end the process.
package thriftsock

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/osquery/osquery-go/transport"
)

const (
	bufferSize = 64 << 10
	// maxRequest bounds what one request may make us allocate, in bytes.
	maxRequest = 16 << 20
	// idle ends a connection on which nothing moves: osquery opens one for each call.
	idle = 5 * time.Minute
)

// Protocol gives the binary protocol, buffered, over an open transport.
func Protocol(t thrift.TTransport, conf *thrift.TConfiguration) thrift.TProtocol {
	return thrift.NewTBinaryProtocolConf(thrift.NewTBufferedTransport(t, bufferSize), conf)
}

// Dial connects to a socket. The timeout holds for the connection and then for each read and write.
// The socket is closed when ctx ends, which frees a caller from a peer that does not answer.
func Dial(ctx context.Context, path string, timeout time.Duration) (thrift.TProtocol, func(), error) {
	s, err := dial(path, timeout)
	if err != nil {
		return nil, nil, fmt.Errorf("connecting to %s: %w", path, err)
	}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	conf := &thrift.TConfiguration{ConnectTimeout: timeout, SocketTimeout: timeout}
	return Protocol(s, conf), func() {
		stop()
		s.Close()
	}, nil
}

// Server serves a Thrift processor on a socket.
type Server struct {
	path      string
	processor thrift.TProcessor
	listener  thrift.TServerTransport
	log       *slog.Logger
	cancel    context.CancelFunc
	wg        sync.WaitGroup

	mu       sync.Mutex
	conns    map[thrift.TTransport]struct{}
	stopping bool
}

// Listen serves on the socket until Close. A stale socket file of the name is replaced, and only the own user may
// connect. Calls get a context that ends with the server.
func Listen(path string, processor thrift.TProcessor, log *slog.Logger) (*Server, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("removing stale socket: %w", err)
		}
	}
	listener, err := transport.OpenServer(path, idle)
	if err != nil {
		return nil, fmt.Errorf("opening socket %s: %w", path, err)
	}
	if err := listener.Listen(); err != nil {
		return nil, fmt.Errorf("listening on %s: %w", path, err)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		if err := os.Chmod(path, 0o600); err != nil {
			listener.Close()
			return nil, fmt.Errorf("restricting socket %s: %w", path, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		path: path, processor: processor, listener: listener, log: log, cancel: cancel,
		conns: make(map[thrift.TTransport]struct{}),
	}
	s.wg.Go(func() { s.accept(ctx) })
	return s, nil
}

// Close stops listening, ends the calls' context, lets clients finish for a grace period and then closes their
// connections. It returns when nothing of the server runs any more.
func (s *Server) Close(grace time.Duration) {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	_ = s.listener.Interrupt() // closing a socket that is closed already is no harm
	s.cancel()

	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-done:
		return
	case <-timer.C:
	}
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	<-done
}

func (s *Server) accept(ctx context.Context) {
	pause := 10 * time.Millisecond
	for {
		c, err := s.listener.Accept()
		if err != nil {
			if ctx.Err() != nil || s.isStopping() {
				return
			}
			s.log.Warn("accepting a connection failed", "socket", s.path, "error", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			pause = min(2*pause, time.Second)
			continue
		}
		pause = 10 * time.Millisecond
		s.mu.Lock()
		if s.stopping {
			s.mu.Unlock()
			c.Close()
			return
		}
		s.conns[c] = struct{}{}
		s.mu.Unlock()
		s.wg.Go(func() {
			s.serve(ctx, c)
			c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		})
	}
}

func (s *Server) isStopping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopping
}

// serve answers one client until it leaves or breaks the protocol.
func (s *Server) serve(ctx context.Context, c thrift.TTransport) {
	defer func() {
		if r := recover(); r != nil {
			s.log.Error("serving a client panicked", "socket", s.path, "panic", r, "stack", string(debug.Stack()))
		}
	}()
	conf := &thrift.TConfiguration{MaxMessageSize: maxRequest, SocketTimeout: idle}
	p := Protocol(c, conf)
	for ctx.Err() == nil {
		ok, err := s.processor.Process(ctx, p, p)
		var app thrift.TApplicationException
		if errors.As(err, &app) && app.TypeId() == thrift.UNKNOWN_METHOD {
			continue
		}
		if err != nil || !ok {
			return
		}
	}
}
