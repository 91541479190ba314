package descriptors

import (
	"io/fs"
	"maps"
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
)

func TestClasses(t *testing.T) {
	device := func(major, minor uint32) Facts {
		return Facts{Link: "/dev/null", Mode: fs.ModeDevice | fs.ModeCharDevice | 0o666, Major: major, Minor: minor}
	}
	shadow := collectors.FileID{Device: 8<<32 | 1, Inode: 77}
	c := Classes{
		Majors: Majors([]byte("Character devices:\n  1 mem\n240 hidraw\n241 usbmon\n 81 video4linux\n\nBlock devices:\n242 media\n")),
		Stores: map[collectors.FileID]bool{shadow: true}, Kcore: 4026532056,
	}
	if !maps.Equal(c.Majors, map[uint32]string{240: Input, 241: Input, 81: Video}) {
		t.Errorf("majors %v", c.Majors)
	}
	for _, x := range []struct {
		f         Facts
		class, by string
	}{
		{device(1, 1), KernelMemory, ByDevice},
		{device(1, 2), KernelMemory, ByDevice},
		{device(1, 4), KernelMemory, ByDevice},
		{device(1, 3), "", ""},
		{device(5, 0), "", ""},
		{device(81, 0), Video, ByDevice},
		{device(116, 9), Sound, ByDevice},
		{device(14, 3), Sound, ByDevice},
		{device(13, 64), Input, ByDevice},
		{device(10, 223), Input, ByDevice},
		{device(10, 200), "", ""},
		{device(240, 0), Input, ByDevice},
		{device(242, 0), "", ""},
		{device(7, 1), Screen, ByDevice},
		{device(29, 0), Screen, ByDevice},
		{Facts{Link: "/dev/video0", Mode: 0o644}, "", ""}, // a file that is called so
		{Facts{Link: "/dev/mem", Mode: fs.ModeDevice | 0o600, Major: 1, Minor: 1}, "", ""}, // a block device
		{Facts{Link: "/1/mem", Mode: 0o600}, "", ""},
		{Facts{Link: "/x", Mode: 0o600, Procfs: true}, ProcessMemory, ByInode},
		{Facts{Link: "/proc/1/mem", Mode: 0o444, Procfs: true}, "", ""},
		{Facts{Link: "/x", Mode: 0o400, Procfs: true, File: collectors.FileID{Inode: 4026532056}}, KernelMemory, ByInode},
		{Facts{Link: "/tmp/copy", Mode: 0o640, File: shadow}, CredentialStore, ByInode},
		{Facts{Link: "/etc/shadow (deleted)", Mode: 0o640}, CredentialStore, ByPath},
		{Facts{Link: "/home/a/.ssh/id_rsa", Mode: 0o640}, CredentialStore, ByPath},
		{Facts{Link: "/etc/shadow", Mode: fs.ModeIrregular}, "", ""},
		{Facts{Link: "/tmp/x\n/etc/shadow", Mode: 0o640}, "", ""},
	} {
		if class, by := c.Of(&x.f); class != x.class || by != x.by {
			t.Errorf("%+v: %q by %q, want %q by %q", x.f, class, by, x.class, x.by)
		}
	}
}

func TestNamed(t *testing.T) {
	for link, want := range map[string]struct {
		pid int64
		end string
	}{
		"/proc/12/mem": {12, "12/mem"}, "/proc/12/task/13/mem": {12, "12/task/13/mem"}, "/p/12/mem": {12, "12/mem"}, "/proc/12/maps": {},
		"/12/mem": {12, "12/mem"}, "12/mem": {}, "/mem": {}, "/proc/self/mem": {}, "/proc/-3/mem": {}, "/proc/0/mem": {}, "": {},
		"/proc/x/task/13/mem": {13, "13/mem"}, "/proc/99999999999999999999/mem": {},
	} {
		if pid, end := named(link); pid != want.pid || end != want.end {
			t.Errorf("%q: %d %q, want %+v", link, pid, end, want)
		}
	}
}

func TestAccess(t *testing.T) {
	for text, want := range map[string]string{
		"pos:\t0\nflags:\t0100000\nmnt_id:\t1\n": "read", "flags:\t0100001\n": "write", "flags:\t0100002\n": "read_write",
		"flags:\t012100000\n": "path", "flags:\tx\n": "", "": "",
	} {
		if got := access([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestHomes(t *testing.T) {
	got := homes(
		[]byte("root:x:0:0:::/root\nroot:x:0:0::/root:/bin/sh\nd:x:1:1:d:/usr/sbin:/usr/sbin/nologin\na:x:5:5::/home/a/:/bin/sh\nbad\n" +
			"r:x:5:5::rel:/bin/sh\ns:x:6:6::/:/bin/sh\n"))
	if !slices.Equal(got, []string{"/root", "/home/a"}) {
		t.Errorf("%q", got)
	}
}
