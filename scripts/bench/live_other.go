//go:build !linux

package main

import (
	"context"
	"errors"
)

const loadCommand = "load"

var errNotLinux = errors.New("kernel audit is Linux's")

func load([]string) error { return errNotLinux }

func notHere(context.Context, *config, func(Measure)) error { return errNotLinux }

var (
	loss, memory, idle = notHere, notHere, notHere
	liveLoads          = [2]struct{}{}
)

func live(struct{}) func(context.Context, *config, func(Measure)) error { return notHere }
