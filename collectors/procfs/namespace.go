package procfs

import (
	"context"
	"fmt"
	"time"
)

// namespaceBudget bounds a search for a process by its id in another pid namespace.
const namespaceBudget = 200 * time.Millisecond

// NamespacePID finds the process that pid knows as nspid: system calls count process ids in the caller's own pid
// namespace. In the reader's own namespace that is nspid itself, whether it lives or not. Elsewhere every process's
// status may have to be read, within 200 ms: callers keep the answer, together with the start time of the process found.
func (p *FS) NamespacePID(ctx context.Context, pid, nspid int64) (int64, error) {
	space, err := p.link(pid, "ns/pid")
	if err != nil {
		return 0, err
	}
	if own, err := readSelfNamespace(p.Mount()); err == nil && own == space {
		return nspid, nil
	}
	caller, err := p.Status(pid)
	if err != nil {
		return 0, err
	}
	level := len(caller.NSPID)
	if level <= 1 {
		return nspid, nil
	}
	if nspid == caller.NSPID[level-1] {
		return pid, nil
	}
	ctx, cancel := context.WithTimeout(ctx, namespaceBudget)
	defer cancel()
	pids, err := p.PIDs()
	if err != nil {
		return 0, err
	}
	for _, candidate := range pids {
		if err := ctx.Err(); err != nil {
			return 0, fmt.Errorf("finding process %d of the pid namespace of process %d: %w", nspid, pid, err)
		}
		s, err := p.Status(candidate)
		if err != nil || len(s.NSPID) < level || s.NSPID[level-1] != nspid {
			continue
		}
		if p.inNamespace(candidate, s, space, level) {
			return candidate, nil
		}
	}
	return 0, fmt.Errorf("finding process %d of the pid namespace of process %d: it has no such process", nspid, pid)
}

// inNamespace tells whether a process is visible in a pid namespace of a level. One in a deeper namespace belongs to it
// if an ancestor lives there.
func (p *FS) inNamespace(pid int64, s Status, space string, level int) bool {
	for range maxNamespaces * 4 {
		if len(s.NSPID) <= level {
			own, err := p.link(pid, "ns/pid")
			return err == nil && own == space
		}
		pid = s.PPID
		if pid <= 0 {
			return false
		}
		var err error
		if s, err = p.Status(pid); err != nil {
			return false
		}
	}
	return false
}

func readSelfNamespace(root string) (string, error) {
	var b [128]byte
	n, err := readLink(root+"/self/ns/pid", b[:])
	return string(b[:n]), err
}
