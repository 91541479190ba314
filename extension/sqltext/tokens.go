// Package sqltext reads SQL as text, as SQLite does: its words, where a statement ends, how a name is quoted. It imports only the standard
// library; the SQL host's check of dialect and the shell use it.
package sqltext

import (
	"fmt"
	"strings"
)

// Kind is what a token is.
type Kind uint8

// The kinds of token.
const (
	Punct  Kind = iota // one character
	Word               // a keyword or a bare name
	Name               // a quoted name
	String             // a text or blob
	Number
)

// Token is a word of SQL; names and texts come without their quotes.
type Token struct {
	Kind Kind
	Text string
	Line int // counted from 1
}

// Names tells whether the token may be the name of a table, column or function.
func (t Token) Names() bool { return t.Kind == Word || t.Kind == Name }

// Is tells whether the token is this keyword, whatever its case.
func (t Token) Is(word string) bool { return t.Kind == Word && strings.EqualFold(t.Text, word) }

// Errorf is an error at the token's line.
func (t Token) Errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: %s", t.Line, fmt.Sprintf(format, args...))
}

// Tokens cuts SQL into words as SQLite does and drops comments.
func Tokens(sql string) ([]Token, error) {
	var out []Token
	line := 1
	for i := 0; i < len(sql); {
		c, start := sql[i], i
		t := Token{Line: line}
		switch {
		case strings.HasPrefix(sql[i:], "--"):
			i = indexFrom(sql, i, "\n", 0)
		case strings.HasPrefix(sql[i:], "/*"):
			i = indexFrom(sql, i+2, "*/", 2)
		case c == ' ' || '\t' <= c && c <= '\r':
			i++
		case c == '\'' || c == '"' || c == '`' || c == '[':
			end, text, ok := quoted(sql, i)
			if !ok {
				return nil, t.Errorf("no end to what begins with %c", c)
			}
			t.Kind, t.Text = Name, text
			if c == '\'' {
				t.Kind = String
			}
			out = append(out, t)
			i = end
		case isDigit(c) || c == '.' && i+1 < len(sql) && isDigit(sql[i+1]):
			hex := strings.HasPrefix(strings.ToLower(sql[i:]), "0x")
			for i < len(sql) && (IsWord(sql[i]) || sql[i] == '.' ||
				!hex && (sql[i] == '+' || sql[i] == '-') && (sql[i-1] == 'e' || sql[i-1] == 'E')) {
				i++
			}
			t.Kind, t.Text = Number, sql[start:i]
			out = append(out, t)
		case IsWord(c):
			for i < len(sql) && IsWord(sql[i]) {
				i++
			}
			t.Kind, t.Text = Word, sql[start:i]
			if strings.EqualFold(t.Text, "x") && i < len(sql) && sql[i] == '\'' {
				continue // a blob: the x is dropped and the quotes follow
			}
			out = append(out, t)
		default:
			t.Text = sql[i : i+1]
			out = append(out, t)
			i++
		}
		line += strings.Count(sql[start:i], "\n")
	}
	return out, nil
}

// indexFrom finds what at or after i and gives the position skip bytes on; the end of the text if there is none.
func indexFrom(sql string, i int, what string, skip int) int {
	if i < len(sql) {
		if n := strings.Index(sql[i:], what); n >= 0 {
			return i + n + skip
		}
	}
	return len(sql)
}

// quoted reads what is quoted at i; a doubled quote stands for one.
func quoted(sql string, i int) (end int, text string, ok bool) {
	quote := sql[i]
	if quote == '[' {
		n := strings.IndexByte(sql[i:], ']')
		if n < 0 {
			return 0, "", false
		}
		return i + n + 1, sql[i+1 : i+n], true
	}
	var b strings.Builder
	for i++; i < len(sql); i++ {
		if sql[i] == quote {
			if i+1 >= len(sql) || sql[i+1] != quote {
				return i + 1, b.String(), true
			}
			i++
		}
		b.WriteByte(sql[i])
	}
	return 0, "", false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// IsWord tells whether a byte may stand inside a bare name.
func IsWord(c byte) bool {
	return c == '_' || c == '$' || isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}
