package audit

import (
	"testing"

	"github.com/elastic/go-libaudit/v2/auparse"
)

// BenchmarkLibaudit is what the same records cost with go-libaudit, which compiles on Linux only: its parser and field
// maps, without grouping and without making an event of them.
func BenchmarkLibaudit(b *testing.B) {
	for _, s := range samples {
		b.Run(s.name, func(b *testing.B) {
			var lines []string
			for _, r := range s.records {
				lines = append(lines, "type="+r.name+" msg="+benchStamp+r.text)
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, line := range lines {
					m, err := auparse.ParseLogLine(line)
					if err != nil {
						b.Fatal(err)
					}
					if _, err := m.Data(); err != nil && m.RecordType != auparse.AUDIT_EOE {
						b.Fatal(err)
					}
					m.ToMapStr()
				}
			}
			report(b, len(s.records))
		})
	}
}
