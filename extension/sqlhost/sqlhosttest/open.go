package sqlhosttest

import (
	"testing"

	"github.com/apiwatch/apiwatch/extension/sqlhost"
)

// Open opens a database that ends with the test.
func Open(t testing.TB, options ...sqlhost.Option) *sqlhost.DB {
	t.Helper()
	db, err := sqlhost.Open(nil, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
