//go:build !linux

package main

import "context"

var behaviours []Behaviour

func playRole([]string) (int, bool) { return 0, false }

// floods are made on Linux only, too.
var floods map[string]func(context.Context) error
