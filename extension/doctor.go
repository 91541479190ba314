package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/extension/autoload"
	"github.com/apiwatch/apiwatch/extension/results"
)

type doctorCmd struct {
	Live     liveFlags `embed:""`
	Autoload string    `help:"Tell what osqueryd makes of an extension, or of those of an autoload file (*.load)." placeholder:"PATH"`
}

// autoloadFiles are where osqueryd's packages look for the names of extensions.
var autoloadFiles = []string{
	"/etc/osquery/extensions.load", "/var/osquery/extensions.load", `C:\Program Files\osquery\extensions.load`,
}

// Run opens every feed for a moment and says what works, what does not and what to do about it.
func (c *doctorCmd) Run(ctx context.Context, a *app) error {
	rows := [][]string{{"STATE", "COLLECTOR", "ITEM", "WHY AND WHAT TO DO"}}
	loaded, err := c.autoloaded()
	if err != nil {
		return err
	}
	rows = append(rows, loaded...)
	e, err := c.Live.look(a)
	if err != nil {
		return err
	}
	err = e.Collect(ctx, func(ctx context.Context) error {
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
		}
		for _, h := range e.Health() {
			rows = append(rows, []string{h.State, h.Collector, h.Item, h.Reason})
		}
		return a.columns(rows)
	})
	if err != nil {
		return err
	}
	bad := 0
	for _, r := range rows[1:] {
		if r[0] != "ok" {
			bad++
		}
	}
	switch bad {
	case 0:
		return nil
	case 1:
		return errors.New("one of the rows above is not ok")
	}
	return fmt.Errorf("%d of the rows above are not ok", bad)
}

// autoloaded gives a row for each extension of the path given; without one, for each apiwatch that an autoload file in its usual place
// names.
func (c *doctorCmd) autoloaded() ([][]string, error) {
	paths := []string{c.Autoload}
	switch {
	case c.Autoload == "":
		paths = nil
		for _, file := range autoloadFiles {
			listed, err := autoload.Listed(file)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return [][]string{{"failed", "osquery", "autoload", err.Error()}}, nil
			}
			paths = append(paths, slices.DeleteFunc(listed, func(p string) bool { return !strings.HasPrefix(filepath.Base(p), "apiwatch") })...)
		}
	case filepath.Ext(c.Autoload) == ".load":
		var err error
		if paths, err = autoload.Listed(c.Autoload); err != nil {
			return nil, err
		}
	}
	var rows [][]string
	for _, path := range paths {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, fmt.Errorf("finding %s: %w", path, err)
		}
		v := autoload.Check(absolute, os.Geteuid())
		state, why := "ok", ""
		switch {
		case v.Refused != "":
			state, why = "failed", "osqueryd refuses it: "+v.Refused
		case len(v.Advice) > 0:
			state, why = "degraded", "osqueryd takes it, but "+strings.Join(v.Advice, "; ")
		}
		rows = append(rows, []string{state, "osquery", "autoload:" + results.Visible(absolute), results.Visible(why)})
	}
	return rows, nil
}
