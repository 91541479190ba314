//go:build !windows

package main

import (
	"os"
	"syscall"
)

// makeStateDir makes the folder where there is none.
func makeStateDir(dir string) error { return os.MkdirAll(dir, 0o700) }

// readerGone lists what a write gives whose reader has gone away.
var readerGone = []error{syscall.EPIPE}
