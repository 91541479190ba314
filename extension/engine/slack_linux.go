package engine

import (
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// timerSlack is by how much the kernel may wake us late, so that it can wake us less often.
const timerSlack = time.Millisecond

// relaxTimers lets the kernel put our wake-ups together. While anything of ours runs, the Go runtime's monitor looks after it
// every 20 µs, which for a collector that works some milliseconds at a time is a third of its processor time; nothing that
// we wait for needs more than a millisecond's precision. Threads that are made later inherit it. Where it is not allowed
// nothing is lost.
func relaxTimers() {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range tasks {
		// A thread's own folder below task has no such file, but its number under /proc has.
		_ = os.WriteFile(filepath.Join("/proc", t.Name(), "timerslack_ns"), strconv.AppendInt(nil, int64(timerSlack), 10), 0)
	}
}
