package procfs

import (
	"io"
	"sync/atomic"
	"time"
)

// SetClock replaces the clock.
func (u *Users) SetClock(now func() time.Time) { u.now = now }

// FindRegion looks an address up in the text of maps.
func FindRegion(maps io.Reader, address uint64) (string, error) {
	return findRegion(maps, address, nil)
}

// ScanMaps and AddPages scan the text of maps and smaps; no code is taken for modified unless changed says so.
func ScanMaps(maps io.Reader, changed func(path string) bool) ([]Mapping, error) {
	found, _, err := scanMaps(maps, 1, nil, nil, func(r *region) bool { return changed(string(r.path)) })
	return found, err
}

func AddPages(smaps io.Reader, found []Mapping) error { return addPages(smaps, found, nil, nil) }

// IsModified looks at an entry of pagemap.
func IsModified(entry uint64) bool { return isModified(entry) }

// VDSO gives the image of a size by votes.
func (p *FS) VDSO(size int, voters ...string) string {
	return string(p.vdsos.of(size, func(vote func([]byte) bool) {
		for _, v := range voters {
			if !vote([]byte(v)) {
				return
			}
		}
	}))
}

// Guarded calls read under the guard of p.
func (p *FS) Guarded(pid int64, read func(progress *atomic.Uint64) (int, error)) (int, error) {
	return guarded(&p.guard, pid, read)
}

const MaxHeld = maxHeld
