package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// meant says what else an argument that is no command may have meant; "" where it is no such mistake.
func meant(app *kong.Application, args []string, err error) string {
	i := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
	if i < 0 || !strings.Contains(err.Error(), "unexpected argument "+args[i]) {
		return ""
	}
	word := args[i]
	var names, near []string
	for _, c := range app.Children {
		if c.Hidden {
			continue
		}
		names = append(names, c.Name)
		if strings.HasPrefix(c.Name, strings.ToLower(word)) || distance(c.Name, strings.ToLower(word)) <= max(2, len(c.Name)/3) {
			near = append(near, c.Name)
		}
	}
	upper := strings.ToUpper(word)
	switch {
	case len(near) > 0:
		return fmt.Sprintf("%q is no command; did you mean %s?", word, strings.Join(near, " or "))
	case strings.HasPrefix(upper, "SELECT") || strings.HasPrefix(upper, "WITH "):
		return `that is SQL; did you mean: apiwatch.ext query "SELECT …"?`
	case analyticOrTechnique.MatchString(upper):
		return fmt.Sprintf("%q is no command; did you mean: apiwatch.ext detections %s?", word, word)
	case isFile(word):
		return fmt.Sprintf("%q is no command; did you mean: apiwatch.ext replay %s?", word, filepath.Base(word))
	}
	return fmt.Sprintf("%q is no command; the commands are %s", word, strings.Join(names, ", "))
}

func isFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// distance counts the letters to insert, leave out or change between two words, and two that changed places as one (optimal string
// alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range b {
		rows[0][j+1] = j + 1
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
