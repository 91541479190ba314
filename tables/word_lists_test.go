package tables

import (
	"slices"
	"strings"
	"testing"
)

// TestWordLists wants every list to be of words that are compared, each once, and to name a column that there is.
func TestWordLists(t *testing.T) {
	all := All(&Data{})
	seen := map[string]bool{}
	for _, l := range allLists() {
		if seen[l.Name] || l.Meaning == "" || len(l.Words) == 0 {
			t.Errorf("the list %q is there twice, without meaning or empty", l.Name)
		}
		seen[l.Name] = true
		words := slices.Clone(l.Words)
		slices.Sort(words)
		if len(slices.Compact(words)) != len(l.Words) {
			t.Errorf("%s has a word twice", l.Name)
		}
		table, column, _ := strings.Cut(l.Column, ".")
		i := slices.IndexFunc(all, func(t *Table) bool { return t.Name == table })
		if i < 0 || all[i].ColumnIndex(column) < 0 {
			t.Errorf("%s: there is no column %s", l.Name, l.Column)
		}
	}
}
