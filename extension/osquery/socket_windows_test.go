package osquery

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"

	"github.com/Microsoft/go-winio"
)

// socketsAreFiles says whether a socket can be looked at, moved and removed as a file.
const socketsAreFiles = false

var pipes atomic.Int32

func socketPath(testing.TB) string {
	return fmt.Sprintf(`\\.\pipe\apiwatch-test-%d-%d`, os.Getpid(), pipes.Add(1))
}

func dialSocket(path string) (net.Conn, error) { return winio.DialPipe(path, nil) }

// listenSocket listens, and takes up the instance by which go-winio only holds the pipe's name: Wine would connect the first
// client to it, for good.
func listenSocket(path string) (net.Listener, error) {
	l, err := winio.ListenPipe(path, nil)
	if err == nil {
		_, _ = os.Stat(path)
	}
	return l, err
}
