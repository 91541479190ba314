package main

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/scripts/racing"
)

var ids = []string{
	"AN0120", "AN0163", "AN0244", "AN0255", "AN0272", "AN0283", "AN0397", "AN0431", "AN0514", "AN0569", "AN0579", "AN0613", "AN0620", "AN0688",
	"AN0703", "AN0839", "AN0904", "AN0976", "AN1046", "AN1065", "AN1098", "AN1183", "AN1196", "AN1199", "AN1223", "AN1241", "AN1400", "AN1494",
	"AN1562", "AN1627", "AN2031",
}

func TestRegistryIsComplete(t *testing.T) {
	var got []string
	titles := map[string]bool{}
	for _, b := range behaviours {
		got = append(got, b.ID)
		if b.Simulate == nil || b.NearMiss == nil {
			t.Errorf("%s lacks its behaviour or its near miss", b.ID)
		}
		if b.Title == "" || titles[b.Title] || !strings.Contains(b.Explain, "\nnear miss: ") {
			t.Errorf("%s needs a title of its own and an explanation of both", b.ID)
		}
		titles[b.Title] = true
		if _, err := os.Stat(strings.ToLower(b.ID) + "_linux.go"); err != nil {
			t.Errorf("%s has no file: %v", b.ID, err)
		}
	}
	if !slices.Equal(got, ids) {
		t.Errorf("behaviours are %v", got)
	}
}

// variants says what a behaviour and its near miss consist of.
var variants = map[string][2][]string{
	"AN0120": {{"sh", "python3"}, {""}},
	"AN0163": {{"accounts", "history", "truncate", "env", "rows"}, {"typed", "own"}},
	"AN0244": {{"device", "python3", "attached", "command"}, {"typed", "tracer", "listed"}},
	"AN0255": {{"sh", "python3", "sh -c"}, {"typed", "installed", "single users"}},
	"AN0272": {{"sh", "python3", "sh -c"}, {"typed", "one tool"}},
	"AN0283": {{"cat", "command", "python3", "uinput"}, {"typed", "listed"}},
	"AN0397": {{"bash", "python3"}, {"one sleep", "nothing after"}},
	"AN0431": {{"sleep", "crontab"}, {"date", "crontab -l"}},
	"AN0514": {{"python3", "smbclient"}, {"three hosts", "two hosts"}},
	"AN0569": {{"program", "sent", "command"}, {"typed", "converted"}},
	"AN0579": {{"attach", "seize"}, {"debugger traceme", "debugger seize", "reader"}},
	"AN0613": {{"setns", "mount"}, {"contained", "outside, setns", "outside, mount"}},
	"AN0620": {{"program", "server", "arecord", "sent"}, {"typed", "player", "converted"}},
	"AN0688": {{"module", "polled", "chain"}, {"once", "typed"}},
	"AN0703": {{"held", "tool", "redirected", "preloaded"}, {"tracer", "listed"}},
	"AN0839": {{"execveat", "proc-fd", "mprotect", "rwx"}, {""}},
	"AN0904": {{"sh", "python3", "two ways", "then tar"}, {"typed", "root", "once"}},
	"AN0976": {{"chmod(2)", "chmod(1)"}, {"mode 0755", "not executed", "system program"}},
	"AN1046": {{"traceme", "python3", "TracerPid"}, {"debugger", "typed", "VmRSS"}},
	"AN1065": {{"staged", "enumerated"}, {"own files", "unpacking"}},
	"AN1098": {{"written", "covered", "copied", "preloaded"}, {"own file", "own folder"}},
	"AN1183": {{"payload", "checks"}, {"typed", "one history"}},
	"AN1196": {{"mount(8)", "mount(2)"}, {""}},
	"AN1199": {{"dropped", "python3", "logins", "cat", "words"}, {"getent", "typed", "own store"}},
	"AN1223": {{"sh", "python3", "daemon"}, {"parent stays", "system program"}},
	"AN1241": {{"mprotect", "shared object"}, {"reader", "debugger"}},
	"AN1400": {{"mprotect", "mmap"}, {"read", "own child"}},
	"AN1494": {{"dd", "program", "root", "directory", "link"}, {""}},
	"AN1562": {{"sh", "python3"}, {""}},
	"AN1627": {{"touch -r", "touch -t", "utimensat"}, {"touch", "cp -p", "install -p", "tar"}},
	"AN2031": {{"sh", "typed"}, {"own agent", "typed"}},
}

// targeted behaviours act on another process, and say on which.
var targeted = []string{"AN0579", "AN1196", "AN1241", "AN1400", "AN1494"}

// unprivileged behaviours must not be root's.
var unprivileged = []string{"AN0120", "AN0397", "AN0431", "AN0976", "AN1562"}

func TestBehavioursAsRoot(t *testing.T) {
	if !isRoot() {
		t.Skip("not run: the behaviours need root")
	}
	racing.Pointless(t, "other programs do the work")
	for _, b := range behaviours {
		for i, nearMiss := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/near_miss=%v", b.ID, nearMiss), func(t *testing.T) {
				acts := perform(t.Context(), b, nearMiss, func(a Act) { t.Log(a) })
				var names []string
				for _, a := range acts {
					names = append(names, a.Variant)
					switch {
					case a.Status == NotRun && strings.Contains(a.Reason, "on this machine"):
						t.Logf("not run: %s %s: %s", a.ID, a.Variant, a.Reason)
					case a.Status != Done:
						t.Errorf("not done: %s", a)
					default:
						checkAct(t, a)
					}
				}
				if !slices.Equal(names, variants[b.ID][i]) {
					t.Errorf("variants are %q", names)
				}
				nothingLeft(t, os.Getpid())
			})
		}
	}
}

func checkAct(t *testing.T, a Act) {
	t.Helper()
	if a.PID <= 1 || a.PID == os.Getpid() || !filepath.IsAbs(a.Path) || a.User == "" && a.UID != aUser || a.Did == "" || a.ParentPID == 0 {
		t.Errorf("incomplete: %+v", a)
	}
	if slices.Contains(a.PIDs, a.PID) {
		t.Errorf("pid %d is also among the others: %s", a.PID, a)
	}
	if slices.Contains(targeted, a.ID) && !a.NearMiss && (a.TargetPID <= 1 || a.TargetPID == a.PID || !filepath.IsAbs(a.TargetPath)) {
		t.Errorf("no target: %+v", a)
	}
	if slices.Contains(unprivileged, a.ID) && !a.NearMiss && (a.UID != nobody || a.User == "root") {
		t.Errorf("done as %s (%d)", a.User, a.UID)
	}
	if a.ID == "AN0613" && !a.NearMiss && len(a.ContainerID) != 64 {
		t.Errorf("container id %q", a.ContainerID)
	}
}

// nothingLeft fails for files, mounts, cgroups and processes of the simulator with that pid.
func nothingLeft(t *testing.T, pid int) {
	t.Helper()
	var left []string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); { // an orphan ends by itself, up to half a second later
		if left = leftovers(pid); len(left) == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("left behind: %q", left)
}

// cgroupsBefore are the parents of containers that were there before the tests.
var cgroupsBefore = func() (there []string) {
	for _, root := range cgroupRoots() {
		there = append(there, glob(filepath.Join(root, "docker"))...)
	}
	return there
}()

func leftovers(pid int) []string {
	mark := fmt.Sprintf("%s%d-", dirPrefix, pid)
	home, _ := os.UserHomeDir()
	var left []string
	for _, base := range []string{"/tmp", "/var/tmp", "/dev/shm", "/var/lib", "/opt", "/usr/local", home} {
		left = append(left, glob(filepath.Join(base, mark+"*"))...)
	}
	for _, root := range cgroupRoots() {
		left = append(left, glob(filepath.Join(root, "docker", fmt.Sprintf("%s%08x*", containerMark, pid)))...)
		if parent := filepath.Join(root, "docker"); !slices.Contains(cgroupsBefore, parent) && !onlyOurs(parent) { // another run may go on
			left = append(left, glob(parent)...)
		}
	}
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, mark) {
			left = append(left, line)
		}
	}
	for _, dir := range glob("/proc/[0-9]*") {
		exe, _ := os.Readlink(dir + "/exe")
		cmdline, _ := os.ReadFile(dir + "/cmdline")
		if strings.Contains(exe, mark) || bytes.Contains(cmdline, []byte(mark)) {
			left = append(left, fmt.Sprintf("%s %s %q", dir, exe, cmdline))
		}
	}
	return left
}

func TestInterruptedRunLeavesNothing(t *testing.T) {
	if !isRoot() {
		t.Skip("not run: the behaviours need root")
	}
	for _, id := range []string{"AN0397", "AN0613", "AN1196", "AN1223", "AN1494"} {
		for _, after := range []time.Duration{20 * time.Millisecond, 60 * time.Millisecond, 180 * time.Millisecond} {
			cmd := exec.CommandContext(t.Context(), os.Args[0], id)
			cmd.Env = append(os.Environ(), asMain+"=1")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			awaitWork(cmd.Process.Pid)
			time.Sleep(after)
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			err := cmd.Wait()
			if status := new(exec.ExitError); errors.As(err, &status) && !status.Exited() {
				t.Errorf("%s after %v: it died of the signal: %v", id, after, err)
			}
			nothingLeft(t, cmd.Process.Pid)
		}
	}
}

// awaitWork returns when a simulator has made its first directory.
func awaitWork(pid int) {
	deadline := time.Now().Add(time.Minute)
	for len(glob(fmt.Sprintf("/tmp/%s%d-*", dirPrefix, pid))) == 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
}

// A run that is killed cannot clear up: its processes end by themselves, and the next run removes its directories.
func TestKilledRunIsClearedByTheNext(t *testing.T) {
	if !isRoot() {
		t.Skip("not run: the behaviours need root")
	}
	for _, id := range []string{"AN0397", "AN0613"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], id)
		cmd.Env = append(os.Environ(), asMain+"=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		awaitWork(cmd.Process.Pid)
		time.Sleep(20 * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		i := slices.IndexFunc(behaviours, func(b Behaviour) bool { return b.ID == id })
		for _, a := range perform(t.Context(), behaviours[i], false, func(Act) {}) {
			if a.Status == Failed {
				t.Errorf("%s", a)
			}
		}
		nothingLeft(t, cmd.Process.Pid)
	}
}

func TestSweepRemovesOnlyWhatNobodyUses(t *testing.T) {
	base := t.TempDir()
	dead := exec.CommandContext(t.Context(), "/bin/sh", "-c", ":")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	keep := []string{
		fmt.Sprintf("%s%d-1", dirPrefix, os.Getpid()), dirPrefix + "x-1", dirPrefix, "other",
	}
	remove := fmt.Sprintf("%s%d-1", dirPrefix, dead.Process.Pid)
	for _, d := range append(keep, remove) {
		if err := os.MkdirAll(filepath.Join(base, d, "within"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	sweep(base)
	for _, d := range keep {
		if _, err := os.Stat(filepath.Join(base, d)); err != nil {
			t.Errorf("removed: %v", err)
		}
	}
	if _, err := os.Stat(filepath.Join(base, remove)); err == nil {
		t.Errorf("%s is still there", remove)
	}
}

func TestTinyELF(t *testing.T) {
	f, err := elf.NewFile(bytes.NewReader(tinyELF()))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Progs) != 1 || f.Entry != f.Progs[0].Vaddr+f.Progs[0].Filesz-uint64(len(exitCode)) {
		t.Errorf("header %+v, segments %+v", f.FileHeader, f.Progs)
	}
	path := filepath.Join(t.TempDir(), "tiny")
	if err := os.WriteFile(path, tinyELF(), 0o755); err != nil {
		t.Fatal(err)
	}
	status := 0
	if err := exec.CommandContext(t.Context(), path).Run(); err != nil {
		exit := new(exec.ExitError)
		if !errors.As(err, &exit) {
			t.Fatal(err)
		}
		status = exit.ExitCode()
	}
	if status != os.Geteuid()&0xff {
		t.Errorf("its status is %d", status)
	}
}

// A copy of the program with root's set-user-id bit must refuse to do anything for another user.
func TestRolesRefuseForeignRights(t *testing.T) {
	if !isRoot() {
		t.Skip("not run: it needs root")
	}
	play := on(func(s *stage) error {
		path, err := s.prop("copy")
		if err != nil {
			return err
		}
		if err := os.Chmod(path, os.ModeSetuid|0o755); err != nil {
			return err
		}
		a, err := s.start(cast{path: path, args: []string{rolePrefix + "linger"}, unprivileged: true})
		if err != nil {
			return err
		}
		err = a.finish()
		if err == nil || !strings.Contains(err.Error(), "refusing") || len(a.lines) > 0 {
			t.Errorf("it said %q and ended with %v", a.lines, err)
		}
		return nil
	})
	if err := play(t.Context(), func(Act) {}); err != nil {
		t.Fatal(err)
	}
}

func TestActorReportsItsFailure(t *testing.T) {
	play := on(func(s *stage) error {
		for role, want := range map[string]string{"nonsense": `no role "--role=nonsense"`, "memory-near": ""} {
			args := []string{filepath.Join(s.dir, "absent")}
			a, err := s.play("failing", role, args...)
			if err != nil {
				return err
			}
			if _, err := a.read(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), strconv.Itoa(a.pid)) {
				t.Errorf("%s: %v", role, err)
			}
		}
		return nil
	})
	if err := play(context.WithoutCancel(t.Context()), func(Act) {}); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, os.Getpid())
}

func TestCrontabOfAKilledRun(t *testing.T) {
	for table, want := range map[string]string{
		"": "", ourJob: "", "1 2 3 4 5 true\n" + ourJob: "1 2 3 4 5 true\n", "0 0 30 2 * /bin/true\n": "0 0 30 2 * /bin/true\n",
	} {
		if got := withoutOurs(table); got != want {
			t.Errorf("%q becomes %q", table, got)
		}
	}
}
