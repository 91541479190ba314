package audit

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/text"
)

func TestProcTarget(t *testing.T) {
	for _, c := range []struct {
		path string
		pid  int64
		ns   bool
	}{
		{"/proc/12/mem", 12, true},
		{"/proc/12", 12, true},
		{"/proc/self/maps", 5, false},
		{"/proc/thread-self/mem", 5, false},
		{"/proc/12x/mem", 0, false},
		{"/proc/", 0, false},
		{"/proc/99999999999/mem", 0, false},
		{"/proc/0/mem", 0, false},
		{"/tmp/proc/1/mem", 0, false},
		{"/tmp/../proc/3/mem", 3, true},
		{"/proc/12/task/13/mem", 12, true},
		// Detours through a process's root or working directory lead to another process.
		{"/proc/self/root/proc/12/mem", 12, true},
		{"/proc/7/task/8/root/proc/self/root/proc/12/mem", 12, true},
		{"/proc/self/root/../proc/12/mem", 0, false},
		{"/proc/self/../12/mem", 12, true},
		{"/proc/self/root/etc/passwd", 5, false},
		{"/proc/self/cwd/mem", 0, false},
		{"/proc/self/fd/3/mem", 0, false},
		{"/proc/self/fd/3", 5, false},
	} {
		open := strings.NewReplacer("syscall=101", "syscall=2", "items=0", "items=1", "a1=4d2", "a1=2").Replace(syscallLine(0, 1, 5))
		k, _ := decode(t, open, line("PATH", 0, 1, fmt.Sprintf(`item=0 name="%s" inode=1 mode=0100600 ouid=0 nametype=NORMAL`, c.path)),
			eoe(0, 1))
		got := k.last(t)
		if got.Target.PID != c.pid || got.TargetInNamespace != c.ns {
			t.Errorf("%s: target %d (in namespace %v), want %d (%v)", c.path, got.Target.PID, got.TargetInNamespace, c.pid, c.ns)
		}
	}
}

// TestUnplaced: a path that does not say where the file lies is looked up by the descriptor that the call returned.
func TestUnplaced(t *testing.T) {
	for _, c := range []struct {
		call, cwd, path, dev string
		want                 string
		unplaced             bool
	}{
		{"syscall=257 a0=8 a2=2", "/", "mem", "00:15", "mem", true}, // below an open directory
		{"syscall=257 a0=ffffff9c a2=2", "/proc/12", "mem", "00:15", "/proc/12/mem", false},
		{"syscall=257 a0=ffffff9c a2=2", "/", "/proc/self/fd/3/mem", "00:15", "/proc/self/fd/3/mem", true},
		{"syscall=257 a0=ffffff9c a2=2", "/", "/proc/self/fd/3", "00:15", "/proc/self/fd/3", true}, // opened before with O_PATH
		{"syscall=257 a0=ffffff9c a2=2", "/", "/proc/self/fd/3", "fe:01", "/proc/self/fd/3", false},
		{"syscall=257 a0=ffffff9c a2=2", "/proc/12", "/proc/self/cwd/mem", "00:15", "/proc/12/mem", false},
		{"syscall=257 a0=ffffff9c a2=2", "/", "/tmp/link", "00:15", "/tmp/link", true},
		{"syscall=257 a0=ffffff9c a2=0", "/", "/tmp/link", "00:15", "/tmp/link", false}, // for reading
		{"syscall=257 a0=ffffff9c a2=2", "/", "/tmp/file", "fe:01", "/tmp/file", false},
		{"syscall=257 a0=ffffff9c a2=2", "/", "/proc/12/mem", "00:15", "/proc/12/mem", false},
	} {
		var nr, dir, flags string
		if _, err := fmt.Sscanf(c.call, "syscall=%s a0=%s a2=%s", &nr, &dir, &flags); err != nil {
			t.Fatal(err)
		}
		open := line("SYSCALL", 0, 1, fmt.Sprintf("arch=c000003e syscall=%s success=yes exit=9 a0=%s a1=1 a2=%s a3=0 items=1 ppid=1 pid=5 "+
			"auid=1 uid=0 gid=0 "+
			`euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=1 comm="x" exe="/x" key=(null)`, nr, dir, flags))
		k, _ := decode(t, open, line("CWD", 0, 1, fmt.Sprintf("cwd=%q", c.cwd)),
			line("PATH", 0, 1, fmt.Sprintf(`item=0 name=%q inode=77 dev=%s mode=0100600 ouid=0 nametype=NORMAL`, c.path, c.dev)), eoe(0, 1))
		if got := k.last(t); got.Unplaced != c.unplaced || got.Event.Path != c.want {
			t.Errorf("%s %s in %s: path %q, unplaced %v; want %q, %v", c.call, c.path, c.cwd, got.Event.Path, got.Unplaced, c.want, c.unplaced)
		} else if file := (collectors.FileID{Device: 0x15, Inode: 77}); c.unplaced && got.File != file {
			t.Errorf("%s %s: file %+v, want %+v", c.call, c.path, got.File, file)
		}
	}
}

func TestScanner(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`a=1 b="x y" c='p "q"' d=`, `a:1 b:"x y" c:'p "q"' d:`},
		{`  word avc: { read } k=v  `, `k:v`},
		{`a="unterminated b=1`, `a:"unterminated b=1`},
		{`a=""b=1 c==d`, `a:"" b:1 c:=d`},
		{`=x a=b`, `:x a:b`},
		{``, ``},
	} {
		s := scanner{[]byte(c.in)}
		var out []string
		for {
			key, value, ok := s.next()
			if !ok {
				break
			}
			out = append(out, string(key)+":"+string(value))
		}
		check(t, c.in, strings.Join(out, " "), c.want)
	}
	for in, want := range map[string]bool{
		"audit(1.2:3): x": true, "audit(1.002:3)": true, "audit(1.0002:3):": false, "audit(1:3):": false, "audit(.2:3):": false,
		"audit(1.2:):": false, "audit(1.2:4294967296):": false, "audit(1.2:4294967295):": true, "audit(9000000001.0:1):": false,
		"Audit(1.2:3):": false, "": false,
		"audit(-1.2:3):": false, "audit(1.2:3": false,
	} {
		if _, _, ok := scanHeader([]byte(in)); ok != want {
			t.Errorf("header %q reads: %v", in, ok)
		}
	}
	if b, ok := text.AppendHex(nil, bytes.ToLower([]byte("AB"))); ok || len(b) > 0 {
		t.Error("lower case is no hexadecimal of the kernel's")
	}
}
