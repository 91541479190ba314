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

// livePlan gives no source: this platform has none yet. Recordings replay here as everywhere.
func livePlan(*Options, io.Writer, *slog.Logger) (plan, error) {
	return plan{host: collectors.NoHost{}}, nil
}
