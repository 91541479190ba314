package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/apiwatch/apiwatch/collectors/statefile"
)

// stateFile is where the machine's settings stand while ours are in force.
const stateFile = "audit-state.json"

// savedState tells a later run what to put back if this one is killed. Former holds the settings as the administrator
// had them, Ours what we made of them: one that somebody changed since is no longer ours to put back.
type savedState struct {
	BootID  string            `json:"boot_id"` // a reboot forgets the kernel's settings, and so the file
	PID     int               `json:"pid"`
	Started uint64            `json:"started"` // the process's start time in clock ticks since boot
	Former  map[string]uint32 `json:"former"`
	Ours    map[string]uint32 `json:"ours"`
}

// save writes the state so that a reader sees all of it or none, also after a crash.
func (s *savedState) save(dir string) error {
	if err := statefile.MakeDir(dir); err != nil {
		return fmt.Errorf("making the state folder: %w", err)
	}
	if err := statefile.Save(dir, stateFile, s); err != nil {
		return fmt.Errorf("saving the audit state: %w", err)
	}
	return nil
}

// loadState reads the state that an earlier run left, nil if there is none.
func loadState(dir string) (*savedState, error) {
	var s savedState
	err := statefile.Load(dir, stateFile, &s)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the audit state: %w", err)
	}
	return &s, nil
}

func removeState(dir string) error {
	if err := os.Remove(filepath.Join(dir, stateFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the audit state: %w", err)
	}
	return nil
}
