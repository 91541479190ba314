package engine

import (
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// timerSlack is by how much the kernel may wake us late, so that it can wake us less often.
	timerSlack = time.Millisecond
	// niceness lets us read while others keep every processor busy: who makes the records must not keep us from reading them. auditd does
	// likewise (priority_boost in auditd.conf).
	niceness = -10
)

// schedule lets the kernel put our wake-ups together and gives us our turn when there is something to do. While anything of ours runs, the
// Go runtime's monitor looks after it every 20 µs, which for a collector that works some milliseconds at a time is a third of its processor
// time; nothing that we wait for needs more than a millisecond's precision. Threads that are made later inherit both. Where it is not
// allowed nothing is lost.
func schedule() {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range tasks {
		// A thread's own folder below task has no such file, but its number under /proc has.
		_ = os.WriteFile(filepath.Join("/proc", t.Name(), "timerslack_ns"), strconv.AppendInt(nil, int64(timerSlack), 10), 0)
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, niceness)
		}
	}
}
