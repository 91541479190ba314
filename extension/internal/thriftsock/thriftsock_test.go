package thriftsock

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	gen "github.com/osquery/osquery-go/gen/osquery"
)

// handler blocks in Call until its context ends, and panics in Shutdown.
type handler struct {
	called chan struct{}
	ended  chan error
}

func (h handler) Ping(context.Context) (*gen.ExtensionStatus, error) {
	return &gen.ExtensionStatus{Message: "pong"}, nil
}

func (h handler) Call(ctx context.Context, _, _ string, _ gen.ExtensionPluginRequest) (*gen.ExtensionResponse, error) {
	close(h.called)
	<-ctx.Done()
	h.ended <- ctx.Err()
	return &gen.ExtensionResponse{Status: &gen.ExtensionStatus{Message: "cut short"}}, nil
}

func (h handler) Shutdown(context.Context) error { panic("a bug") }

func listen(t *testing.T, path string) (*Server, handler) {
	t.Helper()
	h := handler{called: make(chan struct{}), ended: make(chan error, 1)}
	s, err := Listen(path, gen.NewExtensionProcessor(h), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s, h
}

func client(t *testing.T, path string) (*gen.ExtensionClient, func()) {
	t.Helper()
	p, done, err := Dial(t.Context(), path, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return gen.NewExtensionClientProtocol(p.Transport(), p, p), done
}

func TestCloseEndsCalls(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s, h := listen(t, path)
	c, done := client(t, path)
	defer done()
	answered := make(chan error, 1)
	go func() {
		r, err := c.Call(t.Context(), "", "", nil)
		if err == nil && r.Status.Message != "cut short" {
			err = errors.New(r.Status.Message)
		}
		answered <- err
	}()
	<-h.called
	closes(t, s, time.Hour) // which the call need not take: it is told to end
	if err := <-h.ended; err == nil {
		t.Error("the call's context did not end")
	}
	if err := <-answered; err != nil {
		t.Errorf("the client got no last answer: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

// closes wants Close to come back.
func closes(t *testing.T, s *Server, patience time.Duration) {
	t.Helper()
	closed := make(chan struct{})
	go func() {
		s.Close(patience)
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Fatal("Close hangs")
	}
}

func TestCloseDoesNotWaitForIdleClients(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s, _ := listen(t, path)
	idle, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	closes(t, s, 20*time.Millisecond)
}

func TestPanicEndsOnlyItsConnection(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s, _ := listen(t, path)
	defer s.Close(0)
	c, done := client(t, path)
	defer done()
	if err := c.Shutdown(t.Context()); err == nil {
		t.Error("a handler that panicked answered")
	}
	again, done := client(t, path)
	defer done()
	if status, err := again.Ping(t.Context()); err != nil || status.Message != "pong" {
		t.Errorf("the next client: %v, %v", status, err)
	}
}

func TestListenReplacesAStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false) // as after a kill -9
	l.Close()
	s, _ := listen(t, path)
	defer s.Close(0)
	c, done := client(t, path)
	defer done()
	if _, err := c.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestListenKeepsWhatIsNoSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Listen(path, nil, slog.New(slog.DiscardHandler)); err == nil {
		s.Close(0)
		t.Error("listening on a regular file")
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file is now %q, %v", b, err)
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path) // accepts and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	p, done, err := Dial(ctx, path, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if _, err := gen.NewExtensionClientProtocol(p.Transport(), p, p).Ping(ctx); err == nil {
		t.Error("no error from a server that says nothing")
	}
}
