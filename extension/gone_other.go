//go:build !windows

package main

import "syscall"

// readerGone lists what a write gives whose reader has gone away.
var readerGone = []error{syscall.EPIPE}
