package queries

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// SQL gives a way of the analytic as one statement with the columns that every finding has, ready to be scheduled. It keeps the
// line breaks of the file and none of its comments; [OneLine] gives it as packs hold it.
//
// The completing events are fetched with one call, by an IN on eid. A virtual table asked for an IN of nothing would
// be asked for everything: LIMIT 0, which SQLite checks before it opens the table, is what keeps that call from being
// made where there is no finding.
func (d *Detection) SQL(w *Way) string {
	if w.sql != "" {
		return w.sql
	}
	var out, fromEvent []string
	for _, c := range findingColumns {
		switch c.from {
		case constant:
			out = append(out, quote(c.value(d, w))+" AS "+c.Name)
		case returned:
			out = append(out, "hit."+c.Name+" AS "+c.Name)
		case hashed:
			out = append(out, "substr(sha256("+quote(d.ID+"|")+" || e.actor_key || '|' || e.eid), 1, 32) AS "+c.Name)
		case completer:
			out = append(out, "e."+c.Name+" AS "+c.Name)
			fromEvent = append(fromEvent, c.Name)
		}
	}
	for _, name := range w.Extra {
		out = append(out, "hit."+name+" AS "+name)
	}
	return fmt.Sprintf(`WITH hit AS MATERIALIZED (
%s
),
e AS MATERIALIZED (
  SELECT eid, actor_key, %s
  FROM api_calls WHERE eid IN (SELECT eid FROM hit) LIMIT (SELECT count(*) FROM hit)
)
SELECT %s
FROM hit JOIN e ON e.eid = hit.eid
ORDER BY e.eid`, withoutComments(w.Body), strings.Join(fromEvent, ", "), strings.Join(out, ",\n  "))
}

// step is where one step of the SQL ends and the next begins.
var step = regexp.MustCompile(`\), [a-z_]+ as `)

// Anchors gives the tables that a chain may begin with, in the order of Tables: the first, and each other that a step asks
// whatever was found before. A later step asks nothing where nothing was found, which its `LIMIT -EXISTS` says.
func (w *Way) Anchors() []string {
	if w.anchors != nil {
		return w.anchors
	}
	steps := step.Split(strings.ToLower(OneLine(w.Body)), -1)
	var out []string
	for i, table := range w.Tables {
		if i == 0 || slices.ContainsFunc(steps, func(s string) bool {
			return strings.Contains(s, " from "+table+" ") && !strings.Contains(s, "limit -exists")
		}) {
			out = append(out, table)
		}
	}
	return out
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// withoutComments leaves out comments and the lines that held nothing else. SQL that cannot be read, which the parser
// refuses, stays as it is.
func withoutComments(sql string) string {
	var b strings.Builder
	err := tokens(sql, func(kind tokenKind, text string, _ int) {
		switch kind {
		case comment:
			b.WriteString(" ")
		case space:
			if n := strings.LastIndexByte(text, '\n'); n >= 0 {
				trimmed := strings.TrimRight(b.String(), " \n")
				b.Reset()
				b.WriteString(trimmed)
				b.WriteString(text[n:])
				return
			}
			b.WriteString(text)
		case other:
			b.WriteString(text)
		}
	})
	if err != nil {
		return sql
	}
	return strings.TrimSpace(b.String())
}

// OneLine gives SQL on one line and without comments; what stands in quotes stays as it is.
func OneLine(sql string) string {
	var b strings.Builder
	gap := false
	err := tokens(sql, func(kind tokenKind, text string, _ int) {
		if kind != other {
			gap = true
			return
		}
		s := b.String()
		if gap && s != "" && !strings.HasSuffix(s, "(") && text != ")" {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteString(text)
	})
	if err != nil {
		return sql
	}
	return b.String()
}

type tokenKind uint8

const (
	space tokenKind = iota
	comment
	other // a word, a number, an operator, or what stands in quotes
)

// tokens reads SQL as SQLite's tokenizer does (tokenize.c), as far as telling quotes, comments and words apart goes.
func tokens(sql string, yield func(kind tokenKind, text string, line int)) error {
	line := 1
	for sql != "" {
		kind, n := other, 1
		switch c := sql[0]; {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f':
			kind = space
			for n < len(sql) && strings.IndexByte(" \n\t\r\f", sql[n]) >= 0 {
				n++
			}
		case strings.HasPrefix(sql, "--"):
			kind = comment
			if n = strings.IndexByte(sql, '\n'); n < 0 {
				n = len(sql)
			}
		case strings.HasPrefix(sql, "/*"):
			kind = comment
			end := strings.Index(sql[2:], "*/")
			if end < 0 {
				return errors.New("SQL has a comment without an end")
			}
			n = end + 4
		case c == '\'' || c == '"' || c == '`' || c == '[':
			if n = quoted(sql); n < 0 {
				return errors.New("SQL has a quote without an end")
			}
		case word(c):
			for n < len(sql) && word(sql[n]) {
				n++
			}
		}
		yield(kind, sql[:n], line)
		line += strings.Count(sql[:n], "\n")
		sql = sql[n:]
	}
	return nil
}

// quoted gives the length of the quoted text that sql begins with, -1 if it has no end. A doubled quote stands for one.
func quoted(sql string) int {
	end := sql[0]
	if end == '[' {
		if n := strings.IndexByte(sql, ']'); n > 0 {
			return n + 1
		}
		return -1
	}
	for i := 1; i < len(sql); i++ {
		if sql[i] != end {
			continue
		}
		if i+1 < len(sql) && sql[i+1] == end {
			i++
			continue
		}
		return i + 1
	}
	return -1
}

func word(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
