package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/apiwatch/apiwatch/"

// rooms are the trees whose packages the picture shows; what only tests import is left out.
var rooms = []string{"collectors", "tables", "queries", "extension"}

// importsOf gives, for each package of the rooms, which others of them it imports on any operating system.
func importsOf(root string) (map[string]map[string]bool, error) {
	imports := map[string]map[string]bool{}
	for _, room := range rooms {
		err := filepath.WalkDir(filepath.Join(root, room), func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				return fmt.Errorf("reading imports: %w", err)
			}
			rel, err := filepath.Rel(root, filepath.Dir(file))
			if err != nil {
				return err
			}
			from := filepath.ToSlash(rel)
			if imports[from] == nil {
				imports[from] = map[string]bool{}
			}
			for _, i := range f.Imports {
				name, err := strconv.Unquote(i.Path.Value)
				if err != nil {
					return err
				}
				if to, ours := strings.CutPrefix(name, module); ours {
					imports[from][to] = true
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	maps.DeleteFunc(imports, func(name string, _ map[string]bool) bool { return strings.HasSuffix(name, "test") })
	return imports, nil
}

// reaches tells whether from imports to by way of others.
func reaches(imports map[string]map[string]bool, from, to string, seen map[string]bool) bool {
	for next := range imports[from] {
		if next == to {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if reaches(imports, next, to, seen) {
				return true
			}
		}
	}
	return false
}

// importsSection draws who imports whom. An import that another one brings along anyway is not drawn, or nobody could read the picture;
// the table below it has them all.
func importsSection(imports map[string]map[string]bool) string {
	var b strings.Builder
	b.WriteString("\n```mermaid\nflowchart TD\n")
	node := func(name string) string {
		return strings.NewReplacer("/", "_").Replace(name) + `["` + name + `"]`
	}
	names := slices.Sorted(maps.Keys(imports))
	for _, from := range names {
		for _, to := range slices.Sorted(maps.Keys(imports[from])) {
			brought := false
			for by := range imports[from] {
				brought = brought || by != to && reaches(imports, by, to, map[string]bool{})
			}
			if !brought {
				fmt.Fprintf(&b, "  %s --> %s\n", node(from), node(to))
			}
		}
	}
	b.WriteString("```\n\n| package | imports |\n| --- | --- |\n")
	for _, from := range names {
		var to []string
		for _, name := range slices.Sorted(maps.Keys(imports[from])) {
			to = append(to, "`"+name+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", path.Clean(from), strings.Join(to, ", "))
	}
	b.WriteString("\n")
	return b.String()
}
