package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/apiwatch/apiwatch/extension/engine"
	"github.com/apiwatch/apiwatch/extension/shell"
)

type shellCmd struct {
	Replay []string  `help:"Recordings to query instead of this machine." placeholder:"PATH" type:"path"`
	Live   liveFlags `embed:""`
}

// Run starts the shell, while collection goes on.
func (c *shellCmd) Run(ctx context.Context, a *app) error {
	return a.withTables(ctx, c.Replay, time.Second, &c.Live, func(ctx context.Context, e *engine.Engine) error {
		return shell.Run(ctx, e.DB(), a.stdin, a.stdout, a.stderr, shell.Options{
			History: filepath.Join(c.Live.StateDir, "history"),
		})
	})
}
