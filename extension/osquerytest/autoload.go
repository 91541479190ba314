package osquerytest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/apiwatch/apiwatch/extension/autoload"
)

// Autoload does with an extension what osqueryd does with one that its autoload file names. One that its rules refuse is an ERROR in the
// log, and the host runs on without. Any other is started with osqueryd's arguments, and again an interval after it ended, until the host
// or ctx ends. start runs it, stops it when its context ends, and returns when it has ended.
func (h *Host) Autoload(ctx context.Context, path string, start func(ctx context.Context, path string, args ...string) error) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("autoloading: %w", err)
	}
	if v := autoload.Check(absolute, os.Geteuid()); v.Refused != "" {
		h.o.Logger.Error("will not autoload an extension with unsafe permissions", "path", absolute, "why", v.Refused)
		return fmt.Errorf("autoloading %s: %s", absolute, v.Refused)
	}
	seconds := strconv.Itoa(max(1, int(h.o.Interval.Seconds())))
	h.wg.Go(func() {
		for ctx.Err() == nil && !h.ending.Load() {
			err := start(ctx, absolute, "--socket", h.socket, "--timeout", "10", "--interval", seconds)
			h.o.Logger.Info("an autoloaded extension has ended", "path", absolute, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(h.o.Respawn):
			}
		}
	})
	return nil
}
