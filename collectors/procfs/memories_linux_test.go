package procfs_test

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/procfs"
)

// TestWhoseMemoryWasOpened: the descriptor is closed, or is of another file by now; the number of the file tells all the same.
func TestWhoseMemoryWasOpened(t *testing.T) {
	victim := exec.Command("/bin/sleep", "600") //nolint:noctx // killed below
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = victim.Process.Kill()
		_ = victim.Wait()
	}()
	host, err := procfs.NewHost(&procfs.FS{}, procfs.NewUsers(""))
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("/proc/%d/mem", victim.Process.Pid)
	f, err := os.OpenFile(want, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t) //nolint:forcetypeassert // it is on Linux
	file := collectors.FileID{Device: uint64(unix.Major(st.Dev))<<32 | uint64(unix.Minor(st.Dev)), Inode: st.Ino}
	fd, own := int64(f.Fd()), int64(os.Getpid())
	if got := host.Descriptor(own, fd, file); got != want {
		t.Errorf("open: %q, want %q", got, want)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := host.Descriptor(own, fd, file); got != want {
		t.Errorf("closed: %q, want %q", got, want)
	}
	if got := host.Descriptor(1<<30, fd, file); got != want {
		t.Errorf("whoever opened it has ended: %q, want %q", got, want)
	}
	file.Inode = 1 << 62 // the next number may be the memory of the next process that somebody looked at
	if got := host.Descriptor(own, fd, file); got != "" {
		t.Errorf("another file: %q", got)
	}
}
