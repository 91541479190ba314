package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const relaxed = "APIWATCH_RELAXED"

// TestSchedule looks, in a process of its own, at the threads that were there and at one that came later.
func TestSchedule(t *testing.T) {
	if os.Getenv(relaxed) == "" {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestSchedule$", "-test.v")
		cmd.Env = append(os.Environ(), relaxed+"=1")
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), "NOT RUN") {
			t.Skipf("%s", out)
		}
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	schedule()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	want := strconv.FormatInt(int64(timerSlack), 10)
	slack := func(thread string) string {
		b, err := os.ReadFile(filepath.Join("/proc", thread, "timerslack_ns"))
		if err != nil {
			return want // it has ended
		}
		return strings.TrimSpace(string(b))
	}
	for _, task := range tasks {
		if got := slack(task.Name()); got != want && os.Geteuid() != 0 {
			t.Skip("NOT RUN: changing another thread's slack needs CAP_SYS_NICE")
		} else if got != want {
			t.Errorf("thread %s has a slack of %s ns, want %s", task.Name(), got, want)
		}
	}
	threads := make(chan string)
	for range len(tasks) + runtime.GOMAXPROCS(0) { // more than there were
		go func() {
			runtime.LockOSThread()
			threads <- strconv.Itoa(unix.Gettid())
			select {}
		}()
	}
	later := 0
	for range len(tasks) + runtime.GOMAXPROCS(0) {
		thread := <-threads
		if got := slack(thread); got != want {
			t.Errorf("thread %s, made later or not, has a slack of %s ns, want %s", thread, got, want)
		}
		later++
	}
	if later <= len(tasks) {
		t.Error("no thread was made later: the test shows less than it says")
	}
}
