//go:build !linux

package main

import (
	"context"
	"errors"
)

var errLinux = errors.New("only Linux can be recorded yet: run it there")

func recordAttacks(context.Context, options, []string) error { return errLinux }

func recordBenign(context.Context, options, []string) error { return errLinux }
