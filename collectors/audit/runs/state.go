// Package runs is what runs of apiwatch tell each other through the state folder: what a machine's audit settings were before, and
// whose the rules are. A run that was killed is told by its files.
package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/apiwatch/apiwatch/collectors/statefile"
)

// File is where the machine's settings stand while ours are in force.
const File = "audit-state.json"

// Saved tells a later run what to put back if this one is killed. Former holds the settings as the administrator
// had them, Ours what we made of them: one that somebody changed since is no longer ours to put back.
type Saved struct {
	BootID  string            `json:"boot_id"` // a reboot forgets the kernel's settings, and so the file
	PID     int               `json:"pid"`
	Started uint64            `json:"started"` // the process's start time in clock ticks since boot
	Former  map[string]uint32 `json:"former"`
	Ours    map[string]uint32 `json:"ours"`
}

// Save writes the state so that a reader sees all of it or none, also after a crash.
func (s *Saved) Save(dir string) error {
	if err := statefile.MakeDir(dir); err != nil {
		return fmt.Errorf("making the state folder: %w", err)
	}
	if err := statefile.Save(dir, File, s); err != nil {
		return fmt.Errorf("saving the audit state: %w", err)
	}
	return nil
}

// Load reads the state that an earlier run left, nil if there is none.
func Load(dir string) (*Saved, error) {
	var s Saved
	err := statefile.Load(dir, File, &s)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the audit state: %w", err)
	}
	return &s, nil
}

// Remove removes the state.
func Remove(dir string) error {
	if err := os.Remove(filepath.Join(dir, File)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the audit state: %w", err)
	}
	return nil
}
