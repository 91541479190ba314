package main

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// readerGone lists what a write gives whose reader has gone away.
var readerGone = []error{syscall.EPIPE, windows.ERROR_BROKEN_PIPE, windows.ERROR_NO_DATA, windows.ERROR_PIPE_NOT_CONNECTED}
