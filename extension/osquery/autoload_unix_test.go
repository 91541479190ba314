//go:build unix

package osquery

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/extension/osquerytest"
	"github.com/apiwatch/apiwatch/tables"
)

// asExtension tells the test binary to be an extension, as osqueryd would start it.
const asExtension = "APIWATCH_TEST_AS_EXTENSION"

func TestMain(m *testing.M) {
	if os.Getenv(asExtension) == "" {
		os.Exit(m.Run())
	}
	flags := flag.NewFlagSet("extension", flag.ContinueOnError)
	socket, timeout := flags.String("socket", "", ""), flags.Int("timeout", 0, "")
	if flags.Int("interval", 0, ""); flags.Parse(os.Args[1:]) != nil {
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	err := Serve(ctx, Options{
		Socket: *socket, Timeout: time.Duration(*timeout) * time.Second, Interval: interval,
		Tables: tables.All(&tables.Data{Store: smallStore()}), Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// autoloaded is an extension in a process of its own that a host has autoloaded.
type autoloaded struct {
	mu     sync.Mutex
	run    *exec.Cmd
	starts int
	ends   []string
}

func (a *autoloaded) start(ctx context.Context, path string, args ...string) error {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), asExtension+"=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	a.mu.Lock()
	err := cmd.Start()
	a.run = cmd
	a.starts++
	a.mu.Unlock()
	if err == nil {
		err = cmd.Wait()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ends = append(a.ends, fmt.Sprint(cmd.ProcessState))
	return err
}

func (a *autoloaded) kill(t *testing.T) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
}

// program puts the test binary where osqueryd may load it from.
func program(t *testing.T, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAutoloadedComesBackAfterKill kills the extension's process: it is started again before the host's next ping, is refused as a
// duplicate until then, and answers after it.
func TestAutoloadedComesBackAfterKill(t *testing.T) {
	socket := socketPath(t)
	h, err := osquerytest.Listen(socket, osquerytest.Options{Interval: 2 * time.Second, Respawn: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var a autoloaded
	defer func() { cancel(); h.Close() }()
	if err := h.Autoload(ctx, program(t, "apiwatch.ext"), a.start); err != nil {
		t.Fatal(err)
	}
	first := registered(t, h)
	a.kill(t)
	within, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for {
		second, err := h.Wait(within, "apiwatch")
		if err != nil {
			t.Fatal(err)
		}
		if second != first {
			break
		}
		time.Sleep(interval)
	}
	if h.Refusals() == 0 {
		t.Error("it came back without having been refused as a duplicate: the test does not show that it tries again")
	}
	if rows, err := h.Generate(t.Context(), "ptrace_events", ""); err != nil || len(rows) == 0 {
		t.Errorf("after the kill: %d rows, %v", len(rows), err)
	}
	// osqueryd stops in order: it tells the extension, which ends with success.
	if err := h.Shutdown(within); err != nil {
		t.Errorf("shutting down: %v", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.starts != 2 || len(a.ends) != 2 || a.ends[0] != "signal: killed" || a.ends[1] != "exit status 0" {
		t.Errorf("%d starts, ended by %q", a.starts, a.ends)
	}
}

// TestRefusedExtensionStopsNothing: the host runs on without it after one error.
func TestRefusedExtensionStopsNothing(t *testing.T) {
	socket, log := socketPath(t), &logBuffer{}
	h, err := osquerytest.Listen(socket, osquerytest.Options{Interval: interval, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var a autoloaded
	err = h.Autoload(t.Context(), program(t, "apiwatch"), a.start)
	if err == nil || !strings.Contains(err.Error(), "does not end in .ext") || a.starts != 0 {
		t.Errorf("%d starts, %v", a.starts, err)
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
		t.Errorf("%d errors are logged, want one:\n%s", n, log)
	}
	serve(t, Options{Socket: socket, Tables: tables.All(&tables.Data{})})
	registered(t, h)
}
