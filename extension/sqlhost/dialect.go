package sqlhost

import (
	_ "embed"
	"strings"

	"github.com/apiwatch/apiwatch/extension/sqltext"
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
	tokens, err := sqltext.Tokens(sql)
	if err != nil {
		return err
	}
	if len(tokens) > 0 && tokens[0].Is("pragma") {
		return nil
	}
	closing := matchBrackets(tokens)
	for i, t := range tokens {
		if t.Kind == sqltext.Number && strings.Contains(t.Text, "_") {
			return t.Errorf("number %s: osquery's SQLite knows no underscores in numbers", t.Text)
		}
		if i+1 < len(tokens) && tokens[i+1].Text == "(" && t.Names() {
			if err := checkCall(tokens, i, closing[i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkCall checks tokens[name] "(" … tokens[end], which looks like a call.
func checkCall(tokens []sqltext.Token, name, end int) error {
	t := tokens[name]
	f := strings.ToLower(t.Text)
	if notCalls[f] && t.Kind == sqltext.Word || tableFunctions[f] {
		return nil
	}
	if end+1 < len(tokens) && tokens[end+1].Is("as") && end+2 < len(tokens) &&
		(tokens[end+2].Text == "(" || tokens[end+2].Is("not") || tokens[end+2].Is("materialized")) {
		return nil // WITH name(columns) AS (…
	}
	if !osqueryFunctions[f] {
		return t.Errorf("osquery has no function %s", t.Text)
	}
	inside := tokens[name+2 : end]
	arguments, depth := min(len(inside), 1), 0
	for _, a := range inside {
		switch {
		case a.Kind == sqltext.Punct && a.Text == "(":
			depth++
		case a.Kind == sqltext.Punct && a.Text == ")":
			depth--
		case depth > 0:
		case a.Kind == sqltext.Punct && a.Text == ",":
			arguments++
		case a.Is("order"):
			return a.Errorf("ORDER BY inside %s(): osquery's SQLite knows none", f)
		}
	}
	if want, ok := olderArity[f]; ok && arguments != want {
		return t.Errorf("%s() with %d arguments: osquery's takes %d", f, arguments, want)
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
func checkDate(f string, arguments []sqltext.Token) error {
	for i, a := range arguments {
		if a.Kind != sqltext.String {
			continue
		}
		switch s := strings.ToLower(a.Text); {
		case f == "strftime" && i == 0:
			for rest := s; ; {
				at := strings.IndexByte(rest, '%')
				if at < 0 || at+1 >= len(rest) {
					break
				}
				if c := a.Text[len(s)-len(rest)+at+1]; strings.IndexByte("dfHjJmMsSwWY%", c) < 0 {
					return a.Errorf("strftime format %%%c: osquery's SQLite does not know it", c)
				}
				rest = rest[at+2:]
			}
		case s == "subsec" || s == "subsecond" || s == "ceiling" || s == "floor":
			return a.Errorf("%s modifier %q: osquery's SQLite does not know it", f, a.Text)
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

// matchBrackets gives for each opening bracket the position of its closing one, the end if there is none.
func matchBrackets(tokens []sqltext.Token) map[int]int {
	m := make(map[int]int)
	var open []int
	for i, t := range tokens {
		switch {
		case t.Kind != sqltext.Punct:
		case t.Text == "(":
			open = append(open, i)
			m[i] = len(tokens)
		case t.Text == ")" && len(open) > 0:
			m[open[len(open)-1]] = i
			open = open[:len(open)-1]
		}
	}
	return m
}
