//go:build unix

package queries

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTuningOfOthers: who may write the file says what is not reported, so nobody else may.
func TestTuningOfOthers(t *testing.T) {
	ds := []Detection{{ID: "AN0001", Tuning: []Element{{Name: "Paths", Type: "text", Default: []string{"/a"}}}}}
	file := filepath.Join(t.TempDir(), "tuning.yaml")
	if err := os.WriteFile(file, []byte("AN0001:\n  Paths: [/b]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mode  os.FileMode
		owner int
		want  string // of the error, "" for none
	}{
		{0o644, os.Geteuid(), ""},
		{0o664, os.Geteuid(), "written by others"},
		{0o602, os.Geteuid(), "written by others"},
		{0o600, 4711, "belongs to user id 4711"},
	} {
		if err := os.Chmod(file, c.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(file, c.owner, -1); err != nil {
			t.Logf("did not run with owner %d: %v", c.owner, err)
			continue
		}
		tuning := NewTuning(ds, file)
		_, err := tuning.Reload()
		values := tuning.Values("AN0001", "Paths")
		if c.want == "" && (err != nil || len(values) != 1 || values[0] != "/b") {
			t.Errorf("mode %04o, owner %d: %v, %v", c.mode, c.owner, values, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || len(values) != 1 || values[0] != "/a") {
			t.Errorf("mode %04o, owner %d: %v, error %v, want the default and %q", c.mode, c.owner, values, err, c.want)
		}
	}
}
