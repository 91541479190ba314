package procfs

import (
	"os"
	"slices"
	"strconv"
)

// A process whose first thread has ended lives on while others of it do, but its own files under /proc show neither memory nor
// executable then; those of its other threads do (proc_pid_task(5)).

// maxThreads bounds how many threads of a process are asked for the memory that they share.
const maxThreads = 64

// threads lists the threads of a process but the first, the oldest first.
func (p *FS) threads(pid int64) []int64 {
	d, err := os.Open(p.Path(pid, "task"))
	if err != nil {
		return nil
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	var out []int64
	for _, name := range names {
		if tid, err := strconv.ParseInt(name, 10, 64); err == nil && tid != pid {
			out = append(out, tid)
		}
	}
	slices.Sort(out)
	return out[:min(len(out), maxThreads)]
}

// Speaker gives a thread of a process by which its memory and files are seen: its own number, but where its first thread has ended.
func (p *FS) Speaker(pid int64) int64 {
	if tid := p.speaker(pid); tid > 0 {
		return tid
	}
	return pid
}

// speaker gives a thread of a process whose first one has ended, for which the process's memory can be read: the process's own
// number where the first thread lives, and 0 where nobody has memory to show.
func (p *FS) speaker(pid int64) int64 {
	if _, err := p.link(pid, "exe"); err == nil {
		return pid
	}
	for _, tid := range p.threads(pid) {
		if _, err := p.link(tid, "exe"); err == nil {
			return tid
		}
	}
	return 0
}
