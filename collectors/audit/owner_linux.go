package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/statefile"
)

// Each run that may add rules has a file of its own in the state folder, ownerFile and its pid. A file of a run that lives no more is of one
// that was killed.
const ownerFile = "audit-owner-"

// owner is a run.
type owner struct {
	BootID  string `json:"boot_id"`
	PID     int    `json:"pid"`
	Started uint64 `json:"started"` // in clock ticks since boot: a pid is given again
}

func (o *owner) file() string { return ownerFile + strconv.Itoa(o.PID) + ".json" }

// lives tells whether the process is still the one that wrote the file.
func (o *owner) lives() bool {
	return o.BootID == bootID() && o.Started != 0 && o.Started == startTime(strconv.Itoa(o.PID))
}

// announce writes our own file.
func announce(dir string) error {
	self := owner{BootID: bootID(), PID: os.Getpid(), Started: startTime("self")}
	if err := statefile.MakeDir(dir); err != nil {
		return fmt.Errorf("making the state folder: %w", err)
	}
	if err := statefile.Save(dir, self.file(), &self); err != nil {
		return fmt.Errorf("saying in the state folder whose our rules are: %w", err)
	}
	return nil
}

// withdraw removes an owner's file.
func withdraw(dir string, pid int) error {
	o := owner{PID: pid}
	if err := os.Remove(filepath.Join(dir, o.file())); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing what says whose our rules are: %w", err)
	}
	return nil
}

// owners reads the files of all runs, by pid. One that cannot be read says nothing.
func owners(dir string) (map[int]owner, error) {
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("looking for other runs: %w", err)
	}
	out := make(map[int]owner)
	var errs []error
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), ownerFile) || !strings.HasSuffix(f.Name(), ".json") {
			continue
		}
		var o owner
		if err := statefile.Load(dir, f.Name(), &o); err != nil {
			errs = append(errs, fmt.Errorf("looking for other runs: %w", err))
		} else if o.file() == f.Name() {
			out[o.PID] = o
		}
	}
	return out, errors.Join(errs...)
}

// holdsAudit tells whether a process has a socket to the kernel's audit: an apiwatch that keeps its state elsewhere does. One that may not be
// looked at is taken to.
func holdsAudit(pid uint32) bool {
	proc := "/proc/" + strconv.Itoa(int(pid))
	table, err := os.ReadFile(proc + "/net/netlink") // of its own network namespace
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ESRCH) && !errors.Is(err, unix.EINVAL)
	}
	inodes := auditSockets(string(table))
	fds, err := os.ReadDir(proc + "/fd")
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ESRCH)
	}
	for _, fd := range fds {
		to, err := os.Readlink(proc + "/fd/" + fd.Name())
		if inode, ok := strings.CutPrefix(to, "socket:["); err == nil && ok && inodes[strings.TrimSuffix(inode, "]")] {
			return true
		}
	}
	return false
}

// auditSockets gives the inodes of the sockets to audit in a /proc/net/netlink: sk, Eth (the family), Pid (the port), Groups, Rmem, Wmem,
// Dump, Locks, Drops, Inode. The port says nothing: anybody may take one that is another's pid.
func auditSockets(table string) map[string]bool {
	inodes := make(map[string]bool)
	for line := range strings.Lines(table) {
		if f := strings.Fields(line); len(f) >= 10 && f[1] == strconv.Itoa(unix.NETLINK_AUDIT) && f[9] != "0" {
			inodes[f[9]] = true
		}
	}
	return inodes
}

// leftOver tells whether a rule's owner, by pid, lives no more. What its own file says holds; without one it is asked whether the process
// has to do with audit at all.
func leftOver(known map[int]owner, pid uint32) bool {
	if int(pid) == os.Getpid() {
		return true // of one whose pid is ours now
	}
	if o, ok := known[int(pid)]; ok {
		return !o.lives()
	}
	return !holdsAudit(pid)
}
