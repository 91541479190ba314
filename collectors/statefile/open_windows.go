package statefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

func open(path string, flags int) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is no regular file; look at it and remove it", ErrUntrusted, path)
	}
	return os.OpenFile(path, flags, 0o600)
}

// trusted leaves it to the folder's list of rights, which is what its files have.
func trusted(string, fs.FileInfo) error { return nil }

func syncFolder(string) error { return nil } // a renamed file is safe with its folder's journal

// Lock takes a file of the state folder for this process until it is closed or the process ends. ok is false where another has it.
func Lock(dir, name string) (f *os.File, ok bool, err error) {
	if f, err = Open(dir, name, os.O_RDWR|os.O_CREATE); err != nil {
		return nil, false, err
	}
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	if err == nil {
		return f, true, nil
	}
	_ = f.Close()
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return nil, false, nil
	}
	return nil, false, fmt.Errorf("locking %s: %w", f.Name(), err)
}
