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
	events := uint64(0)
	for b.Loop() {
		for _, f := range files {
			e, err := OverRecordings([]Recording{f}, "", frame, quiet)
			if err != nil {
				b.Fatal(err)
			}
			if err := e.Replay(b.Context()); err != nil {
				b.Fatal(err)
			}
			events += e.Events()
			e.Close()
		}
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}
