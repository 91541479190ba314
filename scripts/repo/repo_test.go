package repo

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/scripts/racing"
	"github.com/apiwatch/apiwatch/tables"
)

const root = "../.."

// repository lists the repository's files, with slashes and relative to its root.
func repository(t *testing.T) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a test running beside this one removed it
		}
		if err != nil {
			return err
		}
		if d.IsDir() && (name == ".git" || name == "bin") {
			return fs.SkipDir
		}
		if name == ".git" { // of a worktree: a file that says where the repository is
			return nil
		}
		if d.Type().IsRegular() {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(files, "go.mod") {
		t.Fatalf("%s is not the repository's root", root)
	}
	return files
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(path.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func isSource(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.Contains(name, "testdata/")
}

// TestPackageDocs wants exactly one package comment in each package, on whichever operating system its files build.
func TestPackageDocs(t *testing.T) {
	comments := map[string][]string{}
	for _, name := range repository(t) {
		if !isSource(name) {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, read(t, name), parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Error(err)
			continue
		}
		dir := path.Dir(name)
		in := comments[dir]
		if f.Doc.Text() != "" {
			in = append(in, name)
		}
		comments[dir] = in
	}
	for _, dir := range slices.Sorted(maps.Keys(comments)) {
		switch in := comments[dir]; len(in) {
		case 1:
		case 0:
			t.Errorf("%s: no file has a package comment; say in two or three sentences what the package is", dir)
		default:
			t.Errorf("%s: %d files have a package comment, keep one: %s", dir, len(in), strings.Join(in, ", "))
		}
	}
}

// TestTopLevel keeps the top-level entries fixed.
func TestTopLevel(t *testing.T) {
	fixed := strings.Fields(`extension tables collectors packs queries scripts testdata bin
		go.mod go.sum Makefile README.md LICENSE NOTICE .gitattributes .gitignore .golangci.yml .ci .git .github`)
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(fixed, e.Name()) {
			t.Errorf("%s: not one of the fixed top-level entries; move it into one of them", e.Name())
		}
	}
}

// TestLicense wants the unchanged text of the Apache License 2.0, and the attribution that ATT&CK's terms ask for.
func TestLicense(t *testing.T) {
	const apache2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
	if sum := sha256.Sum256(read(t, "LICENSE")); hex.EncodeToString(sum[:]) != apache2 {
		t.Error("LICENSE is not the plain text of the Apache License 2.0")
	}
	const attack = "© 2025 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation."
	if !bytes.Contains(read(t, "NOTICE"), []byte(attack)) {
		t.Errorf("NOTICE lacks %q", attack)
	}
	if !bytes.Contains(read(t, "README.md"), []byte("Apache-2.0")) {
		t.Error("README.md does not name the licence")
	}
}

// foreign are paths of machines that files were made on, as text and as the hexadecimal of audit records. They are
// written here in parts so that this file does not hold them.
var foreign = []*regexp.Regexp{
	regexp.MustCompile(`(^|[^\w./-])/` + `work/`),
	regexp.MustCompile(`(?i)2f` + `776f726b2f` + `(6d61696e|736861726564)`),
	regexp.MustCompile(`/tmp/` + `(team|bash_jobs)\b`),
	regexp.MustCompile(`/root/` + `go/pkg/mod|/usr/local/` + `go/pkg/mod`),
	regexp.MustCompile(`/home/` + `runner/|/Users/` + `runner/`),
}

// neighbour is a folder beside the repository: what lies there is found by telemetry.Variable, which only CI sets by itself.
var neighbour = regexp.MustCompile(`\.\./` + `shared|"` + `shared", "`)

// TestNoNeighbour keeps the paths of folders beside the repository out of it.
func TestNoNeighbour(t *testing.T) {
	for _, name := range repository(t) {
		if strings.HasPrefix(name, "testdata/") || name == ".ci/run" {
			continue
		}
		if m := neighbour.Find(read(t, name)); m != nil {
			t.Errorf("%s holds %q, a folder beside the repository: package telemetry finds recordings", name, m)
		}
	}
}

// foreignIn gives the first foreign path in r, "" if there is none.
func foreignIn(r io.Reader) (string, error) {
	const overlap = 256
	buf := make([]byte, 1<<20)
	kept := 0
	for {
		n, err := io.ReadFull(r, buf[kept:])
		seen := buf[:kept+n]
		for _, re := range foreign {
			if m := re.Find(seen); m != nil {
				return string(m), nil
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		kept = copy(buf, seen[len(seen)-overlap:])
	}
}

// TestNoForeignPaths keeps the machines that files were made on out of them, recordings included.
func TestNoForeignPaths(t *testing.T) {
	if racing.On {
		t.Skip("NOT RUN: unpacking all recordings on one goroutine takes minutes under the race detector and shows it nothing")
	}
	for _, name := range repository(t) {
		if err := checkForeign(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func checkForeign(name string) error {
	f, err := os.Open(path.Join(root, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil // a deliberately broken recording
		}
		r = z
	}
	found, err := foreignIn(r)
	if err != nil && r == f {
		return err
	}
	if found != "" {
		return fmt.Errorf("holds %q, a path of the machine it was made on", found)
	}
	return nil
}

func TestForeignPathsAreSeen(t *testing.T) {
	for text, want := range map[string]bool{
		`cwd="/` + `work/main"`:                           true,
		`2F` + `776F726B2F6D61696E`:                       true,
		strings.Repeat("x", 1<<20-5) + ` /` + `work/main`: true,
		"/var/lib/overlay/abc/" + "work/":                 false,
		"/usr/lib/framework/":                             false,
	} {
		got, err := foreignIn(strings.NewReader(text))
		if err != nil || (got != "") != want {
			t.Errorf("foreignIn(…%s) = %q, %v, want one: %v", text[max(0, len(text)-40):], got, err, want)
		}
	}
}

// TestTableFilesListed wants one file for each table and each table in tables.All, in the order of their names.
func TestTableFilesListed(t *testing.T) {
	infrastructure := []string{
		"doc", "events", "excluding", "grams", "like", "likeness", "matching", "obfuscation", "pushdown", "scan", "state", "table",
		"tables",
	}
	var names []string
	for _, table := range tables.All(&tables.Data{}) {
		names = append(names, table.Name)
	}
	if !slices.IsSorted(names) {
		t.Errorf("tables.All is not sorted by name: %s", strings.Join(names, ", "))
	}
	var files []string
	for _, name := range repository(t) {
		if path.Dir(name) != "tables" || !isSource(name) {
			continue
		}
		if base := strings.TrimSuffix(path.Base(name), ".go"); !slices.Contains(infrastructure, base) {
			files = append(files, base)
			if !slices.Contains(names, base) {
				t.Errorf("%s: tables.All lists no table %q; add a line there", name, base)
			}
		}
	}
	for _, name := range names {
		if !slices.Contains(files, name) {
			t.Errorf("tables.All lists %q, but there is no tables/%[1]s.go", name)
		}
	}
}

// TestEveryDecoderHasFuzz wants a fuzz target in each collector that decodes.
func TestEveryDecoderHasFuzz(t *testing.T) {
	target := regexp.MustCompile(`(?m)^func Fuzz\w*\(\w+ \*testing\.F\)`)
	decodes, fuzzed := map[string]string{}, map[string]bool{}
	for _, name := range repository(t) {
		dir, base := path.Split(name)
		switch {
		case !strings.HasPrefix(name, "collectors/") || !strings.HasSuffix(name, ".go"):
		case strings.HasSuffix(name, "_test.go"):
			fuzzed[dir] = fuzzed[dir] || target.Match(read(t, name))
		case strings.HasPrefix(base, "decode") || strings.Contains(base, "parse"):
			decodes[dir] = name
		}
	}
	for dir, name := range decodes {
		if !fuzzed[dir] {
			t.Errorf("%s decodes, but no test in %s has a fuzz target", name, dir)
		}
	}
}

// TestTestdataNames wants every file under testdata where some test finds it by pattern, and a near miss beside each
// firing recording.
func TestTestdataNames(t *testing.T) {
	places := []*regexp.Regexp{
		regexp.MustCompile(`^testdata/(DET\d{4}|T1106|SELF)/(fire|quiet)-[A-Za-z0-9_-]+\.[a-z]+(\..+)?$`), // case, feed, and how it is stored
		regexp.MustCompile(`^testdata/decode/[a-z0-9]+/.+$`),
		regexp.MustCompile(`^testdata/benign/[A-Za-z0-9_-]+\.[a-z]+(\..+)?$`),
		regexp.MustCompile(`^testdata/golden/.+$`),
	}
	cases := map[string]map[string]bool{}
	for _, name := range repository(t) {
		if !strings.HasPrefix(name, "testdata/") {
			continue
		}
		i := slices.IndexFunc(places, func(re *regexp.Regexp) bool { return re.MatchString(name) })
		switch i {
		case -1:
			t.Errorf("%s: no test looks there; recordings are testdata/DETnnnn/{fire,quiet}-<case>.<feed>.*, or lie in decode, benign or golden",
				name)
		case 0:
			detection := path.Base(path.Dir(name))
			if cases[detection] == nil {
				cases[detection] = map[string]bool{}
			}
			kind, _, _ := strings.Cut(path.Base(name), "-")
			cases[detection][kind] = true
		}
	}
	for detection, kinds := range cases {
		for _, kind := range []string{"fire", "quiet"} {
			if !kinds[kind] {
				t.Errorf("testdata/%s has no %s-… recording", detection, kind)
			}
		}
	}
}

// TestPinnedModules keeps the modules whose behaviour the product was tried with at exactly that version.
func TestPinnedModules(t *testing.T) {
	pinned := map[string]string{
		"github.com/osquery/osquery-go":     "v0.0.0-20260630173615-eb39ad3443df",
		"github.com/elastic/go-libaudit/v2": "v2.6.2",
		"github.com/shirou/gopsutil/v3":     "v3.24.5",
		"golang.org/x/sys":                  "v0.49.0",
		"modernc.org/sqlite":                "v1.61.1",
		"github.com/alecthomas/kong":        "v1.17.0",
	}
	required := map[string]string{}
	for line := range strings.Lines(string(read(t, "go.mod"))) {
		if f := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require ")); len(f) >= 2 {
			required[f[0]] = f[1]
		}
		if strings.HasPrefix(line, "replace") {
			t.Errorf("go.mod: %q: a replaced module is not the one that was tried", strings.TrimSpace(line))
		}
	}
	for module, version := range pinned {
		if required[module] != version {
			t.Errorf("go.mod: %s is at %q, pinned to %s", module, required[module], version)
		}
	}
}

// TestNoCgo holds the binary to pure Go: no file of ours imports "C", and the whole binary is listed without cgo for
// each operating system.
func TestNoCgo(t *testing.T) {
	hasMain := false
	for _, name := range repository(t) {
		if !isSource(name) {
			continue
		}
		hasMain = hasMain || path.Dir(name) == "extension"
		f, err := parser.ParseFile(token.NewFileSet(), name, read(t, name), parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			continue
		}
		if slices.ContainsFunc(f.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"C"` }) {
			t.Errorf("%s imports \"C\"", name)
		}
	}
	if !hasMain {
		t.Skip("the dependencies of ./extension are not looked at: it does not exist yet")
	}
	for _, goos := range []string{"linux", "windows", "darwin"} {
		t.Run(goos, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{.ImportPath}} {{len .CgoFiles}}", "./extension")
			cmd.Dir = root
			cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("listing the dependencies: %v\n%s", err, stderr.Bytes())
			}
			listed := 0
			for line := range strings.Lines(string(out)) {
				name, files, _ := strings.Cut(strings.TrimSpace(line), " ")
				listed++
				if files != "0" || name == "runtime/cgo" {
					t.Errorf("%s needs cgo", name)
				}
			}
			if listed < 50 {
				t.Errorf("only %d packages listed; the check sees nothing", listed)
			}
		})
	}
}
