package engine

import (
	"testing"

	"github.com/apiwatch/apiwatch/scripts/telemetry"
)

// BenchmarkReplayFolder replays a folder of small logs, each a machine of its own: what a file costs beside its events.
func BenchmarkReplayFolder(b *testing.B) {
	files, _, err := Recordings([]string{telemetry.Test(b, "windows_evtx")})
	if err != nil {
		b.Fatal(err)
	}
	frame, err := NewFrame("", quiet)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = frame.Close() }()
	for b.Loop() {
		events := uint64(0)
		for _, f := range files {
			e, err := OverRecordings([]string{f}, "", frame, quiet)
			if err != nil {
				b.Fatal(err)
			}
			if err := e.Replay(b.Context()); err != nil {
				b.Fatal(err)
			}
			events += e.Events()
			e.Close()
		}
		b.ReportMetric(float64(events)/b.Elapsed().Seconds()*float64(b.N), "events/s")
	}
}
