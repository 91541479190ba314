package linux

import "testing"

// TestValues reads back what this package names, and looks into the lists at places that a slip would move.
func TestValues(t *testing.T) {
	for _, x := range []struct {
		text string
		want uint64
	}{
		{Prot(7), 7},
		{PtraceRequest(0x4206), 0x4206},
		{OpenFlags(0o2101102), 0o2101102},
		{MapFlags(0x22), 0x22},
		{"AT_FDCWD", 0xffffff9c},
		{CloneFlags(0x10020000), 0x10020000},
		{"SIGKILL", 9},
		{"SIGSYS", 31},
		{"PROT_READ|0x40", 0x41},
		{MountFlags(4096 | 1<<18), 4096 | 1<<18},
	} {
		if v, ok := Value(x.text); !ok || v != x.want {
			t.Errorf("%s is %#x (%v), want %#x", x.text, v, ok, x.want)
		}
	}
	for _, x := range []string{"", "O_WHAT", "O_RDWR|", "12"} {
		if v, ok := Value(x); ok {
			t.Errorf("%q is %#x, want nothing", x, v)
		}
	}
	for name, want := range map[string]int64{
		"EPERM": 1, "EWOULDBLOCK": 11, "EACCES": 13, "ENOSYS": 38, "ENOTEMPTY": 39, "ENODATA": 61, "ENOTSOCK": 88, "EINPROGRESS": 115,
		"EHWPOISON": 133,
	} {
		if n, ok := Errno(name); !ok || n != want {
			t.Errorf("%s is %d (%v), want %d", name, n, ok, want)
		}
	}
	for list, want := range map[string]uint64{
		"none": 0, "chown": 1, "sys_ptrace,sys_admin": 1<<19 | 1<<21,
		"cap_checkpoint_restore": 1 << 40,
	} {
		if v, ok := Capabilities(list); !ok || v != want {
			t.Errorf("%s is %#x (%v), want %#x", list, v, ok, want)
		}
	}
	if _, ok := Capabilities("chown,flying"); ok {
		t.Error("a capability that is none is taken for one")
	}
}
