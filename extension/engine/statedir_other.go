//go:build !windows

package engine

import (
	"os"
)

// makeStateDir makes the folder where there is none.
func makeStateDir(dir string) error { return os.MkdirAll(dir, 0o700) }
