package osquerytest

import (
	_ "embed"
	"strings"
)

//go:embed osquery_tables.txt
var osqueryTables string

// TableNames lists the tables that osquery 5 has on any platform, and those that it had in an earlier release of the
// series, from specs/CMakeLists.txt. An extension that offers a table of one of these names is refused as a whole.
func TableNames() []string { return strings.Fields(osqueryTables) }
