package main

import (
	"context"
	"fmt"
	"time"

	"github.com/apiwatch/apiwatch/extension/osquery"
)

type serveCmd struct {
	Socket   string    `help:"osquery's --extensions_socket." placeholder:"PATH"`
	Timeout  int       `help:"Seconds to wait for the socket." default:"10"`
	Interval int       `help:"Seconds between looks whether osquery is there." default:"3"`
	Live     liveFlags `embed:""`
}

// Run serves osquery until it goes away. The collectors start first: a table that is registered has something to say.
func (c *serveCmd) Run(ctx context.Context, a *app) error {
	if c.Socket == "" {
		return fmt.Errorf("%w: neither a command nor --socket is given; \"apiwatch.ext --help\" lists the commands", errUsage)
	}
	logger := a.logger(c.Live.Verbose)
	e, err := c.Live.engine(true, logger)
	if err != nil {
		return err
	}
	return e.Collect(ctx, func(ctx context.Context) error {
		return osquery.Serve(ctx, osquery.Options{
			Socket: c.Socket, Timeout: time.Duration(c.Timeout) * time.Second, Interval: time.Duration(c.Interval) * time.Second,
			Version: version, Tables: e.Tables(), Logger: logger,
		})
	})
}
