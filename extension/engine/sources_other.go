//go:build !linux && !windows

package engine

import (
	"io"
	"log/slog"

	"github.com/apiwatch/apiwatch/collectors"
)

// Where state and tuning are kept unless told otherwise.
var (
	DefaultStateDir   = "apiwatch-state"
	DefaultTuningFile = "apiwatch-tuning.yaml"
)

// liveFeeds gives no source: this platform has none yet. Recordings replay here as everywhere.
func liveFeeds(*Options, io.Writer, *slog.Logger) (feeds, error) {
	return feeds{host: collectors.NoHost{}}, nil
}
