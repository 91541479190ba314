package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cast says how to start an actor.
type cast struct {
	path         string // executable, or script with an interpreter line
	args         []string
	unprivileged bool // as nobody, if we are root
	uid          int  // as this user, if we are root and it is not 0
	attr         syscall.SysProcAttr
	terminal     *os.File // for a session of its own on a terminal, which is all its input and output
}

// actor is a process of ours that takes part in a behaviour.
type actor struct {
	cmd    *exec.Cmd
	pid    int
	path   string // executable; of a script the interpreter
	script string
	uid    int
	in     io.WriteCloser
	out    *bufio.Scanner
	errs   bytes.Buffer
	lines  []string // read so far
	ended  bool
}

// play starts a copy of this program called name in a role.
func (s *stage) play(name, role string, args ...string) (*actor, error) {
	path, err := s.prop(name)
	if err != nil {
		return nil, err
	}
	return s.start(cast{path: path, args: append([]string{rolePrefix + role}, args...)})
}

// start starts an actor in a process group of its own, so that it can be ended with whatever it starts itself.
func (s *stage) start(c cast) (*actor, error) {
	a := &actor{uid: os.Getuid()}
	a.cmd = exec.CommandContext(s.ctx, c.path, c.args...)
	a.cmd.Dir = s.dir
	a.cmd.Env = []string{"PATH=" + childPath, "LANG=C.UTF-8", "HOME=" + s.dir}
	attr := c.attr
	if c.terminal != nil {
		attr.Setsid, attr.Setctty = true, true
	}
	attr.Setpgid = !attr.Setsid
	if c.unprivileged {
		c.uid = nobody
	}
	if c.uid != 0 && isRoot() {
		attr.Credential = &syscall.Credential{Uid: uint32(c.uid), Gid: uint32(c.uid)}
		a.uid = c.uid
	}
	a.cmd.SysProcAttr = &attr
	a.cmd.WaitDelay = 2 * time.Second
	a.cmd.Cancel = a.kill
	if err := a.connect(c.terminal); err != nil {
		return nil, err
	}
	if err := a.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.path, err)
	}
	a.pid = a.cmd.Process.Pid
	var err error
	if a.path, err = filepath.EvalSymlinks(c.path); err != nil {
		a.path = c.path
	}
	if interpreter := interpreterOf(c.path); interpreter != "" {
		a.path, a.script = interpreter, c.path
	}
	s.later(func() {
		if !a.ended {
			_ = a.kill()
			_ = a.finish()
		}
	})
	return a, nil
}

// connect gives the actor a terminal, or pipes to us.
func (a *actor) connect(terminal *os.File) error {
	if terminal != nil {
		a.cmd.Stdin, a.cmd.Stdout, a.cmd.Stderr = terminal, terminal, terminal
		return nil
	}
	a.cmd.Stderr = &a.errs
	in, err := a.cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("making an actor's input: %w", err)
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("making an actor's output: %w", err)
	}
	a.in, a.out = in, bufio.NewScanner(out)
	return nil
}

func (a *actor) kill() error { return syscall.Kill(-a.pid, syscall.SIGKILL) }

// read returns the actor's next line.
func (a *actor) read() (string, error) {
	if a.out.Scan() {
		a.lines = append(a.lines, a.out.Text())
		return a.out.Text(), nil
	}
	err := a.finish()
	return "", errors.Join(fmt.Errorf("pid %d %s ended before its answer", a.pid, a.path), err)
}

// ask writes a line to the actor and returns its answer.
func (a *actor) ask(line string) (string, error) {
	if _, err := io.WriteString(a.in, line+"\n"); err != nil {
		return "", errors.Join(fmt.Errorf("writing to pid %d: %w", a.pid, err), a.finish())
	}
	return a.read()
}

// finish closes the actor's input, reads what it still says and waits for its end. Whatever shares its standard output
// has ended by then, too.
func (a *actor) finish() error {
	if a.ended {
		return nil
	}
	a.ended = true
	if a.in != nil {
		_ = a.in.Close()
	}
	for a.out != nil && a.out.Scan() {
		a.lines = append(a.lines, a.out.Text())
	}
	err := a.cmd.Wait()
	if err == nil {
		return nil
	}
	said := strings.TrimSpace(a.errs.String())
	exit := new(exec.ExitError)
	if errors.As(err, &exit) && exit.ExitCode() == exitNotRun {
		return notRunError("the system does not permit it: " + said)
	}
	return fmt.Errorf("running %s (pid %d): %w: %s", a.cmd.Path, a.pid, err, said)
}

// started gives the pids that the actor said it started ("pid 123 name"), by name where a name is given.
func (a *actor) started(name string) []int {
	var pids []int
	for _, l := range a.lines {
		f := strings.Fields(l)
		if len(f) < 3 || f[0] != "pid" || (name != "" && f[2] != name) {
			continue
		}
		if n, err := strconv.Atoi(f[1]); err == nil {
			pids = append(pids, n)
		}
	}
	return pids
}

// act begins the account of what the actor did.
func (a *actor) act(variant, did string) Act {
	return Act{
		Variant: variant, Did: did, PID: a.pid, Path: a.path, Script: a.script, ParentPID: os.Getpid(),
		UID: a.uid, User: userName(a.uid), PIDs: a.started(""),
	}
}

// to adds whom it was done to.
func (a Act) to(target *actor) Act {
	a.TargetPID, a.TargetPath = target.pid, target.path
	return a
}

// interpreterOf gives the executable that runs a script, "" if path is none.
func interpreterOf(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	line, _ := bufio.NewReaderSize(f, 256).ReadString('\n')
	rest, ok := strings.CutPrefix(line, "#!")
	fields := strings.Fields(rest)
	if !ok || len(fields) == 0 {
		return ""
	}
	if real, err := filepath.EvalSymlinks(fields[0]); err == nil {
		return real
	}
	return fields[0]
}
