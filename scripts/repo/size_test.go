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

// What is larger still, to be made smaller: a line goes from here as soon as nothing needs it.
var (
	// longLines are trees with no more than so many lines that are too long.
	longLines = map[string]int{
		"collectors": 340,
		"extension":  60,
		"queries":    555,
	}
	longFiles     []string // by name, wherever they move
	largePackages []string
)

// isGenerated tells files that nobody reads or writes by hand, and recordings.
func isGenerated(name string) bool {
	return strings.HasPrefix(name, "packs/") || strings.HasPrefix(name, "testdata/") || strings.Contains(name, "/testdata/")
}

// TestLineLength wants lines that fit on a screen.
func TestLineLength(t *testing.T) {
	long := map[string]int{}
	for _, name := range repository(t) {
		if isGenerated(name) || !slices.Contains([]string{".go", ".sql", ".yaml", ".yml"}, path.Ext(name)) {
			continue
		}
		tree, _, _ := strings.Cut(name, "/")
		number := 0
		for line := range bytes.Lines(read(t, name)) {
			number++
			n := utf8.RuneCount(bytes.TrimRight(line, "\r\n"))
			if n <= maxColumns {
				continue
			}
			long[tree]++
			if longLines[tree] == 0 {
				t.Errorf("%s:%d: %d characters, want at most %d", name, number, n, maxColumns)
			}
		}
	}
	for tree, allowed := range longLines {
		switch n := long[tree]; {
		case n == 0:
			t.Errorf("%s has no long line any more: take it from longLines", tree)
		case n > allowed:
			t.Errorf("%s: %d lines of more than %d characters, want at most %d: break those that came", tree, n, maxColumns, allowed)
		}
	}
}

// TestFileLength wants files that are about one thing.
func TestFileLength(t *testing.T) {
	needed := map[string]bool{}
	for _, name := range repository(t) {
		if isGenerated(name) || path.Ext(name) != ".go" {
			continue
		}
		n := bytes.Count(read(t, name), []byte("\n"))
		switch base := path.Base(name); {
		case n <= maxLines:
		case slices.Contains(longFiles, base):
			needed[base] = true
		default:
			t.Errorf("%s: %d lines, want at most %d: what is the second thing that it is about?", name, n, maxLines)
		}
	}
	for _, base := range longFiles {
		if !needed[base] {
			t.Errorf("no file %s is long any more: take it from longFiles", base)
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
		large := files[dir] > maxFiles || lines[dir] > maxPackage
		switch excepted := slices.Contains(largePackages, dir); {
		case large && !excepted:
			t.Errorf("%s: %d files of %d lines, want at most %d of %d: make rooms", dir, files[dir], lines[dir], maxFiles, maxPackage)
		case !large && excepted:
			t.Errorf("%s is not large any more: take it from largePackages", dir)
		}
	}
	for _, dir := range largePackages {
		if _, there := lines[dir]; !there {
			t.Errorf("there is no %s any more: take it from largePackages", dir)
		}
	}
}
