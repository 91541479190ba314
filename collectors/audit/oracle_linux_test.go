package audit

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/elastic/go-libaudit/v2/auparse"

	"github.com/apiwatch/apiwatch/collectors/syscalls"
	"github.com/apiwatch/apiwatch/scripts/telemetry"
)

// TestAgainstLibaudit compares every field that events are made of with what go-libaudit reads in the same line.
func TestAgainstLibaudit(t *testing.T) {
	compareFolder(t, goldens, 400)
}

// TestAgainstLibauditShared does the same over real logs of others.
func TestAgainstLibauditShared(t *testing.T) {
	compareFolder(t, telemetry.Test(t, "linux_auditd"), 2000)
}

func compareFolder(t *testing.T, folder string, atLeast int) {
	lines, fields := 0, 0
	err := filepath.WalkDir(folder, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(name, ".golden") || !fitForLibaudit(name) {
			return err
		}
		eachLine(t, name, func(line string) {
			n := compareLine(t, name, line)
			fields += n
			if n > 0 {
				lines++
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d fields of %d lines agree", folder, fields, lines)
	if fields < atLeast {
		t.Errorf("only %d fields were compared, want at least %d", fields, atLeast)
	}
}

// fitForLibaudit leaves out what go-libaudit falls for, and records that it reads otherwise: names that auditd adds right behind the
// kernel's, several records on a line, and what stands behind a system log's own words.
func fitForLibaudit(name string) bool {
	return !slices.Contains([]string{"hostile.log", "no-separator.log", "one-line.log", "shipped.log"}, filepath.Base(name))
}

func eachLine(t *testing.T, name string, do func(line string)) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var r io.Reader = bufio.NewReader(file)
	if magic, _ := r.(*bufio.Reader).Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	}
	s := bufio.NewScanner(r)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		do(s.Text())
	}
}

// compareLine compares one line and tells how many fields it had in common.
func compareLine(t *testing.T, name, line string) int {
	if i := strings.Index(line, "type="); i > 0 && strings.HasPrefix(line, "node=") {
		line = line[i:]
	}
	line = strings.Trim(line, " |-'")
	if !strings.HasPrefix(line, "type=") {
		return 0
	}
	m, err := auparse.ParseLogLine(line)
	k := &keep{}
	d := NewDecoder(k)
	ours := d.Line([]byte(line))
	if err != nil {
		return 0 // we are stricter about headers and it about types
	}
	if ours != nil {
		t.Errorf("%s: %v, but go-libaudit reads it: %s", name, ours, line)
		return 0
	}
	typ := uint16(m.RecordType)
	if !used(typ) || typ == typeEOE || d.groups.newest == nil {
		return 0
	}
	g := d.groups.newest
	if g.key.ms != m.Timestamp.UnixMilli() || g.key.seq != m.Sequence {
		t.Errorf("%s: stamp %v, go-libaudit has %v:%d", name, g.key.stamp, m.Timestamp, m.Sequence)
	}
	if len(g.recs) != 1 || g.recs[0].typ != typ {
		t.Errorf("%s: type %v, go-libaudit has %d", name, g.recs, typ)
		return 0
	}
	theirs, err := m.Data()
	if err != nil {
		return 0 // such as an EXECVE record that goes on in another
	}
	body, _ := split(g.body(g.recs[0]))
	n := 0
	seen := map[string]bool{}
	for s := (scanner{body}); ; {
		key, raw, ok := s.next()
		if !ok {
			return n
		}
		field := string(key)
		if seen[field] {
			continue // of two, go-libaudit takes the last and we the first
		}
		seen[field] = true
		want, has := theirs[field]
		if !has || strings.Count(string(body), " "+field+"=") > 1 {
			continue
		}
		got, comparable := ourReading(d, typ, field, raw)
		if !comparable {
			continue
		}
		n++
		if want == "(none)" { // which we take for "none"
			want = ""
		}
		if got != want {
			t.Errorf("%s: %s is %q, go-libaudit has %q: %s", name, field, got, want, line)
		}
	}
}

// ourReading gives a field as go-libaudit writes it.
func ourReading(d *Decoder, typ uint16, field string, raw []byte) (string, bool) {
	signed := func(v int64) string { return strconv.FormatInt(v, 10) }
	switch field {
	case "items", "ppid", "pid", "argc", "item", "inode", "opid", "fd":
		v, ok := decimal(raw)
		return signed(v), ok
	case "exit":
		v, ok := decimal(raw)
		return signed(v), ok && v >= 0 // errors are given by name
	case "uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid", "ouid", "ogid":
		v := id(raw)
		return signed(v), v >= 0
	case "auid", "ses":
		if v := id(raw); v >= 0 {
			return signed(v), true
		}
		return "unset", true
	case "a0", "a1", "a2", "a3":
		if typ == typeExecve {
			return d.texts.Title(raw), raw[0] == '"'
		}
		v, ok := hexNumber(raw)
		return strconv.FormatUint(v, 16), ok
	case "mode":
		v, ok := octal(raw)
		return fmt.Sprintf("%0*o", len(raw), v), ok
	case "arch":
		v, _ := hexNumber(raw)
		return auparse.AuditArch(v).String(), true
	case "exe", "name", "cwd":
		if typ == typeKernModule {
			return "", false // go-libaudit leaves hexadecimal
		}
		return d.texts.Path(raw), raw[0] == '"' || !bytes.Contains(raw, []byte("00"))
	case "comm", "ocomm":
		return d.texts.Path(raw), raw[0] == '"' // go-libaudit leaves hexadecimal
	case "proctitle":
		return d.texts.Title(raw), true
	case "tty", "nametype":
		return d.texts.Word(bare(raw)), true
	}
	return "", false
}

// TestCallNamesAgainstLibaudit compares the four tables of system calls.
func TestCallNamesAgainstLibaudit(t *testing.T) {
	// Names that the kernel's own tables have otherwise.
	kernels := map[string]string{
		"pread": "pread64", "pwrite": "pwrite64", "madvise1": "madvise", "sys_kexec_load": "kexec_load", "newfstat": "fstat",
		"sched_rr_get_interval64": "sched_rr_get_interval_time64", "getdents": "getdents64", "newselect": "_newselect",
		"sync_file_range": "arm_sync_file_range", "llseek": "_llseek", "fadvise64_64": "arm_fadvise64_64", "sysctl": "_sysctl",
	}
	same := func(ours, theirs string) bool {
		return theirs == ours || theirs == ours+"32" || kernels[theirs] == ours || theirs == "mmap" && ours == "old_mmap"
	}
	oldARM := map[string]bool{
		"time": true, "umount": true, "alarm": true, "mmap": true, "stime": true, "getrlimit": true, "ipc": true, "utime": true,
		"syscall": true, "socketcall": true, "select": true, "readdir": true,
	}
	n := 0
	for arch, name := range map[uint32]string{
		syscalls.X8664: "x86_64", syscalls.I386: "i386", syscalls.AArch64: "aarch64",
		syscalls.ARM: "arm",
	} {
		for number, theirs := range auparse.AuditSyscalls[name] {
			ours := syscalls.Name(arch, int64(number))
			if ours == "" {
				if number < 400 && !oldARM[theirs] {
					t.Errorf("%s %d (%s) has no name", name, number, theirs)
				}
				continue
			}
			n++
			if !same(ours, theirs) {
				t.Errorf("%s %d is %s, go-libaudit has %s", name, number, ours, theirs)
			}
		}
	}
	if n < 1200 {
		t.Errorf("only %d names were compared", n)
	}
}
