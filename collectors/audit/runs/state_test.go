package runs

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
)

func TestStateSurvives(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	if s, err := Load(dir); s != nil || err != nil {
		t.Errorf("no file: %+v %v", s, err)
	}
	want := &Saved{
		BootID: "boot", PID: 7, Started: 99,
		Former: map[string]uint32{"enabled": 0, "backlog_limit": 64}, Ours: map[string]uint32{"enabled": 1, "backlog_limit": 16384},
	}
	for range 2 { // the second replaces the first
		if err := want.Save(dir); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Load(dir); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v %v", got, err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	if fi, err := files[0].Info(); runtime.GOOS != "windows" && (err != nil || fi.Mode().Perm() != 0o600) {
		t.Errorf("mode %v %v", fi.Mode(), err)
	}
	if err := Remove(dir); err != nil {
		t.Error(err)
	}
	if err := Remove(dir); err != nil {
		t.Error("removing what is not there: ", err)
	}
}

func TestStateThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, File), []byte(`{"boot_id":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Load(dir); err == nil {
		t.Errorf("read %+v", s)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&Saved{}).Save(filepath.Join(file, "below")); err == nil {
		t.Error("saved into a file")
	}
}
