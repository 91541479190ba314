// Command gen writes what is derived from the tables and the detections: the packs, the catalogue, the example of a
// tuning file, and the generated sections of the READMEs. With -check it writes nothing and fails where a file differs.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/apiwatch/apiwatch/extension/engine"
	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/tables"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail where a file is not up to date")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	want, err := generate(root)
	if err != nil {
		return err
	}
	stale, err := differences(root, want)
	if err != nil || len(stale) == 0 {
		return err
	}
	if check {
		return fmt.Errorf("%q not up to date; run make gen", stale)
	}
	for _, path := range stale {
		at := filepath.Join(root, path)
		content, ok := want[path]
		if !ok {
			err = os.Remove(at)
		} else {
			err = os.WriteFile(at, content, 0o644)
		}
		if err != nil {
			return fmt.Errorf("writing generated files: %w", err)
		}
		fmt.Println(path)
	}
	return nil
}

// moduleRoot finds the folder of go.mod, so that it does not matter where in the module gen is run.
func moduleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("finding go.mod: neither %s nor a folder above has it", start)
		}
	}
}

// generate gives the content of every generated file by its path below root, without writing.
func generate(root string) (map[string][]byte, error) {
	ds, err := queries.All()
	if err != nil {
		return nil, fmt.Errorf("reading detections: %w", err)
	}
	out, err := packs(ds)
	if err != nil {
		return nil, err
	}
	if out["packs/fleet.yml"], err = fleet(ds); err != nil {
		return nil, err
	}
	if out["packs/catalogue.json"], err = catalogue(ds); err != nil {
		return nil, err
	}
	out["packs/tuning.example.yaml"] = tuningExample(ds)
	imports, err := importsOf(root)
	if err != nil {
		return nil, err
	}
	for _, s := range []struct{ file, name, text string }{
		{"tables/README.md", "tables", tablesSection(tables.All(&tables.Data{Feeds: engine.Feeds()}))},
		{"queries/README.md", "detections", detectionsSection(ds)},
		{"collectors/README.md", "imports", importsSection(imports)},
	} {
		text, ok := out[s.file]
		if !ok {
			text, err = os.ReadFile(filepath.Join(root, s.file))
			if errors.Is(err, fs.ErrNotExist) {
				continue // there is nothing to keep up to date
			} else if err != nil {
				return nil, err
			}
		}
		if out[s.file], err = replaceSection(text, s.name, s.text); err != nil {
			return nil, fmt.Errorf("%s: %w", s.file, err)
		}
	}
	return out, nil
}

// differences gives the files that are missing, differ, or lie in packs/ though nothing makes them.
func differences(root string, want map[string][]byte) ([]string, error) {
	var stale []string
	for path, content := range want {
		have, err := os.ReadFile(filepath.Join(root, path))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil || !bytes.Equal(have, content) {
			stale = append(stale, path)
		}
	}
	entries, err := os.ReadDir(filepath.Join(root, "packs"))
	if err != nil {
		return nil, fmt.Errorf("listing packs: %w", err)
	}
	for _, e := range entries {
		path := "packs/" + e.Name()
		if _, ok := want[path]; !ok && slices.Contains([]string{".conf", ".json", ".yml", ".yaml"}, filepath.Ext(path)) {
			stale = append(stale, path)
		}
	}
	slices.Sort(stale)
	return stale, nil
}

// sections of a text lie between <!-- generated:name --> and <!-- /generated -->, each on its own line.
func replaceSection(text []byte, name, content string) ([]byte, error) {
	begin, end := []byte("<!-- generated:"+name+" -->\n"), []byte("<!-- /generated -->")
	if bytes.Count(text, begin) != 1 {
		return nil, fmt.Errorf("want one line %q", bytes.TrimSpace(begin))
	}
	before, rest, _ := bytes.Cut(text, begin)
	_, after, ok := bytes.Cut(rest, end)
	if !ok {
		return nil, fmt.Errorf("section %s has no %q", name, end)
	}
	return slices.Concat(before, begin, []byte(content), end, after), nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
