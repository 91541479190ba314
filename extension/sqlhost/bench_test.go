package sqlhost

import (
	"math/rand/v2"
	"testing"

	"github.com/apiwatch/apiwatch/tables"
)

func benchmarkQuery(b *testing.B, sql string) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	db, err := Open(tables.All(&tables.Data{Store: randomStore(r, 100_000)}))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	rows := 0
	b.ReportAllocs()
	for b.Loop() {
		got, err := db.QueryAll(b.Context(), sql)
		if err != nil {
			b.Fatal(err)
		}
		rows = got.Stats.Rows
	}
	b.ReportMetric(float64(rows), "rows/op")
}

// BenchmarkQuiet is what a detection costs that finds nothing: an index says so.
func BenchmarkQuiet(b *testing.B) {
	benchmarkQuery(b, `WITH anchor AS MATERIALIZED (SELECT * FROM ptrace_events WHERE api = 'nothing')
		SELECT eid, path FROM api_calls WHERE process_key IN (SELECT process_key FROM anchor) AND time >= (SELECT min(time) - 60 FROM anchor)`)
}

// BenchmarkScan reads five columns of every event that the store holds.
func BenchmarkScan(b *testing.B) {
	benchmarkQuery(b, "SELECT max(eid), max(time), max(path), max(pid), max(process_key) FROM api_calls")
}

// BenchmarkOpen opens a database with all tables.
func BenchmarkOpen(b *testing.B) {
	all := tables.All(&tables.Data{})
	for b.Loop() {
		db, err := Open(all)
		if err != nil {
			b.Fatal(err)
		}
		_ = db.Close()
	}
}
