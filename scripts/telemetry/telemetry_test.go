package telemetry

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestPath(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "INDEX.json"), []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(Variable, folder)
	if got, err := Path("INDEX.json"); err != nil || got != filepath.Join(folder, "INDEX.json") {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := Path("none", "here"); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrUnset) {
		t.Errorf("what is not there: %v", err)
	}
	t.Setenv(Variable, "telemetry")
	if _, err := Path(); err == nil || errors.Is(err, ErrUnset) {
		t.Errorf("a relative folder: %v", err)
	}
	t.Setenv(Variable, "")
	if _, err := Path("INDEX.json"); !errors.Is(err, ErrUnset) {
		t.Errorf("unset: %v", err)
	}
}

// TestTest: a test without recordings is skipped, and one whose recordings are named and not there does not go on.
func TestTest(t *testing.T) {
	skipped := false
	t.Run("unset", func(t *testing.T) {
		t.Setenv(Variable, "")
		defer func() { skipped = t.Skipped() }()
		Test(t, "INDEX.json")
		t.Error("goes on")
	})
	if !skipped {
		t.Error("not skipped")
	}
}
