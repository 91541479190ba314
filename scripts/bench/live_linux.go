package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/extension/osquerytest"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/tables"
)

// ours is the built binary serving a test host, as osqueryd would start it.
type ours struct {
	*process
	host *osquerytest.Host
	db   *sqlhost.DB
}

// startOurs starts the binary and waits until it owns the audit seat.
func startOurs(ctx context.Context, c *config) (*ours, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("not root: kernel audit needs CAP_AUDIT_CONTROL and CAP_AUDIT_READ")
	}
	if _, err := os.Stat(c.binary); err != nil {
		return nil, fmt.Errorf("finding the binary: %w: make build", err)
	}
	dir, err := os.MkdirTemp(c.dir, "ours-")
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "s")
	h, err := osquerytest.Listen(socket, osquerytest.Options{})
	if err != nil {
		return nil, err
	}
	args := []string{
		"--socket", socket, "--timeout", "10", "--interval", "3", "--linux-feed=audit", "--state-dir", filepath.Join(dir, "state"),
	}
	cmd := exec.Command(c.binary, args...) //nolint:noctx // stopped by a signal, so that it puts back audit's settings
	p, err := start(cmd, filepath.Join(dir, "stderr"))
	if err != nil {
		h.Close()
		return nil, err
	}
	o := &ours{process: p, host: h}
	if err := o.ready(ctx); err != nil {
		said, _ := os.ReadFile(filepath.Join(dir, "stderr"))
		return nil, errors.Join(fmt.Errorf("%w; it said: %s", err, lastLines(string(said), 3)), o.stop())
	}
	return o, nil
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}

func (o *ours) ready(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := registered(ctx, o.host, "apiwatch"); err != nil {
		return err
	}
	if o.db, err = database(o.host); err != nil {
		return err
	}
	for ; ; pause(ctx, 100*time.Millisecond) {
		h, err := o.health(ctx)
		if err != nil {
			return err
		}
		socket := h["audit/socket"]
		if strings.Contains(socket.detail, "mode=unicast") && h["audit/rule:execve"].state == "ok" {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("it did not take the audit seat: %s %s %s", socket.state, socket.reason, socket.detail)
		}
	}
}

func (o *ours) stop() error {
	if o.db != nil {
		_ = o.db.Close()
	}
	err := o.process.stop()
	o.host.Close()
	return err
}

// health is a row of collector_health.
type health struct {
	state, reason, detail   string
	received, decoded, lost int64
}

// health gives collector_health by collector/item.
func (o *ours) health(ctx context.Context) (map[string]health, error) {
	t := remote(o.host, "collector_health")
	if t == nil {
		return nil, errors.New("the binary registered no collector_health")
	}
	rows, err := t.Generate(ctx, &tables.Query{})
	if err != nil {
		return nil, err
	}
	at := make(map[string]int)
	for i, col := range t.Columns() {
		at[col.Name] = i
	}
	out := make(map[string]health)
	for r := range rows {
		text := func(name string) string { return r.Value(at[name]).Text }
		count := func(name string) int64 { return r.Value(at[name]).Int }
		out[text("collector")+"/"+text("item")] = health{
			text("state"), text("reason"), text("detail"), count("received"), count("decoded"), count("lost"),
		}
	}
	return out, nil
}

// alone says whether it had the seat and its rules to itself all the time.
func (o *ours) alone(h map[string]health) error {
	detail := h["audit/socket"].detail
	for _, want := range []string{"mode=unicast", "reseated=0", "yielded=0", "reenabled=0", "rules_readded=0", "leftovers=0"} {
		if !strings.Contains(detail, want) {
			return fmt.Errorf("%w: %s", errDisturbed, detail)
		}
	}
	return nil
}

// lostBefore adds up what was lost between the kernel and the decoder.
func lostBefore(h map[string]health) int64 {
	return h["audit/receive_buffer"].lost + h["audit/socket"].lost
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
