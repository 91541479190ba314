//go:build !windows

package osquery

import (
	"net"
	"path/filepath"
	"testing"
)

// socketsAreFiles says whether a socket can be looked at, moved and removed as a file.
const socketsAreFiles = true

func socketPath(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	if len(path) > maxSocketPath {
		t.Fatalf("%s is too long for a socket; set TMPDIR to a shorter folder", path)
	}
	return path
}

func dialSocket(path string) (net.Conn, error) { return net.Dial("unix", path) }

func listenSocket(path string) (net.Listener, error) { return net.Listen("unix", path) }
