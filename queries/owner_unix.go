//go:build unix

package queries

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// trusted refuses a tuning file that somebody else may write: it says what is not reported.
func trusted(file string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s may be written by others (mode %04o): chmod go-w it", file, info.Mode().Perm())
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok && s.Uid != 0 && int(s.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to user id %d: chown it to root or to who runs this", file, s.Uid)
	}
	return nil
}
