package procfs

import (
	"sync"

	"github.com/apiwatch/apiwatch/collectors"
)

// memories tells whose memory a file is. The kernel numbers /proc/PID/mem when it is first opened and keeps the number, in most cases,
// until the process ends (fs/proc/base.c: pid_delete_dentry), so that it tells later whom somebody opened who is long gone.
type memories struct {
	mu     sync.Mutex
	owners map[collectors.FileID]int64
}

// owner gives the process, 0 if it is of none.
func (m *memories) owner(fs *FS, file collectors.FileID) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if pid := m.owners[file]; pid > 0 && m.is(fs, pid, file) {
		return pid
	}
	if root, err := statLink(fs.Mount()); err != nil || root.Device != file.Device {
		return 0
	}
	pids, err := fs.PIDs()
	if err != nil {
		return 0
	}
	m.owners = make(map[collectors.FileID]int64, len(pids))
	for _, pid := range pids {
		if f, err := statLink(fs.Path(pid, "mem")); err == nil {
			m.owners[f.ID()] = pid
		}
	}
	return m.owners[file]
}

// is tells whether the file is still that process's: numbers of processes are given again.
func (m *memories) is(fs *FS, pid int64, file collectors.FileID) bool {
	f, err := statLink(fs.Path(pid, "mem"))
	return err == nil && f.ID() == file
}
