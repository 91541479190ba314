package tables

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestLikenessIsBounded gives it very many short texts, each a part of a long one, as command lines of evicted events may be.
func TestLikenessIsBounded(t *testing.T) {
	var l likeness
	l.add([]*likePattern{newLikePattern("%whoami%")})
	before := heap()
	for i := range 200_000 {
		long := strings.Repeat("x", 2000) + fmt.Sprintf("whoami%07d", i)
		if found := l.like(long[2000:]); len(found) != 1 {
			t.Fatalf("%q is like %v", long[2000:], found)
		}
	}
	if took := heap() - before; took > 3*mostKnown {
		t.Errorf("it keeps %d KiB, want at most about %d", took>>10, mostKnown>>10)
	}
	runtime.KeepAlive(&l)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
