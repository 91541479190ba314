package event

import "testing"

func TestArguments(t *testing.T) {
	for _, c := range []struct {
		api  string
		args []uint64
		want string
	}{
		{"ptrace", []uint64{16, 1234, 0, 0}, "request=PTRACE_ATTACH pid=1234 addr=0x0 data=0x0"},
		{"ptrace", []uint64{0xbeef, 1, 0, 0}, "request=0xbeef pid=1 addr=0x0 data=0x0"},
		{"mprotect", []uint64{0x7f00, 4096, 7}, "addr=0x7f00 length=4096 prot=PROT_READ|PROT_WRITE|PROT_EXEC"},
		{"mprotect", []uint64{0x7f00, 4096, 0}, "addr=0x7f00 length=4096 prot=PROT_NONE"},
		{"mmap", []uint64{0, 4096, 3, 0x22}, "addr=0x0 length=4096 prot=PROT_READ|PROT_WRITE flags=MAP_PRIVATE|MAP_ANONYMOUS"},
		{"mmap", []uint64{0, 4096, 3, 0x03}, "addr=0x0 length=4096 prot=PROT_READ|PROT_WRITE flags=MAP_SHARED_VALIDATE"},
		{"unshare", []uint64{0x30020000}, "flags=CLONE_NEWNS|CLONE_NEWUSER|CLONE_NEWPID"},
		{"mount", []uint64{1, 2, 3, 0x1000 | 0x4000}, "mountflags=MS_BIND|MS_REC"},
		{"openat", []uint64{0xffffff9c, 1, 0o2000102, 0o644}, "dfd=-100 flags=O_RDWR|O_CREAT|O_CLOEXEC mode=0644"},
		{"setreuid", []uint64{0xffffffff, 0}, "ruid=-1 euid=0"},
		{"nosuchcall", []uint64{1}, ""},
	} {
		e := Event{API: APINamed(c.api), NArgs: uint8(len(c.args))}
		copy(e.Args[:], c.args)
		if got := e.Arguments(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.api, got, c.want)
		}
	}
}

func TestLastPart(t *testing.T) {
	for in, want := range map[string]string{
		"/usr/bin/ls": "ls", `C:\Windows\a.exe`: "a.exe", "x": "x", "": "", "/a/": "",
	} {
		if got := LastPart(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
