package audit

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// FuzzLines feeds any bytes as lines of a log between two halves of a good event, which must come out whole.
func FuzzLines(f *testing.F) {
	for _, name := range []string{"calls", "formats", "enriched", "hostile"} {
		b, err := os.ReadFile(goldens + "/" + name + ".log")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		for i, l := range bytes.Split(b, []byte{'\n'}) {
			if i%7 == 0 {
				f.Add(l)
			}
		}
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		k := &keep{}
		d := NewDecoder(k)
		feed := func(l string) { _ = d.Line([]byte("node=ours " + l)) }
		feed(syscallLine(0, 3_000_000_001, 4242))
		for l := range bytes.SplitSeq(input, []byte{'\n'}) {
			_ = d.Line(l)
			if len(l) > 2 {
				d.Record(uint16(l[0])|uint16(l[1])<<8, l[2:])
			}
		}
		feed(eoe(0, 3_000_000_001))
		d.Expire(second * 1e9)
		d.Flush()
		ours := 0
		for i := range k.drafts {
			x := &k.drafts[i]
			if x.Actor.PID == 4242 && x.Event.TimeNS == second*1e9 && x.Actor.Path == "/usr/bin/gdb" && x.Actor.Session == 3 {
				ours++
			}
			if x.Event.API == nil || x.Event.LogSource == nil {
				t.Fatalf("an event lacks its API or log source: %+v", x)
			}
			for _, s := range []string{
				x.Actor.Path, x.Actor.Comm, x.Actor.Cmdline, x.Actor.CWD, x.Actor.TTY, x.Actor.User, x.Event.Path, x.Target.Comm, draftLine(t, x),
			} {
				if s != strings.ToValidUTF8(s, "") || strings.IndexByte(s, 0) >= 0 {
					t.Fatalf("a string holds a NUL or is no UTF-8: %q", s)
				}
			}
			if len(x.Actor.Cmdline) > 3*maxRecord {
				t.Fatalf("a command line of %d bytes", len(x.Actor.Cmdline))
			}
		}
		if ours == 0 {
			t.Fatal("the good event is lost")
		}
		st := d.Stats()
		if st.Events != uint64(len(k.drafts)) {
			t.Fatalf("%d events counted, %d delivered", st.Events, len(k.drafts))
		}
		if d.groups.open != 0 || d.groups.held != 0 || d.groups.oldest != nil || d.groups.newest != nil {
			t.Fatalf("something is left open: %d events, %d bytes", d.groups.open, d.groups.held)
		}
	})
}

// kernelString writes a string as the kernel does (audit_log_untrustedstring).
func kernelString(s string) string {
	for i := range len(s) {
		if s[i] == '"' || s[i] < 0x21 || s[i] > 0x7e {
			return strings.ToUpper(hex.EncodeToString([]byte(s)))
		}
	}
	return `"` + s + `"`
}

// FuzzForged lets a program choose every string it can. What the kernel says of it may not change, and the strings come out
// as they were.
func FuzzForged(f *testing.F) {
	f.Add("sh", "/bin/sh", "/etc/passwd", "/home", "sh -c x")
	f.Add(`" success=no pid=1`, `/a" uid=0 exe="/b`, "x\x1dUID=\"root\"", "/tmp\nnode=x type=SYSCALL msg=audit(1.0:1): ", "a\x00b c=d")
	f.Add("success=yes pid=1", "41", "(null)", "?", "\xff\xfe\x00")
	f.Add("'", "/proc/1/mem", "../../proc/1/mem", "/", "type=EOE")
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, comm, exe, name, cwd, title string) {
		cut := func(s string, n int) string {
			s, _, _ = strings.Cut(s, "\x00")
			return s[:min(len(s), n)]
		}
		comm, exe, name, cwd = cut(comm, 15), cut(exe, 4000), cut(name, 4000), cut(cwd, 4000)
		title = strings.TrimRight(title[:min(len(title), 127)], "\x00")
		k := &keep{}
		d := NewDecoder(k)
		head := "arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7f a2=2 a3=0 items=1 ppid=1 pid=4242 auid=1000 uid=1001 gid=1002 " +
			"euid=1003 suid=1004 fsuid=1005 egid=1006 sgid=1007 fsgid=1008 tty=pts0 ses=3 "
		for _, r := range []struct {
			typ  uint16
			body string
		}{
			{typeSyscall, head + "comm=" + kernelString(comm) + " exe=" + kernelString(exe) + " subj=unconfined key=(null)"},
			{typeCwd, "cwd=" + kernelString(cwd)},
			{typePath, "item=0 name=" + kernelString(name) + " inode=5 dev=fd:00 mode=0100600 ouid=7 ogid=8 rdev=00:00 nametype=NORMAL"},
			{typeProctitle, "proctitle=" + kernelString(title)},
			{typeEOE, ""},
		} {
			d.Record(r.typ, []byte("audit(1700000000.000:1): "+r.body))
		}
		if len(k.drafts) != 1 {
			t.Fatalf("%d events, want 1", len(k.drafts))
		}
		x := k.drafts[0]
		a := x.Actor
		said := fmt.Sprint(x.Event.API.Name, x.Event.Outcome, x.Event.Exit, x.Event.Args, a.PPID, a.PID, a.AUID, a.UID, a.GID, a.EUID, a.SUID,
			a.FSUID,
			a.EGID, a.SGID, a.FSGID, a.Session, a.TTY, a.User, *x.Event.Detail.(*event.FileOpen))
		want := fmt.Sprint("openat", event.Success, 3, [event.MaxArgs]uint64{0xffffff9c, 0x7f, 2}, 1, 4242, 1000, 1001, 1002, 1003, 1004, 1005,
			1006, 1007, 1008, 3,
			"pts0", "", event.FileOpen{Flags: 2, Mode: 0o100600, UID: 7, Inode: 5})
		if said != want {
			t.Fatalf("the record says\n%s, want\n%s", said, want)
		}
		clean := func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
		if a.Comm != clean(comm) || a.Path != clean(exe) || a.CWD != clean(cwd) || a.Cmdline != clean(strings.ReplaceAll(title, "\x00", " ")) {
			t.Fatalf("strings are %q %q %q %q, want %q %q %q %q", a.Comm, a.Path, a.CWD, a.Cmdline, comm, exe, cwd, title)
		}
	})
}
