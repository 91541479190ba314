package procfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/lineage"
)

// Host answers the pump's questions from /proc. It is safe for concurrent use.
type Host struct {
	fs     *FS
	users  *Users
	boot   string
	bootNS int64

	memories memories
	tracings tracings

	mu    sync.Mutex
	walk  error                        // of the last walk
	scans map[string]*ScanStatus       // of the last scan of each sort that has ended
	own   map[string]collectors.FileID // executables that are the host's own
}

var _ collectors.Host = (*Host)(nil)

// NewHost makes a Host of a proc file system. When the machine started is asked once, so that setting the clock does
// not move the start of processes. users names user ids.
func NewHost(fs *FS, users *Users) (*Host, error) {
	boot, err := fs.BootID()
	if err != nil {
		return nil, err
	}
	ns, err := fs.BootTimeNS()
	if err != nil {
		return nil, err
	}
	return &Host{fs: fs, users: users, boot: boot, bootNS: ns}, nil
}

// FS is the file system that the answers come from.
func (h *Host) FS() *FS { return h.fs }

// BootID tells this boot from others.
func (h *Host) BootID() string { return h.boot }

// Walk gives every process running now, within [DefaultWalk].
func (h *Host) Walk() []collectors.ProcessFacts {
	var out []collectors.ProcessFacts
	err := h.fs.Walk(context.Background(), nil, func(p *Process) { out = append(out, h.facts(p)) })
	h.mu.Lock()
	defer h.mu.Unlock()
	h.walk = err // the list is not whole, but serves
	return out
}

// Process gives one running process; of a thread, whose number works under /proc as well, the process that it is of.
func (h *Host) Process(pid int64) (collectors.ProcessFacts, bool) {
	p, err := h.fs.Process(pid)
	if err == nil && p.TGID > 0 && p.TGID != pid {
		p, err = h.fs.Process(p.TGID)
	}
	if err != nil {
		return collectors.ProcessFacts{}, false
	}
	return h.facts(&p), true
}

func (h *Host) facts(p *Process) collectors.ProcessFacts {
	c := p.Credentials
	return collectors.ProcessFacts{
		PID: p.PID, PPID: p.Stat.PPID, StartTicks: int64(p.StartTicks), StartNS: StartNS(h.bootNS, p.StartTicks),
		Path: p.Exe, Cmdline: p.Cmdline, CWD: p.CWD, Comm: p.Comm, TTY: p.TTYName(),
		UID: c.UID, EUID: c.EUID, GID: c.GID, EGID: c.EGID, AUID: p.LoginUID, Session: p.SessionID,
		ExeUID: p.ExeUID, ExeMode: p.ExeMode, Elsewhere: h.elsewhere(p), Credentials: &c,
		Container: h.described(p.ContainerID, p.ContainerRuntime),
	}
}

// elsewhere tells whether a process outside containers runs a file that is not the host's own of its path.
func (h *Host) elsewhere(p *Process) bool {
	if p.ContainerID != "" || p.ExeUID != 0 || p.ExeDeleted || p.ExeFile.Inode == 0 {
		return false
	}
	h.mu.Lock()
	known := h.own[p.Exe]
	h.mu.Unlock()
	if known == p.ExeFile {
		return false
	}
	host, absent := h.onHost(p.Exe)
	if host != p.ExeFile {
		return absent || host.Inode != 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.own == nil || len(h.own) >= maxOwn {
		h.own = make(map[string]collectors.FileID)
	}
	h.own[p.Exe] = host
	return false
}

const maxOwn = 4096

// onHost looks under a path in the root of the machine's first process: a container may share its processes, but not its files. Where
// that may not be looked into, our own root is the host's if we are in no container.
func (h *Host) onHost(path string) (file collectors.FileID, absent bool) {
	root := h.fs.Path(1, "root")
	f, err := h.fs.StatFile(1, path, true)
	if errors.Is(err, fs.ErrPermission) {
		if id, _, err := h.fs.Container(int64(os.Getpid())); err != nil || id != "" {
			return collectors.FileID{}, false
		}
		root = ""
		f, err = StatFile(path, true)
	}
	if errors.Is(err, ErrUncached) {
		f, err = statLink(root + path) // in a folder of root's nobody else mounts what may keep us waiting
	}
	if err != nil {
		return collectors.FileID{}, errors.Is(err, fs.ErrNotExist) && (root == "" || h.fs.alive(1))
	}
	return f.ID(), false
}

// Executable tells which file a process runs, and which lies under its path on the host.
func (h *Host) Executable(pid int64, path string) collectors.ExecutableFacts {
	var out collectors.ExecutableFacts
	if f, err := statLink(h.fs.Path(pid, "exe")); err == nil {
		out.Run = f.ID()
	}
	out.Host, out.Absent = h.onHost(path)
	return out
}

// Snapshot gives one running process as events hold it, under the key that its start time makes; what only
// its ancestors could tell is empty.
func (h *Host) Snapshot(pid int64) (*event.Process, bool) {
	p, err := h.fs.Process(pid)
	if err != nil {
		return nil, false
	}
	c, in := &p.Credentials, h.described(p.ContainerID, p.ContainerRuntime)
	return &event.Process{
		Key: lineage.ProcessKey(h.boot, p.PID, int64(p.StartTicks)), Path: p.Exe, Cmdline: p.Cmdline, CWD: p.CWD, TTY: p.TTYName(),
		User: h.users.Name(c.UID), ContainerID: in.ID, ContainerRuntime: in.Runtime, ContainerName: in.Name, ContainerImage: in.Image,
		StartNS: StartNS(h.bootNS, p.StartTicks), PID: p.PID, PPID: p.Stat.PPID, UID: c.UID, EUID: c.EUID, GID: c.GID,
		EGID: c.EGID, AUID: p.LoginUID, Session: p.SessionID, ExeUID: p.ExeUID, ExeMode: p.ExeMode, Elsewhere: h.elsewhere(&p),
	}, true
}

// Mappings is [FS.Mappings], with the status going to Health.
func (h *Host) Mappings(ctx context.Context, q MappingQuery) iter.Seq[Mapping] {
	found, status := h.fs.Mappings(ctx, q)
	return Reporting(h, found, status)
}

// Health tells what the last walk and the last scans could not see, and who holds up readers.
func (h *Host) Health() []collectors.Health {
	processes := collectors.Health{Collector: "procfs", Item: "processes", State: "ok"}
	if n := h.fs.Held(); n > 0 {
		processes.State = "degraded"
		processes.Reason = fmt.Sprintf("%d processes hold up whoever reads their command line or mappings; look at them", n)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.walk != nil {
		processes.State, processes.Reason = "degraded", h.walk.Error()
	}
	out := []collectors.Health{processes}
	for _, item := range slices.Sorted(maps.Keys(h.scans)) {
		out = append(out, h.scans[item].Health())
	}
	return out
}

// Container gives the container that a running process is in.
func (h *Host) Container(pid int64) collectors.Container {
	id, runtime, err := h.fs.Container(pid)
	if err != nil {
		return collectors.Container{}
	}
	return h.described(id, runtime)
}

// described gives a container with the name and image that its runtime says it has.
func (h *Host) described(id, runtime string) collectors.Container {
	name, image := h.fs.containers.Describe(id, runtime)
	return collectors.Container{ID: id, Runtime: runtime, Name: name, Image: image}
}

// Descriptor gives the path of the file that a running process opened: by its descriptor, if that is still open and of the same file, else
// as a process's memory, whose file keeps its number while the process runs.
func (h *Host) Descriptor(pid, fd int64, file collectors.FileID) string {
	name := "fd/" + strconv.FormatInt(fd, 10)
	if path, err := h.fs.link(pid, name); err == nil && len(path) > 0 && path[0] == '/' {
		if file.Inode == 0 {
			return path
		}
		if now, err := statLink(h.fs.Path(pid, name)); err == nil && now.Inode == file.Inode {
			return path
		}
	}
	if owner := h.memories.owner(h.fs, file); owner > 0 {
		return h.fs.Path(owner, "mem")
	}
	return ""
}

// MemoryOwner gives the process whose memory a file of our proc file system is, 0 if it is of none.
func (h *Host) MemoryOwner(file collectors.FileID) int64 { return h.memories.owner(h.fs, file) }

// User gives the name of a user id.
func (h *Host) User(uid int64) string { return h.users.Name(uid) }

// Region tells what lies at an address of a running process's memory.
func (h *Host) Region(pid int64, address uint64) string { return h.fs.Region(pid, address) }

// File gives the metadata of a path as a running process sees it. Where the process has ended an absolute path is looked
// up in the reader's own root: commands such as touch are gone before anyone can ask.
func (h *Host) File(pid int64, path string) (collectors.FileFacts, bool) {
	f, err := h.fs.StatFile(pid, path, true)
	if err != nil && pid != 0 && gone(err) && len(path) > 0 && path[0] == '/' && !h.fs.alive(pid) {
		f, err = StatFile(path, true)
	}
	if err != nil {
		return collectors.FileFacts{}, false
	}
	return collectors.FileFacts{
		UID: f.UID, Mode: f.Mode, ATimeNS: set(f.ATimeNS), MTimeNS: set(f.MTimeNS), CTimeNS: set(f.CTimeNS), BTimeNS: f.BTimeNS,
	}, true
}

// set gives a time that every file has, which may be set to the epoch: a nanosecond later, since 0 is none.
func set(ns int64) int64 {
	if ns == 0 {
		return 1
	}
	return ns
}

// GlobalPID translates a pid that counts in the pid namespace of a running process; 0 if there is no such process.
func (h *Host) GlobalPID(caller, pid int64) int64 {
	n, err := h.fs.NamespacePID(context.Background(), caller, pid)
	if err != nil {
		return 0
	}
	return n
}
