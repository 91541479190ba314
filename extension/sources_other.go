//go:build !linux

package main

import (
	"log/slog"

	"github.com/apiwatch/apiwatch/collectors"
)

const (
	defaultStateDir   = "apiwatch-state"
	defaultTuningFile = "apiwatch-tuning.yaml"
)

// liveFeeds gives no source: this platform has none yet. Recordings replay here as everywhere.
func liveFeeds(*liveFlags, *collectors.Recorder, *slog.Logger) (feeds, error) {
	return feeds{host: collectors.NoHost{}}, nil
}
