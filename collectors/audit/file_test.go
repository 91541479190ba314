package audit

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

func write(t *testing.T, name, content string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func zipped(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFolderOldestFirst(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "audit.log"), syscallLine(30, 4, 4)+"\n"+syscallLine(31, 5, 5)) // no newline at the end
	// An event over the end of a rotation, and a line cut off there.
	write(t, filepath.Join(dir, "audit.log.1"), line("PROCTITLE", 20, 3, `proctitle="three"`)+"\r\n"+eoe(20, 3)+
		"\ntype=SYSCALL msg=audit(1700")
	write(t, filepath.Join(dir, "audit.log.2"), zipped(t, eoe(0, 1)+"\n"+syscallLine(10, 2, 2)+"\n"+eoe(10, 2)+"\n"+syscallLine(20, 3, 3)))
	write(t, filepath.Join(dir, "audit.log.10.gz"), zipped(t, syscallLine(0, 1, 1)+"\n"))
	write(t, filepath.Join(dir, "audit.log.old"), syscallLine(0, 9, 9))
	write(t, filepath.Join(dir, "notes.txt"), syscallLine(0, 9, 9))
	k := &keep{}
	f := replay(t, dir, k)
	check(t, "pids", k.pids(), []int64{1, 2, 3, 4, 5})
	check(t, "cmdline of 3", k.drafts[2].Actor.Cmdline, "three")
	h := f.Health()[0]
	check(t, "health", []any{h.State, h.Received, h.Decoded, h.Lost}, []any{"ok", 10, 5, 1})
}

func TestManyReads(t *testing.T) {
	var b strings.Builder
	const events = 5000 // more than one Read takes in
	for i := range events {
		b.WriteString(syscallLine(int64(i), uint32(i+1), i+1) + "\n" + eoe(int64(i), uint32(i+1)) + "\n")
	}
	k := &keep{}
	replay(t, write(t, filepath.Join(t.TempDir(), "x"), b.String()), k)
	check(t, "events", len(k.drafts), events)
	for i, pid := range k.pids() {
		if pid != int64(i+1) {
			t.Fatalf("event %d is of pid %d", i, pid)
		}
	}
}

func TestLongLines(t *testing.T) {
	long := "type=PATH msg=audit(1700000000.000:1): name=" + strings.Repeat("41", 400_000)
	k := &keep{}
	f := replay(t, write(t, filepath.Join(t.TempDir(), "x"), syscallLine(0, 1, 1)+"\n"+long+"\n"+syscallLine(0, 2, 2)+"\n"+long), k)
	check(t, "pids", k.pids(), []int64{1, 2})
	check(t, "oversized", f.Decoder.Stats().Oversized, 2)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "audit.log.1"), long+"\n"+long[:readChunk]) // ends where a Read does
	write(t, filepath.Join(dir, "audit.log"), syscallLine(0, 3, 3))
	k = &keep{}
	replay(t, dir, k)
	check(t, "the next file's first line", k.pids(), []int64{3})
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	for name, path := range map[string]string{
		"missing":         filepath.Join(dir, "nothing"),
		"an empty folder": dir,
		"no gzip":         write(t, filepath.Join(t.TempDir(), "bad.gz"), "\x1f\x8bnonsense"),
	} {
		if err := NewFile(path).Open(t.Context(), func() {}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}

	// A file that breaks off gives what stands before, tells so once and does not keep the next from being read.
	var b strings.Builder
	for i := range 3000 {
		b.WriteString(syscallLine(int64(i), uint32(i+1), i+1) + "\n" + eoe(int64(i), uint32(i+1)) + "\n")
	}
	z := zipped(t, b.String())
	write(t, filepath.Join(dir, "audit.log.2"), z[:len(z)/2])
	write(t, filepath.Join(dir, "audit.log.1"), "\x1f\x8bnonsense")
	write(t, filepath.Join(dir, "audit.log"), syscallLine(9000, 9000, 9000))
	f := NewFile(dir)
	if err := f.Open(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	k := &keep{}
	var errs []string
	for {
		err := f.Read()
		f.Decode(k)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			errs = append(errs, err.Error())
		}
	}
	if len(errs) != 2 || !strings.Contains(errs[0], "audit.log.2") || !strings.Contains(errs[1], "audit.log.1") {
		t.Errorf("errors are %q", errs)
	}
	pids := k.pids()
	if len(pids) < 1000 || pids[len(pids)-1] != 9000 {
		t.Errorf("%d events came", len(pids))
	}
	h := f.Health()[0]
	if h.State != "degraded" || !strings.Contains(h.Reason, "audit.log.1") || !strings.Contains(h.Reason, "audit.log.2") {
		t.Errorf("health is %+v", h)
	}
}

// TestOwnRecording replays a recording round by round, as it was made.
func TestOwnRecording(t *testing.T) {
	var b bytes.Buffer
	r := recording.NewRecorder(&b)
	for i := range 3 {
		r.Lifecycle(collectors.Lifecycle{Kind: collectors.Exited, PID: int64(100 + i)})
		r.Lifecycle(collectors.Lifecycle{Kind: collectors.Forked, PID: int64(10 + i), PPID: 1})
		_, body, _ := strings.Cut(syscallLine(int64(i), uint32(i), 10+i), "msg=")
		r.Record("SYSCALL", []byte(body))
		r.Record("1320", []byte("audit(1700000000.00"+string(rune('0'+i))+":"+string(rune('0'+i))+"): \n"))
		if err := r.EndRound(); err != nil {
			t.Fatal(err)
		}
	}
	b.WriteString("type=APIWATCH_LIFECYCLE msg=audit(0:0): {broken\n")
	walk := `type=APIWATCH_FACT msg=audit(0:0): {"fact":"user","key":"7","value":"` + strings.Repeat("u", 200_000) + `"}` + "\n"
	f := NewFile(write(t, filepath.Join(t.TempDir(), "x.apiwatch.log"), walk+b.String()))
	facts := new(recording.Facts)
	f.Facts = facts
	if err := f.Open(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	k := &keep{}
	var rounds []int
	for {
		err := f.Read()
		f.Decode(k)
		if n := len(k.drafts); n > 0 && (len(rounds) == 0 || rounds[len(rounds)-1] != n) {
			rounds = append(rounds, n)
			check(t, "messages by then", len(k.lifecycles), 2*n)
			check(t, "fork before", k.lifecycles[2*n-2].Kind, collectors.Forked)
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	check(t, "events after each round", rounds, []int{1, 2, 3})
	check(t, "a long fact", len(facts.User(7)), 200_000)
	if h := f.Health()[0]; h.State != "degraded" || !strings.Contains(h.Reason, "process message") {
		t.Errorf("a broken line is not told: %+v", h)
	}
}
