package lineage

import (
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
)

// TestPlaceOfExecutable: a program is the host's own only if the file that runs is the one that lies under its path on the host.
func TestPlaceOfExecutable(t *testing.T) {
	file := func(major, minor, inode uint64) collectors.FileID {
		return collectors.FileID{Device: major<<32 | minor, Inode: inode}
	}
	disk, other, scratch := file(254, 0, 7), file(254, 0, 8), file(0, 40, 9)
	subvolume := file(0, 30, 7) // btrfs: records have another device than stat
	for _, c := range []struct {
		name      string
		recorded  collectors.FileID
		answer    collectors.ExecutableFacts
		elsewhere bool
	}{
		{"the host's", disk, collectors.ExecutableFacts{Run: disk, Host: disk}, false},
		{"mounted over", other, collectors.ExecutableFacts{Run: other, Host: disk}, true},
		{"mounted over, of memory", scratch, collectors.ExecutableFacts{Run: scratch, Host: disk}, true},
		{"gone, the host's", disk, collectors.ExecutableFacts{Host: disk}, false},
		{"gone, mounted over", other, collectors.ExecutableFacts{Host: disk}, true},
		{"runs another by now, mounted over", other, collectors.ExecutableFacts{Run: disk, Host: disk}, true},
		{"runs another by now, the host's", disk, collectors.ExecutableFacts{Run: other, Host: disk}, false},
		{"devices differ, the host's", file(0, 29, 7), collectors.ExecutableFacts{Run: subvolume, Host: subvolume}, false},
		{"devices differ, gone", file(0, 29, 7), collectors.ExecutableFacts{Host: subvolume}, false},
		{"nothing there on the host", other, collectors.ExecutableFacts{Run: other, Absent: true}, true},
		{"no answer", other, collectors.ExecutableFacts{}, false},
		{"no record, the host's", collectors.FileID{}, collectors.ExecutableFacts{Run: disk, Host: disk}, false},
		{"no record, mounted over", collectors.FileID{}, collectors.ExecutableFacts{Run: other, Host: disk}, true},
		{"no record, gone", collectors.FileID{}, collectors.ExecutableFacts{Host: disk}, false},
	} {
		h := &fakeHost{executables: map[int64]collectors.ExecutableFacts{100: c.answer}}
		d := execed(1e9, 100, 1, "/usr/bin/tac", "tac")
		d.File = c.recorded
		New(h).Resolve(d)
		if d.Event.Process.Elsewhere != c.elsewhere {
			t.Errorf("%s: elsewhere is %v", c.name, d.Event.Process.Elsewhere)
		}
	}
}

// TestPlaceIsAskedOnce: of a file that is known nobody is asked again, and where nobody can be asked another file under a path that is
// known is not taken for it.
func TestPlaceIsAskedOnce(t *testing.T) {
	disk, other := collectors.FileID{Device: 254 << 32, Inode: 7}, collectors.FileID{Device: 254 << 32, Inode: 8}
	h := &fakeHost{executables: map[int64]collectors.ExecutableFacts{100: {Run: disk, Host: disk}}}
	l := New(h)
	run := func(pid int64, file collectors.FileID) (elsewhere bool, asked int) {
		before := h.placed
		d := execed(1e9+pid, pid, 1, "/usr/bin/tac", "tac")
		d.File = file
		l.Fork(fork(pid, 1, 1e9))
		l.Resolve(d)
		return d.Event.Process.Elsewhere, h.placed - before
	}
	_, first := run(100, disk)
	elsewhere, second := run(101, disk)
	if elsewhere || first != 1 || second != 0 {
		t.Errorf("elsewhere is %v; %d questions, then %d", elsewhere, first, second)
	}
	d := execed(2e9, 110, 1, "/tmp/conftest", "conftest")
	d.File = other
	before := h.placed
	if l.Resolve(d); h.placed != before {
		t.Error("the place of a program in a temporary folder is asked for")
	}
	if elsewhere, _ := run(102, other); !elsewhere {
		t.Error("another file under a known path passes where the host does not answer")
	}
	if elsewhere, _ := run(103, disk); elsewhere {
		t.Error("the host's own file does not pass any more")
	}
}
