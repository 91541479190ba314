package osquery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	gen "github.com/osquery/osquery-go/gen/osquery"

	"github.com/apiwatch/apiwatch/extension/internal/thriftsock"
	"github.com/apiwatch/apiwatch/extension/osquerytest"
	"github.com/apiwatch/apiwatch/tables"
)

const interval = 40 * time.Millisecond

func listen(t testing.TB, socket string, every time.Duration) *osquerytest.Host {
	t.Helper()
	log := &logBuffer{}
	h, err := osquerytest.Listen(socket, osquerytest.Options{Interval: every, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.Close()
		if t.Failed() {
			t.Logf("the host's log:\n%s", log)
		}
	})
	return h
}

// serving is a Serve that runs.
type serving struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error
	log    *logBuffer
}

func serve(t testing.TB, o Options) *serving {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &serving{cancel: cancel, ended: make(chan struct{}), log: &logBuffer{}}
	if o.Interval == 0 {
		o.Interval = interval
	}
	if o.grace == 0 {
		o.grace = 5 * time.Second
	}
	o.Logger = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	go func() {
		s.err = Serve(ctx, o)
		close(s.ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-s.ended
		if t.Failed() {
			t.Logf("Serve returned %v; its log:\n%s", s.err, s.log)
		}
	})
	return s
}

// wait gives what Serve returned.
func (s *serving) wait(t testing.TB) error {
	t.Helper()
	select {
	case <-s.ended:
		return s.err
	case <-time.After(time.Minute):
		t.Fatalf("Serve still runs; log:\n%s", s.log)
		return nil
	}
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func registered(t testing.TB, h *osquerytest.Host) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	uuid, err := h.Wait(ctx, "apiwatch")
	if err != nil {
		t.Fatal(err)
	}
	return uuid
}

func TestRegistersEveryTable(t *testing.T) {
	socket := socketPath(t)
	h := listen(t, socket, interval)
	all := tables.All(&tables.Data{Store: smallStore()})
	s := serve(t, Options{Socket: socket, Version: "1.2.3", Tables: all})
	uuid := registered(t, h)

	byName := make(map[string]*osquerytest.Table)
	for _, tb := range h.Tables() {
		byName[tb.Name()] = tb
	}
	if len(byName) != len(all) {
		t.Fatalf("%d tables registered, want %d", len(byName), len(all))
	}
	for _, want := range all {
		got := byName[want.Name]
		if got == nil {
			t.Fatalf("table %s is not registered", want.Name)
		}
		for i, c := range want.Columns {
			g := got.Columns()[i]
			if g.Name != c.Name || g.Type != c.Type || g.Optimized != c.Optimized || g.Hidden != c.Hidden {
				t.Errorf("table %s: column %+v arrived as %+v", want.Name, c, g)
			}
		}
		r, err := h.Call(t.Context(), want.Name, map[string]string{"action": "columns"})
		if err != nil || r.Status.Code != 0 || len(r.Response) != len(want.Columns) {
			t.Errorf("table %s: columns: %v, %v", want.Name, r, err)
		}
		rows, err := h.Generate(t.Context(), want.Name, "")
		if err != nil {
			t.Error(err)
		}
		ids := make(map[string]bool)
		for _, row := range rows {
			if row["rowid"] == "" || ids[row["rowid"]] {
				t.Errorf("table %s: rowid %q is missing or comes twice", want.Name, row["rowid"])
			}
			ids[row["rowid"]] = true
		}
	}
	info, err := os.Stat(h.Path(uuid))
	if socketsAreFiles && (err != nil || info.Mode().Perm() != 0o600) {
		t.Errorf("our socket: %v, %v; want mode 0600", info, err)
	}

	s.cancel()
	if err := s.wait(t); err != nil {
		t.Errorf("Serve after cancel: %v", err)
	}
	if n := h.Extensions(); len(n) != 0 {
		t.Errorf("still registered after cancel: %v", n)
	}
	if _, err := os.Stat(h.Path(uuid)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("our socket is left behind: %v", err)
	}
}

func TestNoTableNameIsTaken(t *testing.T) {
	names := osquerytest.TableNames()
	if len(names) < 280 {
		t.Fatalf("only %d names of osquery's tables are known", len(names))
	}
	taken := make(map[string]bool)
	for _, n := range names {
		taken[n] = true
	}
	for _, tb := range tables.All(&tables.Data{}) {
		if taken[tb.Name] {
			t.Errorf("osquery has a table %s already: the whole extension would be refused", tb.Name)
		}
		columns := map[string]bool{"rowid": true}
		for _, c := range tb.Columns {
			if name := strings.ToLower(c.Name); columns[name] {
				t.Errorf("table %s: column %s comes twice or is reserved: the whole extension would be refused", tb.Name, c.Name)
			} else {
				columns[name] = true
			}
		}
	}
}

func TestWaitsForTheSocket(t *testing.T) {
	socket := socketPath(t)
	s := serve(t, Options{Socket: socket, Timeout: time.Minute})
	time.Sleep(100 * time.Millisecond)
	h := listen(t, socket, interval)
	registered(t, h)
	s.cancel()
	if err := s.wait(t); err != nil {
		t.Error(err)
	}
}

func TestNoSocketIsAnError(t *testing.T) {
	for _, test := range []struct{ name, socket, want string }{
		{"none given", "", "no socket given"},
		{"too long", "/" + strings.Repeat("x", 97), "at most 97"},
		{"never appears", socketPath(t), "is osqueryd running"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := Serve(t.Context(), Options{Socket: test.socket, Timeout: 50 * time.Millisecond})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

// occupy registers an extension of our name that answers nothing, as one that was killed does.
func occupy(t *testing.T, socket, name string, names ...string) {
	t.Helper()
	p, done, err := thriftsock.Dial(t.Context(), socket, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	routes := gen.ExtensionRouteTable{}
	for _, n := range names {
		routes[n] = gen.ExtensionPluginResponse{{"id": "column", "name": "a", "type": "TEXT", "op": "0"}}
	}
	status, err := gen.NewExtensionManagerClientProtocol(p.Transport(), p, p).RegisterExtension(t.Context(),
		&gen.InternalExtensionInfo{Name: name}, gen.ExtensionRegistry{"table": routes})
	if err != nil || status.Code != 0 {
		t.Fatalf("registering the predecessor: %v, %v", status, err)
	}
}

func TestRegistersAfterACrash(t *testing.T) {
	socket := socketPath(t)
	h := listen(t, socket, time.Hour) // so that it does not find out by itself
	occupy(t, socket, "apiwatch")
	serve(t, Options{Socket: socket, Tables: tables.All(&tables.Data{Store: smallStore()})})
	until := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	until("the first registration is not refused", func() bool { return h.Refusals() > 0 })
	for uuid := range h.Extensions() {
		h.Forget(uuid)
	}
	until("never registered", func() bool { return len(h.Tables()) > 0 })
	registered(t, h)
}

func TestSecondInstanceIsRefused(t *testing.T) {
	socket := socketPath(t)
	h := listen(t, socket, interval)
	serve(t, Options{Socket: socket})
	registered(t, h)
	err := Serve(t.Context(), Options{Socket: socket, Timeout: 50 * time.Millisecond, Interval: 10 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "stop the other one") {
		t.Errorf("got %v", err)
	}
}

func TestNameClashSaysWhatToDo(t *testing.T) {
	socket := socketPath(t)
	h := listen(t, socket, time.Minute)
	occupy(t, socket, "other", "ptrace_events")
	err := Serve(t.Context(), Options{Socket: socket, Tables: tables.All(&tables.Data{})})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"ptrace_events", "api_calls", "Failed adding registry broadcast", "osquery_registry", "unload"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not mention %q: %v", want, err)
		}
	}
	if h.Refusals() != 1 {
		t.Errorf("tried %d times, want once", h.Refusals())
	}
}

func TestComesBackAfterRestart(t *testing.T) {
	socket := socketPath(t)
	h := listen(t, socket, interval)
	serve(t, Options{Socket: socket, Tables: tables.All(&tables.Data{Store: smallStore()})})
	first := registered(t, h)
	h.Close()
	time.Sleep(3 * interval)
	h = listen(t, socket, interval)
	registered(t, h)
	rows, err := h.Generate(t.Context(), "ptrace_events", "")
	if err != nil || len(rows) == 0 {
		t.Errorf("after the restart: %d rows, %v", len(rows), err)
	}
	if _, err := os.Stat(fmt.Sprintf("%s.%d", socket, first)); err == nil && len(h.Extensions()) == 1 {
		if _, same := h.Extensions()[first]; !same {
			t.Error("the old session's socket is left behind")
		}
	}
}

func TestComesBackWhenDropped(t *testing.T) {
	socket := socketPath(t)
	h := listen(t, socket, interval)
	s := serve(t, Options{Socket: socket, Tables: tables.All(&tables.Data{Store: smallStore()})})
	h.Forget(registered(t, h))
	if _, err := h.Generate(t.Context(), "api_calls", ""); err == nil {
		t.Error("a dropped table still answers")
	}
	registered(t, h)
	if _, err := h.Generate(t.Context(), "api_calls", ""); err != nil {
		t.Error(err)
	}
	if !strings.Contains(s.log.String(), "registering again") {
		t.Errorf("the log does not tell:\n%s", s.log)
	}
}

func TestEndsWhenOsqueryIsGone(t *testing.T) {
	socket := socketPath(t)
	h := listen(t, socket, interval)
	s := serve(t, Options{Socket: socket, grace: 300 * time.Millisecond})
	uuid := registered(t, h)
	h.Close()
	if err := s.wait(t); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
	if !strings.Contains(s.log.String(), "osquery went away") {
		t.Errorf("the log does not tell:\n%s", s.log)
	}
	if _, err := os.Stat(h.Path(uuid)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("our socket is left behind: %v", err)
	}
}

func TestSurvivesAMissedPing(t *testing.T) {
	if !socketsAreFiles {
		t.Skip("TestSurvivesAMissedPing not run: a named pipe cannot be moved away")
	}
	socket := socketPath(t)
	h := listen(t, socket, interval)
	s := serve(t, Options{Socket: socket})
	uuid := registered(t, h)
	if err := os.Rename(socket, socket+"-away"); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(s.log.String(), "does not answer") {
		time.Sleep(5 * time.Millisecond)
	}
	if err := os.Rename(socket+"-away", socket); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(s.log.String(), "answers again") {
		time.Sleep(5 * time.Millisecond)
	}
	if again := registered(t, h); again != uuid {
		t.Error("registered anew without need")
	}
}

func TestShutdownEnds(t *testing.T) {
	socket := socketPath(t)
	h := listen(t, socket, interval)
	s := serve(t, Options{Socket: socket})
	uuid := registered(t, h)
	if err := h.Shutdown(t.Context()); err != nil {
		t.Errorf("the shutdown was not answered: %v", err)
	}
	if err := s.wait(t); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
	if _, err := os.Stat(h.Path(uuid)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("our socket is left behind: %v", err)
	}
}

func TestCancelWhileWaiting(t *testing.T) {
	s := serve(t, Options{Socket: socketPath(t), Timeout: time.Hour})
	time.Sleep(20 * time.Millisecond)
	s.cancel()
	if err := s.wait(t); err != nil {
		t.Error(err)
	}
}

// A manager that accepts and never answers must not hold Serve when its context ends.
func TestCancelWhileOsqueryHangs(t *testing.T) {
	socket := socketPath(t)
	l, err := listenSocket(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := serve(t, Options{Socket: socket, Timeout: time.Hour})
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s.cancel()
	if err := s.wait(t); err != nil {
		t.Error(err)
	}
}

func TestNothingLeaks(t *testing.T) {
	if !socketsAreFiles {
		t.Skip("TestNothingLeaks not run: it counts the files of /proc/self/fd")
	}
	files := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skipf("TestNothingLeaks not run: %v", err)
		}
		return len(entries)
	}
	all := tables.All(&tables.Data{Store: smallStore()})
	cycle := func() {
		socket := socketPath(t)
		h, err := osquerytest.Listen(socket, osquerytest.Options{Interval: interval})
		if err != nil {
			t.Fatal(err)
		}
		s := serve(t, Options{Socket: socket, Tables: all})
		uuid := registered(t, h)
		if _, err := h.Generate(t.Context(), "api_calls", ""); err != nil {
			t.Fatal(err)
		}
		idle, err := dialSocket(h.Path(uuid)) // a client that never says anything
		if err != nil {
			t.Fatal(err)
		}
		defer idle.Close()
		s.cancel()
		if err := s.wait(t); err != nil {
			t.Error(err)
		}
		h.Close()
	}
	cycle()
	goroutines, open := runtime.NumGoroutine(), files()
	for range 3 {
		cycle()
	}
	deadline := time.Now().Add(time.Minute)
	for runtime.NumGoroutine() > goroutines || files() > open {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("goroutines %d → %d, files %d → %d\n%s", goroutines, runtime.NumGoroutine(), open, files(), buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(10 * time.Millisecond)
	}
}
