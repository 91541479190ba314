package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/elastic/go-libaudit/v2"
	"golang.org/x/sys/unix"
)

const (
	// neutralPath is what the work finds programs in: nothing of the user's own.
	neutralPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	// seatPatience is how long we wait for another owner of audit to go.
	seatPatience = 10 * time.Minute
	// tries is how often a recording is made at most.
	tries = 5
	// settled is how long records may be on their way when the work is over.
	settled = 1500 * time.Millisecond
)

// bench is where recordings are made: a directory of ours with the programs, and the collector's state.
type bench struct {
	options
	dir string
}

func newBench(ctx context.Context, o options) (*bench, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("recording needs root: kernel audit and the process connector do")
	}
	dir, err := os.MkdirTemp("/tmp", "apiwatch-record-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	b := &bench{options: o, dir: dir}
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, errors.Join(err, b.close())
	}
	if b.apiwatch == "" {
		b.apiwatch = filepath.Join(dir, "apiwatch.ext")
		if err := build(ctx, b.apiwatch, "./extension"); err != nil {
			return nil, errors.Join(err, b.close())
		}
	}
	return b, nil
}

func (b *bench) close() error { return os.RemoveAll(b.dir) }

func build(ctx context.Context, to, pkg string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", to, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w: run this in the repository's root\n%s", pkg, err, out)
	}
	return nil
}

// errSeat says that somebody else got hold of audit.
var errSeat = errors.New("another process owns audit")

// record runs a command while everything is recorded, and gives the recording's file. Where somebody else takes audit from
// the collector it does so again.
func (b *bench) record(ctx context.Context, driver func() *exec.Cmd) (raw string, done *exec.Cmd, err error) {
	for range tries {
		done = driver()
		if raw, err = b.once(ctx, done.Run); !errors.Is(err, errSeat) {
			break
		}
		fmt.Fprintln(b.say, "again:", err)
	}
	return raw, done, err
}

func (b *bench) once(ctx context.Context, work func() error) (raw string, err error) {
	if b.feed == "audit" {
		if err := waitForSeat(ctx); err != nil {
			return "", err
		}
	}
	raw = filepath.Join(b.dir, "raw.log")
	var said bytes.Buffer
	// Not bound to ctx: it must restore audit's settings before it ends.
	cmd := exec.Command(b.apiwatch, "run", "--linux-feed", b.feed, "--record", raw, "--state-dir", filepath.Join(b.dir, "state"),
		"--store-events", "20000")
	cmd.Env = []string{"PATH=" + neutralPath}
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("starting the collector: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err = b.collecting(cmd.Process.Pid, raw, ended); err == nil {
		err = work()
		time.Sleep(settled)
		if b.feed != "audit" {
			return raw, errors.Join(err, b.stop(cmd, ended))
		}
		if owner, _, statusErr := auditOwner(); statusErr != nil || owner != cmd.Process.Pid {
			err = errors.Join(err, fmt.Errorf("recording: %w: pid %d, which took it from the collector", errSeat, owner))
		}
	}
	if stopErr := b.stop(cmd, ended); stopErr != nil {
		err = errors.Join(err, fmt.Errorf("ending the collector: %w\n%s", stopErr, said.Bytes()))
	}
	return raw, err
}

// stop ends the collector. One that does not end by itself is killed, and another one let clear up behind it.
func (b *bench) stop(cmd *exec.Cmd, ended <-chan error) error {
	_ = cmd.Process.Signal(os.Interrupt) // it may have ended, which Wait tells
	select {
	case err := <-ended:
		return err
	case <-time.After(30 * time.Second):
	}
	err := errors.Join(errors.New("it did not end"), cmd.Process.Kill(), <-ended)
	again := exec.Command(b.apiwatch, "run", "--linux-feed=audit", "--for", "1s", "--state-dir", filepath.Join(b.dir, "state"))
	return errors.Join(err, again.Run())
}

// waitForSeat waits until nobody owns kernel audit.
func waitForSeat(ctx context.Context) error {
	for deadline := time.Now().Add(seatPatience); ; {
		owner, _, err := auditOwner()
		if err != nil {
			return err
		}
		if owner == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("pid %d owns kernel audit: end it first", owner)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// collecting waits until the collector owns audit and its rules are in, or its programs have told something.
func (b *bench) collecting(pid int, raw string, ended <-chan error) error {
	before := 0
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		select {
		case err := <-ended:
			return fmt.Errorf("the collector ended at once: %w", errors.Join(err, unix.ESRCH))
		case <-time.After(300 * time.Millisecond):
		}
		if b.feed != "audit" {
			if info, err := os.Stat(raw); err == nil && info.Size() > 0 {
				time.Sleep(settled)
				return nil
			}
			continue
		}
		owner, rules, err := auditOwner()
		if err != nil {
			return err
		}
		if owner == pid && rules > 0 && rules == before {
			return nil
		}
		before = rules
	}
	return fmt.Errorf("starting the collector: %w", errSeat)
}

// auditOwner tells who reads kernel audit, and how many rules there are.
func auditOwner() (pid, rules int, err error) {
	c, err := libaudit.NewAuditClient(nil)
	if err != nil {
		return 0, 0, fmt.Errorf("asking for audit's state: %w", err)
	}
	defer c.Close()
	status, err := c.GetStatus()
	if err != nil {
		return 0, 0, fmt.Errorf("asking for audit's state: %w", err)
	}
	list, err := c.GetRules()
	if err != nil {
		return 0, 0, fmt.Errorf("listing audit rules: %w", err)
	}
	return int(status.PID), len(list), nil
}
