package audit

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/statefile"
)

// TestLeftOver: a rule is left over when its owner lives no more, whatever program has its pid by now.
func TestLeftOver(t *testing.T) {
	sleeper := exec.CommandContext(t.Context(), "sleep", "600")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = sleeper.Process.Kill()
		_ = sleeper.Wait()
	}()
	pid := sleeper.Process.Pid
	start := startTime(strconv.Itoa(pid))
	for name, c := range map[string]struct {
		known *owner
		want  bool
	}{
		"its own file":              {&owner{bootID(), pid, start}, false},
		"its pid is another's":      {&owner{bootID(), pid, start - 1}, true},
		"before a reboot":           {&owner{"another", pid, start}, true},
		"no file, no audit socket":  {nil, true},
		"a file that says no start": {&owner{bootID(), pid, 0}, true},
	} {
		known := map[int]owner{}
		if c.known != nil {
			known[pid] = *c.known
		}
		if got := leftOver(known, uint32(pid)); got != c.want {
			t.Errorf("%s: left over is %v", name, got)
		}
	}
	if !leftOver(nil, uint32(os.Getpid())) {
		t.Error("a rule of one who had our pid before us is kept")
	}
}

// TestHoldsAudit: who keeps its state elsewhere is told by its socket, not by the port, which anybody may take.
func TestHoldsAudit(t *testing.T) {
	self := uint32(os.Getpid())
	if holdsAudit(self) {
		t.Fatal("a socket to audit is open already: the test shows nothing")
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_AUDIT)
	if err != nil {
		t.Skip("NOT RUN: this kernel has no audit: ", err)
	}
	defer unix.Close(fd)
	child := exec.CommandContext(t.Context(), "sleep", "600")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}()
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: uint32(child.Process.Pid)}); err != nil {
		t.Fatal(err)
	}
	if !holdsAudit(self) {
		t.Error("the socket is not seen")
	}
	if holdsAudit(uint32(child.Process.Pid)) {
		t.Error("a socket is taken for that of the process whose pid it has for a port")
	}
	if holdsAudit(1<<30 - 1) {
		t.Error("nobody holds a socket")
	}
}

// TestOwners: each run has its file, and what is not one is left alone.
func TestOwners(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if got, err := owners(dir); len(got) != 0 || err != nil {
		t.Error("no folder:", got, err)
	}
	if err := announce(dir); err != nil {
		t.Fatal(err)
	}
	other := owner{BootID: "b", PID: 7, Started: 9}
	for name, o := range map[string]*owner{other.file(): &other, ownerFile + "8.json": &other} { // the second is not what it is called
		if err := statefile.Save(dir, name, o); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ownerFile+"9.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := owners(dir)
	own := got[os.Getpid()]
	if err == nil || len(got) != 2 || got[7] != other || !own.lives() || other.lives() {
		t.Errorf("%+v, %v", got, err)
	}
	if err := withdraw(dir, os.Getpid()); err != nil {
		t.Error(err)
	}
	if got, _ := owners(dir); len(got) != 1 {
		t.Errorf("after the end: %+v", got)
	}
}

// TestLiveBesideACopy: a copy of the program, with state of its own or the same, leaves the rules of one that runs. Those of one that was
// killed go.
func TestLiveBesideACopy(t *testing.T) {
	needAudit(t)
	free := machine(t)
	copied := filepath.Join(t.TempDir(), "copy")
	program, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(copied, program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	first := exec.CommandContext(t.Context(), copied)
	first.Env = append(os.Environ(), asHelper+"=source "+dir)
	said, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	killed := func() {
		_ = first.Process.Kill()
		_ = first.Wait()
	}
	if line, err := bufio.NewReader(said).ReadString('\n'); err != nil && err != io.EOF || !strings.Contains(line, "mode=unicast") {
		killed()
		t.Fatalf("the copy says %q, %v", line, err)
	}
	before := machine(t)
	for name, state := range map[string]string{"the same state folder": dir, "another": t.TempDir()} {
		l := open(t, Options{StateDir: state, rules: few()})
		h := l.row("socket")
		l.shut()
		if after := machine(t); after != before || !strings.Contains(h.Detail, "leftovers=0") {
			t.Errorf("%s: %+v; audit state was\n%s\nand then\n%s", name, h, before, after)
		}
	}
	killed()
	if before == free {
		t.Error("the copy had no rules: the test shows nothing")
	}
	l := open(t, Options{StateDir: dir, rules: few()})
	if h := l.row("socket"); strings.Contains(h.Detail, "leftovers=0") || len(l.killed) != 1 {
		t.Errorf("after it was killed: %+v, %+v", h, l.killed)
	}
	l.shut()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left in the state folder: %v %v", left, err)
	}
}
