// Package statefile keeps what outlives a run in files of the state folder. What they say decides what is reported, so a folder or a file
// that somebody else may write is not used.
package statefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ErrUntrusted says that a folder or a file may be somebody's who has no right to tell this program what to do.
var ErrUntrusted = errors.New("not safe to use")

// maxSize bounds what is read of a file, in bytes.
const maxSize = 64 << 20

// Save writes v as JSON to a file of the state folder; see [Replace].
func Save(dir, name string, v any) error {
	data, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	return Replace(dir, name, append(data, '\n'))
}

// Replace writes a file of the state folder, so that a reader sees all of it or none, also after a crash. The file is its owner's alone; on
// Windows the folder's list of rights holds.
func Replace(dir, name string, data []byte) (err error) {
	f, err := os.CreateTemp(dir, name+".*") // O_EXCL, mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err == nil {
		err = syncFolder(dir)
	}
	return err
}

// Open opens a file of the state folder: a regular file, no link, that nobody but its owner may write, who is this user or root. flags are
// os.OpenFile's; a file that is made is its owner's alone.
func Open(dir, name string, flags int) (*os.File, error) {
	path := filepath.Join(dir, name)
	f, err := open(path, flags)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%w: %s is no regular file; look at it and remove it", ErrUntrusted, path)
	default:
		err = trusted(path, info)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// Read reads a file of the state folder whole, under the conditions of [Open].
func Read(dir, name string) ([]byte, error) {
	f, err := Open(dir, name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = fmt.Errorf("%s has more than %d bytes", filepath.Join(dir, name), maxSize)
	}
	return data, err
}

// Load reads what Save wrote.
func Load(dir, name string, v any) error {
	data, err := Read(dir, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("reading %s: %w", filepath.Join(dir, name), err)
	}
	return nil
}
