//go:build unix

package statefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

func open(path string, flags int) (*os.File, error) {
	return os.OpenFile(path, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
}

// trusted tells whether nobody but this user and root may change a file or a folder.
func trusted(path string, info fs.FileInfo) error {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return err
	}
	if st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%w: %s belongs to user %d; look at it and remove it, or pass --state-dir", ErrUntrusted, path, st.Uid)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%w: others may write %s (mode %04o); look at it and remove it, or pass --state-dir", ErrUntrusted, path,
			info.Mode().Perm())
	}
	return nil
}

// Trusted tells whether nobody but this user and root may change a file that an administrator writes.
func Trusted(f *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return err
	}
	if st.Mode&0o022 != 0 {
		return fmt.Errorf("%w: %s may be written by others (mode %04o): chmod go-w it", ErrUntrusted, f.Name(), st.Mode&0o777)
	}
	if st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%w: %s belongs to user id %d: chown it to root or to who runs this", ErrUntrusted, f.Name(), st.Uid)
	}
	return nil
}

// MakeDir makes the state folder where there is none: for its owner alone. One that is there already must be its owner's to write alone.
func MakeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 { // as an administrator may have put /var elsewhere
		if err := trustedLink(dir); err != nil {
			return err
		}
		if info, err = os.Stat(dir); err != nil {
			return err
		}
	}
	if !info.IsDir() {
		return fmt.Errorf("%w: %s is no folder; remove it, or pass --state-dir", ErrUntrusted, dir)
	}
	return trusted(dir+"/.", info)
}

// trustedLink tells whether a link is root's or this user's.
func trustedLink(path string) error {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return err
	}
	if st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%w: the link %s belongs to user %d", ErrUntrusted, path, st.Uid)
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, unix.EINVAL) { // some file systems have no such thing
		return err
	}
	return nil
}

// Lock takes a file of the state folder for this process until it is closed or the process ends. ok is false where another has it.
func Lock(dir, name string) (f *os.File, ok bool, err error) {
	if f, err = Open(dir, name, os.O_RDWR|os.O_CREATE); err != nil {
		return nil, false, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return f, true, nil
	}
	_ = f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, false, nil
	}
	return nil, false, fmt.Errorf("locking %s: %w", f.Name(), err)
}
