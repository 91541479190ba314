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

// settings are those of the kernel's audit system that a measurement changes.
type settings struct{ enabled, backlog, wait, failure uint32 }

func settingsOf(s *libaudit.AuditStatus) settings {
	return settings{s.Enabled, s.BacklogLimit, s.BacklogWaitTime, s.Failure}
}

// seat is the machine's audit system, held free for a measurement.
type seat struct {
	client *libaudit.AuditClient
	wait   time.Duration // for others to let it go
	former settings
}

// takeSeat waits until nobody owns audit and no rule is loaded, and remembers the settings.
func takeSeat(ctx context.Context, wait time.Duration) (*seat, error) {
	client, err := libaudit.NewAuditClient(nil)
	if err != nil {
		return nil, fmt.Errorf("asking the kernel's audit system: %w: it needs root and a kernel with audit", err)
	}
	s := &seat{client: client, wait: wait}
	if err := s.free(ctx); err != nil {
		_ = client.Close()
		return nil, err
	}
	status, err := client.GetStatus()
	if err != nil {
		_ = client.Close()
		return nil, err
	}
	s.former = settingsOf(status)
	return s, nil
}

// free waits until nobody owns audit and no rule is loaded.
func (s *seat) free(ctx context.Context) error {
	for deadline := time.Now().Add(s.wait); ; pause(ctx, 500*time.Millisecond) {
		status, err := s.client.GetStatus()
		if err != nil {
			return fmt.Errorf("asking the kernel's audit system: %w: it needs root and a kernel with audit", err)
		}
		rules, err := s.client.GetRules()
		switch {
		case err != nil:
		case status.PID != 0:
			err = fmt.Errorf("process %d owns the audit seat: stop it while this measures", status.PID)
		case status.Enabled == 2:
			err = errors.New("audit is immutable until the next boot (enabled=2)")
		case len(rules) > 0:
			err = fmt.Errorf("%d audit rules are loaded: remove them while this measures", len(rules))
		default:
			return nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return errors.Join(err, ctx.Err())
		}
	}
}

// errDisturbed is why a turn must be taken again.
var errDisturbed = errors.New("somebody else changed audit's owner or rules during the measurement")

// undisturbed takes a turn, and again if somebody else came between.
func (s *seat) undisturbed(ctx context.Context, turn func() (float64, error)) (v float64, err error) {
	for range 3 {
		if err := s.free(ctx); err != nil {
			return 0, err
		}
		if v, err = turn(); !errors.Is(err, errDisturbed) {
			break
		}
	}
	return v, err
}

// lost is how many records the kernel has thrown away since boot.
func (s *seat) lost() uint32 {
	status, err := s.client.GetStatus()
	if err != nil {
		return 0
	}
	return status.Lost
}

// set puts settings in force.
func (s *seat) set(to settings) error {
	return errors.Join(
		s.client.SetBacklogLimit(to.backlog, libaudit.WaitForReply),
		s.client.SetBacklogWaitTime(int32(to.wait), libaudit.WaitForReply),
		s.client.SetFailure(libaudit.FailureMode(to.failure), libaudit.WaitForReply),
		s.client.SetEnabled(to.enabled != 0, libaudit.WaitForReply),
	)
}

// restore puts the settings back and lets the seat go.
func (s *seat) restore() error {
	return errors.Join(s.set(s.former), s.client.Close())
}

// asOurs is what our binary asks of the kernel: the rival gets the same rules and settings.
type asOurs struct {
	rules    [][]byte
	settings settings
}

func (s *seat) present() (asOurs, error) {
	status, err := s.client.GetStatus()
	if err != nil {
		return asOurs{}, err
	}
	rules, err := s.client.GetRules()
	if err != nil {
		return asOurs{}, err
	}
	var out asOurs
	out.settings = settingsOf(status)
	for _, r := range rules {
		out.rules = append(out.rules, bytes.Clone(r))
	}
	return out, nil
}

// auditdConf is auditd's configuration as Debian ships it, with raw records and its own log.
const auditdConf = `local_events = yes
write_logs = yes
log_file = %[1]s/audit.log
log_group = root
log_format = RAW
flush = INCREMENTAL_ASYNC
freq = 50
max_log_file = 8
num_logs = 5
priority_boost = 4
name_format = NONE
max_log_file_action = ROTATE
space_left = 2
space_left_action = IGNORE
admin_space_left = 1
admin_space_left_action = IGNORE
disk_full_action = IGNORE
disk_error_action = IGNORE
plugin_dir = %[1]s/plugins
`

// auditd is the rival at work.
type auditd struct {
	*process
	seat  *seat
	rules [][]byte
}

// process is a program that was started for a measurement.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
	exit  error
}

func start(cmd *exec.Cmd, log string) (*process, error) {
	f, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = f, f
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true} // an interrupt from the terminal is ours to pass on
	err = cmd.Start()
	_ = f.Close()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, ended: make(chan struct{})}
	go func() {
		p.exit = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) stop() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s ended early: %w", filepath.Base(p.cmd.Path), p.exit)
	default:
	}
	_ = p.cmd.Process.Signal(unix.SIGTERM)
	select {
	case <-p.ended:
		return nil
	case <-time.After(15 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
		return fmt.Errorf("%s did not end within 15 s and was killed", filepath.Base(p.cmd.Path))
	}
}

// cpu is the processor time that the process has used, by the kernel's own account of its run time: what utime and stime
// add up to, in nanoseconds instead of ticks.
func (p *process) cpu() (time.Duration, error) {
	const scheduled = 2 // CPUCLOCK_SCHED
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^p.pid()<<3|scheduled), &ts); err != nil {
		return 0, fmt.Errorf("reading the processor time of %d: %w", p.pid(), err)
	}
	return time.Duration(ts.Nano()), nil
}

var errNoAuditd = errors.New("auditd is not installed")

// startAuditd runs auditd on the seat with the same rules and settings that ours had.
func startAuditd(ctx context.Context, s *seat, like asOurs, dir string) (*auditd, error) {
	path, err := exec.LookPath("auditd")
	if err != nil {
		path = "/usr/sbin/auditd"
		if _, err := os.Stat(path); err != nil {
			return nil, errNoAuditd
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "plugins"), 0o750); err != nil {
		return nil, err
	}
	conf := fmt.Appendf(nil, auditdConf, dir)
	if err := os.WriteFile(filepath.Join(dir, "auditd.conf"), conf, 0o640); err != nil { //nolint:gosec // as auditd wants it
		return nil, err
	}
	cmd := exec.Command(path, "-n", "-c", dir) //nolint:noctx // stopped by a signal, so that it gives up its seat
	p, err := start(cmd, filepath.Join(dir, "stderr"))
	if err != nil {
		return nil, err
	}
	a := &auditd{process: p, seat: s}
	for deadline := time.Now().Add(10 * time.Second); ; pause(ctx, 20*time.Millisecond) {
		status, err := s.client.GetStatus()
		if err == nil && int(status.PID) == p.pid() {
			break
		}
		if time.Now().After(deadline) || ctx.Err() != nil || p.over() {
			return nil, errors.Join(fmt.Errorf("%w: auditd did not get the seat", errDisturbed), p.stop())
		}
	}
	if err := s.set(like.settings); err != nil {
		return nil, errors.Join(err, a.stop())
	}
	for _, r := range like.rules {
		if err := s.client.AddRule(r); err != nil {
			return nil, errors.Join(fmt.Errorf("adding a rule for auditd: %w", err), a.stop())
		}
		a.rules = append(a.rules, r)
	}
	return a, nil
}

// alone says whether it still owns the seat, with just our rules.
func (a *auditd) alone() error {
	status, err := a.seat.client.GetStatus()
	if err != nil {
		return err
	}
	rules, err := a.seat.client.GetRules()
	if err == nil && (int(status.PID) != a.pid() || len(rules) != len(a.rules)) {
		err = errDisturbed
	}
	return err
}

func (a *auditd) stop() error {
	var errs []error
	for _, r := range a.rules {
		if err := a.seat.client.DeleteRule(r); err != nil && !errors.Is(err, unix.ENOENT) {
			errs = append(errs, err)
		}
	}
	// Whoever takes the seat between two turns must find the machine's own settings, to put them back in turn.
	return errors.Join(append(errs, a.process.stop(), a.seat.set(a.seat.former))...)
}
