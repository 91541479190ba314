package repo

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// What one can read at a sitting. Tests count only for the length of their lines and files.
const (
	maxColumns = 140 // of a line of Go, SQL or YAML
	maxLines   = 500 // of a file of Go
	maxFiles   = 25  // of a package
	maxPackage = 5000
)

// isGenerated tells files that nobody reads or writes by hand, and recordings.
func isGenerated(name string) bool {
	return strings.HasPrefix(name, "packs/") || strings.HasPrefix(name, "testdata/") || strings.Contains(name, "/testdata/")
}

// TestLineLength wants lines that fit on a screen. An address is as long as it is.
func TestLineLength(t *testing.T) {
	for _, name := range repository(t) {
		if isGenerated(name) || !slices.Contains([]string{".go", ".sql", ".yaml", ".yml"}, path.Ext(name)) {
			continue
		}
		number := 0
		for line := range bytes.Lines(read(t, name)) {
			number++
			n := utf8.RuneCount(bytes.TrimRight(line, "\r\n"))
			if n > maxColumns && !bytes.HasPrefix(bytes.TrimLeft(line, " \t-/"), []byte("https://")) {
				t.Errorf("%s:%d: %d characters, want at most %d", name, number, n, maxColumns)
			}
		}
	}
}

// TestFileLength wants files that are about one thing.
func TestFileLength(t *testing.T) {
	for _, name := range repository(t) {
		if isGenerated(name) || path.Ext(name) != ".go" {
			continue
		}
		if n := bytes.Count(read(t, name), []byte("\n")); n > maxLines {
			t.Errorf("%s: %d lines, want at most %d: what is the second thing that it is about?", name, n, maxLines)
		}
	}
}

// TestPackageSize wants packages that are about one thing, too. Where a package has one file for each thing of a kind, a table or a
// behaviour, those do not count as files: there is nothing to read but the one that is looked for.
func TestPackageSize(t *testing.T) {
	oneEach := map[string]bool{"tables": true, "scripts/simulate": true}
	files, lines := map[string]int{}, map[string]int{}
	for _, name := range repository(t) {
		if !isSource(name) {
			continue
		}
		dir := path.Dir(name)
		lines[dir] += bytes.Count(read(t, name), []byte("\n"))
		if !oneEach[dir] {
			files[dir]++
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(lines)) {
		if files[dir] > maxFiles || lines[dir] > maxPackage {
			t.Errorf("%s: %d files of %d lines, want at most %d of %d: make rooms", dir, files[dir], lines[dir], maxFiles, maxPackage)
		}
	}
}
