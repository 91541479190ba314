package shell

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/extension/results"
	"github.com/apiwatch/apiwatch/extension/sqltext"
	"github.com/apiwatch/apiwatch/tables"
)

// keywords are the words of SQL that are worth completing.
var keywords = strings.Fields(`AND AS ASC BETWEEN CASE CAST COLLATE COUNT( CROSS DESC DISTINCT ELSE END ESCAPE EXCEPT EXISTS FROM
	GLOB GROUP HAVING IN INNER INTERSECT IS JOIN LEFT LIKE LIMIT MATERIALIZED NATURAL NOT NOCASE NULL OFFSET ON OR ORDER BY OUTER PARTITION
	RECURSIVE SELECT THEN UNION USING VALUES WHEN WHERE WITH`)

// complete gives what the word before the cursor may become: commands at the start, tables after FROM and JOIN, else
// columns, of the tables that the statement names if it names any.
func (s *shell) complete(line string, pos int) (head string, candidates []string, tail string) {
	runes := []rune(line)
	pos = min(pos, len(runes))
	before, tail := string(runes[:pos]), string(runes[pos:])
	start := strings.LastIndexFunc(before, func(r rune) bool { return r > 0x7f || !sqltext.IsWord(byte(r)) }) + 1
	if strings.TrimSpace(s.pending) == "" && strings.HasPrefix(before, ".") {
		return s.completeCommand(before, tail)
	}
	head, prefix := before[:start], before[start:]
	names := make(map[string]string) // by lower case
	add := func(words ...string) {
		for _, w := range words {
			names[strings.ToLower(w)] = w
		}
	}
	previous := ""
	var named []tables.Column
	tokens, _ := sqltext.Tokens(s.pending + "\n" + head)
	whole, _ := sqltext.Tokens(s.pending + "\n" + line)
	for _, t := range whole {
		if b, err := s.table(t.Text); err == nil && t.Names() {
			named = append(named, b.Columns()...)
		}
	}
	if len(tokens) > 0 {
		previous = strings.ToUpper(tokens[len(tokens)-1].Text)
	}
	if previous != "." {
		add(keywords...)
		for _, b := range s.db.Tables() {
			add(b.Name())
		}
	}
	if previous == "FROM" || previous == "JOIN" {
		clear(names)
		for _, b := range s.db.Tables() {
			add(b.Name())
		}
	} else {
		if len(named) == 0 {
			for _, b := range s.db.Tables() {
				named = append(named, b.Columns()...)
			}
		}
		for _, c := range named {
			add(c.Name)
		}
	}
	// What was typed stays as it was typed; the editor would take it away where candidates differ in case.
	lower := prefix != "" && prefix == strings.ToLower(prefix)
	for name, w := range names {
		rest, ok := strings.CutPrefix(name, strings.ToLower(prefix))
		switch {
		case !ok:
			continue
		case !lower || w != strings.ToUpper(w):
			rest = w[len(prefix):]
		}
		candidates = append(candidates, prefix+rest)
	}
	slices.Sort(candidates)
	return head, candidates, tail
}

func (s *shell) completeCommand(before, tail string) (string, []string, string) {
	at := strings.LastIndexByte(before, ' ') + 1
	head, prefix := before[:at], strings.ToLower(before[at:])
	var words []string
	switch strings.TrimSpace(head) {
	case "":
		for _, c := range commands() {
			words = append(words, c.name)
		}
	case ".mode":
		for _, m := range results.Modes() {
			words = append(words, string(m))
		}
	case ".timer":
		words = []string{"off", "on"}
	case ".all", ".schema", ".tables":
		for _, b := range s.db.Tables() {
			words = append(words, b.Name())
		}
	}
	return head, slices.DeleteFunc(words, func(w string) bool { return !strings.HasPrefix(w, prefix) }), tail
}
