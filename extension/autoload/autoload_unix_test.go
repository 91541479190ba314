//go:build unix

package autoload

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCheck holds each rule as it was tried with osqueryd 5.23.
func TestCheck(t *testing.T) {
	uid := os.Getuid()
	for _, c := range []struct {
		name, file    string
		mode, folder  os.FileMode
		uid           int
		refused       string // a part of why; "" where osqueryd takes it
		advice        string
		root, missing bool
	}{
		{name: "as installed", file: "apiwatch.ext", mode: 0o755, folder: 0o755, uid: uid},
		{name: "another name", file: "apiwatch", mode: 0o755, folder: 0o755, uid: uid, refused: "does not end in .ext"},
		{name: "anybody writes", file: "apiwatch.ext", mode: 0o757, folder: 0o755, uid: uid, refused: "anybody may write it (mode 0757)"},
		{name: "not executable", file: "apiwatch.ext", mode: 0o644, folder: 0o755, uid: uid, refused: "not executable (mode 0644)"},
		{name: "sticky folder", file: "apiwatch.ext", mode: 0o755, folder: 0o777 | os.ModeSticky, uid: uid, refused: "anybody may put files"},
		{name: "missing", file: "apiwatch.ext", missing: true, folder: 0o755, uid: uid, refused: "cannot be looked at"},
		{name: "another's", file: "apiwatch.ext", mode: 0o755, folder: 0o755, uid: uid + 1, refused: "it belongs to user id", root: true},
		{name: "its group writes", file: "apiwatch.ext", mode: 0o775, folder: 0o755, uid: uid, advice: "its group may write it (mode 0775)"},
		{name: "open folder", file: "apiwatch.ext", mode: 0o755, folder: 0o777, uid: uid, advice: "anybody may replace it (mode 0777)"},
		{name: "another's folder", file: "apiwatch.ext", mode: 0o755, folder: 0o755, uid: uid, advice: "belongs to user id 4711", root: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.root && uid != 0 {
				t.Skip("did not run: only root gives files away")
			}
			dir := filepath.Join(t.TempDir(), "osquery")
			path := filepath.Join(dir, c.file)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if !c.missing {
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(path, c.mode); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(dir, c.folder); err != nil {
				t.Fatal(err)
			}
			given := ""
			switch c.name {
			case "another's":
				given = path
			case "another's folder":
				given = dir
			}
			if given != "" {
				if err := os.Chown(given, 4711, -1); err != nil {
					t.Fatal(err)
				}
			}
			v := Check(path, c.uid)
			if !strings.Contains(v.Refused, c.refused) || (v.Refused == "") != (c.refused == "") {
				t.Errorf("refused because %q, want %q", v.Refused, c.refused)
			}
			if c.advice != "" && !slices.ContainsFunc(v.Advice, func(a string) bool { return strings.Contains(a, c.advice) }) {
				t.Errorf("advice %q, want %q", v.Advice, c.advice)
			}
		})
	}
}

func TestListed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "extensions.load")
	if err := os.WriteFile(file, []byte("# ours\n; and\n/usr/local/lib/osquery/apiwatch.ext\n\n  /opt/b.ext  \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Listed(file)
	if want := []string{"/usr/local/lib/osquery/apiwatch.ext", "/opt/b.ext"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if _, err := Listed(file + "x"); err == nil || !strings.Contains(err.Error(), "autoload file") {
		t.Errorf("a missing file: %v", err)
	}
}
