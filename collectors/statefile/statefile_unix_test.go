//go:build unix

package statefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestUntrustedFiles: what somebody else could have put there is not read, nor written to.
func TestUntrustedFiles(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, path string)
		want error // nil: it is used
	}{
		{"nothing", func(*testing.T, string) {}, fs.ErrNotExist},
		{"its owner's file", func(t *testing.T, p string) { put(t, p, 0o600) }, nil},
		{"a file for all to read", func(t *testing.T, p string) { put(t, p, 0o644) }, nil},
		{"a file for all to write", func(t *testing.T, p string) { put(t, p, 0o666) }, ErrUntrusted},
		{"a file for the group to write", func(t *testing.T, p string) { put(t, p, 0o660) }, ErrUntrusted},
		{"a folder", func(t *testing.T, p string) { must(t, os.Mkdir(p, 0o700)) }, ErrUntrusted},
		{"somebody's file", func(t *testing.T, p string) {
			put(t, p, 0o600)
			if os.Geteuid() != 0 {
				t.Skip("it needs root to make a file that is another's")
			}
			must(t, os.Chown(p, 4711, 4711))
		}, ErrUntrusted},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			test.make(t, filepath.Join(dir, "state"))
			if _, err := Read(dir, "state"); !errors.Is(err, test.want) || err != nil && test.want == nil {
				t.Errorf("reading it: %v, want %v", err, test.want)
			}
		})
	}
}

// TestLinksAreNotFollowed: a link leads a program of root's anywhere.
func TestLinksAreNotFollowed(t *testing.T) {
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "precious")
	put(t, elsewhere, 0o600)
	must(t, os.Symlink(elsewhere, filepath.Join(dir, "state")))
	if _, err := Read(dir, "state"); err == nil {
		t.Error("a link was read")
	}
	if f, err := Open(dir, "state", os.O_WRONLY|os.O_TRUNC); err == nil {
		_ = f.Close()
		t.Error("a link was written through")
	}
	must(t, Replace(dir, "state", []byte("new")))
	if got, err := os.ReadFile(elsewhere); err != nil || string(got) != "x" {
		t.Errorf("what a link leads to is now %q, %v", got, err)
	}
	if got, err := Read(dir, "state"); err != nil || string(got) != "new" {
		t.Errorf("the file that took the link's place is %q, %v", got, err)
	}
}

// TestMakeDir: a folder that others may write is not the place for what decides.
func TestMakeDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	must(t, MakeDir(dir))
	must(t, MakeDir(dir))
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("it is %v, %v", info, err)
	}
	must(t, os.Chmod(dir, 0o777))
	if err := MakeDir(dir); !errors.Is(err, ErrUntrusted) {
		t.Errorf("a folder for all to write: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	put(t, file, 0o600)
	if err := MakeDir(file); err == nil {
		t.Error("a file was taken for a folder")
	}
}

// TestLock: one at a time has it, and its end frees it.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	first, ok, err := Lock(dir, "lock")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, ok, err := Lock(dir, "lock"); err != nil || ok {
		t.Errorf("a second one got it: %v", err)
	}
	must(t, first.Close())
	again, ok, err := Lock(dir, "lock")
	if err != nil || !ok {
		t.Fatalf("after the first let go: %v, %v", ok, err)
	}
	must(t, again.Close())
}

// TestDamagedState: what is no JSON is named, not used.
func TestDamagedState(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "state"), 0o600)
	var v map[string]int
	if err := Load(dir, "state", &v); err == nil || v != nil {
		t.Errorf("read %v, %v", v, err)
	}
	must(t, Save(dir, "state", map[string]int{"a": 1}))
	if err := Load(dir, "state", &v); err != nil || v["a"] != 1 {
		t.Errorf("read %v, %v", v, err)
	}
}

func put(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	must(t, os.WriteFile(path, []byte("x"), 0o600))
	must(t, os.Chmod(path, mode))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
