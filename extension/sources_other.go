//go:build !linux && !windows

package main

import (
	"io"
	"log/slog"

	"github.com/apiwatch/apiwatch/collectors"
)

var (
	defaultStateDir   = "apiwatch-state"
	defaultTuningFile = "apiwatch-tuning.yaml"
)

// liveFeeds gives no source: this platform has none yet. Recordings replay here as everywhere.
func liveFeeds(*liveFlags, io.Writer, *slog.Logger) (feeds, error) {
	return feeds{host: collectors.NoHost{}}, nil
}
