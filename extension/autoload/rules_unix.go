//go:build unix

package autoload

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

func refused(path string, info fs.FileInfo, uid int) string {
	owner := ownerOf(info)
	folder, err := os.Stat(filepath.Dir(path))
	switch mode := info.Mode(); {
	case owner != 0 && owner != uid:
		return fmt.Sprintf("it belongs to user id %d: chown it to root", owner)
	case mode.Perm()&0o111 == 0:
		return fmt.Sprintf("it is not executable (mode %04o): chmod 0755 it", mode.Perm())
	case mode.Perm()&0o002 != 0:
		return fmt.Sprintf("anybody may write it (mode %04o): chmod 0755 it", mode.Perm())
	case err != nil:
		return fmt.Sprintf("its folder cannot be looked at: %v", err)
	case folder.Mode()&fs.ModeSticky != 0 && folder.Mode().Perm()&0o002 != 0:
		return fmt.Sprintf("it lies in %s, where anybody may put files (sticky, mode %04o): install it below /usr/local/lib/osquery",
			filepath.Dir(path), folder.Mode().Perm())
	}
	return ""
}

// advice is about who else may put another program in its place: whoever may write the file or a folder above it.
func advice(path string, info fs.FileInfo, uid int) []string {
	var out []string
	if info.Mode().Perm()&0o020 != 0 {
		out = append(out, fmt.Sprintf("its group may write it (mode %04o): chmod g-w it", info.Mode().Perm()))
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		folder, err := os.Stat(dir)
		if err != nil {
			break
		}
		sticky := folder.Mode()&fs.ModeSticky != 0
		if owner := ownerOf(folder); owner != 0 && owner != uid {
			out = append(out, fmt.Sprintf("the folder %s belongs to user id %d, who may replace it: chown it to root", dir, owner))
		}
		if writers := folder.Mode().Perm() & 0o022; writers != 0 && !sticky {
			who := "its group"
			if writers&0o002 != 0 {
				who = "anybody"
			}
			out = append(out, fmt.Sprintf("in the folder %s %s may replace it (mode %04o): chmod go-w it", dir, who, folder.Mode().Perm()))
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return out
}

func ownerOf(info fs.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return 0
}
