package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/queries"
)

// defaultWork is how long ordinary work goes on; APIWATCH_E2E_WORK overrides it.
const defaultWork = 3 * time.Minute

// maxOrdinary is how many findings below severity high ordinary work may make.
const maxOrdinary = 3

// debuggers may be found at what attackers do: it is their work.
var debuggers = []string{"/usr/bin/gdb", "/usr/bin/strace"}

// chore is one kind of ordinary work.
type chore struct {
	name   string
	needs  []string
	root   bool // done by the administrator, else by a user
	typed  bool // line by line into a shell on a terminal
	script string
}

var chores = []chore{
	{name: "go build", needs: []string{"go"}, script: `
export GOCACHE=$HOME/.cache/go GOPATH=$HOME/go GOTMPDIR=$HOME/tmp GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local CGO_ENABLED=0
mkdir -p $HOME/tmp $HOME/src/small; cd $HOME/src/small
cat >go.mod <<'E'
module example.org/small

go 1.22
E
cat >small.go <<E
package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
)

func sum(n int) int { return n * (n + 1) / 2 }

func main() {
	b, _ := json.Marshal(map[string]int{"sum": sum($RANDOM)})
	out, _ := exec.Command("uname", "-s").Output()
	fmt.Println(string(b), string(out))
}
E
cat >small_test.go <<'E'
package main

import "testing"

func TestSum(t *testing.T) {
	if sum(4) != 10 {
		t.Fatal(sum(4))
	}
}
E
go build -o small . && ./small && go vet . && go test . && go run .
`},
	{name: "apt-get", needs: []string{"apt-get", "dpkg-deb"}, root: true, script: `
p=$(mktemp -d /var/tmp/e2e-package-XXXXXX); trap 'rm -rf "$p"' EXIT; chmod 755 $p
mkdir -p $p/tree/DEBIAN $p/tree/usr/share/apiwatch-e2e-tiny
echo tiny >$p/tree/usr/share/apiwatch-e2e-tiny/tiny
printf 'Package: apiwatch-e2e-tiny\nVersion: 1\nArchitecture: all\n' >$p/tree/DEBIAN/control
printf 'Maintainer: nobody <nobody@localhost>\nDescription: nothing\n' >>$p/tree/DEBIAN/control
printf '#!/bin/sh\nset -e\ntouch /usr/share/apiwatch-e2e-tiny/made\n' >$p/tree/DEBIAN/postinst
printf '#!/bin/sh\nset -e\nrm -f /usr/share/apiwatch-e2e-tiny/made\n' >$p/tree/DEBIAN/prerm
chmod 755 $p/tree/DEBIAN/postinst $p/tree/DEBIAN/prerm
dpkg-deb --build --root-owner-group $p/tree $p/tiny.deb
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=60 install -y $p/tiny.deb
dpkg -L apiwatch-e2e-tiny
apt-get -o DPkg::Lock::Timeout=60 remove -y apiwatch-e2e-tiny
`},
	{name: "node", needs: []string{"node"}, script: `
cat >$HOME/jit.js <<'E'
const { execFileSync } = require('child_process')
let t = 0
for (let k = 0; k < 600; k++) { const f = new Function('n', 'let s=' + k + '; ' +
  'for (let i = 0; i < n; i++) s = (s * 31 + i) | 0; return s'); t ^= f(3000) }
for (let i = 0; i < 500; i++) t ^= new RegExp('a{1,' + (i % 9 + 1) + '}(b|c' + i + ')*d').test('aab'.repeat(99)) ? 1 : 0
const wasm = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127,
  3, 2, 1, 0, 7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11])
for (let i = 0; i < 50; i++) t += new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports.add(i, 1)
for (let i = 0; i < 10; i++) execFileSync('/usr/bin/expr', ['1', '+', '1'])
console.log(t)
E
node $HOME/jit.js; node -e 'console.log([3, 1, 2].sort())'
`},
	{name: "java", needs: []string{"java"}, script: `
mkdir -p $HOME/java; cat >$HOME/java/Shop.java <<'E'
import java.util.*;
import java.util.stream.*;
public class Shop {
  public static void main(String[] a) throws Exception {
    Map<String, Integer> m = new TreeMap<>();
    for (int i = 0; i < 400000; i++) m.merge("k" + i % 999, 1, Integer::sum);
    long t = LongStream.range(0, 2000000).map(x -> x * 7 % 13).sum();
    for (int i = 0; i < 5; i++) new ProcessBuilder("/usr/bin/expr", "" + i, "+", "1").start().waitFor();
    System.out.println(m.size() + " " + t);
  }
}
E
java $HOME/java/Shop.java
`},
	{name: "git", needs: []string{"git"}, script: `
export GIT_CONFIG_NOSYSTEM=1; git config --global user.name A; git config --global user.email a@localhost
git config --global init.defaultBranch main
rm -rf $HOME/story $HOME/copy; git init -q $HOME/story; cd $HOME/story
for i in $(seq 20); do echo "line $i" >>story.txt; git add -A; git commit -qm "Tell $i"; done
git checkout -qb side HEAD~5; echo side >side.txt; git add .; git commit -qm side; git rebase -q main
git log -p -3 | wc -l; git grep -nP 'line \d+' | wc -l; git gc -q; git clone -q . $HOME/copy; git -C $HOME/copy status -s
`},
	{name: "python", needs: []string{"python3"}, script: `
cat >$HOME/jobs.py <<'E'
import ctypes, json, os, shutil, subprocess, tarfile, tempfile, threading, unittest
class Jobs(unittest.TestCase):
    def test_commands(self):
        for i in range(40):
            self.assertEqual(subprocess.run(["/usr/bin/expr", str(i), "+", "1"], capture_output=True).stdout, b"%d\n" % (i + 1))
    def test_callback(self):
        f = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: n + 1)
        self.assertEqual(f(41), 42)
    def test_files(self):
        with tempfile.TemporaryDirectory() as d:
            for i in range(20):
                with open(os.path.join(d, str(i)), "w") as f: json.dump({"i": i}, f)
            shutil.copytree(d, d + ".copy"); shutil.rmtree(d + ".copy")
            with tarfile.open(os.path.join(d, "a.tgz"), "w:gz") as t: t.add(os.path.join(d, "1"))
            with tarfile.open(os.path.join(d, "a.tgz")) as t: t.extractall(os.path.join(d, "x"))
    def test_threads(self):
        ts = [threading.Thread(target=sum, args=(range(10000),)) for _ in range(8)]
        [t.start() for t in ts]; [t.join() for t in ts]
unittest.main()
E
/usr/bin/python3 $HOME/jobs.py; /usr/bin/python3 -m compileall -q $HOME/jobs.py
`},
	{name: "gdb", needs: []string{"gdb", "gcc"}, script: `
mkdir -p $HOME/debug; cd $HOME/debug
cat >work.c <<'E'
#include <stdio.h>
#include <unistd.h>
static int total;
int add(int n) { total += n; return total; }
int main(int argc, char **argv) {
  for (int i = 0; i < 5; i++) add(i);
  printf("%d\n", total);
  if (argc > 1) for (int i = 0; i < 100; i++) { add(1); usleep(20000); }
  return 0;
}
E
gcc -g -O0 -o work work.c
gdb -q -batch -nx -ex 'break add if n == 3' -ex run -ex backtrace -ex 'print total' \
  -ex 'set var total = 100' -ex 'print add(5)' -ex 'watch total' -ex 'info registers rip' -ex continue ./work </dev/null
./work long >work.out & gdb -q -batch -nx -p $! -ex backtrace -ex 'set var total = 1' -ex detach </dev/null; kill %1; wait || :
`},
	{name: "strace", needs: []string{"strace", "sleep"}, script: `
strace -f -o $HOME/trace.out sh -c 'ls / | head -1; date'; wc -l <$HOME/trace.out
sleep 2 & strace -p $! -o $HOME/trace.out & sleep 0.4; kill %1; wait || :
strace -c -f ls /usr >/dev/null
`},
	{name: "shell", needs: []string{"bash"}, typed: true, script: `
ls -la; pwd; id; date; uptime; w
cd; mkdir -p notes && cp /etc/services notes && cd notes
grep -c tcp services; awk '{print $1}' services | sort | uniq -c | sort -rn | head -3
tar czf s.tgz services; mkdir -p x; tar xzf s.tgz -C x; cp -p services copy; touch copy; stat copy; chmod 640 copy
ps aux | head -3; top -b -n 1 | head -3; df -h / | tail -1; free -m; cat /proc/self/maps | wc -l
env | sort | head -3; echo $LANG; for i in 1 2 3; do date +%T; sleep 0.1; done
find . -type f -exec md5sum {} \; | head -2; sleep 0.3 & wait
vi --version 2>/dev/null | head -1; which git gcc; man -w ls 2>/dev/null; history | tail -2
rm -rf x; exit
`},
}

// missing gives the first program that the chore needs and this machine has not.
func (c *chore) missing() string {
	for _, n := range c.needs {
		if n == "go" {
			if goFolder() == "" {
				return n
			}
			continue
		}
		found := false
		for dir := range strings.SplitSeq(neutralPath, ":") {
			if info, err := os.Stat(filepath.Join(dir, n)); err == nil && info.Mode()&0o111 != 0 {
				found = true
			}
		}
		if !found {
			return n
		}
	}
	return ""
}

// goFolder is where the go command is, if any user may run it there.
func goFolder() string {
	for _, dir := range []string{"/usr/local/go/bin", "/usr/bin", "/usr/lib/go/bin"} {
		if info, err := os.Stat(filepath.Join(dir, "go")); err == nil && info.Mode()&0o001 != 0 {
			return dir
		}
	}
	return ""
}

// workersID is the audit user id that all ordinary work bears, as if that user had logged in: findings of what else goes on
// on the machine are told apart by it.
const workersID = 54321

// do does the chore once, by nobody or by root.
func (c *chore) do(ctx context.Context, home string) error {
	args := []string{"-c", fmt.Sprintf(`echo %d >/proc/self/loginuid; exec "$@"`, workersID), "login"}
	if !c.root {
		args = append(args, "/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
	}
	if c.typed {
		args = append(args, "/bin/bash", "--norc", "-i")
	} else {
		args = append(args, "/bin/bash", "-e", filepath.Join(home, "bin", strings.ReplaceAll(c.name, " ", "-")+".sh"))
	}
	cmd := exec.CommandContext(ctx, "/bin/bash", args...)
	cmd.Dir, cmd.Env = home, []string{"PATH=" + neutralPath + ":" + goFolder(), "LANG=C.UTF-8", "HOME=" + home, "TERM=xterm", "USER=nobody"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	if c.typed {
		return typeIn(cmd, c.script)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out[max(0, len(out)-1000):])
	}
	return nil
}

// typeIn runs a shell on a terminal of its own and types into it.
func typeIn(cmd *exec.Cmd, script string) error {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return fmt.Errorf("opening a terminal: %w", err)
	}
	defer master.Close()
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		return fmt.Errorf("unlocking a terminal: %w", err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return fmt.Errorf("opening a terminal's other end: %w", err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr.Setctty = true
	err = cmd.Start()
	_ = slave.Close() // the shell has it
	if err != nil {
		return err
	}
	go func() { _, _ = io.Copy(io.Discard, master) }() // until the shell ends
	for line := range strings.Lines(strings.TrimLeft(script, "\n")) {
		time.Sleep(150 * time.Millisecond)
		if _, err := master.WriteString(line); err != nil {
			return errors.Join(fmt.Errorf("typing: %w", err), cmd.Wait())
		}
	}
	if err := cmd.Wait(); err != nil {
		if exit := new(exec.ExitError); !errors.As(err, &exit) || !exit.Exited() { // a status is that of the last command
			return err
		}
	}
	return nil
}

// TestE2EOrdinaryWork does ordinary work under `run`: nothing of severity high is found but debuggers, and at most three
// others.
func TestE2EOrdinaryWork(t *testing.T) {
	s := onStage(t)
	duration := defaultWork
	if d, err := time.ParseDuration(os.Getenv("APIWATCH_E2E_WORK")); err == nil {
		duration = d
	} else if text := os.Getenv("APIWATCH_E2E_WORK"); text != "" {
		t.Fatalf("APIWATCH_E2E_WORK is %q, want a duration such as 180s", text)
	}
	home, err := os.MkdirTemp("/home", "apiwatch-e2e-") //nolint:usetesting // work is not done in temporary folders
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	if err := os.Mkdir(filepath.Join(home, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	var able []chore
	for _, c := range chores {
		if missing := c.missing(); missing != "" {
			t.Logf("%s NOT RUN: no %s on this machine", c.name, missing)
			continue
		}
		able = append(able, c)
		write(t, filepath.Join(home, "bin"), strings.ReplaceAll(c.name, " ", "-")+".sh", c.script)
	}
	for _, dir := range []string{home, filepath.Join(home, "bin")} {
		if err := errors.Join(os.Chmod(dir, 0o755), os.Chown(dir, 65534, 65534)); err != nil {
			t.Fatal(err)
		}
	}

	pack := fmt.Sprintf(`{"queries": {
		"events": {"query": "SELECT sum(received) AS n, sum(lost) AS lost FROM collector_health WHERE collector = 'store'", "interval": 3, `+
		`"snapshot": true},
		"work": {"query": "SELECT process_key, path FROM api_calls WHERE auid = %[1]d LIMIT 1", "interval": 3, "snapshot": true},
		"found": {"query": "SELECT finding_id FROM findings WHERE process_key IN (SELECT process_key FROM api_calls WHERE auid = %[1]d)", `+
		`"interval": 3, "snapshot": true}
	}}`, workersID)
	p, before := s.collector(t, "--state-dir", t.TempDir(), "--pack", write(t, t.TempDir(), "work.conf", pack))
	ctx, cancel := context.WithTimeout(t.Context(), duration+time.Minute)
	defer cancel()
	done := make(map[string]int)
	for end := time.Now().Add(duration); time.Now().Before(end); {
		for i := range able {
			c := &able[i]
			if err := c.do(ctx, home); err != nil {
				t.Errorf("%s failed: %v", c.name, err)
			}
			done[c.name]++
			if !time.Now().Before(end) && len(done) == len(able) {
				break
			}
		}
	}
	time.Sleep(5 * time.Second) // for the last finding and the pack's last look
	p.keptSeat()
	p.stop(syscall.SIGINT)
	sameAudit(t, before)
	if len(p.snapshot("work", "process_key")) == 0 {
		t.Error("no event bears the worker's audit id: what belongs to the work cannot be told")
	}
	ours := p.snapshot("found", "finding_id")
	checkOrdinary(t, slices.DeleteFunc(p.findings(), func(l line) bool {
		foreign := ours[l.Columns["finding_id"]] == nil
		if foreign {
			t.Logf("not of this work: %s: %s", l.Columns["detection"], l.Columns["summary"])
		}
		return foreign
	}))
	t.Logf("done: %v", done)
	for _, row := range p.snapshot("events", "n") {
		t.Logf("events: %s, evicted to make room: %s", row["n"], row["lost"])
	}
}

// checkOrdinary judges what ordinary work made apiwatch find.
func checkOrdinary(t *testing.T, found []line) {
	t.Helper()
	all := detectionsOf(t, "linux")
	others := 0
	for _, l := range found {
		c := l.Columns
		benign := "nothing"
		if i := slices.IndexFunc(all, func(d queries.Detection) bool { return d.ID == c["detection"] }); i >= 0 {
			benign = strings.Join(all[i].Benign, " / ")
		}
		what := fmt.Sprintf("%s %s: %s\n  %s, cmdline %q, parent %s, user %s\n  known as benign: %s", c["severity"], c["detection"], c["summary"],
			c["path"], c["cmdline"], c["parent_path"], c["user"], benign)
		switch severe := c["severity"] == "high" || c["severity"] == "critical"; {
		case slices.Contains(debuggers, c["path"]):
			t.Logf("a debugger: %s", what)
		case severe:
			t.Errorf("ordinary work is found: %s", what)
		case c["strategy"] == "T1106": // published rules are as loud as they are
			t.Logf("a published rule: %s", what)
		default:
			others++
			t.Logf("ordinary work is found: %s", what)
		}
	}
	if others > maxOrdinary {
		t.Errorf("%d findings below severity high, want at most %d", others, maxOrdinary)
	}
}
