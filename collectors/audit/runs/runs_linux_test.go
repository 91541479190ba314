package runs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
	start := StartTime(strconv.Itoa(pid))
	for name, c := range map[string]struct {
		known *Run
		want  bool
	}{
		"its own file":              {&Run{BootID(), pid, start}, false},
		"its pid is another's":      {&Run{BootID(), pid, start - 1}, true},
		"before a reboot":           {&Run{"another", pid, start}, true},
		"no file, no audit socket":  {nil, true},
		"a file that says no start": {&Run{BootID(), pid, 0}, true},
	} {
		known := map[int]Run{}
		if c.known != nil {
			known[pid] = *c.known
		}
		if got := LeftOver(known, uint32(pid)); got != c.want {
			t.Errorf("%s: left over is %v", name, got)
		}
	}
	if !LeftOver(nil, uint32(os.Getpid())) {
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
	if got, err := All(dir); len(got) != 0 || err != nil {
		t.Error("no folder:", got, err)
	}
	if err := Announce(dir); err != nil {
		t.Fatal(err)
	}
	other := Run{BootID: "b", PID: 7, Started: 9}
	for name, o := range map[string]*Run{other.file(): &other, ownerFile + "8.json": &other} { // the second is not what it is called
		if err := statefile.Save(dir, name, o); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ownerFile+"9.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := All(dir)
	own := got[os.Getpid()]
	if err == nil || len(got) != 2 || got[7] != other || !own.Lives() || other.Lives() {
		t.Errorf("%+v, %v", got, err)
	}
	if err := Withdraw(dir, os.Getpid()); err != nil {
		t.Error(err)
	}
	if got, _ := All(dir); len(got) != 1 {
		t.Errorf("after the end: %+v", got)
	}
}

func TestStartTime(t *testing.T) {
	own, byNumber, nobody := StartTime("self"), StartTime(strconv.Itoa(os.Getpid())), StartTime("1073741823")
	if own == 0 || own != byNumber || nobody != 0 {
		t.Errorf("own start %d and %d, that of nobody %d", own, byNumber, nobody)
	}
}
