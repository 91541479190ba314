package lineage

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// places tells which executables are not the files that lie under their paths on the host: in a mount namespace of its own, anybody who
// may make a user namespace mounts what he likes over /usr/bin/tac. The host is asked once for each file.
type places struct {
	elsewhere map[placed]bool
	own       map[string]collectors.FileID // path → the host's, as records name it
}

// placed is a file, as records name it, under a path.
type placed struct {
	path string
	collectors.FileID
}

// nobodysFolders hold no program that is trusted for its place, and many that run once: builds and tests.
var nobodysFolders = []string{"/tmp/", "/var/tmp/", "/dev/shm/", "/run/", "/home/", "/root/", "/memfd:"}

const (
	maxPlaces    = 4096
	maxPlacePath = 256 // bytes; of a longer one the host is asked again
)

// locate tells whether a program that was executed is the host's own. One that root does not own is nobody's that is trusted, and what a
// container has in its folders is its image's.
func (l *Lineage) locate(s *event.Process, recorded collectors.FileID, by asker, nowNS int64) {
	if s.ContainerID != "" || s.Path == "" || s.ExeUID > 0 || slices.ContainsFunc(nobodysFolders, func(f string) bool {
		return strings.HasPrefix(s.Path, f)
	}) {
		return
	}
	at := placed{s.Path, recorded}
	if elsewhere, known := l.places.elsewhere[at]; known {
		s.Elsewhere = elsewhere
		return
	}
	var f collectors.ExecutableFacts
	l.ask(by, nowNS, func() { f = l.host.Executable(s.PID, s.Path) })
	elsewhere, known := isElsewhere(recorded, &f)
	if !known { // who keeps us from asking does not pass for the program that we know under this name
		own, seen := l.places.own[s.Path]
		s.Elsewhere = seen && recorded.Inode != 0 && own != recorded
		return
	}
	s.Elsewhere = elsewhere
	if recorded.Inode != 0 && len(s.Path) <= maxPlacePath {
		l.places.keep(at, elsewhere)
	}
}

func (p *places) keep(at placed, elsewhere bool) {
	if len(p.elsewhere) >= maxPlaces || p.elsewhere == nil {
		p.elsewhere, p.own = make(map[placed]bool), make(map[string]collectors.FileID)
	}
	p.elsewhere[at] = elsewhere
	if !elsewhere {
		p.own[at.path] = at.FileID
	}
}

// isElsewhere compares what a process runs with what lies under its path on the host. The process may be gone, or run something else by
// now: then the record tells, but not every file system has the same device there (btrfs and overlayfs have none of their own).
func isElsewhere(recorded collectors.FileID, f *collectors.ExecutableFacts) (elsewhere, known bool) {
	running := f.Run.Inode != 0 && (recorded.Inode == 0 || recorded.Inode == f.Run.Inode)
	switch {
	case f.Host.Inode == 0:
		return true, f.Absent && (running || recorded.Inode != 0)
	case running:
		return f.Run != f.Host, true
	case recorded.Inode == 0:
		return false, false
	case recorded == f.Host:
		return false, true
	}
	return true, recorded.Device == f.Host.Device || f.Host.Device>>32 != 0
}
