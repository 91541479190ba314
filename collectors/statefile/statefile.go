// Package statefile keeps what outlives a run in files of the state folder.
package statefile

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

// Save writes v as JSON to a file of the state folder, so that a reader sees all of it or none, also after a crash. The
// file is its owner's alone; on Windows the folder's list of rights holds.
func Save(dir, name string, v any) (err error) {
	data, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, name+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(append(data, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	return err
}
