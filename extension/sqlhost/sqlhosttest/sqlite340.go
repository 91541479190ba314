// Package sqlhosttest checks queries against the SQLite that osquery has. It is for tests only: it runs the sqlite3
// command, which nothing else here does.
package sqlhosttest

import (
	"fmt"
	"os/exec" //nolint:depguard // this package is for tests
	"regexp"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/extension/sqlhost"
)

// Query is a query with a name for messages.
type Query struct{ Name, SQL string }

// SQLite340 compiles the queries in a real SQLite 3.40 (Debian 12's command sqlite3) over ordinary tables with the
// columns of the backends. Functions that osquery adds stand for printf there. Where the command is missing or of another
// version, a subtest says so by its name.
func SQLite340(t *testing.T, backends []sqlhost.Backend, queries []Query) {
	t.Helper()
	version, err := exec.CommandContext(t.Context(), "sqlite3", "--version").Output()
	if err != nil || !strings.HasPrefix(string(version), "3.40.") {
		t.Run("not run: no command sqlite3 of version 3.40", func(t *testing.T) { t.Skipf("sqlite3 --version: %.20q, %v", version, err) })
		return
	}
	schema := sqlhost.Schema(backends)
	for _, q := range queries {
		if message := compile(t, schema, q.SQL); message != "" {
			t.Errorf("%s: SQLite 3.40 refuses it: %s", q.Name, message)
		}
	}
}

// osqueryOnly are the functions that osquery adds to SQLite and the command does not have.
var osqueryOnly = regexp.MustCompile(`(?i)\b(md5|sha1|sha256|community_id_v1|community_id_v1_strict|to_base64|from_base64|` +
	`conditional_to_base64|split|regex_split|regex_match|concat|concat_ws|version_compare|inet_aton|in_cidr_block|parent_directory|cot|` +
	`find_file_path_in_cmd|is_path_deterministic)\(`)

// compile gives the command's message, "" if it accepts the query.
func compile(t *testing.T, schema, sql string) string {
	t.Helper()
	// EXPLAIN compiles and does not run; the name of a function inside a text changes only the text.
	script := schema + "EXPLAIN " + osqueryOnly.ReplaceAllString(strings.TrimRight(sql, "; \t\r\n"), "printf(") + "\n;\n"
	cmd := exec.CommandContext(t.Context(), "sqlite3", "-batch", "-bail", "-init", "/dev/null", ":memory:")
	cmd.Stdin = strings.NewReader(script)
	var out, failed strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &failed
	err := cmd.Run()
	if err == nil && failed.Len() == 0 && out.Len() > 0 {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%s (%v)", failed.String(), err))
}
