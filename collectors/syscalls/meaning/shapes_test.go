package meaning

import (
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/syscalls"
)

// TestShapes: every call that becomes more than a plain one says what it is about, and some architecture has it.
func TestShapes(t *testing.T) {
	for name, s := range shapes {
		found := false
		for _, arch := range []uint32{syscalls.X8664, syscalls.I386, syscalls.AArch64, syscalls.ARM} {
			found = found || slices.Contains(syscalls.Table(arch), name)
		}
		if !found || s.API != nil {
			t.Errorf("%s is in no architecture's table", name)
		}
		if c := shapeOf(name); c.API.Category == "other" {
			t.Errorf("%s is of category other", name)
		}
	}
}

func TestMadeUpCallsAreBounded(t *testing.T) {
	c := NewCalls()
	for i := range int64(10 * maxMadeUp) {
		c.Find(syscalls.X8664, 100_000+i)
	}
	if len(c.strange) != maxMadeUp {
		t.Errorf("%d calls are made up, want %d", len(c.strange), maxMadeUp)
	}
	for n, want := range map[int64]string{1: "write", 1 << 40: "syscall_other", syscalls.X32Bit | 521: "ptrace"} {
		if got := c.Find(syscalls.X8664, n).API.Name; got != want {
			t.Errorf("call %d is %s after that, want %s", n, got, want)
		}
	}
}
