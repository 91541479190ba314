package host

import (
	_ "embed"
	"fmt"
	"strings"
)

// osqueryFunctionList is what "SELECT DISTINCT name FROM pragma_function_list" gives in osquery 5.23.0.
//
//go:embed osquery_functions.txt
var osqueryFunctionList string

var osqueryFunctions = func() map[string]bool {
	m := make(map[string]bool)
	for name := range strings.Lines(osqueryFunctionList) {
		if name = strings.TrimSpace(name); name != "" {
			m[name] = true
		}
	}
	return m
}()

// tableFunctions are called like functions in a FROM clause.
var tableFunctions = map[string]bool{"json_each": true, "json_tree": true, "pragma_table_info": true}

// CheckDialect refuses what the SQLite of this host understands and osquery's, 3.40, does not: functions that osquery
// does not have, ORDER BY among an aggregate's arguments (3.44), digits grouped by underscores (3.46), and later forms
// of functions that are older. It says nothing about tables and columns; [DB.Prepare] does both.
func CheckDialect(sql string) error {
	tokens, err := scan(sql)
	if err != nil {
		return err
	}
	if len(tokens) > 0 && tokens[0].is("pragma") {
		return nil
	}
	closing := matchBrackets(tokens)
	for i, t := range tokens {
		if t.kind == numberToken && strings.Contains(t.text, "_") {
			return t.errorf("number %s: osquery's SQLite knows no underscores in numbers", t.text)
		}
		if i+1 < len(tokens) && tokens[i+1].text == "(" && t.names() {
			if err := checkCall(tokens, i, closing[i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkCall checks tokens[name] "(" … tokens[end], which looks like a call.
func checkCall(tokens []token, name, end int) error {
	t := tokens[name]
	f := strings.ToLower(t.text)
	if notCalls[f] && t.kind == wordToken || tableFunctions[f] {
		return nil
	}
	if end+1 < len(tokens) && tokens[end+1].is("as") && end+2 < len(tokens) &&
		(tokens[end+2].text == "(" || tokens[end+2].is("not") || tokens[end+2].is("materialized")) {
		return nil // WITH name(columns) AS (…
	}
	if !osqueryFunctions[f] {
		return t.errorf("osquery has no function %s", t.text)
	}
	inside := tokens[name+2 : end]
	arguments, depth := min(len(inside), 1), 0
	for _, a := range inside {
		switch {
		case a.kind == punctToken && a.text == "(":
			depth++
		case a.kind == punctToken && a.text == ")":
			depth--
		case depth > 0:
		case a.kind == punctToken && a.text == ",":
			arguments++
		case a.is("order"):
			return a.errorf("ORDER BY inside %s(): osquery's SQLite knows none", f)
		}
	}
	if want, ok := olderArity[f]; ok && arguments != want {
		return t.errorf("%s() with %d arguments: osquery's takes %d", f, arguments, want)
	}
	if dateFunctions[f] {
		return checkDate(f, inside)
	}
	return nil
}

// olderArity are functions that take more kinds of arguments here than in osquery.
var olderArity = map[string]int{"iif": 3, "json_valid": 1, "log": 1}

var dateFunctions = map[string]bool{"date": true, "time": true, "datetime": true, "julianday": true, "strftime": true, "unixepoch": true}

// checkDate refuses modifiers and formats that came after 3.40, as far as they stand there literally.
func checkDate(f string, arguments []token) error {
	for i, a := range arguments {
		if a.kind != stringToken {
			continue
		}
		switch s := strings.ToLower(a.text); {
		case f == "strftime" && i == 0:
			for rest := s; ; {
				at := strings.IndexByte(rest, '%')
				if at < 0 || at+1 >= len(rest) {
					break
				}
				if c := a.text[len(s)-len(rest)+at+1]; strings.IndexByte("dfHjJmMsSwWY%", c) < 0 {
					return a.errorf("strftime format %%%c: osquery's SQLite does not know it", c)
				}
				rest = rest[at+2:]
			}
		case s == "subsec" || s == "subsecond" || s == "ceiling" || s == "floor":
			return a.errorf("%s modifier %q: osquery's SQLite does not know it", f, a.text)
		}
	}
	return nil
}

// notCalls are the keywords that may stand before a bracket.
var notCalls = func() map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(`all and as asc between by case cast collate cross desc distinct else end escape except
		exclude exists filter following from full group groups having in indexed inner intersect is isnull join left limit
		materialized natural not notnull nulls null offset on or order outer over partition preceding range recursive regexp
		returning right rows select set then union using values when where window with`) {
		m[w] = true
	}
	return m
}()

type tokenKind uint8

const (
	punctToken  tokenKind = iota // one character
	wordToken                    // a keyword or a bare name
	nameToken                    // a quoted name
	stringToken                  // a text or blob
	numberToken
)

// token is a word of SQL; names and texts come without their quotes.
type token struct {
	kind tokenKind
	text string
	line int
	at   int // byte offset in the text
}

// names tells whether the token may be the name of a function.
func (t token) names() bool { return t.kind == wordToken || t.kind == nameToken }

func (t token) is(word string) bool { return t.kind == wordToken && strings.EqualFold(t.text, word) }

func (t token) errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: %s", t.line, fmt.Sprintf(format, args...))
}

// scan cuts SQL into words as SQLite does and drops comments.
func scan(sql string) ([]token, error) {
	var out []token
	line := 1
	for i := 0; i < len(sql); {
		c, start := sql[i], i
		t := token{line: line, at: i}
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
				return nil, t.errorf("no end to what begins with %c", c)
			}
			t.kind, t.text = nameToken, text
			if c == '\'' {
				t.kind = stringToken
			}
			out = append(out, t)
			i = end
		case isDigit(c) || c == '.' && i+1 < len(sql) && isDigit(sql[i+1]):
			hex := strings.HasPrefix(strings.ToLower(sql[i:]), "0x")
			for i < len(sql) && (isWord(sql[i]) || sql[i] == '.' ||
				!hex && (sql[i] == '+' || sql[i] == '-') && (sql[i-1] == 'e' || sql[i-1] == 'E')) {
				i++
			}
			t.kind, t.text = numberToken, sql[start:i]
			out = append(out, t)
		case isWord(c):
			for i < len(sql) && isWord(sql[i]) {
				i++
			}
			t.kind, t.text = wordToken, sql[start:i]
			if strings.EqualFold(t.text, "x") && i < len(sql) && sql[i] == '\'' {
				continue // a blob: the x is dropped and the quotes follow
			}
			out = append(out, t)
		default:
			t.text = sql[i : i+1]
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

// matchBrackets gives for each opening bracket the position of its closing one, the end if there is none.
func matchBrackets(tokens []token) map[int]int {
	m := make(map[int]int)
	var open []int
	for i, t := range tokens {
		switch {
		case t.kind != punctToken:
		case t.text == "(":
			open = append(open, i)
			m[i] = len(tokens)
		case t.text == ")" && len(open) > 0:
			m[open[len(open)-1]] = i
			open = open[:len(open)-1]
		}
	}
	return m
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool {
	return c == '_' || c == '$' || isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}
