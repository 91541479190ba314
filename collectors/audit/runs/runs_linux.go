package runs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/statefile"
)

// Each run that may add rules has a file of its own in the state folder, named by its pid. One whose process lives no more was killed.
const ownerFile = "audit-owner-"

// Run is a run of apiwatch.
type Run struct {
	BootID  string `json:"boot_id"`
	PID     int    `json:"pid"`
	Started uint64 `json:"started"` // in clock ticks since boot: a pid is given again
}

func (r *Run) file() string { return ownerFile + strconv.Itoa(r.PID) + ".json" }

// Lives tells whether the process is still the one that wrote the file.
func (r *Run) Lives() bool {
	return r.BootID == BootID() && r.Started != 0 && r.Started == StartTime(strconv.Itoa(r.PID))
}

// Announce writes our own file.
func Announce(dir string) error {
	self := Run{BootID: BootID(), PID: os.Getpid(), Started: StartTime("self")}
	if err := statefile.MakeDir(dir); err != nil {
		return fmt.Errorf("making the state folder: %w", err)
	}
	if err := statefile.Save(dir, self.file(), &self); err != nil {
		return fmt.Errorf("saying in the state folder whose our rules are: %w", err)
	}
	return nil
}

// Withdraw removes a run's file.
func Withdraw(dir string, pid int) error {
	o := Run{PID: pid}
	if err := os.Remove(filepath.Join(dir, o.file())); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing what says whose our rules are: %w", err)
	}
	return nil
}

// All reads the files of all runs, by pid. One that cannot be read says nothing.
func All(dir string) (map[int]Run, error) {
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("looking for other runs: %w", err)
	}
	out := make(map[int]Run)
	var errs []error
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), ownerFile) || !strings.HasSuffix(f.Name(), ".json") {
			continue
		}
		var o Run
		if err := statefile.Load(dir, f.Name(), &o); err != nil {
			errs = append(errs, fmt.Errorf("looking for other runs: %w", err))
		} else if o.file() == f.Name() {
			out[o.PID] = o
		}
	}
	return out, errors.Join(errs...)
}

// holdsAudit tells whether a process has a socket to the kernel's audit: an apiwatch that keeps its state elsewhere does. One that
// may not be looked at is taken to.
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

// LeftOver tells whether a rule's owner, by pid, lives no more. What its own file says holds; without one it is asked whether the process
// has to do with audit at all.
func LeftOver(known map[int]Run, pid uint32) bool {
	if int(pid) == os.Getpid() {
		return true // of one whose pid is ours now
	}
	if o, ok := known[int(pid)]; ok {
		return !o.Lives()
	}
	return !holdsAudit(pid)
}

// BootID identifies the time since the last boot.
func BootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

// StartTime gives a process's start in clock ticks since boot, 0 if there is no such process (field 22 of
// /proc/PID/stat; the second, in brackets, may hold anything).
func StartTime(pid string) uint64 {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 {
		return 0
	}
	ticks, _ := strconv.ParseUint(fields[19], 10, 64)
	return ticks
}

// Alive tells whether there is such a process.
func Alive(pid uint32) bool {
	return pid != 0 && !errors.Is(unix.Kill(int(pid), 0), unix.ESRCH)
}

// Comm gives what a process calls itself, quoted, for people.
func Comm(pid uint32) string {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(int(pid)) + "/comm")
	if err != nil {
		return "a process"
	}
	return strconv.QuoteToASCII(strings.TrimSpace(string(name)))
}

// Login gives who logged in and started us, and in which session; -1 for nobody.
func Login(what string) int64 {
	text, err := os.ReadFile("/proc/self/" + what)
	n, failed := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	if err != nil || failed != nil || n == math.MaxUint32 {
		return -1
	}
	return int64(n)
}

// AuditedFromBoot says whether every process can be audited: one that was started before auditing was first switched
// on has nowhere to keep what its calls did (audit_alloc in kernel/auditsc.c).
func AuditedFromBoot() bool {
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return false
	}
	for word := range strings.FieldsSeq(string(line)) {
		if word == "audit=1" || word == "audit=on" {
			return true
		}
	}
	return false
}
