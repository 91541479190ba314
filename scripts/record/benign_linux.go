package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Each NAME.sh is one kind of ordinary work and says in its second line which, and then who does it. NAME.prepare.sh
// runs before and NAME.cleanup.sh after it, by root and unrecorded.
//
//go:embed work/*.sh
var works embed.FS

const (
	worker   = "dev"
	home     = "/home/" + worker
	scripts  = "/usr/local/bin"
	workTime = 6 * time.Minute
)

// work is one kind of ordinary work.
type work struct {
	name, about, user        string
	script, prepare, cleanup []byte
}

// allWorks reads the scripts.
func allWorks() ([]work, error) {
	files, err := fs.Glob(works, "work/*.sh")
	if err != nil {
		return nil, err
	}
	var out []work
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".sh")
		if strings.Contains(name, ".") {
			continue
		}
		w := work{name: name}
		if w.script, err = works.ReadFile(f); err != nil {
			return nil, err
		}
		w.prepare, _ = works.ReadFile("work/" + name + ".prepare.sh") // most have none
		w.cleanup, _ = works.ReadFile("work/" + name + ".cleanup.sh")
		lines := strings.SplitN(string(w.script), "\n", 4)
		w.about, w.user = strings.TrimPrefix(lines[1], "# "), strings.TrimPrefix(lines[2], "# user: ")
		if w.user != worker && w.user != "root" {
			return nil, fmt.Errorf("%s: the third line says %q, want # user: %s or root", f, lines[2], worker)
		}
		out = append(out, w)
	}
	return out, nil
}

// recordBenign records ordinary work, each kind a file.
func recordBenign(ctx context.Context, o options, names []string) (err error) {
	all, err := allWorks()
	if err != nil {
		return err
	}
	for _, n := range names {
		if !slices.ContainsFunc(all, func(w work) bool { return w.name == n }) {
			return fmt.Errorf("no work is called %q: see scripts/record/work", n)
		}
	}
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := newWorker(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeWorker()) }()
	for i := range all {
		if len(names) > 0 && !slices.Contains(names, all[i].name) {
			continue
		}
		if err := b.work(ctx, &all[i]); err != nil {
			return fmt.Errorf("recording %s: %w", all[i].name, err)
		}
	}
	return nil
}

// newWorker makes the user who works.
func newWorker() error {
	if _, err := user.Lookup(worker); err == nil {
		return fmt.Errorf("this machine has a user %s: record on another one", worker)
	}
	if _, err := os.Lstat(home); err == nil {
		return fmt.Errorf("this machine has %s: record on another one", home)
	}
	if out, err := exec.Command("useradd", "--create-home", "--shell", "/bin/bash", worker).CombinedOutput(); err != nil {
		return fmt.Errorf("making the user %s: %w: %s", worker, err, out)
	}
	return nil
}

func removeWorker() error {
	killAll(workerID())
	if out, err := exec.Command("userdel", "--remove", "--force", worker).CombinedOutput(); err != nil {
		return fmt.Errorf("removing the user %s: %w: %s", worker, err, out)
	}
	return nil
}

func workerID() int {
	u, err := user.Lookup(worker)
	if err != nil {
		return -1
	}
	n, _ := strconv.Atoi(u.Uid) // it is a number on Linux
	return n
}

// killAll ends what the worker, whom we made, has left running.
func killAll(uid int) {
	running, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range running {
		var st syscall.Stat_t
		if uid > 0 && syscall.Stat(p, &st) == nil && int(st.Uid) == uid {
			if pid, err := strconv.Atoi(filepath.Base(p)); err == nil {
				_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
			}
		}
	}
}

func (b *bench) work(ctx context.Context, w *work) (err error) {
	if err := b.aside(ctx, w.prepare); err != nil {
		return fmt.Errorf("preparing: %w", err)
	}
	defer func() { err = errors.Join(err, b.aside(context.WithoutCancel(ctx), w.cleanup)) }()
	script := filepath.Join(scripts, w.name+".sh")
	if _, err := os.Lstat(script); err == nil {
		return fmt.Errorf("%s is there already", script)
	}
	if err := os.WriteFile(script, w.script, 0o755); err != nil {
		return fmt.Errorf("writing the script: %w", err)
	}
	defer os.Remove(script)

	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	// A file, since what keeps running in the background holds it open.
	out, err := os.OpenFile(filepath.Join(b.dir, "out"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("making a file for what the work says: %w", err)
	}
	defer out.Close()
	raw, driver, err := b.record(ctx, func() *exec.Cmd {
		_ = out.Truncate(0) // what an attempt said before is of no use, and no harm
		args, dir := []string{"/usr/sbin/runuser", "-u", worker, "--", "/bin/bash", script}, home
		if w.user == "root" {
			args, dir = args[4:], "/root"
		}
		d := exec.CommandContext(ctx, args[0], args[1:]...)
		d.Dir = dir
		d.Env = []string{"PATH=" + neutralPath, "LANG=C.UTF-8", "HOME=" + dir, "USER=" + w.user, "TERM=xterm"}
		d.Stdout, d.Stderr = out, out
		d.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		d.Cancel = func() error { return syscall.Kill(-d.Process.Pid, syscall.SIGKILL) }
		return d
	})
	id := workerID()
	killAll(id)
	said, readErr := os.ReadFile(out.Name())
	if b.keep != "" {
		readErr = errors.Join(readErr, os.WriteFile(filepath.Join(b.keep, w.name+".out"), said, 0o600))
	}
	if err = errors.Join(err, readErr); err != nil {
		return fmt.Errorf("%w\n…%s", err, said[max(0, len(said)-2000):])
	}
	to, err := newWriter(filepath.Join(b.out, "benign", w.name+".audit.log.gz"))
	if err != nil {
		return err
	}
	err = b.filtered(raw, newFilter(os.Getpid(), driver.Process.Pid, int64(id)), to.round)
	if err := errors.Join(err, to.close()); err != nil {
		return err
	}
	fmt.Fprintln(b.say, w.about)
	return b.report(ctx, to.path)
}

// aside runs a script that is not recorded.
func (b *bench) aside(ctx context.Context, script []byte) error {
	if len(script) == 0 {
		return nil
	}
	cmd := exec.CommandContext(ctx, "/bin/bash", "-c", string(script))
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "DEV="+home)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return exec.CommandContext(ctx, "chown", "-R", worker+":", home).Run()
}
