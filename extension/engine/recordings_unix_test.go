//go:build unix

package engine

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipesAreLeftOut: a pipe that nobody writes to holds up nothing, in a folder, among a log's rotations or named itself.
func TestPipesAreLeftOut(t *testing.T) {
	const line = "type=SYSCALL msg=audit(1700000000.000:1): arch=c000003e syscall=59 success=yes exit=0\n"
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs")
	if err := os.Mkdir(logs, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"audit.log", "audit.log.2"} {
		if err := os.WriteFile(filepath.Join(logs, name), []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{filepath.Join(dir, "pipe.log"), filepath.Join(logs, "audit.log.1")} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "zero.log")); err != nil {
		t.Fatal(err)
	}
	found, left, err := Recordings([]string{dir})
	if err != nil || len(found) != 1 || found[0].Path != logs || len(left) != 2 {
		t.Fatalf("%v, %v, %v", found, left, err)
	}
	e, err := OverRecordings(found, "", nil, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Replay(t.Context()); err != nil {
		t.Error(err)
	}
	_, _, err = Recordings([]string{filepath.Join(dir, "pipe.log")})
	if err == nil || !strings.Contains(err.Error(), "a named pipe") {
		t.Errorf("a pipe that was named: %v", err)
	}
}
