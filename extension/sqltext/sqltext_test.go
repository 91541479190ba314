package sqltext

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

func TestTokens(t *testing.T) {
	for sql, want := range map[string]string{
		"":                               "",
		"-- only\n/* comments */":        "",
		"SELECT a.b\nFROM [c d]":         "Word SELECT 1, Word a 1, Punct . 1, Word b 1, Word FROM 2, Name c d 2",
		`'it''s' "n""1" ` + "`q`":        `String it's 1, Name n"1 1, Name q 1`,
		"x'00' 0xFf 1_0 .5e-3+é$":        "String 00 1, Number 0xFf 1, Number 1_0 1, Number .5e-3 1, Punct + 1, Word é$ 1",
		"1 /* two\nlines */ 2 -- a\n 'a": "error: line 3: no end to what begins with '",
	} {
		tokens, err := Tokens(sql)
		var words []string
		for _, tok := range tokens {
			kind := []string{"Punct", "Word", "Name", "String", "Number"}[tok.Kind]
			words = append(words, fmt.Sprint(kind, " ", tok.Text, " ", tok.Line))
		}
		got := strings.Join(words, ", ")
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want {
			t.Errorf("%q: %s; want %s", sql, got, want)
		}
	}
}

func TestCutStatement(t *testing.T) {
	for sql, want := range map[string]string{
		"a; b":                             "a| b|true",
		"a":                                "|a|false",
		"';' ; `;` ; \";\"":                "';' | `;` ; \";\"|true",
		"-- ;\n[;] /* ; */ 'it''s;' ;rest": "-- ;\n[;] /* ; */ 'it''s;' |rest|true",
		"'open; ":                          "|'open; |false",
		"/* open; ":                        "|/* open; |false",
	} {
		statement, rest, ok := CutStatement(sql)
		if got := fmt.Sprint(statement, "|", rest, "|", ok); got != want {
			t.Errorf("%q: %q; want %q", sql, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	for name, want := range map[string]string{"a_1$": "a_1$", "a b": `"a b"`, `a"b`: `"a""b"`, "é": `"é"`} {
		if got := QuoteIfNeeded(name); got != want {
			t.Errorf("%q: %s; want %s", name, got, want)
		}
	}
}

func FuzzTokens(f *testing.F) {
	f.Add("SELECT group_concat(path ORDER BY id) FROM p -- x")
	f.Add("WITH a(b) AS (SELECT 'it''s', x'00', [a], `b`, \"c\", 1_0) SELECT strftime('%F') /* ")
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, sql string) {
		tokens, err := Tokens(sql)
		line := 1
		for _, tok := range tokens {
			if tok.Line < line || tok.Line > 1+strings.Count(sql, "\n") {
				t.Fatalf("token %+v of %q", tok, sql)
			}
			line = tok.Line
		}
		// What has words can be cut, and nothing is lost.
		statement, rest, ok := CutStatement(sql)
		if ok && statement+";"+rest != sql || !ok && (statement != "" || rest != sql) {
			t.Fatalf("%q was cut to %q and %q, %v (%v)", sql, statement, rest, ok, err)
		}
	})
}
