package sqlhost

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

func TestDialect(t *testing.T) {
	p := newProbe("p", 3)
	gated, open := openWith(t, With(p)), openWith(t, With(p), AnyDialect())
	for _, test := range []struct{ sql, refused string }{
		{"SELECT group_concat(path ORDER BY id DESC) FROM p", "ORDER BY inside group_concat"},
		{"SELECT count(DISTINCT pid), group_concat(path, ',' ORDER BY (id)) FROM p", "ORDER BY inside"},
		{"SELECT 1_000", "1_000"},
		{"SELECT 0x1_0 + 1", "0x1_0"},
		{"SELECT iif(id > 1, 2) FROM p", "iif() with 2"},
		{"SELECT if(id > 1, 2, 3) FROM p", "no function if"},
		{"SELECT log(2, 8)", "log() with 2"},
		{"SELECT json_valid('{}', 2)", "json_valid() with 2"},
		{"SELECT string_agg(path, ',') FROM p", "string_agg"},
		{"SELECT\n\n\tlower('x'), \"unhex\"('00')", "unhex"},
		{"SELECT jsonb('{}')", "jsonb"},
		{"SELECT octet_length('x')", "octet_length"},
		{"SELECT mod(5, 3)", "mod"},
		{"SELECT strftime('%F %T', 0, 'unixepoch')", "%F"},
		{"SELECT datetime('now', 'subsec')", "subsec"},
		{"SELECT date(0, 'unixepoch', '+1 month', 'floor')", "floor"},
		{"SELECT timediff('now', 'now')", "timediff"},
		{"SELECT * FROM p WHERE path IN (SELECT concat(path, lower(unistr('x'))) FROM p)", "unistr"},

		{sql: "SELECT group_concat(path), row_number() OVER (PARTITION BY pid ORDER BY id) FROM p GROUP BY pid ORDER BY 1"},
		{sql: "SELECT group_concat(path) OVER w FROM p WINDOW w AS (ORDER BY id GROUPS CURRENT ROW)"},
		{sql: "WITH a(x, y) AS (SELECT id, (SELECT path FROM p ORDER BY id LIMIT 1) FROM p), b(z) AS MATERIALIZED (SELECT x FROM a) SELECT * " +
			"FROM a, b"},
		{sql: "SELECT coalesce((SELECT id FROM p ORDER BY id), 1), count(*) FILTER (WHERE id > 1) FROM p"},
		{sql: "SELECT max(id IN (SELECT id FROM p ORDER BY id)) FROM p"},
		{sql: "SELECT * FROM p WHERE id IN (1, 2) AND (path LIKE ('t%')) AND NOT (id) AND EXISTS (SELECT 1) AND id BETWEEN (1) AND (2)"},
		{sql: "SELECT CASE WHEN (id) THEN (1) ELSE (2) END, CAST(id AS TEXT), x'00ff', X'', 1e-5, 1.5E+3, .5, 0xFF FROM p"},
		{sql: "SELECT 'group_concat(x ORDER BY y), jsonb(1), 1_000, it''s', \"path\", [path], `path` FROM p -- unhex(1_0)\n /* mod(1, 2) \n " +
			"1_000 */"},
		{sql: "SELECT a.id FROM p AS a JOIN p AS b USING (id) LEFT JOIN (SELECT id AS i FROM p) ON (i = a.id)"},
		{sql: "SELECT a.id FROM p a FULL JOIN p b ON a.id IS NOT DISTINCT FROM b.id"},
		{sql: "SELECT j.value ->> '$.x', json_extract('{\"a\":1}', '$.a') FROM json_each('[{\"x\":1}]') j"},
		{sql: "SELECT iif(id, 1, 2), log(2.7), json_valid('{}'), format('%d', 1), unixepoch('now', 'auto'), " +
			"strftime('%s %% %H:%M', 'now') FROM p"},
		{sql: "SELECT date('now', '+1 day'), total(id), printf('%s', regex_match(path, '^t(\\d)', 1)) FROM p"},
		{sql: "SELECT id AS \"group_concat(\", 1 AS [sum(] FROM p ORDER BY (id) LIMIT (2) OFFSET (0)"},
		{sql: "VALUES (1, 2), (3, 4)"},
		{sql: "SELECT path COLLATE NOCASE FROM p GROUP BY (path) HAVING (count(*) > 0) UNION ALL SELECT ('x')"},
	} {
		_, err := gated.Prepare(t.Context(), test.sql)
		switch {
		case test.refused == "" && err != nil:
			t.Errorf("%s: %v", test.sql, err)
		case test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused)):
			t.Errorf("%s: %v, want a word of %s", test.sql, err, test.refused)
		}
		if _, err := open.Prepare(t.Context(), test.sql); err != nil && !strings.Contains(test.sql, "timediff(") {
			t.Errorf("without the gate, %s: %v", test.sql, err)
		}
		if err := CheckDialect(test.sql); (err != nil) != (test.refused != "") {
			t.Errorf("CheckDialect(%s): %v", test.sql, err)
		}
	}
	if err := CheckDialect("SELECT 1,\n\n  'a\nb', mod(1, 2)"); err == nil || !strings.HasPrefix(err.Error(), "line 4: ") {
		t.Errorf("wrong line: %v", err)
	}
	for _, sql := range []string{
		"SELECT 'x", "SELECT \"", "SELECT [x", "/*", "--", "", "((((", "))))", "f(", "x'", "\xff(", "1.", "1e", "0x",
		"f(1_",
	} {
		_ = CheckDialect(sql) // must not crash
	}
}

// notHere are functions of osquery's that the host leaves out: they read files, wait, or serve osquery's own shell.
var notHere = []string{"carve", "find_file_path_in_cmd", "is_path_deterministic", "load_extension", "shellstatic", "sleep"}

// TestEveryFunction calls each function that osquery has.
func TestEveryFunction(t *testing.T) {
	db := openWith(t)
	for name := range osqueryFunctions {
		call := name + "(%s)"
		switch name {
		case "->", "->>":
			call = "'{}' " + name + " '$'%.0s"
		case "current_date", "current_time", "current_timestamp":
			call = name + "%.0s"
		}
		found := false
		var last error
		for _, args := range []string{"", "1", "1, 1", "1, 1, 1", "1, 0.5", "'a', '<', 'b'", "'a', '1', 1, 1, 1"} {
			for _, over := range []string{"", " OVER ()"} {
				if _, err := db.Prepare(t.Context(), "SELECT "+fmt.Sprintf(call, args)+over); err == nil {
					found = true
				} else {
					last = err
				}
			}
		}
		if found == slices.Contains(notHere, name) {
			t.Errorf("%s: found %v, %v", name, found, last)
		}
	}
	for _, f := range functions {
		if !osqueryFunctions[f.Name] {
			t.Errorf("%s is no function of osquery's", f.Name)
		}
	}
}

func FuzzDialect(f *testing.F) {
	f.Add("SELECT group_concat(path ORDER BY id) FROM p -- x")
	f.Add("WITH a(b) AS (SELECT 'it''s', x'00', [a], `b`, \"c\", 1_0) SELECT strftime('%F') /* ")
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, sql string) {
		if err := CheckDialect(sql); err != nil && !strings.HasPrefix(err.Error(), "line ") {
			t.Fatalf("%q: %v has no line", sql, err)
		}
	})
}
