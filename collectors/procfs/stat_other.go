//go:build !linux

package procfs

import (
	"errors"
	"fmt"
)

// StatFile fails: it needs Linux.
func StatFile(path string, _ bool) (File, error) {
	return File{}, fmt.Errorf("looking at %q: %w", path, errors.ErrUnsupported)
}

// StatFile fails: it needs Linux.
func (p *FS) StatFile(_ int64, path string, follow bool) (File, error) { return StatFile(path, follow) }

func statLink(path string) (File, error) { return StatFile(path, true) }

func (p *FS) alive(int64) bool { return false }
