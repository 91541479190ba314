package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// drafts keeps what a decoder delivers.
type drafts struct{ got []collectors.Draft }

func (s *drafts) Draft(d *collectors.Draft)        { s.got = append(s.got, *d) }
func (s *drafts) Lifecycle(_ collectors.Lifecycle) {}

func decodeLines(text []byte, slow bool) []collectors.Draft {
	var s drafts
	d := NewDecoder(&s)
	d.slow = slow
	for line := range bytes.Lines(text) {
		_ = d.Line(bytes.TrimSuffix(line, []byte("\n")))
	}
	d.Flush()
	return s.got
}

// TestFastAndSlowAgree reads every record of our recordings both ways, and every one cut off and changed at every byte of its
// trusted part.
func TestFastAndSlowAgree(t *testing.T) {
	logs, err := filepath.Glob(filepath.Join("..", "..", "testdata", "decode", "audit", "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("no logs: %v", err)
	}
	total := 0
	for _, name := range logs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fast, slow := decodeLines(text, false), decodeLines(text, true)
		if !reflect.DeepEqual(fast, slow) {
			t.Errorf("%s: the two ways differ", name)
		}
		total += len(fast)
	}
	if total < 50 {
		t.Errorf("only %d events", total)
	}
	line := []byte(`type=SYSCALL msg=audit(1700000000.014:7): arch=c000003e syscall=10 success=yes exit=-0 a0=7f6add6f5000 a1=23c000 a2=5 ` +
		`a3=812 items=0 ppid=23129 pid=23275 auid=4294967295 uid=1000 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ` +
		`ses=4294967295 comm="python3" exe="/usr/bin/python3.11" key="apiwatch"`)
	if len(decodeLines(line, false)) != 1 {
		t.Fatal("the sample gives no event")
	}
	for i := range line {
		for _, c := range []byte{0, ' ', '=', '"', '\'', '-', '9', 'f', 'F', 'x'} {
			changed := bytes.Clone(line)
			changed[i] = c
			for _, text := range [][]byte{changed, append(changed[:i:i], line[min(i+1, len(line)):]...), changed[:i]} {
				if fast, slow := decodeLines(text, false), decodeLines(text, true); !reflect.DeepEqual(fast, slow) {
					t.Fatalf("%s\nfast %+v\nslow %+v", text, fast, slow)
				}
			}
		}
	}
}

func FuzzFastAndSlow(f *testing.F) {
	f.Add([]byte(`type=SYSCALL msg=audit(1.014:7): arch=c000003e syscall=10 success=yes exit=0 a0=1 a1=2 a2=5 a3=8 items=0 ppid=2 pid=3 ` +
		`auid=4 uid=5 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm="x" exe="/x" key=(null)`))
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, line []byte) {
		if fast, slow := decodeLines(line, false), decodeLines(line, true); !reflect.DeepEqual(fast, slow) {
			t.Fatalf("%q\nfast %+v\nslow %+v", line, fast, slow)
		}
	})
}
